"""A review as one HTML file without scripts, which loads nothing, for light and dark mode and for print. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.resources import files

from pulumi_8x8.review.formats.outline import Group, groups, heading, mark_of, pictures, problems, remarks, summary
from pulumi_8x8.review.formats.svg import escaped, style, to_bands, to_svg
from pulumi_8x8.review.reviews import Review, WorkflowReview
from pulumi_8x8.review.sentences import Code, Sentence, WordRun

_CLASSES = {"+": "added", "-": "removed", "~": "changed"}


def to_html(review: Review, more: str = "") -> str:
    """``review`` as an HTML page. :param more: HTML that follows it."""
    title = f"Review: {review.title}" if review.title else "Review"
    return page(title, "".join(_body(review, title)) + more)


def page(title: str, body: str) -> str:
    """An HTML page in the style of reviews. :param title: plain text. :param body: HTML."""
    sheet = style() + files(__package__).joinpath("page.css").read_text("utf-8")
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        # If escaping failed, the page would still run nothing and load nothing.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n<style>\n{sheet}</style>\n</head>\n<body>\n{body}"
        "</body>\n</html>\n"
    )


def _body(review: Review, title: str) -> Iterator[str]:
    yield f'<h1>{escaped(title)}</h1>\n<p class="dim">{escaped(summary(review))}</p>\n'
    for note in review.notes:
        yield f'<p class="note">{escaped(note)}</p>\n'
    if len(review.workflows) > 1:
        yield '<nav><ul class="steps">\n'
        for number, workflow in enumerate(review.workflows):
            yield f'<li>{_mark(mark_of(workflow))}<a href="#w{number}">{inline(heading(workflow))}</a></li>\n'
        yield "</ul></nav>\n"
    for number, workflow in enumerate(review.workflows):
        yield f'<section id="w{number}">\n'
        yield from _workflow(workflow, f"w{number}")
        yield "</section>\n"


def _workflow(workflow: WorkflowReview, id: str) -> Iterator[str]:
    yield f"<h2>{_mark(mark_of(workflow))}{inline(heading(workflow))}</h2>\n"
    for remark in remarks(workflow):
        yield f'<p class="note">{inline(remark)}</p>\n'
    if workflow.effects:
        effects = "".join(f"<li>{inline(effect)}</li>" for effect in workflow.effects)
        yield f"<h3>Effects</h3>\n<ul>\n{effects}\n</ul>\n"
    steps = "".join(_group(group) for group in groups(workflow))
    if steps:
        yield f'<h3>Changes</h3>\n<ul class="steps">\n{steps}</ul>\n'
    for title, lines in problems(workflow):
        items = "".join(f"<li>{inline(head)}{_list(below)}</li>\n" for head, below in lines)
        yield f"<h3>{title}</h3>\n<ul>\n{items}</ul>\n"
    yield from _pictures(workflow, id)


def _group(group: Group) -> str:
    name = "<em>the workflow</em>" if group.step is None else f"<code>{escaped(group.step)}</code>"
    return f"<li>{_mark(group.mark)}{name} {inline(group.head)}{_list(group.lines)}</li>\n"


def _list(lines: Sequence[Sentence]) -> str:
    """A list inside of an item; empty without lines."""
    items = "".join(f"<li>{inline(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def _pictures(workflow: WorkflowReview, id: str) -> Iterator[str]:
    shown = list(pictures(workflow))
    if not shown:
        return
    yield '<h3>Steps</h3>\n<div class="pictures">\n'
    for when, picture in shown:
        yield _figure(when, to_svg(picture.shortened(), f"the steps {when} the change"))
    yield "</div>\n"
    # Pictures side by side show only the changes of a large workflow. The complete pictures are below.
    for when, picture in shown:
        if picture.shortened() != picture:
            bands = to_bands(picture, f"all steps {when} the change", f"{id}-{when}")
            yield _figure(f"all steps {when}", bands)


def _figure(caption: str, svg: str) -> str:
    return f'<figure><figcaption>{caption}</figcaption><div class="frame" tabindex="0">{svg}</div></figure>\n'


def _mark(mark: str) -> str:
    return f'<span class="mark {_CLASSES[mark]}">{mark.replace("-", "−")}</span>'


def inline(sentence: Sentence) -> str:
    """A sentence as HTML."""
    return "".join(_piece(piece) for piece in sentence)


def _piece(piece: str | Code | WordRun) -> str:
    if isinstance(piece, str):
        return escaped(piece)
    text = escaped(piece.text)
    if isinstance(piece, Code):
        return f"<code>{text}</code>"
    tag = {"same": "span", "removed": "del", "added": "ins"}[piece.kind]
    return f'<{tag} class="text">{text}</{tag}>'
