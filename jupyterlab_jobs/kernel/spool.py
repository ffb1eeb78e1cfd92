"""One temporary file for what the jobs have written and what memory is too small for."""

from __future__ import annotations

import errno
import os
import tempfile
import threading
from collections.abc import Iterable
from typing import IO

BLOCK_SIZE = 64 * 1024
"""How many bytes a block of the file holds."""

# A job that prints without end must not fill the disk of everybody else on the machine.
_MAX_BLOCKS = 8 * 1024**3 // BLOCK_SIZE
_MIN_FREE_BYTES = 1_000_000_000
_MIN_FREE_SHARE = 0.05  # of a small disk


class Spool:
    """Blocks in an anonymous file: it has no name that could be left behind, and ends with the process, however.

    Threads: any may call anything. `_lock` guards everything; it is held for one block at a time.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._file: IO[bytes] | None = None
        self._no_file: OSError | None = None
        self._length = 0  # in blocks
        self._free: list[int] = []
        # Not yet free: they may be in the list of a reader.
        self._released: list[int] = []
        self._readers = 0

    def __del__(self) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, data: bytes) -> int:
        """Keep up to `BLOCK_SIZE` bytes; returns their block. Raises `OSError` if there is no room."""
        with self._lock:
            file = self._open()
            block = self._free.pop() if self._free else self._grow(file)
            try:
                _write_at(file.fileno(), data, block * BLOCK_SIZE)
            except OSError:
                self._free.append(block)
                raise
            return block

    def read(self, block: int, length: int) -> bytes:
        """The first bytes of a block. Called between `begin_reading` and `end_reading`."""
        with self._lock:
            assert self._file is not None
            return _read_at(self._file.fileno(), length, block * BLOCK_SIZE)

    def begin_reading(self) -> None:
        """From now on blocks that are released stay what they are."""
        with self._lock:
            self._readers += 1

    def end_reading(self) -> None:
        """Undo `begin_reading`."""
        with self._lock:
            self._readers -= 1
            self._reclaim()

    def release(self, blocks: Iterable[int]) -> None:
        """These blocks are not needed any more."""
        with self._lock:
            self._released += blocks
            self._reclaim()

    def _reclaim(self) -> None:
        if self._readers:
            return
        self._free += self._released
        self._released = []
        if self._file is not None and len(self._free) == self._length:
            # Closing it gives the room on the disk back, on every system.
            self._file.close()
            self._file = None
            self._free = []
            self._length = 0

    def _open(self) -> IO[bytes]:
        if self._no_file is not None:
            raise self._no_file
        if self._file is None:
            try:
                self._file = tempfile.TemporaryFile(prefix="jupyterlab-jobs-", buffering=0)  # noqa: SIM115
            except OSError as error:
                # Looking for a directory takes too long to be repeated for every block.
                self._no_file = error
                raise
        return self._file

    def _grow(self, file: IO[bytes]) -> int:
        if self._length >= _MAX_BLOCKS or _is_full(file.fileno()):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self._length += 1
        return self._length - 1


def _is_full(fd: int) -> bool:
    """Whether what is left on the disk is for others."""
    if not hasattr(os, "fstatvfs"):
        return False
    disk = os.fstatvfs(fd)
    return disk.f_bavail * disk.f_frsize < min(_MIN_FREE_BYTES, _MIN_FREE_SHARE * disk.f_blocks * disk.f_frsize)


if hasattr(os, "pwrite"):
    # Without a position in the file, which forked children share.

    def _write_at(fd: int, data: bytes, offset: int) -> None:
        view = memoryview(data)
        while view:
            written = os.pwrite(fd, view, offset)
            view = view[written:]
            offset += written

    def _read_at(fd: int, length: int, offset: int) -> bytes:
        return os.pread(fd, length, offset)

else:

    def _write_at(fd: int, data: bytes, offset: int) -> None:
        os.lseek(fd, offset, os.SEEK_SET)
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]

    def _read_at(fd: int, length: int, offset: int) -> bytes:
        os.lseek(fd, offset, os.SEEK_SET)
        return os.read(fd, length)
