"""The runtime comes into a kernel, once, leaves no traces, and goes again."""

from __future__ import annotations

from harness import VERSION, Kernel


def test_it_comes_in_without_a_trace(fresh_kernel: Kernel) -> None:
    kernel = fresh_kernel
    kernel.execute("before = set(globals())")
    assert kernel.install() == {"status": "ready", "version": VERSION}
    assert kernel.value("set(globals()) - before - {'before'}") == {"jobs"}
    reply = kernel.shell_reply(kernel.execute("7", wait=False))
    assert reply["content"]["execution_count"] == 2
    assert (
        kernel.value("[type(m).__name__ for m in __import__('threading').enumerate() if m.name.startswith('jobs')]")
        == []
    )


def test_it_comes_in_once(fresh_kernel: Kernel) -> None:
    kernel = fresh_kernel
    kernel.install()
    runtime = kernel.request("snapshot")["runtime"]
    kernel.run_job("%job 1")
    assert kernel.install()["status"] == "ready"
    again = kernel.request("snapshot")
    assert again["runtime"] == runtime
    assert len(again["result"]["jobs"]) == 1


def test_the_users_own_jobs_is_not_touched(fresh_kernel: Kernel) -> None:
    kernel = fresh_kernel
    kernel.execute("jobs = 'mine'")
    kernel.install()
    assert kernel.value("jobs") == "mine"
    kernel.run_job("%job 1")
    assert kernel.value("len(__import__('jupyterlab_jobs').jobs)") == 1


def test_it_goes_again(fresh_kernel: Kernel) -> None:
    kernel = fresh_kernel
    kernel.execute(
        "import sys, time, socket, threading, subprocess, zmq, ipykernel.zmqshell as z\n"
        "def state():\n"
        "    return [time.sleep, threading.Thread.start, subprocess.Popen.__init__, z.system,\n"
        "            type(sys.stdout), 'publish' in vars(get_ipython().display_pub), dict(vars(socket.socket)),\n"
        "            list(get_ipython().input_transformers_cleanup), 'jobs' in globals(),\n"
        "            sorted(get_ipython().kernel.control_handlers)]\n"
        "before = state()"
    )
    kernel.install()
    kernel.run_job("%%job\nimport time\ntime.sleep(0.01)")
    assert kernel.value("state() == before") is False
    kernel.execute("import jupyterlab_jobs; jupyterlab_jobs.unload_ipython_extension(get_ipython())")
    assert kernel.value("[a == b for a, b in zip(state(), before)]") == [True] * 10
    assert kernel.text(kernel.execute("print('fine')")) == "fine\n"
    msg_id = kernel.execute("%job 1")
    assert "`%job` not found" in kernel.text(msg_id, "stderr")


def test_an_extension_can_be_loaded_by_hand(fresh_kernel: Kernel) -> None:
    kernel = fresh_kernel
    kernel.install()
    kernel.execute("%load_ext jupyterlab_jobs")
    assert kernel.run_job("%job 1")[1]["state"] == "finished"


def test_a_broken_carriage_is_reported_not_raised(fresh_kernel: Kernel) -> None:
    from harness import carried_files, install_expression

    files = carried_files() | {"jupyterlab_jobs/kernel/runtime.py": "raise RuntimeError('broken')"}
    msg_id = fresh_kernel.client.execute(
        "", silent=True, user_expressions={"jupyterlab_jobs": install_expression(files, "99.0")}
    )
    answer = fresh_kernel.shell_reply(msg_id)["content"]["user_expressions"]["jupyterlab_jobs"]
    content = answer["data"]["application/json"]
    assert content == {
        "status": "unavailable",
        "reason": "The job runtime could not start: RuntimeError: broken",
    }


def test_an_old_ipykernel_is_left_alone(fresh_kernel: Kernel) -> None:
    kernel = fresh_kernel
    kernel.execute("import ipykernel; ipykernel.version_info = (6, 28, 0)")
    answer = kernel.install()
    assert answer["status"] == "unavailable"
    assert "ipykernel 6.29 or newer; this kernel has 6.28" in answer["reason"]
    assert kernel.value("'jobs' in globals()") is False


def test_a_kernel_says_that_it_has_no_copy_of_its_own(fresh_kernel: Kernel) -> None:
    assert fresh_kernel.start_own_copy("99.0") == {"status": "missing"}
    assert fresh_kernel.value("[name for name in __import__('sys').modules if 'jupyterlab_jobs' in name]") == []
    assert fresh_kernel.install()["status"] == "ready"
    # The one that is there does, whatever its version.
    assert fresh_kernel.start_own_copy("99.0")["status"] == "ready"
