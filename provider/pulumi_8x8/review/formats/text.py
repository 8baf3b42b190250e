"""A review as text for a terminal. It prints to a console."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO

from rich.console import Console
from rich.text import Text

from pulumi_8x8.phrasing import printable_lines
from pulumi_8x8.review.formats.outline import groups, heading, mark_of, pictures, problems, remarks, summary
from pulumi_8x8.review.pictures import Arrow, Box, Picture, State, Tally
from pulumi_8x8.review.reviews import Review, WorkflowReview
from pulumi_8x8.review.sentences import Code, Sentence, WordRun

_SIGNS = {"added": "+ ", "removed": "- ", "changed": "~ "}
_STATES = {"added": "green", "removed": "red", "changed": "yellow", "missing": "dim", "more": "dim"}
_STYLES = {"+": "green", "-": "red", "~": "yellow"}


def print_review(review: Review, console: Console) -> None:
    """Prints ``review``. Without colours, changed words are in brackets, as in ``git diff --word-diff``."""
    printer = _Printer(console)
    printer.line((f"{review.title}: " if review.title else "", summary(review)), style="bold")
    for note in review.notes:
        printer.line(("note: ", note), style="yellow")
    for workflow in review.workflows:
        console.print()
        printer.workflow(workflow)


def to_text(review: Review) -> str:
    """``review`` as :func:`print_review` prints it to a file."""
    text = StringIO()
    print_review(review, Console(file=text))
    return text.getvalue()


def print_edits(workflow: WorkflowReview, console: Console, indent: int) -> None:
    """Prints only the changes of each step."""
    _Printer(console).edits(workflow, indent)


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


class _Printer:
    def __init__(self, console: Console) -> None:
        self.console = console
        self.coloured = console.color_system is not None and not console.no_color

    def workflow(self, workflow: WorkflowReview) -> None:
        mark = mark_of(workflow)
        self.line((f"{mark} ", *heading(workflow)), style=f"bold {_STYLES[mark]}")
        for remark in remarks(workflow):
            self.line(remark, indent=2)
        if workflow.effects:
            self.line(("effects",), indent=2, style="bold")
        for effect in workflow.effects:
            self.line(("• ", *effect), indent=4)
        if workflow.edits:
            self.line(("changes",), indent=2, style="bold")
        self.edits(workflow, indent=4)
        for when, picture in pictures(workflow):
            if workflow.before is not None and (_is_marked(picture) or _has_traffic(picture)):
                self.line((f"steps {when}",), indent=2, style="bold")
                for depth, state, phrase in _tree(picture.shortened()):
                    self.line(phrase, indent=4 + 2 * depth, style=_STATES.get(state, ""))
        for title, lines in problems(workflow):
            self.line((title.lower(),), indent=2, style="bold")
            for head, below in lines:
                self.line(head, indent=4, style="red" if title.startswith("New") else "green")
                for line in below:
                    self.line(line, indent=8)

    def edits(self, workflow: WorkflowReview, indent: int) -> None:
        for group in groups(workflow):
            name: Sentence = ("the workflow",) if group.step is None else (Code(group.step),)
            head = (" ", *group.head) if group.head else ()
            self.line((f"{group.mark} ", *name, *head), indent, style=_STYLES[group.mark])
            for line in group.lines:
                self.line(line, indent + 4)

    def line(self, phrase: Sentence, indent: int = 0, style: str = "") -> None:
        text = Text(style=style)
        for piece in phrase:
            text.append_text(self._piece(piece))
        # Further lines of a text are indented below the first.
        lines = text.split("\n", allow_blank=True)
        for position, each in enumerate(lines):
            self.console.print(
                Text(" " * (indent + (2 if position else 0))) + each, soft_wrap=True, highlight=False, markup=False
            )

    def _piece(self, piece: str | Code | WordRun) -> Text:
        if isinstance(piece, str):
            return Text(printable_lines(piece))
        text = printable_lines(piece.text)
        if isinstance(piece, Code):
            return Text(text, style="cyan") if self.coloured else Text(f"`{text}`")
        if piece.kind == "same":
            return Text(text)
        if self.coloured:
            return Text(text, style="red strike" if piece.kind == "removed" else "green underline")
        return Text(f"[-{text}-]" if piece.kind == "removed" else f"{{+{text}+}}")
