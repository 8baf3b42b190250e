"""The order of steps, edges and members as a short text, which accompanies the keyed form.

It is JSON: ``[words, [place, names]…]``. In every mapping the names that are words come first, in the order of the
words; then the usual ones, then the others by the alphabet. A mapping that has another order stands with its place. The
words are as few as that needs: nothing is recorded where a program writes url, method, headers, body, and
``[["url","method","body"]]`` where it writes url, method, body, headers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, TypeAlias

from pulumi_8x8.definition.model import Definition, arrange
from pulumi_8x8.definition.values import PLAIN, Json, Path

#: Names of the members of a mapping, in their order, with its place in the body; steps are named by their keys.
Names: TypeAlias = tuple[Path, tuple[str, ...]]

#: How most published definitions order members of steps, inputs and bodies. It never changes, since the records in
#: users' states rely on it.
_USUAL = (
    *("id", "stepType", "inputs", "outputs", "nextStepId", "selectNextStep", "do", "subAccountId", "user"),
    *("source", "destination", "type", "content", "text", "url", "method", "headers", "parameters", "body"),
    *("timeoutSeconds", "from", "channel", "timeout", "repetition", "voiceProfile", "trigger", "status", "definition"),
)

#: Members that the canonical form takes apart.
_APART = ("subAccountId", "trigger", "status", "definition", "name", "steps")


class _Rank(dict[str, tuple[int, str]]):
    """What to sort names by."""

    def __init__(self, words: Collection[str] = ()) -> None:
        super().__init__(_USUAL_RANKS)
        self.update((word, (number - len(words), "")) for number, word in enumerate(words))

    def __missing__(self, name: str) -> tuple[int, str]:
        self[name] = rank = (len(_USUAL), str(name))
        return rank


_USUAL_RANKS = {name: (number, "") for number, name in enumerate(_USUAL)}


@dataclass(frozen=True)
class Order:
    """What is recorded of the order of one definition.

    :param words: names that come before others.
    :param exceptions: the names of mappings that have another order, by place.
    """

    words: tuple[str, ...] = ()
    exceptions: tuple[Names, ...] = ()

    @classmethod
    def of(cls, definition: Definition) -> Order:
        """The order of all mappings of ``definition``."""
        found = orders(definition)
        words, against = _words(tuple(dict.fromkeys(names for _, names in found)))
        return Order(words.words, tuple(each for each in found if each[1] in against)) if against else words

    @classmethod
    def read(cls, text: Json) -> Order | None:
        """The inverse of :attr:`text`; ``None`` if ``text`` isn't a record."""
        return _read(text) if isinstance(text, str) else None

    @cached_property
    def text(self) -> str:
        """The record."""
        record = (self.words, *self.exceptions) if self.words or self.exceptions else ()
        return json.dumps(record, ensure_ascii=False, separators=(",", ":"), default=str)

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(self.words)

    @cached_property
    def rank(self) -> Callable[[str], tuple[int, str]]:
        """What to sort the names of all mappings by."""
        return _Rank(self.words).__getitem__

    def restore(self, definition: Definition) -> Definition:
        """``definition``, whose mappings are sorted by :attr:`rank`, in its own order.

        Its mappings are changed in place: it must be nobody else's.
        """
        layout = dict(definition.layout)
        if definition.more or not self._words.isdisjoint(_APART):
            apart: dict[Path, Iterable[str]] = {(): definition.outside(), ("definition",): definition.inside()}
            for place, members in apart.items():
                names = tuple(sorted(members, key=self.rank))
                if names != tuple(members):
                    layout[place] = names
        for key, step in definition.steps.items():
            if not key.startswith("#") and isinstance(step, Mapping) and not self._words.isdisjoint(step):
                names = tuple(sorted(("id", *step), key=self.rank))
                if names[0] != "id":
                    layout["steps", key] = names
        for place, names in self.exceptions:
            if place in ((), ("definition",)) or (len(place) == 2 and place[0] == "steps"):
                layout[place] = names
            _arrange_at(definition, place, names)
        return replace(definition, layout=layout) if layout else definition


