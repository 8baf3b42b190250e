"""Sphinx's configuration for the site. The pages come from ``sources.py``."""

from __future__ import annotations

from typing import Any

from tools.docs import ROOT

project = "pulumi-8x8"
author = "the pulumi-8x8 project"
release = version = next(
    line.split('"')[1]
    for line in (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    if line.startswith("version")
)
html_title = f"{project} {version}"

extensions = ["myst_parser", "sphinx.ext.autodoc", "tools.site.declared", "tools.site.accessible"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
# Links lead to headings by the names that a forge makes of them.
myst_heading_anchors = 6
# Sentences have straight quotes and double hyphens of command lines.
smartquotes = False

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = html_show_sourcelink = False
html_show_copyright = html_show_sphinx = False
html_domain_indices = False
html_theme_options = {"light_css_variables": {"color-code-background": "#f5f6f8"}}
html_use_index = True
# A name of the second style is for the dark one.
pygments_style, pygments_dark_style = "a11y-high-contrast-light", "a11y-high-contrast-dark"

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
add_module_names = False
toc_object_entries_show_parents = "hide"
# Annotations name types of other packages, whose pages are on other hosts, and of this package's own modules.
nitpick_ignore_regex = [(r"py:.*", r"(?!pulumi_8x8\.).*"), (r"py:class", r"pulumi_8x8\.\w+\..*")]
# Commands with placeholders and long quotes aren't always the grammar of a shell.
suppress_warnings = ["misc.highlighting_failure"]


def setup(_app: Any) -> dict[str, bool]:
    return {"parallel_read_safe": True, "parallel_write_safe": True}
