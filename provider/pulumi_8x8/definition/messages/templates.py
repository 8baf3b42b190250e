"""Reads what a message template shows. Its text is known online only."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_8x8.definition.messages.access import (
    FILES,
    Parts,
    items_of,
    member,
    place_of,
    text_of,
)
from pulumi_8x8.definition.messages.message import Card, Choice, ChoiceKind, Media
from pulumi_8x8.definition.values import Json, Path


def show_template(content: Json) -> Parts:
    template = member(content, "template")
    header = ""
    parameters: list[str] = []
    media: list[Media] = []
    choices: list[Choice] = []
    cards: list[Card] = []
    for component, path in items_of(template, "components", ("content", "template")):
        kind = (text_of(component, "type") or "body").lower()
        if kind == "header":
            texts, files = _parameters(component, path)
            header, media = " ".join((header, *texts)).strip(), [*media, *files]
        elif kind == "body":
            parameters += _parameters(component, path)[0]
        elif kind == "button":
            choices.append(_template_button(component, path))
        elif kind == "carousel":
            cards += [_template_card(card, place) for card, place in items_of(component, "cards", path)]
        elif kind == "call_permission_request":
            choices.append(Choice("", "", "call_permission", path))
        elif kind == "request_contact_info":
            choices.append(Choice("", "", "contact", path))
    return {
        "template": text_of(template, "name"),
        "language": text_of(template, "language"),
        "header": header,
        "parameters": tuple(parameters),
        "media": tuple(media),
        "choices": tuple(choices),
        "cards": tuple(cards),
    }


def _parameters(component: Json, path: Path) -> tuple[list[str], list[Media]]:
    texts: list[str] = []
    media: list[Media] = []
    for parameter, place in items_of(component, "parameters", path):
        kind = text_of(parameter, "type").lower()
        if kind == "location":
            media.append(place_of(member(parameter, "location"), (*place, "location")))
        elif kind in FILES:
            media.append(Media(FILES[kind], text_of(parameter, "url"), (*place, "url")))
        else:
            texts.append(text_of(parameter, "text"))
    return texts, media


def _template_button(component: Json, path: Path) -> Choice:
    kind = _TEMPLATE_BUTTONS.get(text_of(component, "subType").lower(), "quick_reply")
    payload, text, code, place = "", "", "", path
    for parameter, where in items_of(component, "parameters", path):
        if text_of(parameter, "payload"):
            payload, place = text_of(parameter, "payload"), (*where, "payload")
        text = text or text_of(parameter, "text")
        code = code or text_of(parameter, "couponCode")
    if kind == "url":
        return Choice("", "", kind, path, target=text)  # the text is the end of the URL that the template has
    return Choice(payload, text if kind == "quick_reply" else "", kind, place, target=code)


_TEMPLATE_BUTTONS: Mapping[str, ChoiceKind] = {
    "quickreply": "quick_reply",
    "url": "url",
    "copycode": "copy",
    "flow": "flow",
    "voicecall": "call",
}


def _template_card(card: Json, path: Path) -> Card:
    texts: list[str] = []
    media: list[Media] = []
    choices: list[Choice] = []
    for component, place in items_of(card, "components", path):
        if text_of(component, "type").lower() == "button":
            choices.append(_template_button(component, place))
        else:
            more, files = _parameters(component, place)
            texts += more
            media += files
    return Card("", " ".join(texts), tuple(media), tuple(choices), path)
