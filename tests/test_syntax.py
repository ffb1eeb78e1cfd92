"""Options and code of `%job`."""

from __future__ import annotations

import pytest
from IPython.core.error import UsageError

from jupyterlab_jobs.kernel.syntax import cell_magic_for_job_alone, parse_cell, parse_duration, split_options


@pytest.mark.parametrize(
    ("line", "name", "code"),
    [
        ("f(x)", None, "f(x)"),
        ("  f( 'a b' )  ", None, "f( 'a b' )"),
        ("--name n f(x)", "n", "f(x)"),
        ("--name=n f(x)", "n", "f(x)"),
        ("--name 'a b' f(x)", "a b", "f(x)"),
        ('--name "it\'s" f(x)', "it's", "f(x)"),
        ("--name n -- --x", "n", "--x"),
        ("-- -x", None, "-x"),
        ("-1 + 2", None, "-1 + 2"),
        ("x --name n", None, "x --name n"),
        ("!ls --all", None, "!ls --all"),
        ("%time f()", None, "%time f()"),
        ("print('--name x')", None, "print('--name x')"),
        ("--name n", "n", ""),
        ("", None, ""),
        ("'unbalanced", None, "'unbalanced"),
        ("--name n 'unbalanced", "n", "'unbalanced"),
    ],
)
def test_split_options(line: str, name: str | None, code: str) -> None:
    options, rest = split_options(line)
    assert (options.name, rest) == (name, code)


def test_a_line_that_the_page_has_put_above_a_cell_is_not_counted() -> None:
    assert parse_cell("--as-cell", "1 / 0").first_line == 1
    assert parse_cell("--shared", "1 / 0").first_line == 2


@pytest.mark.parametrize("line", ["--bogus x", "-z f()", "--nam n f()", "--name"])
def test_unknown_options_are_named(line: str) -> None:
    with pytest.raises(UsageError, match=r"^%job: .*; options are: --name NAME, .*--shared$"):
        split_options(line)


@pytest.mark.parametrize(
    ("cell", "becomes"),
    [
        ("%job\nf()", "%%job\nf()"),
        ("%job --name x\nf()", "%%job --name x\nf()"),
        ("\n\n%job\nf()\ng()", "\n\n%%job\nf()\ng()"),
        ("%job f()\ng()", None),
        ("%job\n\n", None),
        ("%job", None),
        ("x = 1\n%job\nf()", None),
        ("%jobs\nf()", None),
        ("%job --bogus\nf()", None),
        ("%%job\nf()", None),
        ("# c\n%job\nf()", None),
    ],
)
def test_job_alone_on_the_first_line(cell: str, becomes: str | None) -> None:
    lines = cell.splitlines(keepends=True)
    assert "".join(cell_magic_for_job_alone(lines)) == (becomes or cell)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("0.5", 0.5), ("5m", 300), ("1h30m", 5400), ("1h", 3600), ("2m5s", 125)],
)
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds
    assert split_options(f"--timeout {text} f()")[0].timeout == seconds


@pytest.mark.parametrize("text", ["", "0", "-1", "m", "1x", "1s1h", "soon", "1.5m"])
def test_bad_durations(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not a duration; write 90, 90s, 5m or 1h30m"):
        parse_duration(text)
