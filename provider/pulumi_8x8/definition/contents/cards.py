"""Contents of RCS messages: one rich card, or a carousel of several."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal

from pulumi_8x8.definition.contents.chat_apps import Content
from pulumi_8x8.definition.contents.limits import Count, Length, Url
from pulumi_8x8.definition.contents.part import At, Input, InputList, InputObject, part
from pulumi_8x8.definition.contents.rcs import (
    CalendarSuggestion,
    CallSuggestion,
    CarouselCard,
    MapSuggestion,
    ReplySuggestion,
    UrlSuggestion,
)
from pulumi_8x8.definition.steps.base import Info


@part
class RichCard(Content):
    """A card with a picture or film, a title, a text and suggestions."""

    called = "a rich card"
    brings = {"type": "richCard"}

    file_url: Annotated[
        Input[str], At("richCard.media.contentInfo.fileUrl"), Info("public URL of its picture or film."), Url()
    ] = field(kw_only=False)
    card_orientation: Annotated[
        Input[Literal["horizontal", "vertical"]], At("richCard.cardOrientation"), Info("how it lies.")
    ]
    title: Annotated[Input[str] | None, At("richCard.title"), Info("its title."), Length(200)] = None
    description: Annotated[Input[str] | None, At("richCard.description"), Info("its text."), Length(2000)] = None
    thumbnail_image_alignment: Annotated[
        Input[Literal["left", "right"]] | None,
        At("richCard.thumbnailImageAlignment"),
        Info("where the picture of a horizontal card is."),
    ] = None
    height: Annotated[
        Input[Literal["short", "medium", "tall"]] | None, At("richCard.media.height"), Info("height of the picture.")
    ] = None
    thumbnail_url: Annotated[
        Input[str] | None, At("richCard.media.contentInfo.thumbnailUrl"), Info("public URL of a small picture."), Url()
    ] = None
    force_refresh: Annotated[
        Input[bool] | None,
        At("richCard.media.contentInfo.forceRefresh"),
        Info("reads the file again, even if it is cached."),
    ] = None
    card_suggestions: Annotated[
        InputList[ReplySuggestion | UrlSuggestion | CallSuggestion | MapSuggestion | CalendarSuggestion | InputObject]
        | None,
        At("richCard.suggestions"),
        Info("what the card offers."),
        Count(0, 4, "suggestion"),
    ] = None


@part
class Carousel(Content):
    """Two to ten cards beside each other."""

    called = "a carousel"
    brings = {"type": "carousel"}

    cards: Annotated[
        InputList[CarouselCard | InputObject],
        At("carousel.cards"),
        Info("its cards."),
        Count(2, 10, "card"),
    ] = field(kw_only=False)
    card_width: Annotated[Input[Literal["small", "medium"]], At("carousel.cardWidth"), Info("width of the cards.")]
