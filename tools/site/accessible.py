"""A Sphinx extension: what the theme's pages lack for keyboards and screen readers. ``test_site.py`` asks axe."""

from __future__ import annotations

from pathlib import Path

from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

_CHANGES = {
    # Two complementary regions need names.
    '<aside class="sidebar-drawer"': '<aside class="sidebar-drawer" aria-label="Pages"',
    '<aside class="toc-drawer': '<aside aria-label="On this page" class="toc-drawer',
    # A heading needs a level.
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    # What scrolls must be reachable with the keyboard.
    "<pre>": '<pre tabindex="0">',
    # A header of a column without a name is none.
    '<th class="head"><p></p></th>': '<td class="head"></td>',
}


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("build-finished", _change)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _change(app: Sphinx, _failed: Exception | None) -> None:
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text("utf-8")
        for old, new in _CHANGES.items():
            text = text.replace(old, new)
        page.write_text(text, "utf-8")
