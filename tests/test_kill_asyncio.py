"""A kill of coroutines: their tasks are cancelled, and clean up."""

from __future__ import annotations

import pytest
from harness import Kernel


def test_asyncio_cleanup_runs(kernel: Kernel) -> None:
    kernel.execute("steps = []")
    code = (
        "%%job\n"
        "import asyncio\n"
        "try:\n"
        "    await asyncio.sleep(1000)\n"
        "except asyncio.CancelledError:\n"
        "    steps.append('cancelled')\n"
        "    raise\n"
        "finally:\n"
        "    await asyncio.sleep(0.05)\n"
        "    steps.append('cleaned')\n"
    )
    job_id = kernel.job_of(kernel.execute(code))
    kernel.in_state(job_id, "running")
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"
    assert kernel.value("steps") == ["cancelled", "cleaned"]


@pytest.mark.parametrize("awaited", ["", "await asyncio.sleep(0)\n"], ids=["first step", "later step"])
def test_asyncio_that_computes_is_cancelled_and_cleans_up(kernel: Kernel, awaited: str) -> None:
    kernel.execute("steps = []")
    msg_id = kernel.execute(
        f"%%job\nimport asyncio\n{awaited}"
        "try:\n"
        "    print('on', flush=True)\n"
        "    while True: pass\n"
        "except asyncio.CancelledError:\n"
        "    steps.append('cancelled')\n"
        "    raise\n"
        "finally:\n"
        "    for i in range(3):\n"
        "        await asyncio.sleep(0.05)\n"
        "        steps.append(i)"
    )
    kernel.until(lambda: kernel.text(msg_id) == "on\n")
    kernel.ask("kill", {"jobs": [kernel.job_of(msg_id)]})
    assert kernel.ended(kernel.job_of(msg_id))["state"] == "killed"
    assert kernel.value("steps") == ["cancelled", 0, 1, 2]


@pytest.mark.parametrize("body", ["while True: pass", "await asyncio.sleep(1000)"], ids=["computes", "waits"])
def test_asyncio_cleanup_may_compute(kernel: Kernel, body: str) -> None:
    kernel.execute("steps = []")
    msg_id = kernel.execute(
        "%%job\nimport asyncio, time\n"
        "def compute(step):\n"
        "    end = time.monotonic() + 0.1\n"
        "    while time.monotonic() < end: pass\n"
        "    steps.append(step)\n"
        "class Context:\n"
        "    async def __aenter__(self): pass\n"
        "    async def __aexit__(self, *error):\n"
        "        compute('exit')\n"
        "        await asyncio.sleep(0.01)\n"
        "        compute('exit again')\n"
        "await asyncio.sleep(0)\n"
        "try:\n"
        "    async with Context():\n"
        "        print('on', flush=True)\n"
        f"        {body}\n"
        "finally:\n"
        "    compute('finally')"
    )
    kernel.until(lambda: kernel.text(msg_id) == "on\n")
    kernel.ask("kill", {"jobs": [kernel.job_of(msg_id)]})
    assert kernel.ended(kernel.job_of(msg_id))["state"] == "killed"
    assert kernel.value("steps") == ["exit", "exit again", "finally"]


def test_a_second_kill_cuts_the_cleanup_of_asyncio_short(kernel: Kernel) -> None:
    msg_id = kernel.execute(
        "%%job\nimport asyncio\ntry:\n    await asyncio.sleep(1000)\n"
        "finally:\n    print('cleans up', flush=True)\n    while True: pass"
    )
    job_id = kernel.job_of(msg_id)
    kernel.in_state(job_id, "running")
    kernel.ask("kill", {"jobs": [job_id]})
    kernel.until(lambda: kernel.text(msg_id) == "cleans up\n")
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"


@pytest.mark.parametrize(
    "code",
    [
        "async def computes():\n    while True: pass\nawait asyncio.gather(computes(), computes())",
        "def computes():\n    while True: pass\n"
        "asyncio.get_running_loop().call_soon(computes)\nawait asyncio.sleep(1000)",
        "while True:\n    try:\n        while True: sum(range(10))\n    except BaseException:\n        pass",
        "try:\n    while True: pass\nexcept BaseException:\n    pass\nawait asyncio.sleep(1000)",
        "kept = []\nwhile True:\n    try:\n        while True: pass\n"
        "    except BaseException as error:\n        kept.append(error)",
        "kept = []\ntry:\n    await asyncio.sleep(1000)\nexcept BaseException as error:\n    kept.append(error)\n"
        "while True: pass",
    ],
    ids=["children", "callback", "swallows", "swallows once", "keeps", "keeps and computes"],
)
def test_whatever_computes_in_an_event_loop_ends(kernel: Kernel, code: str) -> None:
    msg_id = kernel.execute(f"%%job\nimport asyncio\nawait asyncio.sleep(0)\nprint('on', flush=True)\n{code}")
    kernel.until(lambda: kernel.text(msg_id) == "on\n")
    kernel.ask("kill", {"jobs": [kernel.job_of(msg_id)]})
    assert kernel.ended(kernel.job_of(msg_id))["state"] == "killed"


def test_asyncio_cleanup_may_use_the_network_and_is_quiet(kernel: Kernel) -> None:
    kernel.execute(
        "import socket, threading\nserver = socket.create_server(('127.0.0.1', 0))\nheard = []\n"
        "def serve():\n    c, _ = server.accept()\n    heard.append(c.recv(100))\n    c.close()\n"
        "listener = threading.Thread(target=serve); listener.start(); connected = threading.Event()"
    )
    msg_id = kernel.execute(
        "%%job\nimport asyncio\nr, w = await asyncio.open_connection(*server.getsockname())\nconnected.set()\n"
        "try:\n    await r.read()\nexcept asyncio.CancelledError:\n    w.write(b'QUIT')\n    await w.drain()\n    raise"
    )
    job_id = kernel.job_of(msg_id)
    kernel.execute("connected.wait(20)")
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"
    kernel.execute("listener.join(10)")
    assert kernel.value("heard") == [b"QUIT"]
    assert kernel.text(msg_id, "stderr") == ""
