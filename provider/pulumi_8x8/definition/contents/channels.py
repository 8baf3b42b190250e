"""What differs between channels: how long a text may be, and what only one of them has.

The messaging API's description has one limit for all. These come from the channels' own documentation, and the API may
split a text or try another channel, so they are warnings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pulumi_8x8.definition.contents.limits import Fault, fixed_length
from pulumi_8x8.definition.values import Json, Path
from pulumi_8x8.phrasing import count

#: The longest text on each channel, by the channel's name in lower case.
LONGEST_TEXT = {
    "whatsapp": ("WhatsApp", 4096),
    "viber": ("Viber", 1000),
    "line": ("LINE", 5000),
    "rcs": ("RCS", 3072),
    "zalo": ("Zalo", 2000),
    "facebook": ("Messenger", 2000),
    "instagram": ("Instagram", 1000),
}
#: Types and members that only RCS has.
_OF_RCS = {"richcard": "rich cards", "carousel": "carousels"}


def channel_faults(inputs: Mapping[str, Json]) -> Iterator[tuple[Path, Fault]]:
    """What the channels of a chat message don't take, with places below the inputs of the step."""
    kind, content = inputs.get("type"), inputs.get("content")
    if not isinstance(kind, str) or not isinstance(content, Mapping):
        return
    named = _named_channels(inputs)
    kind = kind.lower()
    text = content.get("text")
    if kind in ("text", "buttons") and isinstance(text, str) and len(text) > 1000:
        length = fixed_length(text)
        for name in ["viber"] if kind == "buttons" else named or _usual_channels(inputs):
            channel, most = LONGEST_TEXT.get(name, ("", length))
            if length > most:
                yield ("content", "text"), _too_long(channel, length, most)
    if named and "rcs" not in named:
        if kind in _OF_RCS:
            message = f"only RCS has {_OF_RCS[kind]}, and it isn't among the channels"
            yield ("type",), Fault("unsettled_limit", message, 'add {"channel": "RCS"}')
        elif content.get("suggestions"):
            message = "only RCS shows suggestions, and it isn't among the channels"
            yield ("content", "suggestions"), Fault("unsettled_limit", message, 'add {"channel": "RCS"}')


def _too_long(channel: str, length: int, most: int) -> Fault:
    message = f"the text has {count(length, 'character')}, and {channel} takes at most {most:,}"
    return Fault("unsettled_limit", message, f"remove {count(length - most, 'character')}, or send two messages")


def _named_channels(inputs: Mapping[str, Json]) -> list[str]:
    channels = inputs.get("channels")
    named = (
        [each.get("channel") for each in channels if isinstance(each, Mapping)] if isinstance(channels, list) else []
    )
    return [each.lower() for each in named if isinstance(each, str)]


def _usual_channels(inputs: Mapping[str, Json]) -> list[str]:
    """The channel of a message that names none: LINE's users have ids of their own, and most others are WhatsApp's."""
    user = inputs.get("user")
    return ["line"] if isinstance(user, Mapping) and user.get("lineUserId") else ["whatsapp"]
