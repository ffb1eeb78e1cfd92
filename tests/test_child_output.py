"""What the child processes of a job write goes to the job's cell."""

from __future__ import annotations

import pytest
from harness import Kernel


@pytest.fixture(autouse=True)
def _names(kernel: Kernel) -> None:
    kernel.execute("import asyncio, multiprocessing, os, subprocess, sys, threading")


@pytest.mark.parametrize(
    "code",
    [
        "subprocess.run(['echo', 'said'])",
        "subprocess.run('echo said', shell=True, check=True, text=True)",
        "subprocess.call(['echo', 'said'])",
        "subprocess.Popen('echo said', -1, None, None, None, None, None, True, True).wait()",
        "subprocess.Popen('echo said >&2', shell=True, stderr=subprocess.STDOUT).communicate()",
        "os.system('echo said')",
        "os.popen('echo said >&2').close()",
        "p = await asyncio.create_subprocess_exec('echo', 'said')\nawait p.wait()",
        "p = await asyncio.create_subprocess_shell('echo said')\nawait p.communicate()",
        "p = multiprocessing.get_context('fork').Process(target=print, args=('said',)); p.start(); p.join()",
        "p = multiprocessing.get_context('spawn').Process(target=print, args=('said',)); p.start(); p.join()",
        "with multiprocessing.get_context('fork').Pool(1) as pool:\n    pool.apply(print, ('said',))",
        "t = threading.Thread(target=subprocess.run, args=(['echo', 'said'],)); t.start(); t.join()",
    ],
)
def test_children_write_to_the_job_in_order(kernel: Kernel, code: str) -> None:
    kernel.execute("gate = threading.Event()")
    job = kernel.execute(f"%%job\ngate.wait(20)\nprint('before')\n{code}\nprint('after')")
    main = kernel.execute("gate.set()\nwaited = list(jobs)[-1].wait(20)")
    record = kernel.ended(kernel.job_of(job))
    assert record["state"] == "finished", record["error"]
    name = "stderr" if ">&2" in code and "STDOUT" not in code else "stdout"
    streams = [(m["content"]["name"], m["content"]["text"]) for m in kernel.of(job) if m["msg_type"] == "stream"]
    if name == "stderr":
        assert streams == [("stdout", "before\n"), ("stderr", "said\n"), ("stdout", "after\n")]
    else:
        assert "".join(text for _, text in streams) == "before\nsaid\nafter\n"
    kernel.execute("print('flushed')")
    assert kernel.text(main) == kernel.text(main, "stderr") == ""


def test_what_a_child_writes_arrives_while_it_runs(kernel: Kernel) -> None:
    kernel.execute("reader, writer = os.pipe()")
    job = kernel.execute(
        "%%job\nsubprocess.run('echo first; echo problem >&2; read line; echo $line', shell=True, stdin=reader)"
    )
    kernel.until(lambda: kernel.text(job) == "first\n" and kernel.text(job, "stderr") == "problem\n")
    kernel.execute("os.write(writer, b'second\\n'); os.close(writer); os.close(reader)")
    assert kernel.ended(kernel.job_of(job))["state"] == "finished"
    assert kernel.text(job) == "first\nsecond\n"


def test_a_popen_object_is_what_it_always_is(kernel: Kernel) -> None:
    _, record = kernel.run_job(
        "%%job\n"
        "p = subprocess.Popen(['sh', '-c', 'echo text; exit 3'])\n"
        "found = [p.stdout, p.stderr, p.stdin, p.wait(), p.poll(), p.returncode, p.communicate()]\n"
        "r = subprocess.run(['echo', 'piped'], capture_output=True, text=True)\n"
        "found += [r.stdout, r.stderr, subprocess.check_output(['echo', 'output'])]\n"
        "found += [subprocess.run(['echo', 'nothing'], stdout=subprocess.DEVNULL).stdout]\n"
        "found += [os.system('exit 3'), os.waitstatus_to_exitcode(os.system('kill -9 $$'))]"
    )
    assert record["state"] == "finished", record["error"]
    assert kernel.value("found") == [
        *[None, None, None, 3, 3, 3, (None, None)],
        *["piped\n", "", b"output\n"],
        *[None],
        *[3 << 8, -9],
    ]
    assert kernel.value(f"jobs[{record['id']}].output") == "text\n"


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("subprocess.run(['/nowhere/to/be/found'])", "FileNotFoundError"),
        ("subprocess.run(['false'], check=True)", "CalledProcessError"),
        ("subprocess.run(['sleep', '9'], timeout=0.1)", "TimeoutExpired"),
        ("subprocess.Popen()", "TypeError"),
    ],
)
def test_errors_are_those_of_subprocess(kernel: Kernel, code: str, error: str) -> None:
    _, record = kernel.run_job(f"%%job\n{code}")
    assert record["error"]["ename"] == error


