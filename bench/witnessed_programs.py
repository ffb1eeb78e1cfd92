"""The same blocking code for every tool: a function `work`, watched from outside by a `Witness` or two."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

_PART = """
def part():
    with open({parts!r}, "wb", 0) as held:
        held.write(b"+")
        time.sleep(30)
"""


@dataclass(frozen=True)
class Program:
    """Code that blocks, for 30 seconds at least; `parts` threads or processes do so for it."""

    body: str
    parts: int = 0
    is_async: bool = False

    @property
    def asks_server(self) -> bool:
        """Whether it waits for a `StallingServer`."""
        return "{port}" in self.body

    def source(self, *, code: str, parts: str, port: int) -> str:
        """The definition of `work`, which holds the pipe `code` open; its parts hold the pipe `parts`.

        By a `with` block on a file, and not in a `finally`: an exception from another thread cannot come between the
        end of the block and the closing, both of which are in C.
        """
        body = self.body.format(parts=parts, port=port)
        block = f'with open({code!r}, "wb", 0) as held:\n    held.write(b"+")\n{textwrap.indent(body, "    ")}'
        return f"{'async ' if self.is_async else ''}def work():\n{textwrap.indent(block, '    ')}\n"


PROGRAMS = {
    "loop": Program("while True:\n    pass"),
    "except Exception": Program(
        "import time\nwhile True:\n    try:\n        time.sleep(0.01)\n    except Exception:\n        continue"
    ),
    "bare except": Program("while True:\n    try:\n        sum(range(10))\n    except:\n        pass"),
    "sleep": Program("import time\ntime.sleep(30)"),
    "urlopen, stalled": Program("import urllib.request\nurllib.request.urlopen('http://127.0.0.1:{port}/')"),
    "subprocess.run": Program(
        "import subprocess\nsubprocess.run(['sh', '-c', 'exec 3>{parts}; printf + >&3; exec sleep 30'])", parts=1
    ),
    "queue": Program("import queue\nqueue.Queue().get()"),
    "event": Program("import threading\nthreading.Event().wait()"),
    "lock": Program("import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()"),
    "asyncio": Program("import asyncio\nawait asyncio.sleep(30)", is_async=True),
    "thread join": Program(
        f"import threading, time{_PART}t = threading.Thread(target=part)\nt.start()\nt.join()", parts=1
    ),
    "thread pool": Program(
        f"import time\nfrom concurrent.futures import ThreadPoolExecutor{_PART}"
        "with ThreadPoolExecutor(3) as pool:\n    for _ in range(9):\n        pool.submit(part)",
        parts=3,
    ),
}
