"""Messages as their receivers see them, and in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import corpus
from pulumi_8x8.definition import UNKNOWN
from pulumi_8x8.definition.messages import Message, in_one_line, in_words, read_message

#: Published messages in words, one of each kind.
WORDS = {
    "140-whatsapp-whatsapp-over-8x8-api-03": """
        image: https://chatapps.8x8.com/files/abc123def456.jpg?token=xyz789
        Here is your order receipt
    """,
    "053-usage-samples-line-05": "location: 8x8 Office Singapore (One George Street, Singapore 049145)",
    "066-usage-samples-viber-09": "…[Get Directions to Store] → https://maps.google.com/?q=Your+Store+Location",
    "103-whatsapp-scenarios-tutorials-05": """
        Welcome to Support!
        I can help with common questions. Please select an option:
        [Billing Questions]
        [Tech Support]
        [Talk to Agent]
    """,
    "144-whatsapp-whatsapp-sms-fallback-03": """
        Appointment Booking
        Please select your preferred appointment slot:
        [View Slots]
          Available Slots
          [Mon 10:00 AM] January 15, 2024
          [Tue 2:00 PM] January 16, 2024
        or by SMS: Appointment Booking - Available slots: 1) Mon Jan 15 10:00 AM, 2) Tue Jan 16 2:00 PM. Reply with …
    """,
    "131-whatsapp-whatsapp-flows-api-02": """
        Schedule Your Appointment
        Please select your preferred date and time for your visit.
        Available Mon-Fri 9AM-5PM
        [Book Now]
    """,
    "079-usage-samples-whatsapp-12": "…[<YourProductRetailerId>]",
    "033-tutorial-automation-builder-sms-chatapps-reservation-menu-01": """
        template rs_appointment_confirmation (en_US)
        [Confirm]
        [Reschedule]
        [Help]
    """,
    "106-whatsapp-scenarios-tutorials-08": """
        template summer_sale_carousel_v1 (en_US)
        with "Alex"
        - image: https://.../product_A_live.png [link]
        - image: https://.../product_B_live.png [link]
    """,
    "028-rcs-message-types-07": "- Your reservation at Ebi We're springing …[Ebi location] [Call us]",
}


def _read(inputs: Any, step_type: str = "ChatAppsMessage") -> Message:
    message = read_message(step_type, inputs)
    assert message is not None
    return message


@pytest.mark.parametrize("name", WORDS)
def test_words(name: str) -> None:
    """A published message reads as its receiver sees it."""
    begin, _, end = dedent(WORDS[name]).strip().partition("…")
    words = in_words(_read(corpus.MESSAGES[name]))
    assert words.startswith(begin.rstrip())
    assert words.endswith(end.rstrip())


def test_choices_have_their_places() -> None:
    """The path of each choice leads to its id in the inputs."""
    found = 0
    for inputs in corpus.MESSAGES.values():
        for choice in _read(inputs).all_choices:
            value: Any = inputs
            for part in choice.path:
                value = value[part]
            assert not choice.id or value == choice.id
            found += bool(choice.id)
    assert found > 30


def test_texts_are_shown() -> None:
    """Every text that the receiver of a published message reads is in its words."""
    shown = {"text", "title", "description", "caption", "display_text", "flowCta", "button", "fallbackText"}
    for name, inputs in corpus.MESSAGES.items():
        words = in_words(_read(inputs))
        for key, value in _members(inputs["content"]):
            assert key not in shown or not isinstance(value, str) or value in words, (name, value)


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield key, item
        yield from _members(item)


def test_spellings() -> None:
    """Types and members count in any case, as the messaging APIs take them."""
    message = _read({"Type": "IMAGE", "User": {"MSISDN": "+6512345678"}, "content": {"URL": "https://a.b/c.png"}})
    assert (message.kind, message.receiver, message.media[0].url) == ("image", "+6512345678", "https://a.b/c.png")


def test_other_channels() -> None:
    """An SMS has its text, a call what it speaks, and a handover its fact; other steps send nothing."""
    assert in_one_line(_read({"destination": "+6512345678", "text": "Hi"}, "SMS")) == "Hi"
    call = _read(
        {"action": "say&capture", "params": {"promptMessage": "Press 1", "destination": "+65"}}, "VoiceMessage"
    )
    assert (call.kind, call.body, call.receiver) == ("capture", "Press 1", "+65")
    assert in_words(_read({}, "SendToConverse")) == "an agent takes over in Converse"
    assert read_message("Branch", {}) is None
    assert read_message(None, {}) is None


def test_what_is_not_known_yet() -> None:
    """A value that isn't known yet is an ellipsis; a script stays unchanged."""
    assert in_words(_read({"type": "text", "content": {"text": UNKNOWN}})) == "…"
    assert in_words(_read({"type": "text", "content": {"text": "Hi {{data.name}}"}})) == "Hi {{data.name}}"


def test_one_line_keeps_the_choices() -> None:
    """A long text leaves room for what can be tapped, and the line isn't longer than its limit."""
    inputs = json.loads(json.dumps(corpus.MESSAGES["103-whatsapp-scenarios-tutorials-05"]))
    inputs["content"]["interactive"]["body"]["text"] = "Hello \n" * 100
    line = in_one_line(_read(inputs), 120)
    assert line.endswith("… [Billing Questions] [Tech Support] [Talk to Agent]")
    assert len(line) <= 120
    assert "\n" not in line


NAMES = """
    type content text url interactive action buttons reply id title sections rows template components parameters subType
    cards richCard carousel media contentInfo suggestions location latitude header image sms user msisdn params button
    caption product_items display_text
""".split()  # noqa: SIM905 - as a list it would be longer
TYPES = """
    text image location template interactive buttons richCard carousel button list product product_list flow header body
""".split()  # noqa: SIM905
names, types = st.sampled_from(NAMES), st.sampled_from(TYPES)
leaf = st.none() | st.booleans() | st.integers() | st.floats() | types | st.text(max_size=4) | st.just(UNKNOWN)
anything = st.recursive(
    leaf,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | st.text(max_size=3), inner, max_size=5),
    max_leaves=25,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(["ChatAppsMessage", "SMS", "VoiceMessage", "SendToConverse"]), types, anything)
def test_reading_never_fails(step_type: str, kind: str, content: Any) -> None:
    """Any JSON, with holes, reads as a message of texts, and has words."""
    for inputs in (content, {"type": kind, "content": content, "params": content}):
        message = _read(inputs, step_type)
        assert len(in_one_line(message, 80)) <= 80
        assert isinstance(in_words(message), str)
        assert all(isinstance(getattr(message, each.name), str | tuple | Message | None) for each in fields(message))


def test_deep_and_wide() -> None:
    """A message that is nested a thousand times, or has ten thousand buttons, reads."""
    deep: Any = "end"
    for _ in range(1000):
        deep = {"interactive": deep, "cards": [deep], "suggestions": [deep]}
    assert _read({"type": "interactive", "content": deep}).kind == "interactive"
    buttons = [{"reply": {"id": str(each), "title": "x"}} for each in range(10_000)]
    wide = {"interactive": {"type": "button", "action": {"buttons": buttons}}}
    assert len(_read({"type": "interactive", "content": wide}).choices) == 10_000
