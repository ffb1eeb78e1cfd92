"""Cells that define something, and what must be true of it when a job that has run one has landed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Definition:
    """One such cell."""

    job: str
    cell: str
    """What the notebook runs afterwards."""
    expression: str
    expected: Any


DEFINITIONS = {
    "functions": Definition(
        """
factor = 2
def scale(x):
    return helper(x) * factor
def helper(x):
    return x + offset
offset = 0
""",
        "offset = 100; factor = 3",
        "scale(1)",
        303,
    ),
    "methods": Definition(
        """
class Scaler:
    def scale(self, x):
        return x * factor
    @staticmethod
    def fixed(x):
        return x * factor
    @classmethod
    def made(cls, x):
        return cls().scale(x)
    @property
    def factor(self):
        return factor
factor = 1
""",
        "factor = 3",
        "Scaler().scale(2), Scaler.fixed(2), Scaler.made(2), Scaler().factor",
        (6, 6, 6, 3),
    ),
    "bound methods": Definition(
        """
class Counter:
    def count(self):
        return step
bound = Counter().count
step = 1
""",
        "step = 5",
        "bound()",
        5,
    ),
    "recursion": Definition(
        """
def fact(n):
    return base if n == 0 else n * fact(n - 1)
base = 1
""",
        "base = 2",
        "fact(3)",
        12,
    ),
    "closures": Definition(
        """
def outer():
    kept = 1
    def inner():
        return kept + level
    return inner
inner = outer()
level = 1
""",
        "level = 10",
        "inner()",
        11,
    ),
    "closures that call each other": Definition(
        """
def outer():
    def even(n):
        return n == zero or odd(n - 1)
    def odd(n):
        return n != zero and even(n - 1)
    return even
even = outer()
zero = 0
""",
        "zero = 1",
        "even(3)",
        True,
    ),
    "decorators": Definition(
        """
import functools
def double(f):
    @functools.wraps(f)
    def wrapper(*args):
        return f(*args) * times
    return wrapper
@double
def plain(x):
    return x + add
times = add = 1
""",
        "times = 2; add = 10",
        "plain(1), plain.__wrapped__(1), plain.__name__",
        (22, 11, "plain"),
    ),
    "partial": Definition(
        """
import functools
def power(x, n=1):
    return x ** n + shift
square = functools.partial(power, n=2)
shift = 0
""",
        "shift = 1",
        "square(3)",
        10,
    ),
    "caches": Definition(
        """
import functools
@functools.lru_cache(maxsize=5)
def cached(x):
    return x + shift
class C:
    @functools.cached_property
    def p(self):
        return shift
shift = 0
""",
        "shift = 1",
        "cached(1), cached.cache_parameters()['maxsize'], C().p",
        (2, 5, 1),
    ),
    "containers": Definition(
        """
def f():
    return shift
table = {'f': f, 'deep': [(f, 1)]}
shift = 0
""",
        "shift = 1",
        "table['f'](), table['deep'][0][0](), table['f'] is f",
        (1, 1, True),
    ),
    "attributes": Definition(
        """
class Handler:
    pass
handler = Handler()
def f():
    return shift
handler.on = f
shift = 0
del Handler
""",
        "shift = 1",
        "handler.on()",
        1,
    ),
    "defaults": Definition(
        """
def f():
    return shift
def g(call=f, *, again=2):
    return call() + again
shift = 0
""",
        "shift = 1",
        "g()",
        3,
    ),
    "dataclasses": Definition(
        """
from dataclasses import dataclass, field
@dataclass(slots=True, frozen=True)
class Point:
    x: int
    y: int = field(default_factory=lambda: origin)
    def norm(self):
        return abs(self.x) + scale
scale = origin = 0
""",
        "scale = 1; origin = 7",
        "str((Point(-2).norm(), Point(1), Point(1) == Point(1, 7), Point.__module__))",
        "(3, Point(x=1, y=7), True, '__main__')",
    ),
    "inheritance": Definition(
        """
class Base:
    def who(self):
        return name
class Derived(Base):
    def who(self):
        return 'derived ' + super().who()
name = 'a'
del Base
""",
        "name = 'b'",
        "Derived().who()",
        "derived b",
    ),
    "enumerations": Definition(
        """
import enum
class Color(enum.Enum):
    RED = 1
    def shown(self):
        return self.name + suffix
suffix = ''
""",
        "suffix = '!'",
        "Color.RED.shown(), Color(1) is Color.RED",
        ("RED!", True),
    ),
    "generators": Definition(
        """
def numbers():
    for i in range(count):
        yield i
count = 1
""",
        "count = 3",
        "list(numbers())",
        [0, 1, 2],
    ),
    "coroutines": Definition(
        """
import asyncio
async def wait():
    await asyncio.sleep(0)
    return value
value = 1
await wait()
""",
        "value = 2\nwaited = await wait()",
        "waited",
        2,
    ),
    "lambdas and comprehensions": Definition(
        """
n = 0
add = lambda x: x + n
squares = [add(i) ** 2 for i in range(3)]
""",
        "n = 10",
        "add(1), squares",
        (11, [0, 1, 4]),
    ),
    "global": Definition(
        """
def setter():
    global made
    made = 'by the job'
setter()
""",
        "made_before = made\nsetter()",
        "made_before, made",
        ("by the job", "by the job"),
    ),
    "imports": Definition(
        """
import os.path, json as j
from math import *
from collections import OrderedDict as OD
""",
        "pass",
        "os.path.sep, j.dumps(1), round(pi, 2), OD.__name__",
        ("/", "1", 3.14, "OrderedDict"),
    ),
    "annotations and walrus": Definition(
        """
x: int = 1
if (y := x + 1) > 1:
    z = y
with open('/dev/null') as f:
    w = 1
""",
        "pass",
        "x, y, z, w, f.closed",
        (1, 2, 2, 1, True),
    ),
    "exceptions": Definition(
        """
try:
    1 / 0
except ZeroDivisionError as error:
    text = str(error)
""",
        "pass",
        "text, 'error' in globals()",
        ("division by zero", False),
    ),
    "a metaclass that refuses": Definition(
        """
class Meta(type):
    def __setattr__(cls, name, value):
        raise TypeError('frozen')
class Frozen(metaclass=Meta):
    def get(self):
        return frozen_value
frozen_value = 1
""",
        "frozen_value = 2",
        "Frozen().get()",
        2,
    ),
    "a long chain": Definition(
        """
class Node:
    def __init__(self, next):
        self.next = next
head = None
for _ in range(5000):
    head = Node(head)
""",
        "pass",
        "head.next.next.next is not None",
        True,
    ),
}
