"""The server of the browser tests: without any protection, never to be used for anything else."""

import os
from pathlib import Path

from jupyterlab.galata import configure_jupyter_server

Path(os.environ["JUPYTERLAB_GALATA_ROOT_DIR"]).mkdir(exist_ok=True)
configure_jupyter_server(c)
# Galata's helpers need it in Notebook 7 too.
c.JupyterNotebookApp.expose_app_in_browser = True
c.ServerApp.allow_root = os.getuid() == 0
c.Application.log_level = "ERROR"
