"""Limits of the values in a message: each finds what is wrong with a value, and whether it can never work.

Scripts are never wrong. The length of a text with scripts counts its fixed part alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, NamedTuple, TypeAlias

from pulumi_8x8.definition.scripts import find_scripts
from pulumi_8x8.definition.values import Json
from pulumi_8x8.phrasing import count

#: What is wrong with a value. Each kind belongs to one rule of lint.
FaultKind: TypeAlias = Literal[
    "missing_part",
    "expected_part",
    "misspelled_part",
    "misspelled_text",
    "unpublished_text",
    "empty",
    "blank",
    "limit",
    "unsettled_limit",
    "duplicate",
    "repeated_title",
    "phone_number",
    "country_code",
    "url",
    "moment",
]


class Fault(NamedTuple):
    """What is wrong with a value, and what to write instead."""

    kind: FaultKind
    message: str
    hint: str = ""


class Limit:
    """A limit of one value; ``surely`` is a quick answer, for values that are surely right."""

    def fault(self, value: Json) -> Fault | None:
        raise NotImplementedError

    #: Keywords of JSON Schema for the limit, as far as it has any.
    schema: ClassVar[Mapping[str, Json]] = {}


#: What published definitions have instead of a value that each account has of its own.
_PLACEHOLDER = re.compile(r"<[^<>]*>|\[[^][]*\]|[a-z]+(?:_[a-z]+)+")


def fixed_length(text: str) -> int:
    """The number of characters in a text outside its scripts; none in a placeholder such as ``<your number>``.

    >>> fixed_length("Hi {{data.name}}!")
    4
    """
    if _PLACEHOLDER.fullmatch(text):
        return 0
    return len(text) - sum(script.end - script.start for script in find_scripts(text))


@dataclass(frozen=True, eq=False, repr=False)
class Length(Limit):
    """A text has at most so many characters, and isn't empty.

    :param most: ``0``: any number.
    :param settled: the messaging API refuses a longer text on every channel; otherwise a channel may.
    :param empty: the text may be empty.
    """

    most: int = 0
    settled: bool = True
    empty: bool = False
    channel: str = ""

    def fault(self, value: Json) -> Fault | None:
        if not isinstance(value, str):
            return None
        if not value and not self.empty:
            return Fault("empty", "the text is empty, and the API refuses an empty one", "write a text")
        if not self.empty and not value.strip():
            return Fault("blank", "the text has nothing but spaces", "write a text")
        if self.most and len(value) > self.most and (length := fixed_length(value)) > self.most:
            kind: FaultKind = "limit" if self.settled else "unsettled_limit"
            where = f" {self.channel}" if self.channel else ""
            return Fault(
                kind,
                f"the text has {count(length, 'character')}, and{where or ' there'} "
                f"{'takes' if where else 'may be'} at most {self.most:,}",
                f"remove {count(length - self.most, 'character')}",
            )
        return None

    @property
    def schema(self) -> Mapping[str, Json]:  # type: ignore[override]
        found: dict[str, Json] = {} if self.empty else {"minLength": 1}
        return found | ({"maxLength": self.most} if self.most and self.settled else {})


@dataclass(frozen=True, eq=False, repr=False)
class Count(Limit):
    """A list has so many items."""

    least: int
    most: int
    what: str

    def fault(self, value: Json) -> Fault | None:
        if not isinstance(value, list):
            return None
        if len(value) > self.most:
            extra = len(value) - self.most
            return Fault(
                "limit",
                f"{count(len(value), self.what)}, and at most {self.most} can be sent",
                f"remove {extra}",
            )
        if len(value) < self.least:
            return Fault(
                "limit",
                f"{count(len(value), self.what)}, and the API needs at least {self.least}",
                f"add {self.least - len(value)}",
            )
        return None

    @property
    def schema(self) -> Mapping[str, Json]:  # type: ignore[override]
        return {"minItems": self.least, "maxItems": self.most}


@dataclass(frozen=True, eq=False, repr=False)
class Range(Limit):
    """A number is in a range, both ends included."""

    least: float
    most: float
    settled: bool = True

    def fault(self, value: Json) -> Fault | None:
        number = number_of(value)
        if number is None or self.least <= number <= self.most:
            return None
        shown = f"{self.least:,g} to {self.most:,g}"
        kind: FaultKind = "limit" if self.settled else "unsettled_limit"
        return Fault(kind, f"{number:,g} is out of range", f"write a number from {shown}")

    @property
    def schema(self) -> Mapping[str, Json]:  # type: ignore[override]
        return {"minimum": self.least, "maximum": self.most}


def number_of(value: Json) -> float | None:
    try:
        return None if isinstance(value, bool) else float(value)
    except (ValueError, TypeError, OverflowError):
        return None


_PHONE = re.compile(r"\+?[0-9]+")
_SPACED = re.compile(r"[\s().\-/]+")


@dataclass(frozen=True, eq=False, repr=False)
class PhoneNumber(Limit):
    """A phone number is international, as E.164 has it: a ``+``, the country code, at most 15 digits.

    :param names: a text that isn't a number may be a name, such as the sender's.
    """

    names: bool = False

    def fault(self, value: Json) -> Fault | None:
        if not isinstance(value, str) or "{{" in value or not value:
            return None
        if not _PHONE.fullmatch(value):
            return self._nonumber_of(value)
        digits = value.removeprefix("+")
        if self.names and len(digits) < 7:
            return None  # a short code
        if digits.startswith("0"):
            return Fault(
                "phone_number",
                "the number has no country code: no country's begins with 0",
                "write it as +, the country code, and the number without its first 0",
            )
        if len(digits) > 15:
            return Fault("phone_number", f"the number has {len(digits)} digits, and none has more than 15")
        if len(digits) < 7:
            return Fault("country_code", f"the number has only {count(len(digits), 'digit')}")
        if not value.startswith("+") and not self.names and not _is_possible(value):
            return Fault(
                "country_code",
                "the number may lack its country code",
                "write it as + and the country code, such as +6512345678",
            )
        return None

    def _nonumber_of(self, value: str) -> Fault | None:
        together = _SPACED.sub("", value)
        if _PHONE.fullmatch(together):
            kind: FaultKind = "phone_number"
            return None if self.names else Fault(kind, "the number has spaces or signs in it", f'write "{together}"')
        if self.names or _PLACEHOLDER.fullmatch(value) or value.startswith(("data.", "step.")):
            return None  # lint has a rule for a script without its braces
        return Fault("phone_number", "this isn't a phone number", "write one such as +6512345678")


#: What documents write instead of a number: 6500000000, 6512345678, 6599999999.
_EXAMPLE = re.compile(r"(\d)\1{4}|12345|54321|98765")


def _is_possible(digits: str) -> bool:
    import phonenumbers  # only for numbers without a +

    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return False
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return False  # not at all, or only inside an area
    mobile = phonenumbers.PhoneNumberType.MOBILE
    example = _EXAMPLE.search(digits) and phonenumbers.is_possible_number_for_type(number, mobile)
    return bool(example) or phonenumbers.is_valid_number(number)


@dataclass(frozen=True, eq=False, repr=False)
class Form(Limit):
    """A text has the form of a code; which codes exist is known online only.

    :param pattern: what the whole text matches. :param called: what it is. :param has: what such texts consist of.
    """

    pattern: str
    called: str
    has: str
    example: str

    def fault(self, value: Json) -> Fault | None:
        if not isinstance(value, str) or not value or "{{" in value or _PLACEHOLDER.fullmatch(value):
            return None
        if re.fullmatch(self.pattern, value, re.ASCII):
            return None
        message = f'"{value[:60]}" isn\'t {self.called}: these have {self.has}'
        return Fault("unpublished_text", message, f'write one such as "{self.example}"')


VOICE_PROFILE = Form(
    r"[a-z]{2,3}-[A-Za-z0-9]{2,4}(-[A-Za-z0-9]+)+",
    "a voice profile",
    "a language, a country and a voice",
    "en-US-ZiraRUS",
)
LANGUAGE = Form(
    r"[a-z]{2,3}(_[A-Za-z]{2,4})?",
    "the language of a template",
    "a language, and perhaps _ and a country",
    "en_US",
)
TEMPLATE_NAME = Form(
    r"[a-z0-9_]+", "the name of a template", "only lower-case letters, digits and _", "appointment_reminder"
)


@dataclass(frozen=True, eq=False, repr=False)
class Trimmed(Limit):
    """A text has no blank at its ends. WhatsApp refuses ids that do."""

    def fault(self, value: Json) -> Fault | None:
        if not isinstance(value, str) or value == value.strip() or not value.strip():
            return None
        message = "the id begins or ends with a blank, and WhatsApp refuses that"
        return Fault("unsettled_limit", message, f'write "{value.strip()[:60]}"')


_BROKEN = re.compile(r"[\n\r\t]| {5}")


@dataclass(frozen=True, eq=False, repr=False)
class OneLine(Limit):
    """A text has no line breaks, tabs, or more than four spaces together. WhatsApp refuses parameters that do."""

    def fault(self, value: Json) -> Fault | None:
        if not isinstance(value, str) or not _BROKEN.search(value):
            return None
        message = "WhatsApp takes no line breaks, tabs, or more than four spaces together in a parameter"
        return Fault("unsettled_limit", message, "write one line")


@dataclass(frozen=True, eq=False, repr=False)
class SenderName(Limit):
    """A sender of an SMS that isn't a number has at most 11 characters (3GPP TS 23.040)."""

    def fault(self, value: Json) -> Fault | None:
        length = fixed_length(value) if isinstance(value, str) and re.search(r"[^\W\d_]", value) else 0
        if length <= 11:
            return None
        message = f"the name has {length} characters, and mobile networks show at most 11 of a sender's name"
        return Fault("unsettled_limit", message, "write a shorter name, or a number")


