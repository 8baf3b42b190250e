"""A backtest as text, Markdown, HTML and JSON. No I/O.

Nothing of a customer is in any of them, unless the caller asks for data: neither numbers nor names nor texts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pulumi_8x8.evidence.backtest import Backtest, Example, OutcomeGroup
from pulumi_8x8.evidence.differences import Kind
from pulumi_8x8.phrasing import count, printable_lines
from pulumi_8x8.review import formats as reviews
from pulumi_8x8.review.formats import html, markdown
from pulumi_8x8.review.formats.svg import escaped
from pulumi_8x8.review.reviews import Review
from pulumi_8x8.review.sentences import Code, Sentence, plain, sentence

#: What a reader sees for each outcome.
TITLES: Mapping[Kind, str] = {
    "fault": "Fail where they didn't",
    "no answer": "End without an answer",
    "way": "Go another way",
    "text": "Read other texts",
    "time": "Get messages at other times",
    "start": "Don't start",
    "same": "Stay the same",
    "undetermined": "Can't be determined",
}
_LEAST_REVIEW = 20_000  # characters of a comment that backtests leave to the review


@dataclass(frozen=True)
class OutcomeLine:
    """A group in words. :ivar examples: the ids of instances. :ivar notes: more about the group."""

    count: int
    what: Sentence
    examples: tuple[str, ...]
    notes: tuple[Sentence, ...]


def heading(tested: Backtest) -> Sentence:
    """Which workflow, how many conversations, and when they began."""
    which = ", ".join(f"{number:,} of version {version}" for version, number in tested.versions.items())
    head: Sentence = (Code(tested.label), f": {count(tested.count, 'recorded conversation')}")
    if tested.first is not None and tested.last is not None:
        head = (*head, f" from {_day(tested.first)} to {_day(tested.last)}")
    return (*head, f" ({which})") if which else head


def remarks(tested: Backtest) -> Iterator[Sentence]:
    """What a reader has to know about the selection."""
    if tested.more:
        yield (f"Older conversations weren't read. To read more than {tested.count:,}: ", Code("--last"))
    if tested.unread:
        yield (
            f"Conversations of {count(len(tested.unread), 'older version')} that people started by hand weren't read.",
        )

    if tested.taken:
        yield sentence(
            "The change doesn't show these values, so the backtest took the deployed ones: {}", ", ".join(tested.taken)
        )


def sections(tested: Backtest, with_data: bool) -> Iterator[tuple[Kind, int, list[OutcomeLine]]]:
    """The groups by outcome."""
    for kind in TITLES:
        its = [group for group in tested.groups if group.kind == kind]
        if its:
            yield kind, sum(group.count for group in its), [_line(group, with_data) for group in its]


def _line(group: OutcomeGroup, with_data: bool) -> OutcomeLine:
    notes = [
        sentence("the rest is unknown: {}", _pieces(why))
        if number == group.count
        else sentence("the rest of {} of them is unknown: {}", (f"{number:,}",), _pieces(why))
        for why, number in group.rest
    ]
    if with_data:
        for example in group.examples:
            notes += _data(example)
    return OutcomeLine(group.count, group.what, tuple(example.id for example in group.examples), tuple(notes))


def _data(example: Example) -> Iterator[Sentence]:
    if example.before:
        yield (Code(example.id), f" had: {example.before}")
    if example.after:
        yield (Code(example.id), f" would have: {example.after}")


def _pieces(why: str) -> Sentence:
    pieces = why.split("`")
    return sentence("{}".join(pieces[::2]), *pieces[1::2])


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z"


def to_text(tested: Sequence[Backtest], with_data: bool = False) -> str:
    """Backtests as plain text."""
    lines: list[str] = []
    for each in tested:
        lines += [*([""] if lines else []), plain(heading(each))]
        lines += [f"  note: {plain(remark)}" for remark in remarks(each)]
        for kind, total, groups in sections(each, with_data):
            lines.append(f"  {TITLES[kind]}: {total:,}")
            for group in groups:
                lines += _text_of(kind, group)
    return "".join(f"{printable_lines(line)}\n" for line in lines)


def _text_of(kind: Kind, group: OutcomeLine) -> Iterator[str]:
    examples = "" if kind == "same" else f" [{', '.join(group.examples)}]"
    if group.what or kind != "same":
        yield f"    {count(group.count, 'conversation')}: {plain(group.what)}{examples}"
    yield from (f"        {plain(note)}" for note in group.notes)


def to_markdown(tested: Sequence[Backtest], with_data: bool = False) -> str:
    """Backtests as Markdown."""
    text = ""
    for each in tested:
        text += f"#### Backtest of {markdown.inline(heading(each))}\n\n"
        text += "".join(f"> {markdown.inline(remark)}\n\n" for remark in remarks(each))
        text += "| conversations | on the changed workflow | examples |\n|--:|---|---|\n"
        for kind, total, groups in sections(each, with_data):
            text += f"| **{total:,}** | **{TITLES[kind]}** | |\n"
            for group in groups if kind != "same" else ():
                what = "<br>".join(markdown.inline(piece) for piece in (group.what, *group.notes))
                text += f"| {group.count:,} | {what} | {' '.join(f'`{id_}`' for id_ in map(_word, group.examples))} |\n"
        text += "\n"
    return text


def to_html_body(tested: Sequence[Backtest], with_data: bool = False) -> str:
    """Backtests as sections of an HTML page."""
    return "".join("".join(_html_of(each, with_data)) for each in tested)


def to_html(tested: Sequence[Backtest], with_data: bool = False) -> str:
    """Backtests as an HTML page."""
    return html.page("Backtest", f"<h1>Backtest</h1>\n{to_html_body(tested, with_data)}")


def _html_of(tested: Backtest, with_data: bool) -> Iterator[str]:
    yield f'<section class="backtest">\n<h2>{html.inline(heading(tested))}</h2>\n'
    for remark in remarks(tested):
        yield f'<p class="note">{html.inline(remark)}</p>\n'
    yield "<table>\n<tr><th>Conversations</th><th>On the changed workflow</th><th>Examples</th></tr>\n"
    for kind, total, groups in sections(tested, with_data):
        yield f'<tr><th>{total:,}</th><th colspan="2">{TITLES[kind]}</th></tr>\n'
        for group in groups if kind != "same" else ():
            what = "<br>".join(html.inline(piece) for piece in (group.what, *group.notes))
            ids = " ".join(f"<code>{escaped(id_)}</code>" for id_ in group.examples)
            yield f"<tr><td>{group.count:,}</td><td>{what}</td><td>{ids}</td></tr>\n"
    yield "</table>\n</section>\n"


def _word(id_: str) -> str:
    return "".join(letter for letter in id_ if letter.isalnum() or letter in "-_")


def to_data(tested: Backtest, with_data: bool = False) -> dict[str, Any]:
    """A backtest as a JSON object; docs/review.md describes its members."""
    return {
        "workflow": tested.label,
        "definitionId": tested.definition_id,
        "conversations": tested.count,
        "versions": {str(version): number for version, number in tested.versions.items()},
        "from": tested.first.isoformat() if tested.first else None,
        "to": tested.last.isoformat() if tested.last else None,
        "more": tested.more,
        "unreadVersions": list(tested.unread),
        "asDeployed": list(tested.taken),
        "outcomes": {kind: tested.total(kind) for kind in TITLES},
        "groups": [_group_data(group, with_data) for group in tested.groups],
    }


def _group_data(group: OutcomeGroup, with_data: bool) -> dict[str, Any]:
    return {
        "outcome": group.kind,
        "text": plain(group.what),
        "step": group.where,
        "from": group.old,
        "to": group.new,
        "conversations": group.count,
        "examples": [_example_data(each, with_data) for each in group.examples],
        "restUndetermined": [{"why": why, "conversations": number} for why, number in group.rest],
    }


def _example_data(example: Example, with_data: bool) -> dict[str, Any]:
    data: dict[str, Any] = {"instanceId": example.id, "version": example.version}
    return {**data, "before": example.before, "after": example.after} if with_data else data


def to_json(tested: Sequence[Backtest], with_data: bool = False) -> str:
    """Backtests as a JSON list."""
    return json.dumps([to_data(each, with_data) for each in tested], indent=2, ensure_ascii=False)


#: By the name that ``--format`` has for each.
FORMATS: Mapping[str, Callable[[Sequence[Backtest], bool], str]] = {
    "text": to_text,
    "markdown": to_markdown,
    "html": to_html,
    "json": to_json,
}


def _review_text(review: Review, tested: Sequence[Backtest]) -> str:
    return "\n".join([reviews.to_text(review), *(to_text([each]) for each in tested)])


def _review_markdown(review: Review, tested: Sequence[Backtest]) -> str:
    backtests = to_markdown(tested) if tested else ""
    room = markdown.LONGEST_COMMENT - len(backtests.encode("utf-16-le")) // 2
    if room < _LEAST_REVIEW:
        backtests, room = (
            "The backtests are too long for a comment. The HTML format has them.\n",
            markdown.LONGEST_COMMENT,
        )
    return markdown.to_markdown(review, room - 100) + backtests if tested else markdown.to_markdown(review)


def _review_html(review: Review, tested: Sequence[Backtest]) -> str:
    return html.to_html(review, to_html_body(tested))


def _review_json(review: Review, tested: Sequence[Backtest]) -> str:
    if not tested:
        return reviews.to_json(review)
    return json.dumps({**reviews.to_data(review), "backtests": [to_data(each) for each in tested]}, indent=2)


#: A review with backtests, by the name that ``--format`` has for each.
REVIEWS: Mapping[str, Callable[[Review, Sequence[Backtest]], str]] = {
    "text": _review_text,
    "markdown": _review_markdown,
    "html": _review_html,
    "json": _review_json,
}
