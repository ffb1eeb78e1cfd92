"""The server of the browser tests: without any protection, never to be used for anything else."""

import json
import os
import sys
from pathlib import Path

from jupyterlab.galata import configure_jupyter_server

Path(os.environ["JUPYTERLAB_GALATA_ROOT_DIR"]).mkdir(exist_ok=True)
configure_jupyter_server(c)
# Galata's helpers need it in Notebook 7 too.
c.JupyterNotebookApp.expose_app_in_browser = True
c.ServerApp.allow_root = os.getuid() == 0
c.Application.log_level = "ERROR"
# What jupyter-collaboration remembers of documents: not for the next run.
c.SQLiteYStore.db_path = str(Path(os.environ["JUPYTER_DATA_DIR"], "ystore.db"))


def add_kernel(name: str, python: str, language: str) -> None:
    spec = Path(os.environ["JUPYTER_DATA_DIR"], "kernels", name, "kernel.json")
    spec.parent.mkdir(parents=True, exist_ok=True)
    argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": name, "language": language}))


# A kernel that says that it speaks another language than Python.
add_kernel("not-python", sys.executable, "not-python")

# Kernels that do not have the package installed.
for environment in Path(__file__).parent.parent.glob(".venv-ipykernel-*"):
    add_kernel(environment.name.removeprefix(".venv-"), str(environment / "bin" / "python"), "python")

# Its kernels say nothing either, unless something goes wrong.
profile = Path(os.environ["IPYTHONDIR"], "profile_default")
profile.mkdir(parents=True, exist_ok=True)
(profile / "ipython_kernel_config.py").write_text('get_config().Application.log_level = "ERROR"')
