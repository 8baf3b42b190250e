"""The steps of a workflow as boxes and arrows before and after a change, with the changes marked. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from pulumi_8x8.analysis.counts import How, Link, Traffic
from pulumi_8x8.definition import Definition
from pulumi_8x8.review.cases import Cases
from pulumi_8x8.review.edits import Added, Comparison, Removed
from pulumi_8x8.review.sentences import Sentence
from pulumi_8x8.review.step_index import NEXT, StepIndex

#: ``missing``: an edge leads to a step that doesn't exist. ``more``: represents steps that are left out.
State: TypeAlias = Literal["same", "added", "removed", "changed", "missing", "more"]

#: Larger pictures are shortened if space is limited.
_MOST_BOXES = 40
_MOST_NEIGHBOURS = 12


@dataclass(frozen=True)
class Tally:
    """How many conversations took a step or a path.

    :param of: those that could, since their version has it.
    :param either: those that perhaps took it besides ``took``.
    """

    took: int
    of: int
    either: int = 0

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.took / self.of if self.of else 0.0

    def __str__(self) -> str:
        return f"{self.took:,}–{self.took + self.either:,}" if self.either else f"{self.took:,}"


@dataclass(frozen=True)
class Box:
    """A step.

    :param name: its id.
    :param kind: its step type; empty if it has none.
    :param tally: its traffic, if known.
    """

    name: str
    kind: str
    state: State
    tally: Tally | None = None

    @property
    def caption(self) -> str:
        """The text below the name: its traffic and its type."""
        return _caption(self.tally, self.kind)


@dataclass(frozen=True)
class Arrow:
    """A path from one box to another.

    :param source, target: the positions of the boxes.
    :param label: the condition of the path; empty for always.
    :param how: the member of the step that has the path.
    :param tally: its traffic, if known.
    """

    source: int
    target: int
    label: str
    state: State
    how: How = "next"
    tally: Tally | None = None

    @property
    def caption(self) -> str:
        """The text on the arrow: its traffic and its condition."""
        return _caption(self.tally, self.label)


def _caption(tally: Tally | None, text: str) -> str:
    return " · ".join(part for part in ("" if tally is None else str(tally), text) if part)


@dataclass(frozen=True)
class Picture:
    """Boxes in the order of the flow, the start first, and the arrows between them."""

    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]

    def shortened(self) -> Picture:
        """Returns only the surroundings of the changes if there are many boxes."""
        return self.around_changes() if len(self.boxes) > _MOST_BOXES else self

    def around_changes(self) -> Picture:
        """Returns what changed and its neighbours. A box with the number of the other steps replaces them."""
        changed = {index for index, box in enumerate(self.boxes) if box.state not in ("same", "missing")}
        changed |= {end for each in self.arrows if each.state != "same" for end in (each.source, each.target)}
        near: dict[int, set[int]] = {index: set() for index in changed}
        for each in self.arrows:
            for one, other in ((each.source, each.target), (each.target, each.source)):
                if one in changed:
                    near[one].add(other)
        # A box with many neighbours shows only the neighbours that are part of the change.
        shown = sorted(changed.union(*(each for each in near.values() if len(each) <= _MOST_NEIGHBOURS)))
        left_out = len(self.boxes) - len(shown)
        if left_out < 2:
            return self
        place = {index: position for position, index in enumerate(shown)}
        before, after = -1, len(shown)
        arrows: dict[tuple[int, int, str], Arrow] = {}
        for each in self.arrows:
            source, target = place.get(each.source, before), place.get(each.target, after)
            # One arrow from or to the left-out steps is enough.
            label = each.label if source != before and target != after else ""
            if source != before or target != after:
                tally = each.tally if source != before and target != after else None
                arrow = replace(each, source=source, target=target, label=label, tally=tally)
                arrows.setdefault((source, target, label), arrow)
        ends = {before: any(key[0] == before for key in arrows), after: any(key[1] == after for key in arrows)}
        rest = Box(f"{left_out:,} more steps", "", "more")
        shift = int(ends[before])
        moved = [replace(each, source=each.source + shift, target=each.target + shift) for each in arrows.values()]
        boxes = [*[rest] * shift, *(self.boxes[index] for index in shown), *[rest] * ends[after]]
        return Picture(tuple(boxes), tuple(moved))


def with_traffic(picture: Picture, traffic: Traffic) -> Picture:
    """Returns ``picture`` with the numbers of ``traffic``, which counts on the same definition."""
    steps = {each.step: Tally(each.took, each.of) for each in traffic.steps if each.of}
    links = {each.link: Tally(each.took, each.of, each.either) for each in traffic.links if each.of}
    names = [box.name for box in picture.boxes]
    return Picture(
        tuple(replace(box, tally=steps.get(box.name)) for box in picture.boxes),
        tuple(
            replace(each, tally=links.get(Link(names[each.source], names[each.target], each.how)))
            for each in picture.arrows
        ),
    )


def picture_of(definition: Definition) -> Picture | None:
    """Returns the picture of a workflow that doesn't change; ``None`` if its steps are secret or unknown."""
    steps = StepIndex(definition)
    return None if steps.hidden else _Drawing(steps, {}).picture(lambda _: "same", set(), "same")


