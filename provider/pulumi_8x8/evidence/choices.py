"""Choices that a log leaves open: conditions that read what isn't recorded, and why something ended. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import combinations
from typing import Any

_MOST_UNKNOWN = 8  # conditions of one step


class WrongWay(Exception):
    """A choice that doesn't fit the log."""


class Choices:
    """The choices on one way. A way takes the given ones first, and after them the first option of each.

    :ivar others: the ways that take other options.
    """

    def __init__(self, given: tuple[int, ...] = ()) -> None:
        self._given = given
        self._made: list[int] = []
        self.others: list[tuple[int, ...]] = []

    def choose(self, options: int) -> int:
        """One of several options, by number."""
        if options == 1:
            return 0
        place = len(self._made)
        chosen = self._given[place] if place < len(self._given) else 0
        if place >= len(self._given):
            self.others += [(*self._made, other) for other in range(1, options)]
        self._made.append(chosen)
        return chosen


def ways_on(
    edges: Mapping[str, Any],
    known: Mapping[str, bool],
    unknown: Sequence[str],
    steps: Collection[str],
    follow: Callable[[Sequence[str]], bool],
    may_end: bool,
) -> list[Mapping[str, bool]] | None:
    """The results of a step's unknown conditions that fit the log; ``None``: there are too many conditions.

    :param edges: the step's edges, with ``None`` for a default one. :param known, unknown: conditions, by edge.
    :param steps: the ids that exist. :param follow: whether these steps began next in the log.
    :param may_end: whether a path may end here.
    """
    real = [to for to in unknown if to in steps]
    lost = [to for to in unknown if to not in steps]
    if len(real) > _MOST_UNKNOWN:
        return None
    options: list[Mapping[str, bool]] = []
    for number in range(len(real) + 1):
        for chosen in combinations(real, number):
            # An edge that leads nowhere only matters if it keeps the default edge from being taken.
            for nowhere in (False, True) if lost and not chosen and not any(known.values()) else (False,):
                truths = {**known, **{to: to in chosen for to in real}, **dict.fromkeys(lost, nowhere)}
                taken = [to for to in edges if truths.get(to)] or [to for to in edges if to not in truths]
                following = [to for to in taken if to in steps]
                if follow(following) and (following or may_end):
                    options.append({to: truths[to] for to in unknown})
    return options
