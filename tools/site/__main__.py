"""Builds the site: ``python -m tools.site [FOLDER]``, into ``site`` by default. Every warning of Sphinx is an error."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from tools.docs import ROOT
from tools.site.sources import write_sources

CONFIGURATION = Path(__file__).parent


def build(folder: Path, draw: bool = True) -> int:
    """Builds the site into ``folder``, and returns the exit code.

    :param draw: see :func:`~tools.site.sources.write_sources`.
    """
    with tempfile.TemporaryDirectory() as work:
        write_sources(sources := Path(work), draw)
        return run_sphinx(sources, folder)


def run_sphinx(sources: Path, folder: Path) -> int:
    """Makes the pages of their sources.

    Warnings are errors: a link, an anchor or a name that leads nowhere, a page that the navigation lacks.
    """
    from sphinx.cmd.build import build_main

    with tempfile.TemporaryDirectory() as work:
        strict = ("--fail-on-warning", "--nitpicky", "--quiet", "--fresh-env")
        places = ("--conf-dir", str(CONFIGURATION), "--doctree-dir", work)
        return build_main(["--builder", "html", *strict, *places, str(sources), str(folder)])


def main(names: list[str]) -> int:
    folder = Path(*names) if names else ROOT / "site"
    if not names:
        shutil.rmtree(folder, ignore_errors=True)  # or pages that no longer exist would stay
    if not (failed := build(folder)):
        print(f"The site is in {folder}: open {folder / 'index.html'} in a browser.")
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
