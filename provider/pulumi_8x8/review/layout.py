"""Lays out the boxes and arrows of a picture: layers along the flow, few crossings, no overlapping labels. No I/O.

It has the usual four steps (Sugiyama): reverse the arrows that lead back, assign each box to a layer, order each layer
by the middle of the neighbours, then set the positions. Labels have positions of their own in the layers between the
boxes, as in Graphviz's ``dot``. A pure-Python library for this exists (grandalf), but under the GPL.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from pulumi_8x8.review.pictures import Picture

_BOX_HEIGHT = 40
_LABEL_HEIGHT = 16
_LAYER_GAP = 14
_GAP = 18
_MARGIN = 12
#: Approximate widths of characters in a proportional font of 12 and 10.5 pixels.
_NAME_LETTER = 7.2
LABEL_LETTER = 6.0
_LONGEST_NAME = 30
_WIDEST = 1200
_ORDER_SWEEPS, _ROUGH_SWEEPS, _FINE_SWEEPS = 8, 8, 6
#: Boxes and points of a picture that is too large for any screen.
_LARGE = 2_000
#: Points of all arrows between the layers. Without a limit, a chain of 400 steps with a way back from each has 160,000.
_MOST_POINTS = 4_000


@dataclass(frozen=True)
class BoxShape:
    """A box's rectangle, in pixels from the top left corner."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Layout:
    """The positions of everything, in pixels.

    :param boxes: in the order of the picture.
    :param lines: the points of each arrow.
    :param labels: the middle of each arrow's label, ``None`` without a label.
    :param sideways: whether the flow runs from left to right instead of downwards.
    """

    width: float
    height: float
    boxes: tuple[BoxShape, ...]
    lines: tuple[tuple[tuple[float, float], ...], ...]
    labels: tuple[tuple[float, float] | None, ...]
    sideways: bool


@dataclass
class _Item:
    """A box (in an even layer), or a point of an arrow.

    :param across: its extent along its layer.
    :param along: its extent in the direction of the flow.
    :param back: whether it belongs to an arrow against the flow, which moves no box.
    :param label: whether it holds a label.
    :param middle: its position in its layer.
    """

    layer: int
    across: float
    along: float
    back: bool = False
    label: bool = False
    middle: float = 0.0


def shown_name(name: str) -> str:
    """The name of a box in the drawing; a very long one is truncated."""
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"


def lay_out(picture: Picture) -> Layout:
    """Lays out ``picture`` downwards, or sideways if it would be too wide for a screen.

    The result is the same each time.
    """
    items, paths = _items(picture)
    flow = _flow(items, paths)
    _order(flow)
    downwards = _lay_out(picture, items, paths, flow, sideways=False)
    if downwards.width <= _WIDEST:
        return downwards
    turned = [replace(item, across=item.along, along=item.across) for item in items]
    return min(downwards, _lay_out(picture, turned, paths, flow, sideways=True), key=lambda layout: layout.width)


