"""A review as Markdown for a comment on a pull request in GitHub or GitLab, with pictures in Mermaid. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from pulumi_8x8.phrasing import count, printable_lines
from pulumi_8x8.review.formats.outline import groups, heading, mark_of, pictures, problems, remarks, summary
from pulumi_8x8.review.pictures import Arrow, Picture
from pulumi_8x8.review.reviews import Review, WorkflowReview
from pulumi_8x8.review.sentences import Code, Sentence, WordRun

#: GitHub refuses a comment of more than 65,536 characters. The rest is for what a pipeline adds.
LONGEST_COMMENT = 60_000
#: A CI job finds its previous comment by this marker, to update it.
MARKER = "<!-- pulumi-8x8 review -->"

#: A picture with more boxes is folded.
_UNFOLDED_BOXES = 12
#: The limits of Mermaid (maxEdges and maxTextSize), which a comment can't raise.
_MOST_ARROWS, _LONGEST_PICTURE = 400, 40_000
#: A longer text in a picture ends with an ellipsis.
_LONGEST_LABEL = 120

_SHORT = 3_000
_MOST_NOTES = 10
_SIGNS = {"+": "🟢 new", "-": "🔴 removed", "~": "🟡"}


def to_markdown(review: Review, longest: int = LONGEST_COMMENT) -> str:
    """``review`` as Markdown of at most ``longest`` characters. The last line lists what was left out.

    :param longest: in JavaScript's characters, of which an emoji has two; at least 1,000.
    """
    title = f"Review of workflows: {review.title}" if review.title else "Review of workflows"
    head = f"{MARKER}\n### {escape(title)}\n\n{escape(summary(review))}\n\n"
    notes = [note[:2_000] for note in review.notes[:_MOST_NOTES]]
    if more := len(review.notes) - len(notes):
        notes.append(f"{count(more, 'more note')}, which the other formats show")
    head += "".join(f"> [!WARNING]\n> {escape(note)}\n\n" for note in notes)
    sections = [_section(workflow, _LEVELS[0]) for workflow in review.workflows]
    room = longest - _length(head) - 400  # for the line about what is left out
    left_out: dict[str, int] = {}
    # The longest first: most sections are short, and stay complete.
    by_length = sorted(range(len(sections)), key=lambda index: (-_length(sections[index]), index))
    total = sum(map(_length, sections))
    for level, lacks in zip(_LEVELS[1:], _LACKS, strict=True):
        for index in by_length:
            if total <= room:
                break
            shorter = _section(review.workflows[index], level)
            if _length(shorter) < _length(sections[index]):
                total -= _length(sections[index]) - _length(shorter)
                sections[index] = shorter
                left_out[lacks] = left_out.get(lacks, 0) + 1
    gone = 0
    while total > room and sections:
        total -= _length(sections.pop())
        gone += 1
    missing = [f"{lacks} of {count(number, 'workflow')}" for lacks, number in left_out.items()]
    missing += [f"all of {count(gone, 'workflow')}"] if gone else []
    text = head + "".join(sections)
    if missing:
        lacks = ", ".join(missing)
        text += f"\n**Left out because of the size limit for comments:** {lacks}. The HTML format is complete.\n"
    return text


#: The parts of a section, from everything to one line.
_LEVELS = (
    ("effects", "problems", "changes", "pictures"),
    ("effects", "problems", "changes"),
    ("effects", "problems"),
    (),
)
_LACKS = ("pictures", "changes by step", "effects and problems")


def _section(workflow: WorkflowReview, parts: Sequence[str]) -> str:
    sign = _SIGNS[mark_of(workflow)]
    line = f"{sign} {inline(heading(workflow))}"
    content = "".join("".join(_PARTS[part](workflow)) for part in parts)
    content = "".join(f"> {inline(remark)}\n\n" for remark in remarks(workflow)) + content if parts else ""
    if not content:
        return f"- {line}\n"
    opened = " open" if _length(content) < _SHORT else ""
    # Markdown has no effect in a summary.
    html = (
        f"<code>{escape(each.text)}</code>" if isinstance(each, Code) else _piece(each) for each in heading(workflow)
    )
    return f"<details{opened}><summary><b>{sign} {''.join(html)}</b></summary>\n\n{content}</details>\n\n"


def _effects(workflow: WorkflowReview) -> Iterator[str]:
    if workflow.effects:
        yield "**Effects**\n\n" + "".join(f"- {inline(effect)}\n" for effect in workflow.effects) + "\n"


def _problems(workflow: WorkflowReview) -> Iterator[str]:
    for title, lines in problems(workflow):
        items = "".join(
            f"- {inline(head)}\n" + "".join(f"  - {inline(line)}\n" for line in below) for head, below in lines
        )
        yield f"**{title}**\n\n{items}\n"


def _changes(workflow: WorkflowReview) -> Iterator[str]:
    steps = list(groups(workflow))
    if steps:
        yield "**Changes**\n\n"
    for group in steps:
        name = "*the workflow*" if group.step is None else _code(group.step)
        yield f"- {_SIGNS[group.mark]} {name} {inline(group.head)}".rstrip() + "\n"
        yield from (f"  - {inline(line)}\n" for line in group.lines)
    if steps:
        yield "\n"


def _pictures(workflow: WorkflowReview) -> Iterator[str]:
    for when, picture in pictures(workflow):
        shown = picture.shortened()
        drawn = to_mermaid(shown)
        if is_too_large(shown, drawn):
            yield f"The picture {when} is too large for Mermaid.\n\n"
            continue
        opened = " open" if when == "after" and len(shown.boxes) <= _UNFOLDED_BOXES else ""
        yield f"<details{opened}><summary>Steps {when}</summary>\n\n```mermaid\n{drawn}```\n\n</details>\n\n"


_PARTS: dict[str, Callable[[WorkflowReview], Iterator[str]]] = {
    "effects": _effects,
    "problems": _problems,
    "changes": _changes,
    "pictures": _pictures,
}


def to_mermaid(picture: Picture) -> str:
    """``picture`` as a Mermaid flow chart that is readable in light and dark mode."""
    lines = ["flowchart TD"]
    for number, box in enumerate(picture.boxes):
        kind = f"<br/>{_mermaid(box.caption)}" if box.caption else ""
        style = "" if box.state == "same" else f":::{box.state}"
        # Mermaid refuses empty texts.
        lines.append(f'  s{number}["{_mermaid(box.name) + kind or " "}"]{style}')
    marked: dict[str, list[str]] = {}
    for number, arrow in enumerate(picture.arrows):
        text = _mermaid(arrow.caption)
        label = f'|"{text}"|' if text else ""
        lines.append(f"  s{arrow.source} -->{label} s{arrow.target}")
        if style := _arrow_style(arrow):
            marked.setdefault(style, []).append(str(number))
    used = {box.state for box in picture.boxes}
    lines += [f"  classDef {state} {style}" for state, style in _BOX_STYLES.items() if state in used]
    lines += [f"  linkStyle {','.join(numbers)} {style}" for style, numbers in sorted(marked.items())]
    return "\n".join(lines) + "\n"


def is_too_large(picture: Picture, drawn: str) -> bool:
    """Whether ``drawn``, the Mermaid of ``picture``, exceeds what Mermaid shows in a comment."""
    return len(picture.arrows) > _MOST_ARROWS or len(drawn) > _LONGEST_PICTURE


_BOX_STYLES = {
    "added": "fill:#dafbe1,stroke:#1a7f37,color:#0f3d1c,stroke-width:2px",
    "removed": "fill:#ffebe9,stroke:#cf222e,color:#5c0f16,stroke-width:2px,stroke-dasharray:6 3",
    "changed": "fill:#fff8c5,stroke:#9a6700,color:#3f2b00,stroke-width:2px",
    "missing": "stroke-dasharray:4 4",
    "more": "stroke-dasharray:4 4",
}
_ARROW_STYLES = {
    "added": ("stroke:#1a7f37",),
    "removed": ("stroke:#cf222e", "stroke-dasharray:6 4"),
}


def _arrow_style(arrow: Arrow) -> str:
    colours = _ARROW_STYLES.get(arrow.state, ())
    width = 3 if arrow.tally is None else 2 + round(6 * arrow.tally.share)
    return ",".join((*colours, f"stroke-width:{width}px")) if colours or arrow.tally is not None else ""


def _mermaid(text: str) -> str:
    # Mermaid's entities replace everything that could end the text or has a meaning in it.
    one_line = " ".join(printable_lines(text).split())
    if len(one_line) > _LONGEST_LABEL:
        one_line = f"{one_line[: _LONGEST_LABEL - 1]}…"
    # Inside, Mermaid writes an entity as ﬂ°…¶ß, so an invisible joiner separates these letters.
    one_line = re.sub(r"(?<=ﬂ)(?=°)|(?<=¶)(?=ß)", "\u2060", one_line)
    return re.sub(r"[^\w \u0080-\U0010ffff]", lambda found: f"#{ord(found[0])};", one_line)


def inline(sentence: Sentence) -> str:
    """A sentence as Markdown."""
    return "".join(_piece(piece) for piece in sentence)


def _piece(piece: str | Code | WordRun) -> str:
    if isinstance(piece, str):
        return escape(piece)
    if isinstance(piece, Code):
        return _code(piece.text)
    if piece.kind == "same":
        return escape(piece.text)
    tag = "del" if piece.kind == "removed" else "ins"
    return f"<{tag}>{escape(piece.text)}</{tag}>"


def _code(text: str) -> str:
    text = printable_lines(text)
    if text.strip() == text and text and not re.search(r"[`\n|]", text):
        return f"`{text}`"
    return f"<code>{escape(text)}</code>"


def escape(text: str) -> str:
    """Escapes a text for Markdown and HTML, so that it mentions nobody."""
    escaped = _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", printable_lines(text))
    return escaped.replace("@", "@\u2060").replace("\n", "<br>")


#: The last alternative begins the name of an emoji, ``:smile:``.
_SPECIAL = re.compile(r"[<>&*_`\[\]#|~\\$]|:(?=[\w+-]+:)")


def _length(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
