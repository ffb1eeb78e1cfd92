"""Background jobs in Jupyter notebooks.

`from jupyterlab_jobs import jobs` gives the kernel's jobs, and `%load_ext jupyterlab_jobs` brings `%job` and
`%jobs` where the JupyterLab extension is not there to do it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

try:
    from ._version import __version__  # generated when the package is built
except ImportError:  # a checkout that was never built
    __version__ = "0.0.0"

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from .kernel.api import Jobs
    from .kernel.background_jobs import BackgroundJobManager

    jobs: Jobs

__all__ = ["BackgroundJobManager", "__version__", "jobs"]


def __getattr__(name: str) -> Any:
    # The Jupyter server imports this package to find the labextension: the runtime is loaded only when asked for.
    if name == "jobs":
        from .kernel.runtime import get_runtime

        return get_runtime().jobs
    if name == "BackgroundJobManager":
        from .kernel.background_jobs import BackgroundJobManager

        return BackgroundJobManager
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Bring the runtime into this kernel (`%load_ext jupyterlab_jobs`)."""
    from .kernel.runtime import install

    install(shell)


def unload_ipython_extension(shell: InteractiveShell) -> None:
    """Kill all jobs and take the runtime out of this kernel."""
    from .kernel.runtime import uninstall

    uninstall(shell)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyterlab-jobs"}]
