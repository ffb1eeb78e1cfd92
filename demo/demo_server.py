"""A small weather service on this machine: something real for the demo to download from.

`/stations/N.json` answers, after a short while, with the monthly temperatures of a weather station; `/stall` never
answers.
"""

from __future__ import annotations

import functools
import json
import math
import os
import re
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

_ADDRESS = "127.0.0.1"

# As if the server were far away.
_SECONDS_PER_ANSWER = 0.08


@functools.cache
def start() -> str:
    """Start the server on a free port, once; returns its URL."""
    server = _Server((_ADDRESS, 0), _Handler)
    Thread(target=server.serve_forever, name="demo-server", daemon=True).start()
    # A proxy that the environment names could not find this machine's own address.
    os.environ["no_proxy"] = ",".join(filter(None, [os.environ.get("no_proxy"), _ADDRESS]))
    return f"http://{_ADDRESS}:{server.server_port}"


class _Server(ThreadingHTTPServer):
    # The connections that may wait to be accepted: many come at once.
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        station = re.fullmatch(r"/stations/(\d+)\.json", self.path)
        if station:
            time.sleep(_SECONDS_PER_ANSWER)
            self._answer(_station(int(station[1])))
        elif self.path == "/stall":
            self.rfile.read(1)  # there is nothing to read: returns when the client goes away
        else:
            self.send_error(HTTPStatus.NOT_FOUND)

    def _answer(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: a thousand lines would land in the notebook."""


def _station(number: int) -> dict[str, object]:
    """A station between the equator and the polar circle, and its mean temperature in each month."""
    latitude = round(number * 0.618034 % 1 * 66, 1)
    mean, swing = 27 - latitude / 2, latitude / 4
    temperatures = [round(mean - swing * math.cos((month - 0.5) / 12 * math.tau), 1) for month in range(12)]
    return {"name": f"Station {number}", "latitude": latitude, "temperatures": temperatures}
