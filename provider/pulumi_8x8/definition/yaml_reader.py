r"""YAML as workflow files have it: another way to write JSON. What means anything else is refused, with its line.

Its plain scalars are JSON's: ``00:05:00``, ``no``, ``2026-03-01`` and ``+6512345678`` are texts. Characters and escapes
are JSON's too: PyYAML refuses ``U+007F``, takes ``U+2028`` for the end of a line, and doesn't know the two halves of
``"\ud83d\ude00"``. Stand-ins take such characters through PyYAML.

The reader makes values from PyYAML's events, which need no recursion. So it ends at the first thing that is too deep or
too much, before an alias multiplies it. A module of its own, imported only for YAML: most files are JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

import yaml

from pulumi_8x8.bounded import MOST_DIGITS
from pulumi_8x8.definition.positions import Excess, Misplaced, Node, offset_of, shown, too_many
from pulumi_8x8.definition.values import Json

#: PyYAML's parser in C is ten times as fast. Not every installation has it.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: Values that all aliases repeat together; a text counts as one for each 64 letters. Without a limit, a file of 600
#: bytes has billions of values.
_MOST_REPEATED = 10_000
_LETTERS = 64

_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}

_NOT_ALLOWED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_ODD = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_ESCAPE = re.compile(r"\\(?:u([dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.DOTALL)
_HALVES = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def read_yaml(text: str, deepest: int, most: int) -> tuple[Json, Node]:
    """The value of a text, and the positions of its parts.

    :param deepest, most: the levels of nesting, and the number of values, that it may have.
    :raises Misplaced: it isn't YAML, isn't JSON in YAML's form, or has more of one of them.
    """
    if found := _NOT_ALLOWED.search(text):
        what = f"the character U+{ord(found[0]):04X}, which a text can't have; in quotes, write an escape"
        raise Misplaced(found.start(), what)
    source = _StandIns(text)
    try:
        return _Reader(source, deepest, most).read()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Misplaced(mark.index if mark else 0, source.original(str(error.problem or error.context), None)) from None
    except yaml.YAMLError as error:
        raise Misplaced(0, source.original(" ".join(str(error).split()), None)) from None


class _StandIns:
    """A text in which private characters stand for those that PyYAML changes or refuses.

    :ivar text: the text for PyYAML. Only an escape of half a character has another length there: the same.
    """

    def __init__(self, text: str) -> None:
        free = (chr(code) for code in range(0xF0000, 0x10FFFE) if chr(code) not in text)
        there = {ord(each): next(free) for each in sorted(set(_ODD.findall(text)))}
        self._back = {ord(stand_in): code for code, stand_in in there.items()}
        self.text = text.translate(there) if there else text
        self._mark = ""
        if "\\ud" in text or "\\uD" in text:
            self._mark = next(free) + next(free)  # as long as \u, so that all offsets stay
            self.text = _ESCAPE.sub(lambda found: self._mark + found[1] if found[1] else found[0], self.text)
            self._escaped = re.compile(f"{self._mark}(....)")

    def original(self, value: str, style: str | None) -> str:
        """A scalar's value, with the original characters."""
        if self._mark and self._mark in value:
            if style == '"':
                value = self._escaped.sub(lambda found: chr(int(found[1], 16)), value)
                value = _HALVES.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), value)
            else:
                value = value.replace(self._mark, "\\u")
        return value.translate(self._back) if self._back else value


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end isn't reached.

    :ivar before: the size of what was read before it.
    :ivar key: the key whose value comes next; ``None``: a key comes next.
    """

    value: list[Json] | dict[str, Json]
    node: tuple[int, list[Node] | dict[str, Node]]
    anchor: str | None
    before: int
    key: str | None = None


class _Reader:
    def __init__(self, source: _StandIns, deepest: int, most: int) -> None:
        self._source = source
        self._deepest = deepest
        self._most = most
        self._read = 0
        self._size = 0  # of what was read, where long texts count more
        self._repeated = 0
        self._inside: list[_Open] = []
        self._root: tuple[Json, Node] = (None, 0)
        self._documents = 0
        #: Value, position and size by anchor; ``None`` as long as its end isn't reached.
        self._anchors: dict[str, tuple[Json, Node, int] | None] = {}

    def read(self) -> tuple[Json, Node]:
        """The value of the only document, with its positions."""
        for event in yaml.parse(self._source.text, Loader=_LOADER):
            offset = event.start_mark.index if event.start_mark else 0
            match event:
                case yaml.ScalarEvent():
                    self._scalar(event, offset)
                case yaml.MappingStartEvent():
                    self._begin(event, {}, (offset, {}))
                case yaml.SequenceStartEvent():
                    self._begin(event, [], (offset, []))
                case yaml.CollectionEndEvent():
                    ended = self._inside.pop()
                    if ended.anchor is not None:
                        self._anchors[ended.anchor] = (ended.value, ended.node, self._size - ended.before)
                case yaml.AliasEvent():
                    self._alias(str(event.anchor), offset)
                case yaml.DocumentStartEvent():
                    self._documents += 1
                    if self._documents > 1:
                        raise Misplaced(offset, "a second document begins; a file has only one")
        return self._root

    def _scalar(self, event: yaml.ScalarEvent, offset: int) -> None:
        self._refuse_tag(event.tag, offset)
        text = self._source.original(event.value, event.style)
        plain = event.implicit[0]
        is_key = self._wants_key
        if is_key and plain and text == "<<":
            raise Misplaced(offset, "<< merges another mapping, which JSON can't; write its members here")
        value = _plain(text, offset) if plain else text
        if is_key and not isinstance(value, str):
            raise Misplaced(offset, f'keys are text: write "{shown(text)}"')
        self._add(value, offset)
        size = 1 + len(text) // _LETTERS
        self._size += size
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, offset, size)

    def _begin(
        self,
        event: yaml.CollectionStartEvent,
        value: list[Json] | dict[str, Json],
        node: tuple[int, list[Node] | dict[str, Node]],
    ) -> None:
        self._refuse_tag(event.tag, node[0])
        if self._wants_key:
            raise Misplaced(node[0], "a key is a text, not an object or a list; write a script in quotes")
        if len(self._inside) >= self._deepest:
            raise Excess(node[0], f"nested more than {self._deepest} levels deep")
        self._add(value, node)
        self._inside.append(_Open(value, node, event.anchor, self._size))
        self._size += 1
        if event.anchor is not None:
            self._anchors[event.anchor] = None

    def _alias(self, anchor: str, offset: int) -> None:
        if anchor not in self._anchors:
            raise Misplaced(offset, f"*{shown(anchor)} stands for nothing, since no &{shown(anchor)} is above it")
        known = self._anchors[anchor]
        if known is None:
            raise Misplaced(offset, f"*{shown(anchor)} is inside of &{shown(anchor)}, so that it would contain itself")
        value, node, size = known
        if self._wants_key and not isinstance(value, str):
            raise Misplaced(offset, f"keys are text, and *{shown(anchor)} isn't")
        self._repeated += size
        self._size += size
        if self._repeated > _MOST_REPEATED:
            raise Excess(
                offset,
                f"aliases such as *{shown(anchor)} repeat more than {_MOST_REPEATED:,} values, or too long texts",
            )
        self._add(value, node, offset)

    @property
    def _wants_key(self) -> bool:
        return bool(self._inside) and self._inside[-1].key is None and isinstance(self._inside[-1].value, dict)

    def _add(self, value: Json, node: Node, offset: int | None = None) -> None:
        """:param offset: where it is written, if ``node`` is somewhere else."""
        if not self._inside:
            self._root = (value, node)
            return
        inside = self._inside[-1]
        members = inside.node[1]
        if isinstance(inside.value, list):
            inside.value.append(value)
            cast("list[Node]", members).append(node)
        elif inside.key is None:
            if value in inside.value:
                raise Misplaced(offset_of(node) if offset is None else offset, f'"{shown(value)}" is there twice')
            inside.key = value
            return
        else:
            inside.value[inside.key] = value
            cast("dict[str, Node]", members)[inside.key] = node
            inside.key = None
        self._read += 1
        if self._read > self._most:
            raise too_many(offset_of(node), self._most)

    def _refuse_tag(self, tag: str | None, offset: int) -> None:
        if tag is not None:
            name = self._source.original(tag, None).replace("tag:yaml.org,2002:", "!!", 1)
            raise Misplaced(offset, f"the tag {shown(name)}, which JSON doesn't have; write the value without it")


def _plain(text: str, offset: int) -> Json:
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-0123456789" or not _NUMBER.fullmatch(text):
        return text
    if not _INTEGER.fullmatch(text):
        return float(text)
    if len(text) > MOST_DIGITS:
        raise Excess(offset, f"a number of more than {MOST_DIGITS:,} digits")
    return int(text)
