"""Chooses the shape that the content of a step must have: by its ``type``, or a call's ``action``."""

from __future__ import annotations

from functools import cache

from pulumi_8x8.definition.contents import calls, cards, chat_apps, interactions, template
from pulumi_8x8.definition.contents.nodes import Node, OneOf, merged_object, object_of
from pulumi_8x8.definition.contents.part import Part
from pulumi_8x8.definition.values import Json
from pulumi_8x8.phrasing import closest

#: Contents of a ChatAppsMessage, except for interactive ones.
PLAIN: tuple[type[Part], ...] = (
    chat_apps.Text,
    chat_apps.Image,
    chat_apps.Video,
    chat_apps.Audio,
    chat_apps.File,
    chat_apps.Location,
    template.Template,
    cards.RichCard,
    cards.Carousel,
    chat_apps.ViberMessage,
)
INTERACTIVE: tuple[type[Part], ...] = (
    interactions.Buttons,
    interactions.ListMessage,
    interactions.UrlButton,
    interactions.FlowMessage,
    interactions.Product,
    interactions.ProductList,
    interactions.LocationRequest,
    interactions.ContactRequest,
    interactions.CallPermissionRequest,
    interactions.CallButton,
)
CALLS: tuple[type[Part], ...] = (calls.Say, calls.SayAndCapture, calls.PlayFile)
#: What an action is called in the Voice API, in lower case.
_OTHER_ACTIONS = {"sayandcapture": "say&capture"}


INTERACTIVE_NODE = OneOf(INTERACTIVE, ("interactive", "type"), called="an interactive message")
_BY_TYPE = {each.brings["type"]: each for each in PLAIN}
_BY_ACTION = {each.brings["action"].lower(): each for each in CALLS}
#: The types of contents.
CONTENT_TYPES = (*_BY_TYPE, "interactive")


@cache
def content_node(kind: str) -> Node | None:
    """The shape of the content of a message of this type, in any case; ``None`` if the type isn't published."""
    name = closest(kind, CONTENT_TYPES)
    if name == "interactive":
        return INTERACTIVE_NODE
    return object_of(_BY_TYPE[name]) if name else None


def params_node(action: Json) -> Node | None:
    """The shape of the params of a call with this action."""
    if not isinstance(action, str) or "{{" in action:
        return merged_object(CALLS, (), "a call")
    low = action.lower()
    name = closest(_OTHER_ACTIONS.get(low, low), _BY_ACTION)
    return object_of(_BY_ACTION[name]) if name else None
