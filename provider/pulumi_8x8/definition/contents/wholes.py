"""Limits of several values of a part together: unique ids, a total, one of two."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from pulumi_8x8.definition.contents.limits import Fault, number_of
from pulumi_8x8.definition.values import Json, Path
from pulumi_8x8.phrasing import count


def values_at(value: Json, pattern: str) -> Iterator[tuple[Path, Json]]:
    """The values at a dotted path below ``value``, with ``*`` for every item of a list, and their places."""
    found: list[tuple[Path, Json]] = [((), value)]
    for name in pattern.split("."):
        deeper: list[tuple[Path, Json]] = []
        for path, each in found:
            if name == "*" and isinstance(each, list):
                deeper += [((*path, at), item) for at, item in enumerate(each)]
            elif isinstance(each, Mapping) and each.get(name) is not None:
                deeper.append(((*path, name), each[name]))
        found = deeper
    return iter(found)


class Whole:
    """A limit of a whole part: it sees several values."""

    def faults(self, value: Json) -> Iterator[tuple[Path, Fault]]:
        raise NotImplementedError


@dataclass(frozen=True, eq=False, repr=False)
class Unique(Whole):
    """The texts at a path are different.

    :param title: equal ones are only confusing; otherwise the API refuses them.
    """

    pattern: str
    what: str
    title: bool = False

    def faults(self, value: Json) -> Iterator[tuple[Path, Fault]]:
        seen: set[str] = set()
        for path, text in values_at(value, self.pattern):
            if not isinstance(text, str) or "{{" in text or not text:
                continue
            if text in seen:
                if self.title:
                    yield path, Fault("repeated_title", f"two {self.what} are equal", "change one of them")
                else:
                    yield path, Fault("duplicate", f'"{text[:80]}" is the id of two {self.what}', "change one of them")
            seen.add(text)


@dataclass(frozen=True, eq=False, repr=False)
class Total(Whole):
    """The lists at a path have at most so many items together."""

    pattern: str
    most: int
    what: str

    def faults(self, value: Json) -> Iterator[tuple[Path, Fault]]:
        items = [path for path, _ in values_at(value, f"{self.pattern}.*")]
        if len(items) > self.most:
            message = f"{count(len(items), self.what)} in all sections, and at most {self.most} can be sent"
            yield items[self.most], Fault("limit", message, f"remove {len(items) - self.most}")


@dataclass(frozen=True, eq=False, repr=False)
class TitlesOfMany(Whole):
    """If there are several sections, each has a title."""

    pattern: str

    def faults(self, value: Json) -> Iterator[tuple[Path, Fault]]:
        for path, sections in values_at(value, self.pattern):
            if isinstance(sections, list) and len(sections) > 1:
                for at, section in enumerate(sections):
                    if isinstance(section, Mapping) and section.get("title") in (None, ""):
                        message = "title is missing, and each of several sections needs one"
                        yield (*path, at), Fault("missing_part", message, "add title")


@dataclass(frozen=True, eq=False, repr=False)
class AnyOf(Whole):
    """A part has at least one of these members.

    :param beside: the other published members, if one that isn't published may stand for them.
    """

    names: Collection[str]
    message: str
    hint: str
    beside: Collection[str] | None = None

    def faults(self, value: Json) -> Iterator[tuple[Path, Fault]]:
        if isinstance(value, Mapping) and not any(value.get(name) not in (None, "") for name in self.names):
            sure = self.beside is None or value.keys() <= {*self.names, *self.beside}
            yield (), Fault("missing_part" if sure else "expected_part", self.message, self.hint)


@dataclass(frozen=True, eq=False, repr=False)
class ParametersOfButton(Whole):
    """Each button of a template has a parameter, except for one that calls."""

    def faults(self, value: Json) -> Iterator[tuple[Path, Fault]]:
        kind = value.get("subType")
        if isinstance(kind, str) and kind.lower() != "voicecall" and value.get("parameters") in (None, []):
            message = "the button has no parameters, and the API's description requires one"
            yield ("parameters",), Fault("expected_part", message, "add a payload, a text or a code")


@dataclass(frozen=True, eq=False, repr=False)
class InOrder(Whole):
    """A number isn't larger than another."""

    least: str
    most: str

    def faults(self, value: Json) -> Iterator[tuple[Path, Fault]]:
        least, most = number_of(value.get(self.least)), number_of(value.get(self.most))
        if least is not None and most is not None and least > most:
            yield (self.least,), Fault("limit", f"{self.least} is larger than {self.most}", "write a smaller number")
