"""Whatever comes, as a message or as the line of a magic, is understood or refused in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from harness import Kernel
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from IPython.core.error import UsageError

from jupyterlab_jobs.kernel import protocol
from jupyterlab_jobs.kernel.syntax import parse_cell, parse_duration, parse_line

_JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)

_METHODS = (
    "snapshot",
    "submit",
    "start_now",
    "configure",
    "kill",
    "clear",
    "land",
    "variables",
    "items",
    "output",
    "no such method",
)

_FIELDS = (
    *("ahead", "backend", "cell_id", "code", "failed", "job", "jobs", "limit"),
    *("msg_id", "offset", "parent", "runtime", "seq", "session", "shown", "since"),
)
"""Of all requests."""

_PARAMS = st.dictionaries(
    st.sampled_from(_FIELDS),
    _JSON
    | st.integers(0, 3)
    | st.lists(st.integers(0, 3), max_size=3)
    | st.dictionaries(st.sampled_from(_FIELDS), _JSON, max_size=3),
    max_size=6,
)


@given(st.sampled_from(_METHODS), st.one_of(_PARAMS, _JSON))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_request_is_answered(alone: Kernel, method: str, params: Any) -> None:
    if method == "submit" and isinstance(params, dict):
        params = params | {"code": "%job pass"}  # what is submitted is run: that is what it is for
    reply = alone.request(method, params)
    if reply["status"] == "error":
        assert reply["ename"] in {"ProtocolError", "NoSuchJob"}, reply
        assert reply["evalue"]
        assert "\n" not in reply["evalue"]
    else:
        assert reply["status"] == "ok"


def _refusal(parse: Callable[[], object], kind: type[Exception]) -> str | None:
    """What is wrong; None if nothing is. Any other exception than one of this kind is raised."""
    try:
        parse()
    except kind as error:
        return str(error).strip()
    return None


@given(_JSON)
@example({"version": 1, "method": None})
@settings(max_examples=300, deadline=None)
def test_any_content_is_read_or_refused(content: Any) -> None:
    assert _refusal(lambda: protocol.parse_request(content), protocol.ProtocolError) != ""


_PIECES = st.sampled_from(
    [
        *("--name", "--timeout", "--on", "--after", "-p", "--now", "--shared", "--quiet", "--notify", "--", "--x"),
        *("=", " ", "5m", "1,2", "print(1)", '"', "'", "\\", "\n", "#", "%job", "x = 1", "$x", "{x}", "-", "ü", "\0"),
    ]
)
_LINES = st.lists(_PIECES | st.text(max_size=3), max_size=12).map("".join)


@given(_LINES)
@settings(max_examples=1000, deadline=None)
def test_any_line_is_a_job_or_a_usage_error(text: str) -> None:
    line = text.replace("\n", " ")
    assert _refusal(lambda: parse_line(line, 1), UsageError) != ""
    assert _refusal(lambda: parse_cell(line, text), UsageError) != ""


@given(st.text(max_size=8) | st.from_regex(r"[0-9hms.]{1,6}", fullmatch=True))
@settings(max_examples=500, deadline=None)
def test_any_duration_is_one_or_a_usage_error(text: str) -> None:
    refusal = _refusal(lambda: parse_duration(text), UsageError)
    assert parse_duration(text) > 0 if refusal is None else "\n" not in refusal


@pytest.mark.parametrize("line", ["--timeout", "--after 1,,2", "--name", "--on"])
def test_half_an_option(line: str) -> None:
    with pytest.raises(UsageError):
        parse_line(line, 1)
