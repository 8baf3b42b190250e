"""The forms of a review, one module each."""

from __future__ import annotations

from pulumi_8x8.review.formats.html import to_html
from pulumi_8x8.review.formats.json import to_data, to_json
from pulumi_8x8.review.formats.markdown import to_markdown
from pulumi_8x8.review.formats.text import print_edits, print_review

__all__ = ["print_edits", "print_review", "to_data", "to_html", "to_json", "to_markdown"]
