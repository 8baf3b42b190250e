"""Reads what an interactive message shows: buttons, lists, products, links, forms and requests."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from pulumi_8x8.definition.messages.access import (
    FILES,
    Parts,
    items_of,
    member,
    text_of,
)
from pulumi_8x8.definition.messages.message import Choice, ChoiceKind, Media
from pulumi_8x8.definition.values import Json, Path


def show_interactive(content: Json) -> Parts:
    path: Path = ("content", "interactive")
    interactive = member(content, "interactive")
    written = text_of(interactive, "type")
    kind, choices = _INTERACTIVE.get(written.lower(), (written or "interactive", _no_choices))
    header = member(interactive, "header")
    body = text_of(member(interactive, "body"), "text")
    return {
        "kind": kind,
        "header": text_of(header, "text"),
        "media": tuple(_header_media(header, (*path, "header"))),
        "body": body,
        "body_path": (*path, "body", "text") if body else (),
        "footer": text_of(member(interactive, "footer"), "text"),
        "button": text_of(member(interactive, "action"), "button") if kind == "list" else "",
        "choices": tuple(choices(member(interactive, "action"), (*path, "action"))),
    }


def _header_media(header: Json, path: Path) -> Iterator[Media]:
    for name, kind in FILES.items():
        file = member(header, name)
        if isinstance(file, Mapping):
            url = text_of(file, "link") or text_of(file, "id")
            yield Media(kind, url, (*path, name), text_of(file, "filename"))


def _buttons(action: Json, path: Path) -> Iterator[Choice]:
    for button, place in items_of(action, "buttons", path):
        reply = member(button, "reply")
        yield Choice(text_of(reply, "id"), text_of(reply, "title"), "button", (*place, "reply", "id"))


def _rows(action: Json, path: Path) -> Iterator[Choice]:
    for section, place in items_of(action, "sections", path):
        for row, where in items_of(section, "rows", place):
            yield Choice(
                text_of(row, "id"),
                text_of(row, "title"),
                "row",
                (*where, "id"),
                description=text_of(row, "description"),
                section=text_of(section, "title"),
            )


def _product(action: Json, path: Path) -> Iterator[Choice]:
    product = text_of(action, "product_retailer_id")
    yield Choice(product, product, "product", (*path, "product_retailer_id"))


def _products(action: Json, path: Path) -> Iterator[Choice]:
    for section, place in items_of(action, "sections", path):
        for item, where in items_of(section, "product_items", place):
            product = text_of(item, "product_retailer_id")
            title = text_of(section, "title")
            yield Choice(product, product, "product", (*where, "product_retailer_id"), section=title)


def _one(kind: ChoiceKind, title: str = "", name: str = "display_text", target: str = "") -> _ReadChoices:
    """A choice of an interactive message that has only one: its title is a parameter, or the phone's."""

    def read(action: Json, path: Path) -> Iterator[Choice]:
        parameters = member(action, "parameters")
        sent = text_of(parameters, "payload") if kind == "call" else ""
        shown = text_of(parameters, name) or title
        yield Choice(sent, shown, kind, (*path, "parameters"), target=text_of(parameters, target) if target else "")

    return read


def _no_choices(action: Json, path: Path) -> Iterator[Choice]:
    return iter(())


_ReadChoices: TypeAlias = Callable[[Json, Path], Iterator[Choice]]
_INTERACTIVE: Mapping[str, tuple[str, _ReadChoices]] = {
    "button": ("buttons", _buttons),
    "list": ("list", _rows),
    "product": ("product", _product),
    "product_list": ("product_list", _products),
    "cta_url": ("cta_url", _one("url", target="url")),
    "flow": ("flow", _one("flow", name="flowCta", target="flowId")),
    "location_request_message": ("location_request", _one("location", "Send location")),
    "request_contact_info": ("contact_request", _one("contact", "Share contact info")),
    "call_permission_request": ("call_permission", _one("call_permission", "Allow calls")),
    "voice_call": ("voice_call", _one("call", "Call Now")),
}
