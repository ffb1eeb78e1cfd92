"""How Sphinx builds the documentation: `make docs`."""

from __future__ import annotations

from typing import Any

from ipython_pygments_lexers import IPython3Lexer

from jupyterlab_jobs import __version__

project = "jupyterlab-jobs"
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["_build"]

# Anchors for headings, as the pages have them where they are read in the repository.
myst_heading_anchors = 3
# Docstrings have code in single backticks.
default_role = "code"
autodoc_member_order = "bysource"
add_module_names = False
autodoc_typehints_format = "short"

html_theme = "furo"
html_title = project
html_show_sourcelink = False


def setup(app: Any) -> None:
    """Called by Sphinx. The examples are cells, with magics in them."""
    app.add_lexer("python", IPython3Lexer)
