"""A comparison of two environments as text, JSON and Markdown: the equal workflows, then reviews of the others."""

from __future__ import annotations

import json

from pulumi_8x8.phrasing import count, printable
from pulumi_8x8.review.environments import EnvironmentComparison
from pulumi_8x8.review.formats.json import to_data
from pulumi_8x8.review.formats.markdown import MARKER, escape
from pulumi_8x8.review.formats.markdown import to_markdown as review_to_markdown
from pulumi_8x8.review.formats.text import to_text as review_to_text
from pulumi_8x8.review.reviews import Review
from pulumi_8x8.styling import styled

#: The reviews follow each other, and together they must fit into one comment.
_LONGEST = 20_000


def _lines(made: EnvironmentComparison) -> list[tuple[str, str]]:
    """Pairs of a description and the names of the workflows."""
    first, second = made.environments
    groups = [
        ("the same", made.same),
        ("different", made.different),
        (f"only in {first}", made.only_in_first),
        (f"only in {second}", made.only_in_second),
    ]
    for name, drift in zip(made.environments, made.drifts, strict=True):
        groups.append((f"changed outside of Pulumi in {name}", tuple(each.label for each in drift.workflows)))
    return [(f"{len(names):,} {what}", ", ".join(names)) for what, names in groups if names]


def _title(made: EnvironmentComparison) -> str:
    total = len(made.same) + len(made.different) + len(made.only_in_first) + len(made.only_in_second)
    verdict = "not the same" if made.differs else "the same"
    return f"{' and '.join(made.environments)}: {count(total, 'workflow')}, {verdict}"


def _reviews(made: EnvironmentComparison) -> list[Review]:
    return [each for each in (made.promotion, *made.drifts) if each.changed or each.notes]


def to_text(made: EnvironmentComparison, *, coloured: bool = False) -> str:
    """``made`` as text for a terminal."""
    lines = [styled(printable(_title(made)), "bold" if coloured else "")]
    lines += [printable(f"  {what}: {names}") for what, names in _lines(made)]
    head = "".join(f"{line}\n" for line in lines)
    return "\n".join([head, *(review_to_text(each, coloured=coloured) for each in _reviews(made))])


def to_markdown(made: EnvironmentComparison) -> str:
    """``made`` as Markdown that fits into one comment."""
    lines = "".join(f"- {escape(f'{what}: {names}')}\n" for what, names in _lines(made))
    parts = [f"## {escape(_title(made))}\n\n{lines}"]
    # The marker identifies the comment with the review of a change, which this isn't.
    parts += [review_to_markdown(each, _LONGEST).removeprefix(f"{MARKER}\n") for each in _reviews(made)]
    return "\n".join(parts)


def to_json(made: EnvironmentComparison) -> str:
    """``made`` as a JSON text."""
    first, second = made.environments
    return json.dumps(
        {
            "stacks": [first, second],
            "differs": made.differs,
            "same": made.same,
            "different": made.different,
            "onlyIn": {first: made.only_in_first, second: made.only_in_second},
            "promotion": to_data(made.promotion),
            "drift": {name: to_data(each) for name, each in zip((first, second), made.drifts, strict=True)},
        },
        indent=2,
        ensure_ascii=False,
    )
