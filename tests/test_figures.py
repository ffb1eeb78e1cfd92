"""Figures that a job makes with pyplot are its own, and appear under its cell."""

from __future__ import annotations

from typing import Any

import pytest
from harness import Kernel

SETUP = """
%matplotlib inline
import gc, threading, weakref
import matplotlib.pyplot as plt
from IPython.display import display
"""


@pytest.fixture(autouse=True)
def _pyplot(request: pytest.FixtureRequest) -> None:
    if "kernel" in request.fixturenames:
        kernel: Kernel = request.getfixturevalue("kernel")
        kernel.execute(SETUP)
        kernel.run_job("%job 1")


def test_a_figure_is_shown_when_the_job_ends(kernel: Kernel) -> None:
    kernel.execute("drawn, leave = threading.Event(), threading.Event()")
    job = kernel.execute(
        "%%job\nplt.plot([1, 2])\ndrawn.set()\nleave.wait(20)\nplt.title('mine')\ncount = len(plt.gca().lines)"
    )
    main = kernel.execute("drawn.wait(20)\nplt.plot([1, 2]); plt.plot([2, 1])\nnumbers = plt.get_fignums()")
    assert len(images(kernel, main)) == 1
    assert images(kernel, job) == []
    kernel.execute("leave.set()")
    assert kernel.ended(kernel.job_of(job))["state"] == "finished"
    assert len(images(kernel, job)) == 1
    assert len(images(kernel, main)) == 1
    assert kernel.value("[count, numbers, plt.get_fignums()]") == [1, [1], []]


def test_a_job_draws_while_the_foreground_does(kernel: Kernel) -> None:
    main = kernel.execute(
        "plt.plot([1, 2])\n"
        "j = jobs.submit(lambda: (plt.plot([2, 1]), plt.get_fignums(), len(plt.gca().lines), plt.close('all'))[1:3])\n"
        "seen = j.result(20)\nown = [plt.get_fignums(), len(plt.gca().lines)]"
    )
    assert kernel.value("[seen, own, plt.get_fignums()]") == [([1], 1), [[1], 1], []]
    assert len(images(kernel, main)) == 1


def test_jobs_that_draw_at_once_do_not_disturb_each_other(kernel: Kernel) -> None:
    kernel.execute("barrier = threading.Barrier(4)")
    code = (
        "%%job\n"
        "for step in range(3):\n"
        "    barrier.wait(20)\n    plt.figure()\n"
        "    barrier.wait(20)\n    for i in range({0} + 1):\n        plt.plot([i, step], label='$x_{0}$')\n"
        "    plt.legend()\n    barrier.wait(20)\n    plt.title(str(len(plt.gca().lines)))\n"
        "titles_{0} = [plt.figure(n).axes[0].get_title() for n in plt.get_fignums()]"
    )
    cells = [kernel.execute(code.format(number)) for number in range(4)]
    for msg_id in cells:
        record = kernel.ended(kernel.job_of(msg_id))
        assert record["state"] == "finished", record["error"]
    for number, msg_id in enumerate(cells):
        assert kernel.value(f"titles_{number}") == [str(number + 1)] * 3
        assert len(images(kernel, msg_id)) == 3
        assert not [m for m in kernel.of(msg_id) if m["msg_type"] == "error"]


def test_show_shows_at_once(kernel: Kernel) -> None:
    kernel.execute("leave = threading.Event()")
    job = kernel.execute(
        "%%job\nplt.plot([1, 2])\nplt.show()\nprint('shown')\nleave.wait(20)\nplt.plot([2, 1])\nprint('end')"
    )
    kernel.until(lambda: kernel.text(job) == "shown\n")
    assert len(images(kernel, job)) == 1
    kernel.execute("leave.set()")
    kernel.ended(kernel.job_of(job))
    assert len(images(kernel, job)) == 2


def test_a_figure_of_a_job_that_fails_is_shown_before_the_error(kernel: Kernel) -> None:
    job, record = kernel.run_job("%%job\nplt.plot([1, 2])\n1 / 0")
    assert record["state"] == "failed"
    kinds = [
        m["msg_type"] for m in kernel.of(job) if m["msg_type"] == "error" or "image/png" in m["content"].get("data", {})
    ]
    assert kinds == ["display_data", "error"]


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("fig, ax = plt.subplots()\nfig", ["execute_result", "display_data"]),
        ("fig, ax = plt.subplots()\nax.plot([1, 2])\nax", ["display_data"]),
        ("fig, ax = plt.subplots()\nplt.close(fig)\nfig", ["execute_result"]),
        ("fig, ax = plt.subplots()\ndisplay(fig)\nplt.close()", ["display_data"]),
        ("with plt.ioff():\n    fig = plt.figure()", []),
        ("t = threading.Thread(target=plt.plot, args=([1, 2],)); t.start(); t.join()", ["display_data"]),
        ("%matplotlib inline\nplt.plot([1, 2]);", ["display_data"]),
    ],
)
def test_what_is_shown_is_what_a_cell_shows(kernel: Kernel, code: str, shown: list[str]) -> None:
    job, record = kernel.run_job(f"%%job\n{code}")
    assert record["state"] == "finished", record["error"]
    assert images(kernel, job) == shown
    main = kernel.execute(code)
    assert images(kernel, main) == shown
    kernel.execute("plt.close('all')")


