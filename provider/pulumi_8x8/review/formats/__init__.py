"""The formats of a review, one module each. No I/O."""

from __future__ import annotations

from collections.abc import Callable

from pulumi_8x8.review.formats.html import to_html
from pulumi_8x8.review.formats.json import to_data, to_json
from pulumi_8x8.review.formats.markdown import to_markdown
from pulumi_8x8.review.formats.text import edits_to_text, to_text
from pulumi_8x8.review.reviews import Review

#: By the name that ``--format`` has for each.
FORMATS: dict[str, Callable[[Review], str]] = {
    "text": to_text,
    "markdown": to_markdown,
    "html": to_html,
    "json": to_json,
}