@dataclass(frozen=True, eq=False, repr=False)
class Filled(Limit):
    """A text isn't empty, though the API may accept that."""

    def fault(self, value: Json) -> Fault | None:
        if isinstance(value, str) and not value.strip():
            return Fault("blank", "the text is empty, or has nothing but spaces", "write a text")
        return None


_PRIVATE = re.compile(
    r"(?:localhost|127(?:\.\d+){3}|10(?:\.\d+){3}|192\.168(?:\.\d+){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d+){2}|\[::1\])(?::\d+)?",
    re.IGNORECASE,
)
_URL = re.compile(r"[a-z][a-z0-9+.\-]*:", re.IGNORECASE)


@dataclass(frozen=True, eq=False, repr=False)
class Url(Limit):
    """A URL begins with https:// or http://, and has a host and no spaces.

    :param most: its length.
    """

    most: int = 0
    also: tuple[str, ...] = ()
    empty: bool = False

    def fault(self, value: Json) -> Fault | None:
        if not isinstance(value, str):
            return None
        if not value:
            return None if self.empty else Fault("empty", "the URL is empty, and the API needs one", "write a URL")
        if self.most and fixed_length(value) > self.most:
            return Fault("limit", f"the URL is longer than {self.most:,} characters", "write a shorter one")
        if value.startswith("{{") or _has_script_before_host(value):
            return None
        if not _URL.match(value):
            return Fault(
                "url", "the URL has no scheme", f'write "https://{value}"' if "." in value else "write https://…"
            )
        scheme, _, rest = value.partition(":")
        if scheme.lower() in self.also:
            return None
        if scheme.lower() not in ("http", "https"):
            return Fault("url", f"the URL's scheme is {scheme.lower()[:20]}", "write an https:// URL")
        host = re.split(r"[/?#]", rest.removeprefix("//"), maxsplit=1)[0]
        if not rest.startswith("//") or not host:
            return Fault("url", "the URL has no host", "write https://host/path")
        if _PRIVATE.fullmatch(host):
            return Fault(
                "url",
                "only this network knows the URL's host, and the channel reads it from outside",
                "write a public URL",
            )
        if re.search(r"\s", host) or (re.search(r"\s", value) and "{{" not in value):
            return Fault("url", "the URL has a space in it", "write %20")
        return None

    @property
    def schema(self) -> Mapping[str, Json]:  # type: ignore[override]
        return {"maxLength": self.most} if self.most else {}


def _has_script_before_host(value: str) -> bool:
    start = value.find("{{")
    return 0 <= start <= len("https://")


_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?", re.IGNORECASE | re.ASCII)


@dataclass(frozen=True, eq=False, repr=False)
class Moment(Limit):
    """A time is written as ISO 8601: ``2026-03-02T10:00:00Z``."""

    def fault(self, value: Json) -> Fault | None:
        if not isinstance(value, str) or "{{" in value or not value or _MOMENT.fullmatch(value.strip()):
            return None
        return Fault("moment", "this isn't a time that the API reads", 'write it as "2026-03-02T10:00:00Z"')
