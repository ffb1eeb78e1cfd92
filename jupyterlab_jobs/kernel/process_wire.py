"""What the kernel, the server of processes and the processes of jobs say to each other.

Apart from them, so that the kernel imports nothing of what only they need.
"""

from __future__ import annotations

import struct
from multiprocessing.connection import Connection
from typing import Any

from .remote_task import Packed

REPORT = struct.Struct("!cqi")
"""What the server says: `STARTED`, and a process id; `ENDED`, the process id, and what `waitpid` says."""

STARTED = b"s"
ENDED = b"e"


SETUP = "setup"
TASK = "task"
OUTCOME = "outcome"
"""Kinds of messages that carry a pickled value: the first two to the process of a job, the other from it.

Between a task and its outcome it sends what `backends.Message` describes.
"""


def send_packed(connection: Connection[Any, Any], kind: str, packed: Packed) -> None:
    """Send a pickled value; large buffers go as they are."""
    sizes = [memoryview(buffer).nbytes for buffer in packed.buffers]
    connection.send((kind, packed.data, sizes, packed.sources))
    for buffer in packed.buffers:
        connection.send_bytes(buffer)


def receive_buffers(connection: Connection[Any, Any], message: tuple[Any, ...]) -> Packed:
    """The pickled value of a message that `send_packed` has sent; raises `EOFError` at the end of the connection."""
    _, data, sizes, sources = message
    buffers = []
    for size in sizes:
        buffer = bytearray(size)
        connection.recv_bytes_into(buffer)
        buffers.append(buffer)
    return Packed(data, buffers, sources=sources)
