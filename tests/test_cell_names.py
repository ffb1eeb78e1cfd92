"""What cells bind and what jobs read, as the code says it. No kernel: nothing of it runs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from jupyterlab_jobs.kernel.cell_names import dependencies

_NOTEBOOK = """
import functools, os, threading
from concurrent.futures import Future
from math import sqrt

gate = threading.Event()
waited_for = Future()

urls = ["a", "b"]
config = {}

def fetch(url):
    return helper(url, depth)

def helper(url, depth):
    return url

def count(n):
    return n and count(n - 1)

def setup():
    global config, session
    config = {}
    session = object()

def set_up_all():
    setup()

def any_name():
    return globals()

def drop():
    global old
    del old

class Client:
    base = "http://"

    def get(self):
        return timeout

    @property
    def size(self):
        return limit

    @staticmethod
    def make():
        return Client()

class Subclass(Client):
    pass

client = Client()
subclassed = Subclass()
bound = client.get
part = functools.partial(fetch, "a")

def decorated(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args)
    return wrapper

@decorated
def wrapped():
    return inner_name

@functools.lru_cache
def cached():
    return cached_name

@functools.singledispatch
def dispatched(x):
    return x
"""


@pytest.fixture(scope="module")
def shell() -> Iterator[InteractiveShell]:
    shell = InteractiveShell()
    result = shell.run_cell(_NOTEBOOK)
    result.raise_error()
    yield shell
    InteractiveShell.clear_instance()


def reasons(shell: InteractiveShell, job: str, *cells: str) -> list[str]:
    return [dependency.reason for dependency in dependencies(shell, cells, job)]


# The job's code, and the code of a cell that is running.
_WAITS = [
    # what binds
    ("fetch(urls)", "urls = []"),
    ("len(urls)", "urls: list = []"),
    ("len(urls)", "urls += ['c']"),
    ("len(urls)", "a, (urls, *b) = f()"),
    ("len(urls)", "del urls"),
    ("len(urls)", "for urls in range(3): pass"),
    ("len(urls)", "if (urls := f()): pass"),
    ("len(urls)", "[urls := x for x in f()]"),
    ("len(urls)", "with open('x') as urls: pass"),
    ("len(urls)", "async with f() as (a, urls): pass"),
    ("len(urls)", "try: pass\nexcept ValueError as urls: pass"),
    ("len(urls)", "match f():\n    case [urls, *_]: pass"),
    ("np.array(1)", "import numpy as np"),
    ("xml.dom", "import xml.dom"),
    ("array(1)", "from numpy import array"),
    ("sqrt(2)", "from cmath import sqrt"),
    ("new()", "def new(): pass"),
    ("new()", "async def new(): pass"),
    ("New()", "class New: pass"),
    ("len(urls)", "def change():\n    global urls\n    urls = []"),
    ("len(urls)", "if f():\n    while True:\n        urls = 1"),
    ("len(urls)", "from numpy import *"),
    ("len(urls)", "exec('urls = []')"),
    ("len(urls)", "globals()['urls'] = []"),
    ("len(urls)", "get_ipython().user_ns['urls'] = 1"),
    ("config['x']", "setup()"),
    ("session", "set_up_all()"),
    ("old", "drop()"),
    ("len(urls)", "any_name()['urls'] = 1"),
    # what changes in place
    ("len(urls)", "urls.append('c')"),
    ("len(urls)", "urls[0] = 'c'"),
    ("len(urls)", "del urls[0]"),
    ("config", "config.depth.x = 1"),
    ("len(urls)", "await urls.load()"),
    # magics
    ("len(urls)", "urls = !ls"),
    ("len(urls)", "%time urls = f()"),
    ("len(urls)", "%%time\nurls = f()"),
    ("out", "%%capture out\nf()"),
    ("out", "%%bash --out out\nls"),
    ("len(urls)", "%run script.py"),
    ("len(urls)", "run script.py"),
    ("len(urls)", "%load_ext something"),
    ("len(urls)", "%no_such_magic x"),
    ("len(urls)", "%%no_such_magic\nx"),
    # what reads
    ("len(urls)", "urls = 1"),
    ("x = [u for u in urls]", "urls = 1"),
    ("(lambda: urls)()", "urls = 1"),
    ("def f():\n    return urls\nf()", "urls = 1"),
    ("class A:\n    x = urls", "urls = 1"),
    ("f'{urls}'", "urls = 1"),
    ("urls += [1]", "urls = 1"),
    ("del urls", "urls = 1"),
    ("urls[0] = 1", "urls = []"),
    ("if f():\n    urls = 1\nprint(urls)", "urls = 1"),
    ("for urls in f(): pass\nprint(urls)", "urls = 1"),
    ("try:\n    urls = f()\nexcept ValueError:\n    pass\nurls", "urls = 1"),
    ("with f():\n    urls = 1\nurls", "urls = 1"),
    ("print(urls)\nurls = 1", "urls = 1"),
    ("urls = 1\ndel urls\nurls", "urls = 1"),
    ("@urls\ndef f(): pass", "urls = 1"),
    ("def f(x=urls): pass", "urls = 1"),
    ("def f():\n    return urls\nf()\nurls = 1", "urls = 1"),
    ("def f():\n    global urls\n    return urls\nf()", "urls = 1"),
    ("match x:\n    case urls.A: pass", "urls = 1"),
    ("await urls", "urls = 1"),
    ("!curl {urls[0]}", "urls = 1"),
    ("!curl $urls", "urls = 1"),
    ("%timeit fetch(urls)", "urls = 1"),
    ("%time fetch(urls)", "urls = 1"),
    ("%%time\nfetch(urls)", "urls = 1"),
    ("%run -i script.py", "urls = 1"),
    ("eval('urls')", "urls = 1"),
    ("locals()", "urls = 1"),
    ("_", "f()"),
    ("Out[3]", "f()"),
    ("_12", "pass"),
    ("In[-1]", "pass"),
    # through the notebook's functions
    ("fetch(1)", "depth = 3"),
    ("fetch(1)", "def helper(): pass"),
    ("part()", "depth = 3"),
    ("client.get()", "timeout = 3"),
    ("bound()", "timeout = 3"),
    ("client.size", "limit = 3"),
    ("subclassed.get()", "timeout = 3"),
    ("Client.make()", "timeout = 3"),
    ("wrapped()", "inner_name = 3"),
    ("cached()", "cached_name = 3"),
    ("any_name()", "urls = 1"),
    ("list(map(fetch, urls))", "depth = 1"),
    ("depth = 1\nfetch(1)", "depth = 1"),
]

_STARTS = [
    ("len(urls)", "x = 1"),
    ("len(urls)", "print(urls)"),
    ("len(urls)", "time.sleep(100)"),
    ("len(urls)", "import time\ntime.sleep(100)"),
    ("len(urls)", "def f(urls): urls = 1"),
    ("len(urls)", "def f():\n    urls = 1"),
    ("len(urls)", "class A:\n    urls = 1"),
    ("len(urls)", "[urls for urls in f()]"),
    ("len(urls)", "lambda urls: urls"),
    ("len(urls)", "f(urls=1)"),
    ("len(urls)", "x.urls = 1"),
    ("len(urls)", "no Python at all"),
    ("len(urls)", "%matplotlib inline"),
    ("gate.set()", "gate.wait()\nf()"),
    ("waited_for.cancel()", "waited_for.result()\nf()"),
    ("len(urls)", "!pip install x"),
    ("len(urls)", "%%bash\nurls=1"),
    ("len(urls)", "%timeit urls = 1"),
    ("len(urls)", "%job urls = fetch(1)"),
    ("os.getcwd()", "import os"),
    ("sqrt(2)", "from math import sqrt"),
    ("print(1)", "from numpy import *"),
    ("1 + 1", "exec('x')"),
    ("!ls", "%run script.py"),
    ("for url in ['a']: print(url)", "for url in urls: pass"),
    ("with open('x') as f:\n    f.read()", "f = 1"),
    ("import json\njson.loads('1')", "import json"),
    ("x = 1\nx + 1", "x = 2"),
    ("if 1:\n    x = 1\nelse:\n    x = 2\nx", "x = 3"),
    ("while (x := 1): print(x)", "x = 3"),
    ("def f(n):\n    return f(n - 1)\nf(1)", "def f(): pass"),
    ("def f():\n    return g()\ndef g():\n    return 1\nf()", "def g(): pass"),
    ("try:\n    pass\nexcept ValueError as error:\n    print(error)", "error = 1"),
    ("match [1]:\n    case [x]: print(x)", "x = 1"),
    ("[y for y in range(3)]", "y = 1"),
    ("count(3)", "n = 1"),
    ("config", "x = config"),
    ("'urls'", "urls = 1"),
]


@pytest.mark.parametrize(("job", "cell"), _WAITS)
def test_a_job_waits_for_a_cell_that_is_about_to_bind_what_it_reads(
    shell: InteractiveShell, job: str, cell: str
) -> None:
    assert len(reasons(shell, job, cell)) == 1


@pytest.mark.parametrize(("job", "cell"), _STARTS)
def test_a_job_does_not_wait_for_a_cell_that_does_not_concern_it(shell: InteractiveShell, job: str, cell: str) -> None:
    assert reasons(shell, job, cell) == []


@pytest.mark.parametrize(
    ("job", "cell", "reason"),
    [
        ("fetch(urls)", "urls = []", "it defines `urls`"),
        ("a + b", "b = a = 1", "it defines `a`, `b`"),
        ("a, b, c, d, e", "a = b = c = d = e = 1", "it defines `a`, `b`, `c` and 2 more"),
        ("len(urls)", "%run script.py", "it may define any name by %run"),
        ("len(urls)", "from numpy import *", "it may define any name by import *"),
        ("eval('x')", "y = 1", "it defines `y`, and the job may read any name by eval()"),
        ("eval('x')", "exec('x = 1')", "it defines names by exec(), and the job may read any name by eval()"),
    ],
)
def test_the_reason_names_what_is_waited_for(shell: InteractiveShell, job: str, cell: str, reason: str) -> None:
    assert reasons(shell, job, cell) == [reason]


def test_what_others_hang_on_a_syntax_tree_is_left_alone(shell: InteractiveShell) -> None:
    class Parent:
        def __deepcopy__(self, _: object) -> None:
            raise AssertionError

    # `executing` gives every node its parent; up to Python 3.12 at least, all trees share this one.
    context: Any = ast.parse("name", mode="eval").body.ctx  # type: ignore[attr-defined]
    context.parent = Parent()
    try:
        job = "class C:\n    if urls:\n        def f(self, x=depth): return later\nC()"
        for name in ("urls", "depth", "later"):
            assert reasons(shell, job, f"import os\n{name} = os.name") == [f"it defines `{name}`"]
    finally:
        del context.parent


def test_exactly_those_cells_are_waited_for_that_matter(shell: InteractiveShell) -> None:
    cells = ["x = 1", "urls = []", "y = 1", "urls.append(x)"]
    assert [dependency.index for dependency in dependencies(shell, cells, "fetch(urls)")] == [1, 3]


def test_a_function_that_a_cell_ahead_defines_binds_where_it_is_called(shell: InteractiveShell) -> None:
    cells = ["def load():\n    global data\n    data = 1", "def load_all():\n    load()", "x = 1", "load_all()"]
    assert [dependency.index for dependency in dependencies(shell, cells, "print(data)")] == [0, 1, 3]


def test_nothing_of_the_users_runs(shell: InteractiveShell) -> None:
    code = """