@dataclass
class _Flow:
    """The items by layer, and the neighbours of each item.

    :param layers: the items of each, in their order.
    :param up, down: the items of the layer before and after that it is joined with.
    """

    layers: list[list[int]]
    up: list[list[int]]
    down: list[list[int]]

    def sweeps(self, usual: int) -> int:
        """How often to improve the picture: less often if it is so large that nobody sees the difference."""
        return max(2, usual * _LARGE // max(_LARGE, len(self.up)))


def _flow(items: Sequence[_Item], paths: Sequence[Sequence[int]]) -> _Flow:
    layers: list[list[int]] = [[] for _ in range(max((item.layer for item in items), default=0) + 1)]
    for index, item in enumerate(items):
        layers[item.layer].append(index)
    up: list[list[int]] = [[] for _ in items]
    down: list[list[int]] = [[] for _ in items]
    for path in paths:
        for one, other in pairwise(path):
            if items[one].layer > items[other].layer:
                one, other = other, one
            if items[other].layer - items[one].layer == 1:
                down[one].append(other)
                up[other].append(one)
    return _Flow(layers, up, down)


def _lay_out(
    picture: Picture, items: Sequence[_Item], paths: Sequence[Sequence[int]], flow: _Flow, sideways: bool
) -> Layout:
    _place(items, flow)
    begin = min((item.middle - item.across / 2 for item in items), default=0.0) - _MARGIN
    for item in items:
        item.middle -= begin
    end = max((item.middle + item.across / 2 for item in items), default=0.0) + _MARGIN
    thick = [max((items[index].along for index in layer), default=0.0) for layer in flow.layers]
    starts = [float(_MARGIN)]
    for each in thick:
        starts.append(starts[-1] + each + _LAYER_GAP)
    boxes = [
        (item.middle - item.across / 2, starts[item.layer] + (thick[item.layer] - item.along) / 2, item)
        for item in items[: len(picture.boxes)]
    ]
    lines = [_line(path, items, starts, thick) for path in paths]
    middles = [path[(len(path) - 1) // 2] for path in paths]
    labels = [
        (items[index].middle, starts[items[index].layer] + thick[items[index].layer] / 2) if arrow.caption else None
        for index, arrow in zip(middles, picture.arrows, strict=True)
    ]

    def turned(across: float, along: float) -> tuple[float, float]:
        return (round(along, 1), round(across, 1)) if sideways else (round(across, 1), round(along, 1))

    return Layout(
        *turned(end, starts[-1] - _LAYER_GAP + _MARGIN),
        tuple(BoxShape(*turned(x, y), *turned(item.across, item.along)) for x, y, item in boxes),
        tuple(tuple(turned(*point) for point in line) for line in lines),
        tuple(label and turned(*label) for label in labels),
        sideways,
    )


def _items(picture: Picture) -> tuple[list[_Item], list[list[int]]]:
    """The boxes and all points in between, and by arrow the items that it passes.

    The longest arrows of a picture with very many points have only the first and the last. They pass over the boxes.
    """

    items = []
    for box, layer in zip(picture.boxes, _layers(picture), strict=True):
        letters = max(len(shown_name(box.name)), len(box.caption))
        items.append(_Item(2 * layer, max(90.0, (letters + 2) * _NAME_LETTER + 16), _BOX_HEIGHT))
    paths = []
    ends = [(items[arrow.source].layer, items[arrow.target].layer) for arrow in picture.arrows]
    # An arrow back, or to itself, leaves and arrives like any other, so it goes around both boxes.
    passed = [range(first + 1, last) if last > first else range(first + 1, last - 2, -1) for first, last in ends]
    longest = _longest([len(each) for each in passed])
    for arrow, between, (first, last) in zip(picture.arrows, passed, ends, strict=True):
        layers = between if len(between) <= longest else (between[0], between[-1])
        path = [arrow.source]
        for position, each in enumerate(layers):
            label = bool(arrow.caption) and position == (len(layers) - 1) // 2
            width = len(arrow.caption) * LABEL_LETTER + 8 if label else 12.0
            items.append(_Item(each, width, _LABEL_HEIGHT, last <= first, label))
            path.append(len(items) - 1)
        paths.append([*path, arrow.target])
    lowest = min((each.layer for each in items), default=0)
    for one in items:
        one.layer -= lowest - lowest % 2  # boxes stay in the even layers
    return items, paths


def _longest(lengths: Sequence[int]) -> int:
    """The length up to which arrows have all of their points, so that there are at most ``_MOST_POINTS``."""
    total, longest = 0, 0
    for length, arrows in sorted(Counter(lengths).items()):
        total += length * arrows
        if total > _MOST_POINTS:
            break
        longest = length
    return max(longest, 3)  # the way around two neighbours


def _layers(picture: Picture) -> list[int]:
    """Returns the layer of each box: below all boxes with an arrow to it, except arrows that lead back."""
    after: list[list[int]] = [[] for _ in picture.boxes]
    for arrow in picture.arrows:
        after[arrow.source].append(arrow.target)
    layer = [0] * len(picture.boxes)
    done: list[int] = []
    state = [0] * len(picture.boxes)  # 1: in progress, 2: done
    forward: list[list[int]] = [[] for _ in picture.boxes]
    for root in range(len(picture.boxes)):
        work = [(root, 0)] if state[root] == 0 else []
        while work:
            index, position = work.pop()
            state[index] = 1
            if position < len(after[index]):
                work.append((index, position + 1))
                follower = after[index][position]
                if state[follower] != 1:
                    forward[index].append(follower)
                if state[follower] == 0:
                    work.append((follower, 0))
            else:
                state[index] = 2
                done.append(index)
    for index in reversed(done):
        for follower in forward[index]:
            layer[follower] = max(layer[follower], layer[index] + 1)
    # A box without arrows to it goes directly above its next box, not far away at the top.
    # The workflow's first step, and the box before it for left-out steps.
    left_out = picture.boxes[:1] and picture.boxes[0].state == "more"
    reached = _reached(forward, [*range(min(len(picture.boxes), 2 if left_out else 1))])
    for index in done:
        if index not in reached and forward[index]:
            layer[index] = min(layer[follower] for follower in forward[index]) - 1
    return layer


def _reached(forward: Sequence[Sequence[int]], work: list[int]) -> set[int]:
    reached: set[int] = set()
    while work:
        index = work.pop()
        if index not in reached:
            reached.add(index)
            work += forward[index]
    return reached


def _order(flow: _Flow) -> None:
    """Moves neighbours near each other, sweeping down and up, and keeps the best order."""
    layers = flow.layers
    best, crossings = [list(layer) for layer in layers], _crossings(layers, flow.down)
    for sweep in range(flow.sweeps(_ORDER_SWEEPS)):
        downwards = sweep % 2 == 0
        neighbours = flow.up if downwards else flow.down
        rank = {item: float(position) for layer in layers for position, item in enumerate(layer)}
        for layer in layers if downwards else layers[::-1]:
            middles = {item: _mean([rank[each] for each in neighbours[item]], rank[item]) for item in layer}
            layer.sort(key=middles.__getitem__)
            rank.update((item, float(position)) for position, item in enumerate(layer))
        now = _crossings(layers, flow.down)
        if now < crossings:
            best, crossings = [list(layer) for layer in layers], now
    layers[:] = best


def _crossings(layers: Sequence[Sequence[int]], down: Sequence[Sequence[int]]) -> int:
    total = 0
    for upper, lower in pairwise(layers):
        rank = {item: position for position, item in enumerate(lower)}
        seen: list[int] = []  # where earlier lines end, sorted
        for item in upper:
            ends = [rank[each] for each in down[item]]
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total


def _place(items: Sequence[_Item], flow: _Flow) -> None:
    """Moves everything towards the middle of its neighbours, and keeps the order of each layer."""
    for layer in flow.layers:
        _pack(items, layer, [0.0] * len(layer))
    rough = flow.sweeps(_ROUGH_SWEEPS)
    for sweep in range(rough + flow.sweeps(_FINE_SWEEPS)):
        downwards = sweep % 2 == 0
        for layer in flow.layers if downwards else flow.layers[::-1]:
            wanted = [_wish(items, index, flow, sweep, sweep < rough) for index in layer]
            _pack(items, layer, wanted)


def _wish(items: Sequence[_Item], index: int, flow: _Flow, sweep: int, rough: bool) -> float:
    up, down = flow.up, flow.down
    if rough:
        near: Sequence[int] = (down if sweep % 2 else up)[index]
    elif items[index].label and len(up[index]) == len(down[index]) == 1:
        # If many arrows fan out or in, each label goes near the end where they are apart.
        source, target = up[index][0], down[index][0]
        near = [target] if len(up[target]) < len(down[source]) else [source]
    else:
        near = [*up[index], *down[index]]
    forward = [each for each in near if not items[each].back]
    return _mean([items[each].middle for each in forward or near], items[index].middle)


def _pack(items: Sequence[_Item], layer: Sequence[int], wanted: Sequence[float]) -> None:
    """Places a layer as near to ``wanted`` as the widths allow: touching items move as one block."""
    blocks: list[tuple[float, float, int]] = []  # the sum of wishes for the block's begin, its width, its items
    for index, wish in zip(layer, wanted, strict=True):
        begin, width, number = wish - items[index].across / 2, items[index].across + _GAP, 1
        while blocks and blocks[-1][0] / blocks[-1][2] + blocks[-1][1] > begin / number:
            total, before, count = blocks.pop()
            begin, width, number = total + begin - before * number, before + width, count + number
        blocks.append((begin, width, number))
    position = 0
    for total, _, number in blocks:
        left = total / number
        for index in layer[position : position + number]:
            items[index].middle = left + items[index].across / 2
            left += items[index].across + _GAP
        position += number


def _mean(numbers: Sequence[float], otherwise: float) -> float:
    return sum(numbers) / len(numbers) if numbers else otherwise


def _line(
    path: Sequence[int], items: Sequence[_Item], starts: Sequence[float], thick: Sequence[float]
) -> list[tuple[float, float]]:
    def ends(index: int) -> tuple[float, float]:
        item = items[index]
        middle = starts[item.layer] + thick[item.layer] / 2
        return middle - item.along / 2, middle + item.along / 2

    points = [(items[path[0]].middle, ends(path[0])[1])]
    turns = {path[1], path[-2]} if items[path[1]].back else set()
    for before, index in pairwise(path[:-1]):
        item = items[index]
        if item.layer % 2:
            if item.label or index in turns:  # elsewhere one bend from box to box is smoother
                points.append((item.middle, starts[item.layer] + thick[item.layer] / 2))
        else:  # straight past the boxes of this layer
            near, far = starts[item.layer], starts[item.layer] + thick[item.layer]
            points += [
                (item.middle, each) for each in ((near, far) if items[before].layer < item.layer else (far, near))
            ]
    points.append((items[path[-1]].middle, ends(path[-1])[0]))
    return points
