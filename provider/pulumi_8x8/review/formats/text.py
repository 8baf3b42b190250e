"""A review as text for a terminal. No I/O."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_8x8.phrasing import printable_lines
from pulumi_8x8.review.formats.outline import groups, heading, mark_of, pictures, problems, remarks, summary
from pulumi_8x8.review.pictures import Arrow, Box, Picture, State, Tally
from pulumi_8x8.review.reviews import Review, WorkflowReview
from pulumi_8x8.review.sentences import Code, Sentence, WordRun
from pulumi_8x8.styling import styled

_SIGNS = {"added": "+ ", "removed": "- ", "changed": "~ "}
_STATES = {"added": "green", "removed": "red", "changed": "yellow", "missing": "dim", "more": "dim"}
_STYLES = {"+": "green", "-": "red", "~": "yellow"}
#: By the kind of a piece: its style, and what is around it without colours.
_LOOKS = {
    "code": ("cyan", "`", "`"),
    "removed": ("strike red", "[-", "-]"),
    "added": ("underline green", "{+", "+}"),
    "same": ("", "", ""),
}


def to_text(review: Review, *, coloured: bool = False) -> str:
    """``review`` as text. Without colours, changed words are in brackets, as in ``git diff --word-diff``."""
    lines = _Lines(coloured)
    lines.add((f"{review.title}: " if review.title else "", summary(review)), style="bold")
    for note in review.notes:
        lines.add(("note: ", note), style="yellow")
    for workflow in review.workflows:
        lines.add(())
        lines.workflow(workflow)
    return str(lines)


def edits_to_text(workflow: WorkflowReview, *, indent: int, coloured: bool = False) -> str:
    """Only the changes of each step."""
    lines = _Lines(coloured)
    lines.edits(workflow, indent)
    return str(lines)


def _is_marked(picture: Picture) -> bool:
    """Whether connections changed, so that a picture helps."""
    states = {box.state for box in picture.boxes} | {arrow.state for arrow in picture.arrows}
    return not states.isdisjoint({"added", "removed"})


def _has_traffic(picture: Picture) -> bool:
    return any(box.tally is not None for box in picture.boxes)


#: The length of a bar for everybody.
_BAR = 10


def _used(tally: Tally | None) -> str:
    """The traffic of a step or path: a number, and a bar."""
    return "" if tally is None else f"{tally} {'█' * round(_BAR * tally.share)}".rstrip()


def _tree(picture: Picture) -> Iterator[tuple[int, State, Sentence]]:
    """The steps as lines: depth, state, text.

    The steps after a step are below it. If it has several paths, they are indented, and the steps after them are
    indented further. A step that appears again has dots instead of the steps after it.
    """
    ways: dict[int, list[Arrow]] = {}
    for arrow in picture.arrows:
        ways.setdefault(arrow.source, []).append(arrow)
    led_to = {arrow.target for arrow in picture.arrows}
    # Steps that only a circle leads to are last.
    roots = sorted(range(len(picture.boxes)), key=lambda index: (index != 0 and index in led_to, index))
    shown: set[int] = set()
    for root in roots:
        waiting: list[tuple[int, int, int, Arrow | None]] = [] if root in shown else [(root, 0, 0, None)]
        while waiting:
            index, depth, inner, way = waiting.pop()
            again = index in shown
            yield depth, *_tree_line(picture.boxes[index], way, again and index in ways)
            if not again:
                shown.add(index)
                following = ways.get(index, [])
                depths = (inner + 1, inner + 2) if len(following) > 1 else (inner, inner)
                waiting += [(each.target, *depths, each) for each in reversed(following)]


def _tree_line(box: Box, way: Arrow | None, dots: bool) -> tuple[State, Sentence]:
    state = box.state if way is None or way.state == "same" else way.state
    when: Sentence = () if way is None or not way.label else (way.label, " → ")
    kind = f" {box.kind}" if box.kind else ""
    # The path's number, since other paths may lead to the step, too.
    used = _used(way.tally if way is not None and way.tally is not None else box.tally)
    return state, (
        _SIGNS.get(state, ""),
        *when,
        Code(box.name),
        kind,
        " …" if dots else "",
        f"  {used}" if used else "",
    )


class _Lines:
    """The text, as it grows."""

    def __init__(self, coloured: bool) -> None:
        self.coloured = coloured
        self.lines: list[str] = []

    def __str__(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    def workflow(self, workflow: WorkflowReview) -> None:
        mark = mark_of(workflow)
        self.add((f"{mark} ", *heading(workflow)), style=f"bold {_STYLES[mark]}")
        for remark in remarks(workflow):
            self.add(remark, indent=2)
        if workflow.effects:
            self.add(("effects",), indent=2, style="bold")
        for effect in workflow.effects:
            self.add(("• ", *effect), indent=4)
        if workflow.edits:
            self.add(("changes",), indent=2, style="bold")
        self.edits(workflow, indent=4)
        for when, picture in pictures(workflow):
            if workflow.before is not None and (_is_marked(picture) or _has_traffic(picture)):
                self.add((f"steps {when}",), indent=2, style="bold")
                for depth, state, phrase in _tree(picture.shortened()):
                    self.add(phrase, indent=4 + 2 * depth, style=_STATES.get(state, ""))
        for title, lines in problems(workflow):
            self.add((title.lower(),), indent=2, style="bold")
            for head, below in lines:
                self.add(head, indent=4, style="red" if title.startswith("New") else "green")
                for line in below:
                    self.add(line, indent=8)

    def edits(self, workflow: WorkflowReview, indent: int) -> None:
        for group in groups(workflow):
            name: Sentence = ("the workflow",) if group.step is None else (Code(group.step),)
            head = (" ", *group.head) if group.head else ()
            self.add((f"{group.mark} ", *name, *head), indent, style=_STYLES[group.mark])
            for line in group.lines:
                self.add(line, indent + 4)

    def add(self, phrase: Sentence, indent: int = 0, style: str = "") -> None:
        """Adds a line. Further lines of a text are indented below the first."""
        first, *others = "".join(self._piece(piece, style) for piece in phrase).split("\n")
        self.lines += [" " * indent + first, *(" " * (indent + 2) + each for each in others)]

    def _piece(self, piece: str | Code | WordRun, style: str) -> str:
        text = printable_lines(piece if isinstance(piece, str) else piece.text)
        kind = "code" if isinstance(piece, Code) else piece.kind if isinstance(piece, WordRun) else "same"
        own, begin, end = _LOOKS[kind]
        return styled(text, f"{style} {own}") if self.coloured else f"{begin}{text}{end}"
