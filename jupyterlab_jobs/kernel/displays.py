"""Sends what a job's threads display to the job: rich output, its result, errors that IPython shows."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from typing import Any

from ipykernel.jsonutil import encode_images, json_clean
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from jupyter_client.jsonutil import json_default

from .messages import OutputMessage, with_display_id
from .output import sendable
from .per_job import PerJob
from .replacements import Replacements
from .threads import current_job


def json_bundle(data: dict[str, Any], metadata: dict[str, Any] | None) -> dict[str, Any]:
    """A MIME bundle as it goes over the wire: images encoded, everything JSON, and no object of the user's.

    Raises `TypeError` or `ValueError` for what is not: here, where the user sees it, and not in the publisher's thread.
    """
    content = json_clean({"data": encode_images(data), "metadata": metadata or {}})
    text = json.dumps(content, default=json_default, ensure_ascii=False)
    bundle: dict[str, Any] = json.loads(sendable(text))
    return bundle


def route_displays(replacements: Replacements, shell: InteractiveShell) -> None:
    """Have what a job's threads display go to the job.

    `shell.display_pub` is `PerJob`: what captures displays puts another publisher there, in a job for that job only.
    """
    publisher_class: type[DisplayPublisher] = shell.display_pub_class
    replacements.set(publisher_class, "publish", _routed_publish(publisher_class.publish))
    replacements.set(publisher_class, "clear_output", _routed_clear(publisher_class.clear_output))
    # Not the present one, which may be capturing the cell in which the first job starts.
    publisher = publisher_class(parent=shell, shell=shell)
    replacements.set(type(shell), "display_pub", PerJob("display_pub", lambda: publisher))
    # ipykernel has put one into the object as well.
    replacements.set(shell, "_showtraceback", _routed_traceback(shell._showtraceback))


def show_result(shell: InteractiveShell, value: Any) -> None:
    """Show a value under the cell as its result. Called in a job's thread, as `sys.displayhook`."""
    job = current_job()
    if job is None or value is None:
        return
    message = result_message(shell, value, job.execution_count)
    if message is not None:
        job._output.put(message)


def result_message(shell: InteractiveShell, value: Any, execution_count: int | None) -> OutputMessage | None:
    """What shows a value as the result of a cell; None if the value has displayed itself."""
    formatter = shell.display_formatter
    assert formatter is not None
    data, metadata = formatter.format(value)
    if not data:
        return None
    content = json_bundle(data, metadata)
    if execution_count is None:
        # The main thread has not come to the cell yet; and a result without a number is refused by JupyterLab.
        return OutputMessage("display_data", content | {"transient": {}})
    return OutputMessage("execute_result", content | {"execution_count": execution_count})


def display_message(
    data: dict[str, Any], metadata: dict[str, Any] | None, transient: dict[str, Any] | None, *, update: bool
) -> OutputMessage:
    """What displays a MIME bundle, or updates what displays it."""
    if transient and "display_id" in transient:
        transient = with_display_id(transient)
    content = {**json_bundle(data, metadata), "transient": transient or {}}
    return OutputMessage("update_display_data" if update else "display_data", content)


def _routed_publish(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def publish(
        self: DisplayPublisher,
        data: dict[str, Any],
        metadata: dict[str, Any] | None = None,
        *args: Any,
        transient: dict[str, Any] | None = None,
        update: bool = False,
        **kwargs: Any,
    ) -> None:
        job = current_job()
        if job is None:
            original(self, data, metadata, *args, transient=transient, update=update, **kwargs)
            return
        job._output.put(display_message(data, metadata, transient, update=update))

    return publish


def _routed_clear(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def clear_output(self: DisplayPublisher, wait: bool = False) -> None:
        job = current_job()
        if job is None:
            original(self, wait)
        else:
            job._output.put(OutputMessage("clear_output", {"wait": bool(wait)}))

    return clear_output


def _routed_traceback(original: Callable[..., None]) -> Callable[..., None]:
    """Errors that do not end the code, such as those of an object's `_repr_html_`."""

    @functools.wraps(original)
    def showtraceback(etype: type, evalue: Any, stb: list[str]) -> None:
        job = current_job()
        if job is None:
            original(etype, evalue, stb)
        else:
            content = {"ename": etype.__name__, "evalue": str(evalue), "traceback": stb}
            job._output.put(OutputMessage("error", json_clean(content)))

    return showtraceback
