"""What the items of table tests may hold: events, and expectations. :mod:`.tables` describes them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import Annotated, Any, ClassVar, Literal, TypeAlias

from pulumi_8x8.definition import Json, parse_duration
from pulumi_8x8.simulator.events import read_inbound
from pulumi_8x8.simulator.inbound import MEDIA, Incoming, media, place, written
from pulumi_8x8.simulator.taps import Tap
from pulumi_8x8.validation import Must, Parsed

EVENTS = ("message", "tap", "press", "wait", "start", "refuse")


def _webhook(value: Json) -> Json:
    read_inbound(value if isinstance(value, dict) else {})
    return value


_FROM: dict[str, Any] = {"extra": "forbid", "alias_generator": lambda name: name.rstrip("_")}


@dataclass(frozen=True)
class _Place:
    """A place on the map."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    latitude: float
    longitude: float
    name: str | None = None
    address: str | None = None

    def __post_init__(self) -> None:
        place(self.latitude, self.longitude)


@dataclass(frozen=True)
class Written:
    """What a customer writes or sends, or its webhook body. ``text`` beside a picture or file is its caption."""

    __pydantic_config__: ClassVar = _FROM

    text: str | None = None
    image: str | None = None
    audio: str | None = None
    video: str | None = None
    file: str | None = None
    location: _Place | None = None
    from_: str | None = None
    channel: str | None = None
    body: Annotated[Json, Parsed(_webhook)] = None

    def __post_init__(self) -> None:
        incoming = [name for name in (*MEDIA, "location", "body") if getattr(self, name) is not None]
        if not incoming and self.text is None:
            raise ValueError(f"needs text, {', '.join(MEDIA)}, location or body")
        if len(incoming) > 1 or (incoming and incoming[0] not in MEDIA and self.text is not None):
            raise ValueError("must be one message")

    def incoming(self) -> Incoming:
        if self.location is not None:
            return place(**vars(self.location))
        for kind in MEDIA:
            if (url := getattr(self, kind)) is not None:
                return media(kind, url, self.text)
        return written(self.text or "")


@dataclass(frozen=True)
class Tapped:
    """What a customer taps; see :class:`pulumi_8x8.simulator.Tap`."""

    __pydantic_config__: ClassVar = _FROM

    choice: str | None = None
    id: str | None = None
    title: str | None = None
    step: str | None = None
    answers: dict[str, Json] = field(default_factory=dict)
    location: _Place | None = None
    accepts: bool = True
    from_: str | None = None
    channel: str | None = None

    def __post_init__(self) -> None:
        self.tap()

    def tap(self) -> Tap:
        where = None if self.location is None else place(**vars(self.location))
        return Tap(self.choice, self.id, self.title, self.step, self.answers, where, self.accepts)


@dataclass(frozen=True)
class Refuse:
    """How the messaging API refuses the next messages."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    code: int
    message: str | None = None
    times: Annotated[int, Must("be a number of 1 or more", lambda times: times >= 1)] = 1


_SHOWN = ("step", "channel", "text", "words", "header", "footer", "choices", "body")
_Sent: TypeAlias = Annotated[
    str | dict[Literal["step", "channel", "text", "words", "header", "footer", "choices", "body"], Json],
    Must(f"be a text, or an object with {', '.join(_SHOWN)}", lambda sent: sent != {}),
]
Refused: TypeAlias = Annotated[
    str | dict[Literal["step", "channel", "text", "words", "code", "message", "body"], Json],
    Must("be a part of the reason, or an object with step, channel, text, words, code, message, body", bool),
]


@dataclass(frozen=True)
class Item:
    """One event or expectation: exactly one field is set."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    message: str | Written | None = None
    tap: Annotated[str | int | Tapped, Must("be an id or a title, or an object")] | None = None
    press: Annotated[str | int, Must("be the keys")] | None = None
    wait: Annotated[timedelta, Parsed(lambda length: parse_duration(str(length)))] | None = None
    start: dict[str, Json] | None = None
    refuse: int | Refuse | None = None
    sent: _Sent | None = None
    refused: Refused | None = None
    path: Annotated[list[Json], Must("be a list of step ids")] | None = None
    data: dict[str, Json] | None = None
    fault: str | None = None
    status: Literal["Runnable", "Suspended", "Complete", "Terminated"] | None = None

    def __post_init__(self) -> None:
        if len(self._set()) != 1:
            raise ValueError(f"must have exactly one of {', '.join(each.name for each in fields(self))}")

    def _set(self) -> list[tuple[str, Any]]:
        members = ((each.name, getattr(self, each.name)) for each in fields(self))
        return [(name, value) for name, value in members if value is not None]

    @property
    def kind(self) -> str:
        """The name of the field that is set."""
        return self._set()[0][0]

    @property
    def value(self) -> Any:
        """The value of the field that is set."""
        return self._set()[0][1]
