"""A message as its receiver sees it, read from the inputs of the step that sends it.

Reading never fails. It takes any JSON with holes and scripts in it, in the spellings that the messaging APIs accept
(``Image`` and ``image``), and leaves out what it can't make sense of. Whether a message is right is for lint to check.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pulumi_8x8.definition.messages.access import Parts, items_of, member, place_of, position_of, text_of
from pulumi_8x8.definition.messages.interactive import show_interactive
from pulumi_8x8.definition.messages.message import Card, Choice, ChoiceKind, Media, MediaKind, Message
from pulumi_8x8.definition.messages.templates import show_template
from pulumi_8x8.definition.values import Json, Path


def read_message(step_type: Json, inputs: Json) -> Message | None:
    """The message that a step with these inputs sends; ``None`` if steps of the type send none."""
    read = _READERS.get(step_type.lower()) if isinstance(step_type, str) else None
    return read(inputs) if read else None


def _read_sms(inputs: Json) -> Message:
    return Message(
        "text",
        "sms",
        receiver=text_of(inputs, "destination"),
        sender=text_of(inputs, "source"),
        body=text_of(inputs, "text"),
        body_path=("text",),
    )


#: Kinds of calls by the step's ``action``, in the spellings of the Automation API and of the Voice API.
_CALLS = {"say": "say", "say&capture": "capture", "sayandcapture": "capture", "playfile": "play"}


def _read_call(inputs: Json) -> Message:
    action = text_of(inputs, "action") or "say"
    params = member(inputs, "params")
    kind = _CALLS.get(action.lower(), action)
    spoken = "promptMessage" if not text_of(params, "text") and text_of(params, "promptMessage") else "text"
    url = text_of(params, "fileUrl")
    return Message(
        kind,
        "voice",
        receiver=text_of(params, "destination"),
        sender=text_of(params, "source"),
        body=text_of(params, spoken),
        body_path=("params", spoken) if text_of(params, spoken) else (),
        language=text_of(params, "voiceProfile"),
        media=(Media("audio", url, ("params", "fileUrl")),) if url else (),
    )


def _read_handover(inputs: Json) -> Message:
    return Message("handover", "converse")


def _read_chat(inputs: Json) -> Message:
    content = member(inputs, "content")
    written = text_of(inputs, "type")
    kind = _KINDS.get(written.lower(), written)
    parts: Parts = {"kind": kind} | _SHOWN.get(kind, _show_text)(content)
    users = ("msisdn", "channelUserId", "lineUserId")
    return Message(
        **parts,
        channel="chat_apps",
        receiver=next(filter(None, (text_of(member(inputs, "user"), name) for name in users)), ""),
        fallback=_fallback(inputs, content),
    )


#: Kinds of chat messages by the published types in lower case; other types keep their names.
_KINDS = {
    **{name: name for name in ("text", "image", "video", "audio", "file", "location", "template", "interactive")},
    "richcard": "rich_card",
    "carousel": "carousel",
    "buttons": "buttons",
}


def _fallback(inputs: Json, content: Json) -> Message | None:
    name = "fallbackText" if text_of(content, "fallbackText") else "text"
    sms = member(content, "sms")
    if name == "text" and not isinstance(sms, Mapping):
        return None
    return Message(
        "text",
        "sms",
        receiver=text_of(member(inputs, "user"), "msisdn"),
        sender=text_of(sms, "source"),
        body=text_of(content, name),
        body_path=("content", name),
    )


# What each type of content shows: parts of a Message by name


def _body(content: Json) -> Parts:
    text = text_of(content, "text")
    return {"body": text, "body_path": ("content", "text") if text else ()}


def _show_text(content: Json) -> Parts:
    return _body(content) | {"choices": _suggestions(content, ("content",))}


def _show_media(kind: MediaKind) -> Callable[[Json], Parts]:
    def show(content: Json) -> Parts:
        url = text_of(content, "url")
        return _show_text(content) | {"media": (Media(kind, url, ("content", "url")),)}

    return show


def _show_location(content: Json) -> Parts:
    place = place_of(member(content, "location"), ("content", "location"))
    return _show_text(content) | {"media": (place,)}


def _show_viber(content: Json) -> Parts:
    # Viber's message of a text, a picture and a link; its button is empty if it has none.
    button, path = member(content, "button"), ("content", "button")
    url, title = text_of(content, "url"), text_of(button, "caption")
    return _body(content) | {
        "media": (Media("image", url, ("content", "url")),) if url else (),
        "choices": (Choice("", title, "url", path, target=text_of(button, "action")),) if title else (),
    }


def _show_rich_card(content: Json) -> Parts:
    card = _card(member(content, "richCard"), ("content", "richCard"))
    return {"cards": (card,), "choices": _suggestions(content, ("content",))}


def _show_carousel(content: Json) -> Parts:
    cards = items_of(member(content, "carousel"), "cards", ("content", "carousel"))
    return _body(content) | {
        "cards": tuple(_card(card, path) for card, path in cards),
        "choices": _suggestions(content, ("content",)),
    }


def _card(card: Json, path: Path) -> Card:
    file = member(member(card, "media"), "contentInfo")
    url = text_of(file, "fileUrl")
    media = (Media(_kind_of_file(url), url, (*path, "media", "contentInfo", "fileUrl")),) if url else ()
    return Card(text_of(card, "title"), text_of(card, "description"), media, _suggestions(card, path), path)


def _kind_of_file(url: str) -> MediaKind:
    return "video" if url.lower().partition("?")[0].endswith((".mp4", ".m4v", ".mov", ".3gp", ".webm")) else "image"


def _suggestions(owner: Json, path: Path) -> tuple[Choice, ...]:
    return tuple(_suggestion(each, place) for each, place in items_of(owner, "suggestions", path))


def _suggestion(suggestion: Json, path: Path) -> Choice:
    reply = member(suggestion, "reply")
    name = "reply" if isinstance(reply, Mapping) else "action"
    one = member(suggestion, name)
    kind, target = _action(one) if name == "action" else ("suggestion", "")
    sent = text_of(one, "postbackData")
    return Choice(sent, text_of(one, "text"), kind, (*path, name, "postbackData"), target=target)


def _action(action: Json) -> tuple[ChoiceKind, str]:
    """What an action opens."""
    if (call := member(action, "dialAction")) is not None:
        return "call", text_of(call, "phoneNumber")
    if (place := member(action, "viewLocationAction")) is not None:
        where = text_of(place, "query") or text_of(place, "label") or position_of(member(place, "latLong"))
        return "map", where
    if (event := member(action, "createCalendarEventAction")) is not None:
        return "calendar", text_of(event, "title")
    return "url", text_of(member(action, "openUrlAction"), "url")


_SHOWN: Mapping[str, Callable[[Json], Parts]] = {
    "text": _show_text,
    "image": _show_media("image"),
    "video": _show_media("video"),
    "audio": _show_media("audio"),
    "file": _show_media("file"),
    "location": _show_location,
    "template": show_template,
    "interactive": show_interactive,
    "buttons": _show_viber,
    "rich_card": _show_rich_card,
    "carousel": _show_carousel,
}

_READERS: Mapping[str, Callable[[Json], Message]] = {
    "sms": _read_sms,
    "chatappsmessage": _read_chat,
    "voicemessage": _read_call,
    "sendtoconverse": _read_handover,
}