def test_a_job_does_not_wait_for_what_it_leaves_behind(kernel: Kernel) -> None:
    kernel.execute("reader, writer = os.pipe()")
    job, record = kernel.run_job(
        "%%job\np = subprocess.Popen('echo first; read line; echo $line', shell=True, stdin=reader)\n"
        "while 'first' not in jobs.current.output:\n    pass"
    )
    assert record["state"] == "finished", record["error"]
    kernel.execute("os.write(writer, b'late\\n'); os.close(writer); os.close(reader)")
    kernel.until(lambda: kernel.text(job) == "first\nlate\n")
    kernel.execute("p.wait()")


def test_many_children_take_one_thread_and_leave_nothing(kernel: Kernel) -> None:
    kernel.run_job("%job subprocess.run('true')")
    kernel.execute("opened = lambda: len(os.listdir('/dev/fd'))\nbefore = opened()")
    job, record = kernel.run_job(
        "%%job\nstart = lambda i: subprocess.Popen(f'read x; echo {i}', shell=True, stdin=subprocess.PIPE)\n"
        "children = [start(i) for i in range(30)]\n"
        "readers = [t.name for t in threading.enumerate() if t.name == 'jobs-child-output']\n"
        "for c in children:\n    c.communicate(b'\\n')\ndel c, children"
    )
    assert record["state"] == "finished", record["error"]
    assert sorted(map(int, kernel.text(job).split())) == list(range(30))
    assert kernel.value("readers") == ["jobs-child-output"]
    kernel.until(lambda: kernel.value("opened() <= before"))
    kernel.until(lambda: kernel.value("[t.name for t in threading.enumerate() if t.name == 'jobs-child-output']") == [])


def test_text_that_comes_in_pieces(kernel: Kernel) -> None:
    job, _ = kernel.run_job(
        "%%job\nsubprocess.run([sys.executable, '-c', "
        "\"import os, time\\nfor b in '\u20ac\u2713'.encode() + b'\\\\xff.':\\n"
        '    os.write(1, bytes([b])); time.sleep(0.01)"])'
    )
    assert kernel.text(job) == "\u20ac\u2713\ufffd."


def test_a_child_that_writes_much_is_heard_to_the_end(kernel: Kernel) -> None:
    job, record = kernel.run_job("%%job\nsubprocess.run('yes | head -n 500000', shell=True)\nprint('end')")
    assert record["state"] == "finished"
    assert kernel.value(f"jobs[{record['id']}].output == 'y\\n' * 500000 + 'end\\n'")
    assert kernel.text(job).endswith("y\nend\n")


def test_what_a_child_has_written_before_the_kill_is_there(kernel: Kernel) -> None:
    job = kernel.execute("%%job\nsubprocess.run('echo written; sleep 60', shell=True)")
    kernel.until(lambda: kernel.text(job) == "written\n")
    job_id = kernel.job_of(job)
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"


def test_children_of_the_foreground_are_left_alone(kernel: Kernel) -> None:
    kernel.run_job("%job subprocess.run(['echo', 'job'])")
    main = kernel.execute("subprocess.run(['echo', 'main'])\nos.system('echo too')")
    kernel.until(lambda: kernel.text(main) == "main\ntoo\n")
