"""Writes values of a definition: texts with expressions, secrets, and typed parts of messages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, TypeAlias, Union, get_args, get_origin

from pulumi_8x8.definition import Json
from pulumi_8x8.definition.contents.part import Part, Short, Slot, slots_of
from pulumi_8x8.definition.expressions import Predicate
from pulumi_8x8.definition.marks import text_with_scripts
from pulumi_8x8.definition.members import Anything
from pulumi_8x8.definition.placeholders import placeholder, secrets_in
from pulumi_8x8.definition.scripts import find_scripts
from pulumi_8x8.exporting.names import variable
from pulumi_8x8.exporting.python.pieces import (
    Atom,
    Bracketed,
    LongText,
    Piece,
    call,
    escaped,
    fits,
    listed,
    literal,
    mapped,
    number,
    statement,
)
from pulumi_8x8.exporting.python.script_writer import Names, ScriptCode, Variable, compiled, is_script, write_script

#: What a type checker sees: a text, a constant text, a secret; an expression that is a condition, of any type, or
#: another value; and JSON's other types.
Kind: TypeAlias = Literal["text", "constant", "secret", "condition", "anything", "value", "object", "list"]


class ValueCode(NamedTuple):
    """A value as code, and its type."""

    kind: Kind | type
    code: Piece


@dataclass
class ValueWriter:
    """Writes the values of one workflow.

    :param names: what scripts can read.
    :param plain: scripts stay texts.
    :ivar taken: names of variables, which can't be used again.
    :ivar lines: statements that come before the step that is written.
    :ivar uses_config: a secret of the config is among the values.
    """

    names: Names
    plain: bool
    taken: set[str]
    lines: list[str] = field(default_factory=list)
    uses_config: bool = False
    _bound: dict[str, str] = field(default_factory=dict)

    def state(self) -> tuple[int, int, int]:
        """What :meth:`back_to` goes back to, if what was written since then isn't used."""
        return len(self.lines), len(self._bound), len(self.names.used)

    def back_to(self, state: tuple[int, int, int]) -> None:
        """Forgets variables and uses since ``state``."""
        lines, bound, used = state
        del self.lines[lines:]
        while len(self._bound) > bound:
            self.taken.discard(self._bound.popitem()[1])
        self.names.forget(used)

    def value(self, value: Json, own: Variable | None = None) -> ValueCode:
        """Any value.

        :param own: the step that scripts belong to, if it exists where the value stands.
        """
        if isinstance(value, str):
            return self.text(value, own)
        if isinstance(value, Mapping):
            return ValueCode("object", mapped({str(key): self.value(each, own).code for key, each in value.items()}))
        if isinstance(value, list | tuple):
            # Type checkers need the type of what is empty and in a list.
            items = [_EMPTY[type(each)] if each in ({}, []) else self.value(each, own).code for each in value]
            return ValueCode("list", listed(items))
        return ValueCode(type(value), Atom(number(value)))

    def text(self, text: str, own: Variable | None = None) -> ValueCode:
        """A text: plain, with expressions, or with secrets."""
        if secrets_in(text):
            return ValueCode("secret", self._with_secrets(text))
        scripts = () if self.plain else find_scripts(text)
        if not scripts or any(each.is_placeholder for each in scripts):
            return ValueCode("constant", _lines([[text]]))
        if len(scripts) == 1 and text == f"{{{{{scripts[0].code}}}}}":
            written = write_script(scripts[0].code, self.names, own)
            if written is None:
                return ValueCode("constant", Atom(literal(text)))
            return ValueCode(_kind(written), written.code)
        state = self.state()
        parts: list[str | ScriptCode] = []
        done = 0
        for each in scripts:
            written = write_script(each.code, self.names, own)
            if written is None or is_script(written.code):
                break
            parts += [text[done : each.start], written]
            done = each.end
        else:
            code = self._with_expressions([*parts, text[done:]], text, own)
            if code is not None:
                return ValueCode("text", code)
        self.back_to(state)
        return ValueCode("constant", _lines([[text]]))

    def _with_expressions(self, parts: Sequence[str | ScriptCode], text: str, own: Variable | None) -> Piece | None:
        """An f-string of these parts; ``None`` if it would be another text."""
        objects = [each if isinstance(each, str) else each.value for each in parts]
        if text_with_scripts(objects, lambda value: compiled(value, own)) != text:
            return None
        inside = [each if isinstance(each, str) else self._inside(each.code) for each in parts]
        return None if None in inside else _lines(_split(inside))

    def _inside(self, code: Piece) -> Atom | None:
        """The code of an expression in an f-string: on its own, or the name of a variable."""
        flat = code.flat
        if not re.search(r"[\"'\\{}]", flat):
            return Atom(flat)
        if flat not in self._bound:
            words = re.findall(r"[A-Za-z]\w*", flat)
            name = variable(words[-1] if words else "", self.taken)
            if not fits(code, 4 + len(f"{name} = ")):
                return None
            self.taken.add(name)
            self.lines.append(statement(f"{name} = ", code, 4))
            self._bound[flat] = name
        return Atom(self._bound[flat])

    def _with_secrets(self, text: str) -> Piece:
        self.uses_config = True
        pieces: list[Piece] = []
        for name in secrets_in(text):
            before, _, text = text.partition(placeholder(name))
            pieces += [Atom(literal(before))] if before else []
            pieces.append(call("config.require_secret", Atom(literal(name))))
        pieces += [Atom(literal(text))] if text else []
        return pieces[0] if len(pieces) == 1 else call("pulumi.Output.concat", *pieces)

    # Typed parts of messages

    def part(self, value: Json, kinds: Sequence[type[Part]]) -> Piece | None:
        """A part of a message as one of these classes; ``None`` if it is none of them."""
        if not isinstance(value, Mapping):
            return None
        return next((found for kind in kinds if (found := self._of_class(value, kind)) is not None), None)

    def _of_class(self, value: Mapping[str, Json], kind: type[Part]) -> Piece | None:
        if any(_at(value, path.split(".")) != fixed for path, fixed in kind.fixed.items()):
            return None
        given: dict[str, Json] = {}
        items: list[tuple[str, Piece]] = []
        by_position = True
        for slot in slots_of(kind):
            found = _at(value, slot.path)
            by_position = by_position and slot.positional and found is not _ABSENT
            if found is _ABSENT:
                if slot.required:
                    return None
                continue
            code = self._slot(found, slot)
            if code is None:
                return None
            given[slot.name] = found
            items.append(("" if by_position else f"{slot.name}=", code))
        rest = _without(value, kind(**given))
        if rest:
            items.append(("more=", self.value(rest).code))
        return Bracketed(f"automation.{kind.__name__}(", items, ")") if kind(**given, more=rest) == value else None

    def _slot(self, value: Json, slot: Slot) -> Piece | None:
        return self.hinted(value, slot.hint, slot.note(Short))

    def hinted(self, value: Json, hint: Any, short: Short | None = None) -> Piece | None:
        """A value for a field of a part; ``None`` if it isn't of the field's type.

        :param hint: the field's annotation.
        """
        hints = [each for each in _flat(hint) if each is not NoneType]
        if isinstance(value, Mapping):
            if short is not None and not short.each and _is_short(value, short):
                return self.hinted(value["text"], str)
            code = self.part(value, [each for each in hints if isinstance(each, type) and issubclass(each, Part)])
            if code is None and any(get_origin(each) in _MAPPINGS for each in hints):
                return self.value(value).code
            return code
        if isinstance(value, list):
            kinds = [get_args(each)[0] for each in hints if get_origin(each) in _LISTS]
            if not kinds:
                return None
            each_short = Short(short.part) if short is not None and short.each else None
            items = [self.hinted(each, kinds[0], each_short) for each in value]
            return None if any(each is None for each in items) else listed([each for each in items if each is not None])
        found = self.value(value)
        choices = {text for each in hints if get_origin(each) is Literal for text in get_args(each)}
        plain = {each for each in hints if each in (str, int, float, bool)}
        if isinstance(found.kind, type):
            takes = found.kind in plain or (float in plain and found.kind in (int, bool))
        elif found.kind in ("text", "secret"):
            takes = str in plain
        elif found.kind == "constant":
            takes = str in plain or value in choices
        else:
            takes = bool(plain or choices) or found.kind == "anything"
        return found.code if takes else None