def pictures_of(comparison: Comparison) -> tuple[Picture | None, Picture | None]:
    """Returns the pictures before and after; ``None`` if there is no workflow, or its steps are secret."""
    names = comparison.names
    back = {new: old for old, new in names.items()}
    before, after = (
        None if steps is None or steps.hidden else _Drawing(steps, called)
        for steps, called in ((comparison.old, names), (comparison.new, {}))
    )
    edited = {edit.step for edit in comparison.edits if not isinstance(edit, Added | Removed)}
    was, now = (set() if each is None else {path for *_, path in each.arrows} for each in (before, after))

    def old_state(name: str) -> State:
        return "removed" if name not in names else "changed" if names[name] in edited else "same"

    def new_state(name: str) -> State:
        return "added" if name not in back else "changed" if name in edited else "same"

    return (
        None if before is None else before.picture(old_state, now, "removed"),
        None if after is None else after.picture(new_state, was, "added"),
    )


class _Drawing:
    """The steps and paths of one side.

    :param called: the new ids of renamed steps.
    """

    def __init__(self, steps: StepIndex, called: Mapping[str, str]) -> None:
        self.steps = steps
        cases = Cases(steps)
        #: Source, target, and label. The last item is equal for equal paths of both sides.
        self.arrows: list[tuple[str, str, str, tuple[str, str, str]]] = []

        def add(source: str, target: str, label: str, condition: str) -> None:
            path = called.get(source, source), called.get(target, target), condition
            self.arrows.append((source, target, label, path))

        for name in steps:
            for first in steps.inner(name):
                phrase = cases.case(name, steps.node(name).member("inputs").get("condition")).phrase
                add(name, first, _label(phrase), "do")
            for way in steps.ways(name):
                label = "" if way.condition is NEXT else _label(cases.case(name, way.condition).phrase)
                add(name, way.target, label, repr(way.condition))

    def picture(self, state: Callable[[str], State], others: set[tuple[str, str, str]], marked: State) -> Picture:
        boxes = [Box(name, self.steps.kind(name), state(name)) for name in self.steps]
        place = {name: position for position, name in enumerate(self.steps)}
        for _, target, _, _ in self.arrows:
            if target not in place:
                place[target] = len(boxes)
                boxes.append(Box(target, "no such step", "missing"))
        arrows = [
            Arrow(place[source], place[target], label, "same" if path in others else marked, _how(path[2]))
            for source, target, label, path in self.arrows
        ]
        return Picture(tuple(boxes), tuple(arrows))


def _how(condition: str) -> How:
    return "inside" if condition == "do" else "next" if condition == repr(NEXT) else "select"


_LONGEST_LABEL = 60


def _label(phrase: Sentence) -> str:
    text = " ".join("".join(piece if isinstance(piece, str) else piece.text for piece in phrase).split())
    text = text.removeprefix("customers who ").removeprefix("callers who ").removeprefix("when ")
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1] + "…"
