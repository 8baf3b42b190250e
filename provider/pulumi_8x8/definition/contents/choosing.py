"""Chooses the shape that the content of a step must have: by its ``type``, or a call's ``action``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module

from pulumi_8x8.definition.contents.checking import checked_part
from pulumi_8x8.definition.contents.nodes import Node, OneOf, merged_object, object_of
from pulumi_8x8.definition.contents.part import Part
from pulumi_8x8.definition.steps.base import Checked
from pulumi_8x8.definition.values import Json
from pulumi_8x8.phrasing import closest

#: Classes of contents by type, with the modules that have them; a module is imported when a message needs it.
_CONTENTS = {
    "text": "chat_apps.Text",
    "image": "chat_apps.Image",
    "video": "chat_apps.Video",
    "audio": "chat_apps.Audio",
    "file": "chat_apps.File",
    "location": "chat_apps.Location",
    "template": "template.Template",
    "richCard": "cards.RichCard",
    "carousel": "cards.Carousel",
    "buttons": "chat_apps.ViberMessage",
}
_INTERACTIVE = (
    "Buttons",
    "ListMessage",
    "UrlButton",
    "FlowMessage",
    "Product",
    "ProductList",
    "LocationRequest",
    "ContactRequest",
    "CallPermissionRequest",
    "CallButton",
)
#: Classes of calls by action, in lower case, and what an action is called in the Voice API.
_CALLS = {"say": "calls.Say", "say&capture": "calls.SayAndCapture", "playfile": "calls.PlayFile"}
_OTHER_ACTIONS = {"sayandcapture": "say&capture"}
#: The types of contents.
CONTENT_TYPES = (*_CONTENTS, "interactive")


def _part(place: str) -> type[Part]:
    module, _, name = place.partition(".")
    part: type[Part] = getattr(import_module(f"pulumi_8x8.definition.contents.{module}"), name)
    return part


def interactive_parts() -> tuple[type[Part], ...]:
    """The classes of interactive messages."""
    return tuple(_part(f"interactions.{name}") for name in _INTERACTIVE)


def call_parts() -> tuple[type[Part], ...]:
    """The classes of calls."""
    return tuple(map(_part, _CALLS.values()))


@cache
def content_node(kind: str) -> Node | None:
    """The shape of the content of a message of this type, in any case; ``None`` if the type isn't published."""
    name = kind if kind in CONTENT_TYPES else closest(kind, CONTENT_TYPES)
    if name == "interactive":
        return OneOf(interactive_parts(), ("interactive", "type"), called="an interactive message")
    return object_of(_part(_CONTENTS[name])) if name else None


def parts_of_message(inputs: Mapping[str, Json]) -> Iterator[Checked]:
    """The content of a chat message, whose shape depends on the type, and the other inputs."""
    yield checked_part(inputs, _fields())
    kind = inputs.get("type")
    node = content_node(kind) if isinstance(kind, str) else None
    if node is not None and "content" in inputs:
        yield checked_part(inputs, node, "content")


@cache
def _fields() -> Node:
    return object_of(_part("chat_apps.ChatFields"))


def params_node(action: Json) -> Node | None:
    """The shape of the params of a call with this action."""
    if not isinstance(action, str) or "{{" in action:
        return merged_object(call_parts(), (), "a call")
    low = _OTHER_ACTIONS.get(action.lower(), action.lower())
    name = low if low in _CALLS else closest(low, _CALLS)
    return object_of(_part(_CALLS[name])) if name else None
