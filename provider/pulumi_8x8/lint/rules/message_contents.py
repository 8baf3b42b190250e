"""Rules on the contents of messages: limits, numbers, URLs, ids of choices. ``definition/contents`` has them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from pulumi_8x8.definition.steps import ChatAppsMessage
from pulumi_8x8.lint.context import Context
from pulumi_8x8.lint.problems import Severity
from pulumi_8x8.lint.registry import Found, rule
from pulumi_8x8.lint.rules.inputs import found_in_messages

if TYPE_CHECKING:
    from pulumi_8x8.definition.contents.limits import FaultKind  # a definition without messages doesn't load it

#: Rules by the kind of fault that they report, with severity and description.
_RULES: dict[FaultKind, tuple[str, Severity, str]] = {
    "expected_part": (
        "incomplete-message",
        "warning",
        "A part of a message that the API's description requires, but not every published message has, is missing.",
    ),
    "empty": ("empty-message", "error", "A text that the receiver must get, or a URL, is empty."),
    "blank": ("blank-text", "warning", "A text of a message has nothing but spaces."),
    "limit": ("message-limit", "error", "A text, a number or a list in a message is over a limit of the API."),
    "unsettled_limit": (
        "channel-limit",
        "warning",
        "One of the channels doesn't take a text of this length, or a message of this kind.",
    ),
    "duplicate": ("duplicate-choice-id", "error", "Two buttons or rows of a message have the same id."),
    "repeated_title": ("repeated-choice-title", "warning", "Two buttons of a message have the same title."),
    "phone_number": ("malformed-phone-number", "error", "A receiver's phone number can't be one."),
    "country_code": (
        "phone-number-without-country-code",
        "warning",
        "A receiver's phone number may lack its country code, or digits.",
    ),
    "url": ("malformed-url", "warning", "A URL in a message has no https://, no host, or a space."),
    "moment": ("malformed-time", "warning", "A time isn't in the form that the messaging APIs read."),
}


def _check(kind: FaultKind) -> Callable[[Context], Iterator[Found]]:
    def check(context: Context) -> Iterator[Found]:
        yield from found_in_messages(context, kind)
        if kind == "unsettled_limit":
            yield from _of_channels(context)

    return check


def _of_channels(context: Context) -> Iterator[Found]:
    for node in context.nodes:
        if node.kind == ChatAppsMessage.step_type:
            from pulumi_8x8.definition.contents.channels import channel_faults

            for place, fault in channel_faults(node.member("inputs")):
                yield Found((*node.path, "inputs", *place), fault.message, fault.hint)


for _kind, _about in _RULES.items():
    rule(*_about)(_check(_kind))
