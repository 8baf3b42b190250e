"""What a VoiceMessage does in a call. Sources: the page on steps, and the OpenAPI file of the Voice API."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated

from pulumi_8x8.definition.contents.chat_apps import Number, Whole
from pulumi_8x8.definition.contents.limits import VOICE_PROFILE, Length, PhoneNumber, Range, Url
from pulumi_8x8.definition.contents.nodes import Usual
from pulumi_8x8.definition.contents.part import Input, Part, part
from pulumi_8x8.definition.contents.wholes import AnyOf, InOrder
from pulumi_8x8.definition.steps.base import Info

_TIMES = Range(1, 3)


@part
class _Call(Part):
    source: Annotated[Input[str], Info("phone number that calls."), PhoneNumber(names=True), Usual()]
    destination: Annotated[Input[str], Info("phone number that is called."), PhoneNumber()]
    repetition: Annotated[Whole | None, Info("how often it is heard: 1, 2 or 3."), _TIMES] = None


@part
class Say(_Call):
    """Speaks a text.

    ``automation.Say("Your parcel arrives today.", source="+65…", destination="{{data.phone}}", voice_profile="…")``
    """

    called = "a call that speaks"
    brings = {"action": "say"}

    text: Annotated[Input[str], Info("what the receiver hears."), Length(3000)] = field(kw_only=False)
    voice_profile: Annotated[Input[str], Info("voice and language, such as en-US-ZiraRUS."), VOICE_PROFILE, Usual()]
    speed: Annotated[Number | None, Info("speed of the speech: 0.5 to 2."), Range(0.5, 2)] = None


@part
class SayAndCapture(_Call):
    """Speaks a text and takes keys, which a WaitForDTMF waits for."""

    called = "a call that takes keys"
    brings = {"action": "say&capture"}
    wholes = (
        AnyOf(("text", "promptMessage"), "the call has no text", "add text"),
        InOrder("minDigits", "maxDigits"),
    )

    text: Annotated[Input[str] | None, Info("what the receiver hears."), Length(3000)] = field(
        default=None, kw_only=False
    )
    voice_profile: Annotated[Input[str], Info("voice and language, such as en-US-ZiraRUS."), VOICE_PROFILE, Usual()]
    speed: Annotated[Number | None, Info("speed of the speech: 0.5 to 2."), Range(0.5, 2)] = None
    prompt_message: Annotated[Input[str] | None, Info("the text, as the Voice API calls it."), Length(3000)] = None
    min_digits: Annotated[Whole | None, Info("keys that are needed."), Range(1, 100)] = None
    max_digits: Annotated[Whole | None, Info("keys that are taken."), Range(1, 100)] = None
    digit_timeout: Annotated[Whole | None, Info("milliseconds to wait for a key."), Range(1, 10**9)] = None
    overall_timeout: Annotated[Whole | None, Info("milliseconds to wait in all."), Range(1, 10**9)] = None
    complete_on_hash: Annotated[Input[bool] | None, Info("whether # ends the keys.")] = None
    no_of_tries: Annotated[Whole | None, Info("how often it asks."), Range(1, 100)] = None
    success_message: Annotated[Input[str] | None, Info("what is spoken after the keys.")] = None
    failure_message: Annotated[Input[str] | None, Info("what is spoken without keys.")] = None


@part
class PlayFile(_Call):
    """Plays a sound file."""

    called = "a call that plays a file"
    brings = {"action": "playFile"}

    file_url: Annotated[Input[str], Info("public URL of an MP3 or WAV file."), Url()] = field(kw_only=False)
