"""Limits of several values of a part together: unique ids, a total, one of two."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

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
    """A limit of a whole part: it sees several values.

    :ivar needs: the member without which nothing is wrong; empty if a missing one may be.
    """

    needs = ""

    def faults(self, value: Json) -> Iterator[tuple[Path, Fault]]:
        raise NotImplementedError

    def surely_holds(self, value: Mapping[str, Json]) -> bool:
        """True if nothing is wrong."""
        return (self.needs and self.needs not in value) or next(self.faults(value), None) is None


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
    """A part has something at one of these paths.

    :param beside: the other published members, if one that isn't published may stand for them.
    :param settled: the API refuses a part without any.
    :param instead: members that aren't published, and may stand for them.
    """

    names: Collection[str]
    message: str
    hint: str
    beside: Collection[str] | None = None
    instead: Collection[str] = ()
    settled: bool = True

    def faults(self, value: Json) -> Iterator[tuple[Path, Fault]]:
        if isinstance(value, Mapping) and not any(_given(value, name) for name in self.names):
            sure = self.beside is None or value.keys() <= {*self.names, *self.beside}
            sure = self.settled and sure and value.keys().isdisjoint(self.instead)
            yield (), Fault("missing_part" if sure else "expected_part", self.message, self.hint)


def _given(value: Json, path: str) -> bool:
    """Whether something may be at a dotted path; what isn't an object on the way there is for others to report."""
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return value is not None
        value = value.get(name, next((value[key] for key in value if str(key).lower() == name.lower()), None))
    return value not in (None, "")


@dataclass(frozen=True, eq=False, repr=False)
class ParametersOfButton(Whole):
    """Each button of a template has a parameter, except for one that calls."""

    def faults(self, value: Json) -> Iterator[tuple[Path, Fault]]:
        kind = value.get("subType")
        if isinstance(kind, str) and kind.lower() != "voicecall" and value.get("parameters") in (None, []):
            message = "the button has no parameters, and the API's description requires one"
            yield ("parameters",), Fault("expected_part", message, "add a payload, a text or a code")
        takes = _TAKES.get(kind.lower()) if isinstance(kind, str) else None
        for path, given in values_at(value, "parameters.*.type") if takes else ():
            if isinstance(given, str) and given in _TAKES.values() and given != takes:
                message = f"a button of the type {kind} takes a parameter of the type {takes}, not {given}"
                yield path, Fault("expected_part", message, f"write {takes}")


#: The type of the parameters of a template's button, by the button's type in lower case.
_TAKES = {
    "quickreply": "payload",
    "url": "text",
    "copycode": "couponCode",
    "flow": "action",
    "voicecall": "ttlMinutes",
}


@dataclass(frozen=True, eq=False, repr=False)
class OneOfEachComponent(Whole):
    """A template has one header, one body, one footer, and each of its buttons once."""

    def faults(self, value: Json) -> Iterator[tuple[Path, Fault]]:
        seen: set[str] = set()
        for path, part in values_at(value, "template.components.*"):
            kind = part.get("type") if isinstance(part, Mapping) else None
            if not isinstance(kind, str) or "{{" in kind:
                continue
            name = kind.lower()
            if name == "button":
                if not isinstance(part.get("index"), int | str) or "{{" in str(part["index"]):
                    continue
                name = f"button {part['index']}"
            if name in seen and name.partition(" ")[0] in ("header", "body", "footer", "button"):
                message = f"a template has one {name}, and this is another"
                yield path, Fault("expected_part", message, "put their parameters together, or change the index")
            seen.add(name)


@dataclass(frozen=True, eq=False, repr=False)
class NoHeader(Whole):
    """A message of this kind has no header."""

    def faults(self, value: Json) -> Iterator[tuple[Path, Fault]]:
        for path, _ in values_at(value, "interactive.header"):
            yield path, Fault("unsettled_limit", "WhatsApp takes no header in a message of this kind", "remove it")


@dataclass(frozen=True, eq=False, repr=False)
class HeaderOfText(Whole):
    """The header of a list is a text; WhatsApp refuses pictures there."""

    def faults(self, value: Json) -> Iterator[tuple[Path, Fault]]:
        for path, kind in values_at(value, "interactive.header.type"):
            if isinstance(kind, str) and kind.lower() in ("image", "video", "document"):
                message = f"WhatsApp takes only a text as the header of a list, not a {kind.lower()}"
                yield path, Fault("unsettled_limit", message, "write a text, or send the file before")


@dataclass(frozen=True, eq=False, repr=False)
class InOrder(Whole):
    """A number isn't larger than another."""

    least: str
    most: str

    def faults(self, value: Json) -> Iterator[tuple[Path, Fault]]:
        least, most = number_of(value.get(self.least)), number_of(value.get(self.most))
        if least is not None and most is not None and least > most:
            yield (self.least,), Fault("limit", f"{self.least} is larger than {self.most}", "write a smaller number")


@dataclass(frozen=True, eq=False, repr=False)
class TextOfFallback(Whole):
    """A message with an SMS as its fallback has a text for it."""

    needs = "sms"

    def faults(self, value: Json) -> Iterator[tuple[Path, Fault]]:
        if isinstance(value.get("sms"), Mapping) and not any(value.get(name) for name in ("fallbackText", "text")):
            yield ("sms",), Fault("expected_part", "the SMS fallback has no text", "add fallbackText to the content")


@dataclass(frozen=True, eq=False, repr=False)
class Earlier(Whole):
    """A time is before another."""

    first: str
    last: str

    @property
    def needs(self) -> str:  # type: ignore[override]
        return self.last

    def faults(self, value: Json) -> Iterator[tuple[Path, Fault]]:
        first, last = _moment_of(value.get(self.first)), _moment_of(value.get(self.last))
        if first is not None and last is not None and last <= first:
            yield (self.last,), Fault("moment", f"{self.last} isn't after {self.first}", "write a later time")


def _moment_of(value: Json) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) and "{{" not in value else None
    except ValueError:
        return None
    return found.replace(tzinfo=found.tzinfo or UTC) if found is not None else None
