"""A real Jupyter server that ends idle kernels, and what it takes for idle."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from harness import until
from jupyter_client import BlockingKernelClient

pytest.importorskip("jupyter_server")

PATIENCE = 40.0
IDLE_TIMEOUT = 2  # the shortest that docs/protocol.md promises to outlive

# Less often than usual: the server is asked over HTTP.
_until = functools.partial(until, patience=PATIENCE, pause=0.05)


class Server:
    """A server of its own, that sees nothing of the user's."""

    def __init__(self, home: Path) -> None:
        self._runtime = home / "runtime"
        directories = {"CONFIG": home / "config", "DATA": home / "data", "RUNTIME": self._runtime}
        manager = "MappingKernelManager"
        self._log = (home / "log").open("w")
        self._process = subprocess.Popen(
            [
                *(
                    sys.executable,
                    "-m",
                    "jupyter_server",
                    "--no-browser",
                    "--allow-root",
                    f"--ServerApp.root_dir={home}",
                ),
                *("--ServerApp.port=0", "--IdentityProvider.token="),
                "--ServerApp.disable_check_xsrf=True",
                *(f"--{manager}.cull_idle_timeout={IDLE_TIMEOUT}", f"--{manager}.cull_interval=1"),
                f"--{manager}.cull_connected=True",
            ],
            env={
                **{name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
                **{f"JUPYTER_{name}_DIR": str(path) for name, path in directories.items()},
                "IPYTHONDIR": str(home / "ipython"),
            },
            stdout=self._log,
            stderr=self._log,
        )
        self._url = str(json.loads(_until(self._info))["url"])
        _until(lambda: self.request("GET", "api/kernels") is not None)

    def _info(self) -> str:
        assert self._process.poll() is None, "the server has ended: see its log"
        return next((path.read_text() for path in self._runtime.glob("jpserver-*.json")), "")

    def request(self, method: str, path: str) -> Any:
        """The answer, or None if there is nothing there (yet, or any more)."""
        request = urllib.request.Request(self._url + path, method=method, data=b"{}" if method == "POST" else None)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            error.close()
        except urllib.error.URLError:
            pass
        return None

    def start_kernel(self) -> tuple[str, BlockingKernelClient]:
        kernel_id = self.request("POST", "api/kernels")["id"]
        client = BlockingKernelClient(connection_file=str(self._runtime / f"kernel-{kernel_id}.json"))
        client.load_connection_file()
        client.start_channels()
        return kernel_id, client

    def last_activity(self, kernel_id: str) -> float:
        """When the server has last heard of a kernel; fails if it has ended it."""
        model = self.request("GET", f"api/kernels/{kernel_id}")
        assert model is not None, "the kernel was culled"
        return datetime.fromisoformat(model["last_activity"].replace("Z", "+00:00")).timestamp()

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=PATIENCE)
        self._log.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("server"))
    yield server
    server.close()


def execute(client: BlockingKernelClient, code: str) -> None:
    reply = client.execute_interactive(code, timeout=PATIENCE, output_hook=lambda message: None)
    assert reply["content"]["status"] == "ok", reply["content"]


def test_a_silent_job_keeps_its_kernel_from_being_culled_until_it_has_ended(server: Server, tmp_path: Path) -> None:
    kernel_id, client = server.start_kernel()
    end = tmp_path / "end"
    try:
        execute(
            client,
            "import os, time\n%load_ext jupyterlab_jobs\n"
            f"%job while not os.path.exists({str(end)!r}): time.sleep(0.05)",
        )
        idle_since = time.time()
        # The culler looks every second: so long, it would have ended an idle kernel.
        _until(lambda: server.last_activity(kernel_id) > idle_since + 2 * IDLE_TIMEOUT + 2)
        end.touch()
        _until(lambda: server.request("GET", f"api/kernels/{kernel_id}") is None)
    finally:
        client.stop_channels()


def test_a_runtime_without_jobs_keeps_no_kernel(server: Server) -> None:
    kernel_id, client = server.start_kernel()
    try:
        execute(client, "%load_ext jupyterlab_jobs")
        _until(lambda: server.request("GET", f"api/kernels/{kernel_id}") is None)
    finally:
        client.stop_channels()
