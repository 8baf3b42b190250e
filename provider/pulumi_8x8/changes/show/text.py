"""A review on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from pulumi_8x8.changes.review import Review, WorkflowReview
from pulumi_8x8.changes.show.outline import groups, heading, mark_of, problem_line, remarks, summary
from pulumi_8x8.changes.words import Code, Sentence, Words, harmless

_STYLES = {"+": "green", "-": "red", "~": "yellow"}


def print_review(review: Review, console: Console) -> None:
    """Prints ``review``; where there is no colour, changed words stand in brackets as with ``git diff --word-diff``."""
    printer = _Printer(console)
    printer.line((f"{review.title}: " if review.title else "", summary(review)), style="bold")
    for note in review.notes:
        printer.line(("note: ", note), style="yellow")
    for workflow in review.workflows:
        console.print()
        printer.workflow(workflow)


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
        steps = list(groups(workflow))
        if steps:
            self.line(("changes",), indent=2, style="bold")
        for group in steps:
            name: Sentence = ("the workflow",) if group.step is None else (Code(group.step),)
            head = (" ", *group.head) if group.head else ()
            self.line((f"{group.mark} ", *name, *head), indent=4, style=_STYLES[group.mark])
            for line in group.lines:
                self.line(line, indent=8)
        for what, problems in (("new", workflow.new_problems), ("solved", workflow.solved_problems)):
            if problems:
                self.line((f"{what} problems",), indent=2, style="bold")
            for problem in problems:
                self.line(problem_line(problem), indent=4, style="green" if what == "solved" else "red")

    def line(self, said: Sentence, indent: int = 0, style: str = "") -> None:
        text = Text(style=style)
        for piece in said:
            text.append_text(self._piece(piece))
        # Further lines of a text stay under its first one.
        lines = text.split("\n", allow_blank=True)
        for position, each in enumerate(lines):
            self.console.print(
                Text(" " * (indent + (2 if position else 0))) + each, soft_wrap=True, highlight=False, markup=False
            )

    def _piece(self, piece: str | Code | Words) -> Text:
        if isinstance(piece, str):
            return Text(harmless(piece))
        text = harmless(piece.text)
        if isinstance(piece, Code):
            return Text(text, style="cyan") if self.coloured else Text(f"`{text}`")
        if piece.kind == "same":
            return Text(text)
        if self.coloured:
            return Text(text, style="red strike" if piece.kind == "removed" else "green underline")
        return Text(f"[-{text}-]" if piece.kind == "removed" else f"{{+{text}+}}")
