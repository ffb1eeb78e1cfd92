"""A cell that is run as a job, and has landed, leaves what the same cell leaves when it is run as a cell."""

from __future__ import annotations

from harness import Kernel
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

_NAMES = st.sampled_from("abcde")
_NUMBERS = st.integers(-3, 3).map(str)

_EXPRESSIONS = st.recursive(
    _NAMES | _NUMBERS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} else {t[2]})"),
        st.tuples(inner, _NAMES).map(lambda t: f"sum([{t[0]} for {t[1]} in range(3)])"),
        st.tuples(_NAMES, inner).map(lambda t: f"(lambda {t[0]}: {t[1]})({t[0]})"),
        st.tuples(_NAMES, inner).map(lambda t: f"({t[0]} := {t[1]})"),
        st.tuples(st.sampled_from("fg"), inner).map(lambda t: f"{t[0]}({t[1]})"),
    ),
    max_leaves=5,
)


def _indented(block: list[str]) -> str:
    return "\n".join("    " + line for statement in block for line in statement.splitlines())


_SIMPLE = st.one_of(
    st.tuples(_NAMES, _EXPRESSIONS).map(lambda t: f"{t[0]} = {t[1]}"),
    st.tuples(_NAMES, st.sampled_from("+-*"), _EXPRESSIONS).map(lambda t: f"{t[0]} {t[1]}= {t[2]}"),
    st.tuples(_NAMES, _NAMES, _EXPRESSIONS).map(lambda t: f"{t[0]}, {t[1]} = {t[2]}, 1"),
    _NAMES.map(lambda name: f"del {name}"),
    _EXPRESSIONS.map(lambda value: f"kept.append({value})"),
    st.tuples(st.sampled_from("fg"), _NAMES, _NAMES, _EXPRESSIONS).map(
        lambda t: (
            f"def {t[0]}({t[1]}):\n    global {t[2]}\n    {t[2]} = depth({t[2]!r})\n    return {t[3]}"
            if t[1] != t[2]
            else f"def {t[0]}({t[1]}):\n    return {t[3]}"
        )
    ),
    st.tuples(_NAMES, _EXPRESSIONS).map(
        lambda t: f"class C:\n    {t[0]} = {t[1]}\n    def get(self):\n        return {t[0]}\n{t[0]} = C().get()"
    ),
    st.sampled_from(["import math as a", "from math import floor as b", "from math import *"]),
)

_STATEMENTS = st.recursive(
    _SIMPLE,
    lambda inner: st.one_of(
        st.tuples(_NAMES, st.lists(inner, min_size=1, max_size=3)).map(
            lambda t: f"for {t[0]} in range(2):\n{_indented(t[1])}"
        ),
        st.tuples(_EXPRESSIONS, st.lists(inner, min_size=1, max_size=3)).map(
            lambda t: f"if {t[0]}:\n{_indented(t[1])}"
        ),
        st.tuples(st.lists(inner, min_size=1, max_size=3), _NAMES).map(
            lambda t: f"try:\n{_indented(t[0])}\nexcept Exception as {t[1]}:\n    pass"
        ),
    ),
    max_leaves=6,
)


def _is_python(code: str) -> bool:
    try:
        compile(code, "cell", "exec")
    except SyntaxError:
        return False
    return True


_CELLS = st.lists(_STATEMENTS, min_size=1, max_size=6).map("\n".join).filter(_is_python)

_SET_UP = """
def fresh():
    for name in 'abcdefgC':
        globals().pop(name, None)
    globals().update(a=1, b=2, c=3, d=4, kept=[], f=lambda x: x + 1, g=lambda x: -x)

def depth(name):
    return len(kept)

def shown(value):
    return repr(value) if isinstance(value, (int, float, list, str)) else type(value).__name__

def left():
    names = {name: shown(globals()[name]) for name in 'abcdekC' if name in globals()} | {'kept': shown(kept)}
    for name in 'fg':
        if name in globals():
            # What functions see and set after all that.
            globals()['d'] = 7
            try:
                names[name] = shown(globals()[name](2)), shown(globals().get('d'))
            except Exception as error:
                names[name] = type(error).__name__
    return names

def compare(code):
    fresh()
    try:
        exec(compile(code, 'cell', 'exec'), globals())
        failed = None
    except Exception as error:
        failed = type(error).__name__
        fresh()  # of a job that fails, nothing lands
    expected = left()
    fresh()
    job = jobs.submit(code)
    job.wait()
    error = job.exception()
    seen = left()
    kept_before_failing = failed is not None
    if kept_before_failing:
        expected['kept'] = seen['kept']  # lists are shared, and changed also by what fails
    assert (error and type(error).__name__) == failed, (error, failed)
    assert seen == expected, (seen, expected)
    jobs.clear()
"""


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(code=_CELLS)
def test_a_job_leaves_what_a_cell_leaves(kernel: Kernel, code: str) -> None:
    if kernel.value("'compare' not in globals()"):
        kernel.execute(_SET_UP)
    reply = kernel.shell_reply(kernel.execute(f"compare({code!r})", wait=False))
    assert reply["content"]["status"] == "ok", reply["content"]["evalue"]
