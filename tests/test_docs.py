"""The Python in the user's guide runs, from top to bottom of each page, in one kernel."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harness import PACKAGE, ROOT, Kernel

_DOCS = ROOT / "docs"
_BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
_PAGES = [page for page in sorted(_DOCS.glob("*.md")) if _BLOCK.search(page.read_text("utf-8"))]


_LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#([^)]*))?\)")


@pytest.mark.parametrize(
    "page", sorted(_DOCS.parent.glob("*.md")) + sorted(_DOCS.glob("*.md")), ids=lambda page: page.stem
)
def test_the_links_lead_somewhere(page: Path) -> None:
    for target, anchor in _LINK.findall(page.read_text("utf-8")):
        # The sources may be those of a wheel.
        is_source = target.startswith("../jupyterlab_jobs/")
        path = PACKAGE.parent / target.removeprefix("../") if is_source else page.parent / target
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_page_is_linked_from_the_readme() -> None:
    readme = (_DOCS.parent / "README.md").read_text("utf-8")
    # Two are of use only once Sphinx has built them.
    pages = {page.name for page in _DOCS.glob("*.md")} - {"api.md", "index.md"}
    assert [page for page in pages if f"docs/{page}" not in readme] == []


# What is compared with these, or takes them, runs in the environment that has them.
_NEEDS = {"backends": "ipyparallel", "dask": "distributed"}


@pytest.mark.parametrize("page", _PAGES, ids=[page.stem for page in _PAGES])
def test_the_examples_run(fresh_kernel: Kernel, page: Path) -> None:
    needed = _NEEDS.get(page.stem)
    if needed is not None and not fresh_kernel.value(
        f"__import__('importlib.util').util.find_spec({needed!r}) is not None"
    ):
        pytest.skip(f"needs {needed}")
    fresh_kernel.install()
    for block in _BLOCK.findall(page.read_text("utf-8")):
        reply = fresh_kernel.shell_reply(fresh_kernel.execute(block, wait=False))["content"]
        assert reply["status"] == "ok", f"{block}\n{reply['ename']}: {reply['evalue']}"
