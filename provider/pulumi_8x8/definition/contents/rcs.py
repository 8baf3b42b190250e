"""Parts of RCS messages: rich cards, carousels and suggestions. Source: the OpenAPI file of the messaging API."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal, TypeAlias

from pulumi_8x8.definition.contents.limits import Count, Length, Moment, PhoneNumber, Range, Url
from pulumi_8x8.definition.contents.part import At, Input, InputList, InputObject, Part, part
from pulumi_8x8.definition.steps.base import Info

_Number: TypeAlias = Input[float] | Input[int] | Input[str]


@part
class ReplySuggestion(Part):
    """Offers an answer: a tap sends ``postback_data``."""

    called = "a suggestion"
    mark = "reply"

    text: Annotated[Input[str], At("reply.text"), Info("what is written on it."), Length(25)] = field(kw_only=False)
    postback_data: Annotated[Input[str], At("reply.postbackData"), Info("what a tap sends back."), Length(2048)] = (
        field(kw_only=False)
    )


@part
class _ActionSuggestion(Part):
    """What suggestions that open something share."""

    called = "a suggestion"
    mark = "action"

    text: Annotated[Input[str], At("action.text"), Info("what is written on it."), Length(25)] = field(kw_only=False)
    postback_data: Annotated[Input[str], At("action.postbackData"), Info("what a tap sends back."), Length(2048)] = (
        field(kw_only=False)
    )
    fallback_url: Annotated[
        Input[str] | None, At("action.fallbackUrl"), Info("opened by phones that can't do more."), Url()
    ] = None


@part
class UrlSuggestion(_ActionSuggestion):
    """Offers a link."""

    mark = "action.openUrlAction"

    url: Annotated[Input[str], At("action.openUrlAction.url"), Info("what it opens."), Url(2048)]
    application: Annotated[
        Input[Literal["OPEN_URL_APPLICATION_UNSPECIFIED", "BROWSER", "WEBVIEW"]] | None,
        At("action.openUrlAction.application"),
        Info("where it opens."),
    ] = None
    webview_view_mode: Annotated[
        Input[Literal["OPEN_URL_WEBVIEW_VIEW_MODE_UNSPECIFIED", "FULL", "HALF", "TALL"]] | None,
        At("action.openUrlAction.webviewViewMode"),
        Info("how much of the screen a web view takes."),
    ] = None
    description: Annotated[
        Input[str] | None, At("action.openUrlAction.description"), Info("for screen readers."), Length(2048)
    ] = None


@part
class CallSuggestion(_ActionSuggestion):
    """Offers a call."""

    mark = "action.dialAction"

    phone_number: Annotated[Input[str], At("action.dialAction.phoneNumber"), Info("the number to call."), PhoneNumber()]


@part
class MapSuggestion(_ActionSuggestion):
    """Offers a place on a map."""

    mark = "action.viewLocationAction"

    latitude: Annotated[
        _Number | None,
        At("action.viewLocationAction.latLong.latitude", whole=True),
        Info("in degrees."),
        Range(-90, 90),
    ] = None
    longitude: Annotated[
        _Number | None,
        At("action.viewLocationAction.latLong.longitude", whole=True),
        Info("in degrees."),
        Range(-180, 180),
    ] = None
    label: Annotated[
        Input[str] | None, At("action.viewLocationAction.label"), Info("name of the place."), Length(100)
    ] = None
    query: Annotated[
        Input[str] | None, At("action.viewLocationAction.query"), Info("what to search for."), Length(200)
    ] = None


@part
class CalendarSuggestion(_ActionSuggestion):
    """Offers an entry in the calendar."""

    mark = "action.createCalendarEventAction"

    title: Annotated[Input[str], At("action.createCalendarEventAction.title"), Info("its title."), Length(100)]
    start_time: Annotated[Input[str], At("action.createCalendarEventAction.startTime"), Info("RFC 3339."), Moment()]
    end_time: Annotated[Input[str], At("action.createCalendarEventAction.endTime"), Info("RFC 3339."), Moment()]
    description: Annotated[
        Input[str] | None, At("action.createCalendarEventAction.description"), Info("its text."), Length(500)
    ] = None


_Suggestion: TypeAlias = (
    ReplySuggestion | UrlSuggestion | CallSuggestion | MapSuggestion | CalendarSuggestion | InputObject
)


@part
class CarouselCard(Part):
    """A card of a carousel."""

    called = "a card"

    file_url: Annotated[
        Input[str], At("media.contentInfo.fileUrl"), Info("public URL of its picture or film."), Url()
    ] = field(kw_only=False)
    title: Annotated[Input[str] | None, Info("its title."), Length(200)] = None
    description: Annotated[Input[str] | None, Info("its text."), Length(2000)] = None
    height: Annotated[
        Input[Literal["short", "medium", "tall"]] | None, At("media.height"), Info("height of the picture.")
    ] = None
    thumbnail_url: Annotated[
        Input[str] | None, At("media.contentInfo.thumbnailUrl"), Info("public URL of a small picture."), Url()
    ] = None
    force_refresh: Annotated[
        Input[bool] | None, At("media.contentInfo.forceRefresh"), Info("reads the file again, even if it is cached.")
    ] = None
    suggestions: Annotated[InputList[_Suggestion] | None, Info("what the card offers."), Count(0, 4, "suggestion")] = (
        None
    )
