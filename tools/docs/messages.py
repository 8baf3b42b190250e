"""The parts of docs/messages.md that follow from code: forms of its programs, limits of messages and of channels."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_8x8.definition.contents.calls import PlayFile, Say, SayAndCapture
from pulumi_8x8.definition.contents.cards import Carousel, RichCard
from pulumi_8x8.definition.contents.channels import LONGEST_TEXT
from pulumi_8x8.definition.contents.chat_apps import Audio, Content, File, Image, Location, Text, ViberMessage, Video
from pulumi_8x8.definition.contents.choosing import interactive_parts
from pulumi_8x8.definition.contents.interactions import Buttons, ListMessage, Reply, Row, Section
from pulumi_8x8.definition.contents.limits import Count, Length, Range
from pulumi_8x8.definition.contents.nodes import object_of
from pulumi_8x8.definition.contents.part import Part, Slot, slots_of
from pulumi_8x8.definition.contents.template import Template, TemplateBody, TemplateButton, TemplateHeader
from tools.docs.authoring import DOCS, filled, with_forms

PAGE = DOCS / "messages.md"

_CONTENTS: tuple[type[Part], ...] = (
    *(Text, Image, Video, Audio, File, Location),
    *(Buttons, Reply, ListMessage, Section, Row),
    *(each for each in interactive_parts() if each not in (Buttons, ListMessage)),
    *(Template, TemplateHeader, TemplateBody, TemplateButton),
    *(RichCard, Carousel, ViberMessage, Say, SayAndCapture, PlayFile),
)
#: What all contents have, which the page describes once.
_SHARED = slots_of(Content)


def page() -> str:
    """The page with new content between its markers."""
    text = filled(with_forms(PAGE), "messages", "\n".join(_messages()))
    return filled(text, "channels", "\n".join(_channels()))


def _messages() -> Iterator[str]:
    yield "| Python | what it is | in the file | limits |\n|---|---|---|---|"
    for kind in _CONTENTS:
        own = [slot for slot in slots_of(kind) if slot not in _SHARED]
        limits = ", ".join(filter(None, map(_limit, own))) or "-"
        about = object_of(kind).info.text
        yield f"| `{kind.__name__}` | {about} | {_in_file(kind)} | {limits} |"


def _in_file(kind: type[Part]) -> str:
    fixed = {**kind.brings, **kind.fixed}
    return "<br>".join(f"`{name}: {value}`" for name, value in fixed.items()) or "-"


def _limit(slot: Slot) -> str:
    name = f"`{slot.name}`"
    for note in slot.notes:
        if isinstance(note, Length) and note.most:
            return f"{name} {note.most:,}" + ("" if note.settled else f" ({note.channel})")
        if isinstance(note, Count):
            return f"{name} {note.least} to {note.most}"
        if isinstance(note, Range) and note.most < 10**9:
            return f"{name} {note.least:,g} to {note.most:,g}"
    return ""


def _channels() -> Iterator[str]:
    yield "| channel | characters of a text | described in |\n|---|--:|---|"
    for name, (channel, most) in LONGEST_TEXT.items():
        yield f"| {channel} | {most:,} | {_SOURCES[name]} |"


#: Where each channel's limit comes from: a name, and the address of a page.
_SOURCES = {
    "whatsapp": "[Cloud API](https://developers.facebook.com/docs/whatsapp/cloud-api/messages/text-messages)",
    "viber": "[a reseller](https://developers.sinch.com/docs/conversation/channel-support/viberbm/message-support)",
    "line": "[Messaging API](https://developers.line.biz/en/news/2020/05/12/messaging-api-update-may-2020/)",
    "rcs": "[a reseller](https://docs.aws.amazon.com/sms-voice/latest/userguide/sms-limitations-rcs.html)",
    "zalo": "[official accounts](https://developers.zalo.me/docs/official-account)",
    "facebook": "[Send API](https://developers.facebook.com/docs/messenger-platform/reference/send-api)",
    "instagram": "[Instagram messaging](https://developers.facebook.com/docs/messenger-platform/instagram)",
}