def test_functions_make_figures_too(kernel: Kernel) -> None:
    main = kernel.execute("j = jobs.submit(plt.plot, [1, 2])\nwaited = j.wait(20)")
    job_id = kernel.value("j.id")
    kernel.ended(job_id)
    assert images(kernel, main) == ["display_data"]
    [shown] = [m for m in kernel.of(main) if "image/png" in m["content"].get("data", {})]
    assert shown["metadata"]["jupyterlab_jobs"]["job"] == job_id


def test_figures_are_freed(kernel: Kernel) -> None:
    kernel.execute("refs = []")
    _, record = kernel.run_job("%%job\nrefs.append(weakref.ref(plt.figure()))\nplt.plot([1, 2])\ndone = True")
    kernel.run_job("%%job\nwith plt.ioff():\n    refs.append(weakref.ref(plt.figure()))")
    kernel.execute("gc.collect()")
    assert kernel.value("[ref() is None for ref in refs]") == [True, True]
    assert record["state"] == "finished"


def test_figures_that_stay_open(kernel: Kernel) -> None:
    kernel.execute("%config InlineBackend.close_figures = False")
    main = kernel.execute("plt.plot([1, 2]);")
    job, record = kernel.run_job("%%job\nplt.plot([1, 2])\nnumbers = plt.get_fignums()")
    again = kernel.execute("plt.plot([2, 1])\nopen_ones = [plt.get_fignums(), len(plt.gca().lines)]")
    kernel.execute("plt.close('all')")
    kernel.execute("%config InlineBackend.close_figures = True")
    assert record["state"] == "finished", record["error"]
    assert images(kernel, main) == images(kernel, job) == ["display_data"]
    assert kernel.value("[numbers, open_ones]") == [[1], [[1], 2]]
    assert images(kernel, again) == []


def test_the_capture_magic_takes_figures(kernel: Kernel) -> None:
    job, record = kernel.run_job("%%job\n%%capture taken\nplt.plot([1, 2])\ndone = True")
    assert record["state"] == "finished", record["error"]
    assert images(kernel, job) == []
    assert kernel.value("['image/png' in output.data for output in taken.outputs]") == [True]


def test_a_figure_that_cannot_be_drawn_says_so_under_the_jobs_cell(kernel: Kernel) -> None:
    job, _ = kernel.run_job("%%job\nplt.title(r'$\\nonsense$');")
    assert [m["content"]["ename"] for m in kernel.of(job) if m["msg_type"] == "error"] == ["ValueError"]


def test_a_killed_job_leaves_no_figure(kernel: Kernel) -> None:
    job = kernel.execute("%%job\nplt.plot([1, 2])\nprint('drawn')\nthreading.Event().wait()")
    kernel.until(lambda: kernel.text(job) == "drawn\n")
    job_id = kernel.job_of(job)
    kernel.ask("kill", {"jobs": [job_id]})
    assert kernel.ended(job_id)["state"] == "killed"
    main = kernel.execute("plt.plot([2, 1]);")
    assert images(kernel, job) == []
    assert images(kernel, main) == ["display_data"]


def test_a_job_imports_matplotlib_first(fresh_kernel: Kernel) -> None:
    fresh_kernel.install()
    job, record = fresh_kernel.run_job(
        "%%job\nimport matplotlib.pyplot as plt\nplt.plot([1, 2])\nnumbers = plt.get_fignums()"
    )
    assert record["state"] == "finished", record["error"]
    assert images(fresh_kernel, job) == ["display_data"]
    main = fresh_kernel.execute("plt.plot([1, 2])\nnumbers += plt.get_fignums()")
    assert images(fresh_kernel, main) == ["display_data"]
    assert fresh_kernel.value("numbers") == [1, 1]


def test_the_foreground_imports_matplotlib_after_the_first_job(fresh_kernel: Kernel) -> None:
    fresh_kernel.install()
    fresh_kernel.run_job("%job 1")
    assert fresh_kernel.value("'matplotlib' in __import__('sys').modules") is False
    main = fresh_kernel.execute("import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    job, _ = fresh_kernel.run_job("%%job\nplt.plot([1, 2]);")
    assert images(fresh_kernel, main) == images(fresh_kernel, job) == ["display_data"]


@pytest.mark.parametrize("first", ["import matplotlib.pyplot as plt", "pass"])
def test_after_the_end_everything_is_what_it_was(fresh_kernel: Kernel, first: str) -> None:
    fresh_kernel.execute(f"{first}\nimport sys\nfinders = list(sys.meta_path)")
    fresh_kernel.install()
    fresh_kernel.run_job("%%job\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    fresh_kernel.execute("from jupyterlab_jobs.kernel import runtime\nruntime.uninstall(get_ipython())")
    fresh_kernel.execute("from matplotlib._pylab_helpers import Gcf\nfrom matplotlib_inline import backend_inline")
    assert fresh_kernel.value("[type(Gcf.figs).__name__, type(backend_inline.show).__name__]") == [
        "OrderedDict",
        "function",
    ]
    assert (
        fresh_kernel.value("[f for f in sys.meta_path if type(f).__module__.startswith('jupyterlab_jobs.kernel')]")
        == []
    )
    main = fresh_kernel.execute("plt.plot([1, 2]);")
    assert images(fresh_kernel, main) == ["display_data"]


def images(kernel: Kernel, msg_id: str) -> list[Any]:
    """The types of the messages with which a cell has shown figures."""
    return [m["msg_type"] for m in kernel.of(msg_id) if "image/png" in m["content"].get("data", {})]
