"""A thousand jobs of all kinds, half of them killed: nobody else is hit, nothing is stuck, nothing is left."""

from __future__ import annotations

import pytest
from harness import Kernel

_WAVES = 40
_JOBS_PER_WAVE = 25

_SET_UP = """
import asyncio, gc, logging, os, queue, random, socket, subprocess, threading, time
from concurrent.futures import Future, ThreadPoolExecutor
import psutil
from jupyterlab_jobs import jobs

logger = logging.getLogger("stress")
logger.addHandler(logging.NullHandler())
gate = threading.Event()

def until(condition):
    end = time.monotonic() + 15
    while not (value := condition()) and time.monotonic() < end:
        time.sleep(0.002)
    return value

# Each blocks until `gate` is set, and would then return its number.
def waits(number):
    gate.wait()
    return number

def sleeps(number):
    while not gate.is_set():
        time.sleep(0.02)
    return number

def computes(number):
    while not gate.is_set():
        logger.info("busy")
    return number

def retries(number):
    while not gate.is_set():
        try:
            queue.Queue().get(timeout=0.02)
        except Exception:
            continue
    return number

def swallows(number):
    while not gate.is_set():
        try:
            sum(range(10))
        except:
            pass
    return number

def receives(number):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(0.05)
        while not gate.is_set():
            try:
                ours.recv(1)
            except TimeoutError:
                pass
    return number

def runs(number):
    while not gate.is_set():
        try:
            subprocess.run(["sleep", "1000"], timeout=0.1)
        except subprocess.TimeoutExpired:
            pass
    return number

def starts_threads(number):
    threads = [threading.Thread(target=gate.wait) for _ in range(3)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    return number

def has_pool(number):
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _: gate.wait(), range(4)))
    return number

async def awaits(number):
    while not gate.is_set():
        await asyncio.sleep(0.02)
    return number

async def awaits_thread(number):
    await asyncio.to_thread(gate.wait)
    return number

KINDS = [waits, sleeps, retries, receives, runs, starts_threads, has_pool, awaits, awaits_thread] * 2
KINDS += [computes, swallows]  # they keep the interpreter busy: not too many at once

def wave(seed, count):
    '''Run `count` jobs and kill half of them in random order; returns what went wrong.'''
    chance = random.Random(seed)
    gate.clear()
    started = [(number, jobs.submit(chance.choice(KINDS), number)) for number in range(count)]
    until(lambda: all(job.state == "running" for _, job in started))
    chance.shuffle(started)
    victims, others = started[: count // 2], started[count // 2 :]
    for _, job in victims:
        job.kill()
        time.sleep(chance.choice((0, 0, 0.001)))
    wrong = [(job.name, "stuck", job.stuck_in) for _, job in victims if not job.wait(15)]
    wrong += [(job.name, job.state) for _, job in victims if job.state != "killed"]
    wrong += [(job.name, "hit", job.state) for _, job in others if job.state != "running"]
    gate.set()
    for number, job in others:
        if not job.wait(15):
            wrong.append((job.name, "stuck", job.state))
        elif job.state != "finished" or job.result() != number:
            wrong.append((job.name, job.state))
    jobs.clear()
    return wrong

def kind_of(descriptor):
    '''What a descriptor refers to; nothing for the `eventfd`s by which ZeroMQ's sockets, made when needed, signal.'''
    try:
        kind = os.readlink(f"/proc/self/fd/{descriptor}").partition(":[")[0]
    except OSError:  # that of the listing itself
        return None
    return None if kind == "anon_inode" else kind

def holdings():
    gc.collect()
    me = psutil.Process()
    return {
        "threads": sorted(t.name for t in threading.enumerate()),
        "children": sorted(c.name() for c in me.children(recursive=True)),
        "descriptors": sorted(filter(None, map(kind_of, os.listdir("/proc/self/fd")))),
    }

def settled():
    '''The holdings once they stay the same: threads end a moment after their jobs.'''
    def steady():
        seen = holdings()
        time.sleep(0.3)
        return seen if seen == holdings() else None
    return until(steady)

pool = ThreadPoolExecutor(2)
beats = []
def beat():
    while not stop.is_set():
        beats.append(time.monotonic())
        time.sleep(0.01)
stop = threading.Event()
beating = [pool.submit(beat) for _ in range(2)]
wave(0, 30)  # brings the runtime's own threads and the guardian
before = settled()
"""


@pytest.mark.timeout(300)
def test_a_thousand_jobs(fresh_kernel: Kernel) -> None:
    kernel = fresh_kernel
    kernel.install()
    # pyzmq starts a thread for the first large message, and the control thread opens a socket for its first reply.
    kernel.execute("print('x' * 1_000_000)")
    kernel.ask("snapshot")
    kernel.execute(_SET_UP)
    for seed in range(_WAVES):
        assert kernel.value(f"wave({seed + 1}, {_JOBS_PER_WAVE})") == []
    # The pool that the notebook had made before, the main thread and the control thread have noticed nothing.
    assert kernel.value("[f.done() for f in beating]") == [False, False]
    assert kernel.value("(stop.set(), [f.exception(20) for f in beating])[1]") == [None, None]
    assert kernel.ask("snapshot")["jobs"] == []
    assert kernel.value("pool.shutdown()") is None
    assert kernel.value("{**settled(), 'threads': 0}") == kernel.value("{**before, 'threads': 0}")
    assert kernel.value("[t for t in settled()['threads'] if t not in before['threads']]") == []