class Meta(type):
    def __getattribute__(cls, name): raise AssertionError(name)
class Hostile(metaclass=Meta):
    def __getattribute__(self, name): raise AssertionError(name)
    def __eq__(self, other): raise AssertionError
    def __hash__(self): raise AssertionError
hostile = Hostile()
"""
    shell.run_cell(code).raise_error()
    assert reasons(shell, "pass\nhostile, Hostile", "hostile = 1") == ["it defines `hostile`"]
    assert reasons(shell, "pass\nhostile, Hostile", "hostile.x()", "Hostile.y()") == ["it defines `hostile`"]


def test_code_that_is_no_python_is_refused(shell: InteractiveShell) -> None:
    with pytest.raises(SyntaxError):
        dependencies(shell, ["x = 1"], "no Python at all")


def test_many_functions_are_not_followed_for_ever(shell: InteractiveShell) -> None:
    code = "\n".join(f"def f{i}(): return f{i + 1}()" for i in range(3_000))
    shell.run_cell(code).raise_error()
    try:
        assert reasons(shell, "f0()", "x = 1") == [
            "it defines `x`, and the job may read any name by the number of functions"
        ]
    finally:
        for name in [name for name in shell.user_ns if name.startswith("f") and name[1:].isdigit()]:
            del shell.user_ns[name]
