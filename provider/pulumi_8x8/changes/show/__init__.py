"""The forms of a review, one module each."""

from __future__ import annotations

from pulumi_8x8.changes.show.data import to_json
from pulumi_8x8.changes.show.html import to_html
from pulumi_8x8.changes.show.markdown import to_markdown
from pulumi_8x8.changes.show.text import print_edits, print_review

__all__ = ["print_edits", "print_review", "to_html", "to_json", "to_markdown"]
