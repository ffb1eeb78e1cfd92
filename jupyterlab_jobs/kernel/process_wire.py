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

OUTCOME = ("outcome",)
"""What the process of a job says last of a task; the outcome follows."""

STARTED = b"s"
ENDED = b"e"


def send_packed(connection: Connection[Any, Any], packed: Packed) -> None:
    """Send a pickled value; large buffers go as they are."""
    connection.send((packed.data, [memoryview(buffer).nbytes for buffer in packed.buffers], packed.sources))
    for buffer in packed.buffers:
        connection.send_bytes(buffer)


def receive_packed(connection: Connection[Any, Any]) -> Packed:
    """Receive what `send_packed` has sent; raises `EOFError` at the end of the connection."""
    data, sizes, sources = connection.recv()
    buffers = []
    for size in sizes:
        buffer = bytearray(size)
        connection.recv_bytes_into(buffer)
        buffers.append(buffer)
    return Packed(data, buffers, sources=sources)