def orders(definition: Definition) -> list[Names]:
    """The names of the members of every mapping in the body; of the steps without the start, which comes first."""
    found: list[Names] = [
        ((), tuple(definition.outside())),
        (("definition",), tuple(definition.inside())),
        (("steps",), tuple(key for key in definition.steps if key != definition.start)),
    ]
    for key, step in definition.steps.items():
        place: Path = ("steps", key)
        if not isinstance(step, Mapping):
            _collect(step, place, found)
        else:
            by_itself = key.startswith("#") or place in definition.layout
            found.append((place, tuple(definition.step_body(key)) if by_itself else ("id", *step)))
            _collect_members(step, place, found)
    for key, value in definition.more.items():
        if key != "definition":
            _collect(value, (key,), found)
    _collect_members(definition.more_inside(), ("definition",), found)
    for place, value in _parts(definition):
        if type(value) not in PLAIN:
            _collect(value, place, found)
    return found


def _parts(definition: Definition) -> Iterator[tuple[Path, Json]]:
    for key, value in definition.parts().items():
        yield ("definition", key) if key == "name" else (key,), value


def _collect(value: Json, path: Path, found: list[Names]) -> None:
    kind = type(value)
    if kind is dict or isinstance(value, Mapping):
        if len(value) > 1:
            found.append((path, tuple(value)))
        _collect_members(value, path, found)
    elif kind is list or isinstance(value, list | tuple):
        for index, item in enumerate(value):
            if type(item) not in PLAIN:
                _collect(item, (*path, index), found)


def _collect_members(mapping: Mapping[str, Json], path: Path, found: list[Names]) -> None:
    for key, item in mapping.items():
        if type(item) not in PLAIN:
            _collect(item, (*path, key), found)


def _arrange_at(definition: Definition, place: Path, names: Sequence[str]) -> None:
    more = definition.more
    value: Json = {
        **{path[0]: part for path, part in _parts(definition)},
        **more,
        "definition": {**definition.more_inside(), "name": definition.name},
        "steps": more.get("steps", definition.steps),
    }
    for part in place:
        is_there = part in value if isinstance(value, dict) else isinstance(value, list) and part in range(len(value))
        if not is_there:
            return
        value = value[part]
    if isinstance(value, dict):
        start = [str(definition.start)] if place == ("steps",) and definition.start is not None else []
        arranged = arrange(value, (*start, *names))
        value.clear()
        value.update(arranged)


@lru_cache(maxsize=1024)
def _words(all_names: tuple[tuple[str, ...], ...]) -> tuple[Order, frozenset[tuple[str, ...]]]:
    """The words that give these names their orders, and those that have another one."""
    words: dict[str, int] = {}
    wrong = [names for names in all_names if _beginning(names)]
    in_full: set[tuple[str, ...]] = set()
    while wrong:
        # Where the first names of a mapping do not do, since others of it are words already, all of them may.
        more = [_insert(words, names if names in in_full else _beginning(names)) for names in wrong]
        if not any(more) and in_full.issuperset(wrong):
            break
        in_full.update(wrong)
        rank = _Rank(words).__getitem__
        wrong = [names for names in all_names if list(names) != sorted(names, key=rank)]
    return Order(tuple(words)), frozenset(wrong)


_usual_rank = _Rank().__getitem__


@lru_cache(maxsize=4096)
def _beginning(names: tuple[str, ...]) -> tuple[str, ...]:
    """The first of ``names``, after which the others come in their usual order."""
    end = len(names) - 1
    while end > 0 and _usual_rank(names[end - 1]) < _usual_rank(names[end]):
        end -= 1
    return names[:end]


def _insert(words: dict[str, int], names: Sequence[str]) -> bool:
    """Puts ``names`` among ``words`` in their order; False if that isn't possible, or they already have it.

    :param words: in their order, with their positions.
    """
    there = [words[name] for name in names if name in words]
    if there != sorted(there) or len(there) == len(names):
        return False
    if not there:
        words.update((name, number) for number, name in enumerate(names, len(words)))
        return True
    listed, place = [*words], len(words)
    for name in reversed(names):
        if name in words:
            place = words[name]
        else:
            listed.insert(place, name)
    words.clear()
    words.update((name, number) for number, name in enumerate(listed))
    return True


@lru_cache(maxsize=256)
def _read(text: str) -> Order | None:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(record, list):
        return None
    words, *exceptions = record or [[]]
    sound = _holds(words, str) and all(
        isinstance(each, list) and len(each) == 2 and _holds(each[0], str | int) and _holds(each[1], str)
        for each in exceptions
    )
    return Order(tuple(words), tuple((tuple(place), tuple(names)) for place, names in exceptions)) if sound else None


def _holds(value: Json, kind: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)