_ABSENT = object()
_EMPTY: Mapping[type, Piece] = {dict: Atom("dict[str, object]()"), list: Atom("list[object]()")}
_MAPPINGS = (Mapping, dict)
_LISTS = (Sequence, list)


def _kind(written: ScriptCode) -> Kind:
    if isinstance(written.value, Anything):
        return "anything"
    return "condition" if isinstance(written.value, Predicate) else "value"


def _split(parts: Sequence[str | Atom | None]) -> list[list[str | Atom]]:
    """The pieces of each line of a text."""
    lines: list[list[str | Atom]] = [[]]
    for part in parts:
        for line in _by_line(part) if isinstance(part, str) else [part]:
            lines[-1] += [] if line is None else [line]
            if isinstance(line, str) and line.endswith("\n"):
                lines.append([])
    return [each for each in lines if each] or [[""]]


def _lines(lines: list[list[str | Atom]]) -> Piece:
    if len(lines) == 1 and len(lines[0]) == 1 and isinstance(lines[0][0], str):
        lines = [[each] for each in _by_line(lines[0][0])] or [[""]]
    whole = _fstring([part for line in lines for part in line])
    return LongText(whole, [_fstring(line) for line in lines])


def _by_line(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _fstring(parts: Sequence[str | Atom]) -> str:
    texts = "".join(part for part in parts if isinstance(part, str))
    if all(isinstance(part, str) for part in parts):
        return literal(texts)
    quote = "'" if texts.count('"') > texts.count("'") else '"'
    inside = [
        escaped(part, quote).replace("{", "{{").replace("}", "}}") if isinstance(part, str) else f"{{{part.code}}}"
        for part in parts
    ]
    return f"f{quote}{''.join(inside)}{quote}"


def _at(value: Json, path: Sequence[str]) -> Json:
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return _ABSENT
        value = value[name]
    return value


def _without(value: Mapping[str, Json], known: Mapping[str, Json]) -> dict[str, Json]:
    """The members of ``value`` that ``known`` lacks, at any depth."""
    rest: dict[str, Json] = {}
    for name, each in value.items():
        if name not in known:
            rest[name] = each
        elif isinstance(each, Mapping) and isinstance(known[name], Mapping) and (more := _without(each, known[name])):
            rest[name] = more
    return rest


def _is_short(value: Mapping[str, Json], short: Short) -> bool:
    return isinstance(value.get("text"), str) and short.part(value["text"]) == value


def _flat(hint: Any) -> Iterator[Any]:
    if get_origin(hint) in (Union, UnionType):
        for each in get_args(hint):
            yield from _flat(each)
    else:
        yield hint
