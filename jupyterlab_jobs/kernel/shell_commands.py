"""`!cmd`, `%%bash` and `os.system` in a job.

IPython runs shell commands with pexpect, which forks by itself: nobody could kill what it has started. In a job, `!cmd`
is a `subprocess` on a pseudo-terminal as there, so that programs write line by line.
"""

from __future__ import annotations

import codecs
import copy
import functools
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from ipykernel import zmqshell
from IPython.core.magics.script import ScriptMagics

from .replacements import Replacements
from .threads import current_job


def route_shell_commands(replacements: Replacements) -> None:
    """Have what runs commands run them where a job's kill reaches them."""
    _route_exclamation_mark(replacements)
    _route_system(replacements)
    _separate_script_magics(replacements)


def _route_exclamation_mark(replacements: Replacements) -> None:
    """Replace the function by which ipykernel's shell runs commands."""
    original: Callable[[str], int | None] = vars(zmqshell)["system"]

    def system(command: str) -> int | None:
        if current_job() is None:
            return original(command)
        return _run_on_terminal(command) if os.name == "posix" else _run_on_pipe(command)

    replacements.set(zmqshell, "system", system)


def _route_system(replacements: Replacements) -> None:
    """Replace `os.system`, which nobody can end, and whose child writes to the kernel's own descriptors."""
    original = os.system

    @functools.wraps(original)
    def system(command: Any) -> int:
        if current_job() is None or os.name != "posix":
            return original(command)
        code = subprocess.call(command, shell=True)
        return -code if code < 0 else code << 8

    replacements.set(os, "system", system)


def _separate_script_magics(replacements: Replacements) -> None:
    """Give `%%bash` and its like an event loop of their own in a job.

    IPython runs all their processes in one loop, in a thread of whoever came first: a kill of that job would hang the
    others, and the processes would be taken for its own.
    """
    original = ScriptMagics.shebang

    @functools.wraps(original)
    def shebang(self: ScriptMagics, line: str, cell: str) -> Any:
        if current_job() is None:
            return original(self, line, cell)
        own: Any = copy.copy(self)
        own.event_loop = None
        own.bg_processes = []
        try:
            return original(own, line, cell)
        finally:
            if own.event_loop is not None:
                own.event_loop.call_soon_threadsafe(own.event_loop.stop)

    replacements.set(ScriptMagics, "shebang", shebang)


def _run_on_terminal(command: str) -> int:
    import termios

    terminal, programs_end = os.openpty()
    try:
        try:
            attributes = termios.tcgetattr(programs_end)
            attributes[1] &= ~termios.OPOST  # no "\r\n"
            termios.tcsetattr(programs_end, termios.TCSANOW, attributes)
            process = _start(command, stdout=programs_end)
        finally:
            os.close(programs_end)
        return _copy_output(process, lambda: _read_terminal(terminal))
    finally:
        os.close(terminal)


def _read_terminal(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux: nobody has the other end open any more
        return b""


def _run_on_pipe(command: str) -> int:
    process = _start(command, stdout=subprocess.PIPE)
    pipe = process.stdout
    assert pipe is not None
    with pipe:
        return _copy_output(process, lambda: os.read(pipe.fileno(), 65536))


def _start(command: str, stdout: int) -> subprocess.Popen[bytes]:
    shell = os.environ.get("SHELL") if os.name == "posix" else None
    return subprocess.Popen(
        command,
        shell=True,
        executable=shell if shell and os.path.exists(shell) else None,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=subprocess.STDOUT,
    )


def _copy_output(process: subprocess.Popen[Any], read: Callable[[], bytes]) -> int:
    # Incremental: a character may come in two pieces.
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    try:
        while chunk := read():
            sys.stdout.write(decoder.decode(chunk))
        sys.stdout.write(decoder.decode(b"", final=True))
        return process.wait()
    finally:
        if process.returncode is None:  # the job is being killed
            process.kill()
            process.wait()
