"""Literal values that steps send: which of them are problems, and of which rule."""

from __future__ import annotations

from typing import Any

import phonenumbers
import pytest

from pulumi_8x8.definition import UNKNOWN, Definition
from pulumi_8x8.lint import lint

NUMBERS = {
    **dict.fromkeys(("+6581234567", "6581234567", "+12025550308", "12025550288", "6598760001"), ""),
    # Published: https://developer.8x8.com has them instead of numbers.
    **dict.fromkeys(("+6500000000", "6500000000", "+6512345678", "+6599999999", "621234567890"), ""),
    **dict.fromkeys(("{{data.phone}}", "+65{{data.phone}}", "<secret:phone>"), ""),
    **dict.fromkeys(("81234567", "91234567", "61234567", "2025550308", "12345678"), "national"),
    **dict.fromkeys(("12345", "+65", "1", "+650000"), "national"),
    **dict.fromkeys(("0171 2345678", "0049171234567", "+0581234567"), "malformed"),
    **dict.fromkeys(("+65 8123 4567", "+65-8123-4567", "(65)81234567", " +6581234567"), "malformed"),
    **dict.fromkeys(("+63922110xxxx", "me@example.com"), "malformed"),
    **dict.fromkeys(("+6581234567812345", "6581234567812345678"), "malformed"),
    **dict.fromkeys(("+6500000", "+658123456", "+65812345678901", "+999123456"), "unusual"),
    **dict.fromkeys(("<recipient number>", "destination_phone_number"), "unusual"),
}
RULES = {
    "national": "phone-number-without-country-code",
    "malformed": "malformed-phone-number",
    "unusual": "unusual-number",
}
URLS = {
    **dict.fromkeys(("https://a.example.com", "http://localhost:8080/mock", "HTTPS://a.example/b?c=d#e"), ""),
    **dict.fromkeys(
        ("{{data.url}}", "https://{{data.host}}/a", "http{{data.s}}://a", "https://a.example/{{data.a b}}"), ""
    ),
    **dict.fromkeys(
        ("https://a.example/<secret:hook>", "<secret:url>", "https://münchen.example/ä", "https://[::1]/"), ""
    ),
    **dict.fromkeys(("a.example.com", "//a.example.com", "/orders", "localhost:8080", "htps://a.example"), "malformed"),
    **dict.fromkeys(
        ("https://", "https:///a", "https://a b", "https://a:port", "https:a.example", "mailto:a@b.c"), "malformed"
    ),
    **dict.fromkeys(("a.example.com/{{data.id}}", " https://a.example", "ftp://a.example/b"), "malformed"),
    **dict.fromkeys(("<your URL>", "YOUR_WEBHOOK", "[webhook url]", "https://<host>/a b"), "placeholder"),
}
#: Texts of an SMS, each with a number of times, and the rules that they break.
TEXTS: dict[str, tuple[str, int, set[str]]] = {
    "160 places of GSM-7": ("a", 160, set()),
    "4 SMS of GSM-7": ("a", 3 * 153 + 1, {"sms-in-many-parts"}),
    "10 SMS of GSM-7": ("a", 1530, {"sms-in-many-parts"}),
    "11 SMS of GSM-7": ("a", 1531, {"sms-too-long"}),
    "the euro sign takes two places": ("€", 760, {"sms-in-many-parts"}),
    "a sign that takes two places isn't divided": ("€", 761, {"sms-too-long"}),
    "11 SMS of UCS-2": ("я", 671, {"sms-too-long"}),
    "another alphabet is no accident": ("я", 100, set()),
    "an emoji takes two places": ("😀", 36, set()),
    "one emoji in a text": ("a" * 99 + "😀", 1, {"sms-forced-to-ucs2"}),
    "one emoji in a text that is short anyway": ("a" * 20 + "😀", 1, set()),
    "letters that GSM-7 has": ("Ünïqué, größer, ¿qué? ñ à ø".replace("ï", "i"), 5, set()),
    "scripts add to the length": ("a" * 80 + "{{data.payload.body}}", 2, set()),
    "a text with scripts that is too long without them": ("a" * 80 + "{{data.payload.body}}", 20, {"sms-too-long"}),
}


def _rules(step_type: str, inputs: dict[str, Any], trigger: str = "inbound_sms") -> set[str]:
    step = {"id": "it", "stepType": step_type, "inputs": inputs}
    body = {"trigger": trigger, "status": "enabled", "definition": {"name": "x", "steps": [step]}}
    return {problem.rule for problem in lint(Definition.from_body(body))} - {"data-never-written"}


@pytest.mark.parametrize("number", NUMBERS)
def test_numbers(number: str) -> None:
    """A number is checked in SMS, chat messages and calls alike, unless its country is given."""
    expected = {RULES[NUMBERS[number]]} if NUMBERS[number] else set()
    sms = {"subAccountId": "a", "destination": number, "text": "Hello"}
    assert _rules("SMS", sms) == expected
    assert _rules("SMS", {**sms, "country": "SG"}) == set()
    assert _rules("SMS", {**sms, "country": UNKNOWN}) == set()
    chat = {"subAccountId": "a", "type": "text", "content": {"text": "Hello"}}
    assert _rules("ChatAppsMessage", {**chat, "user": {"msisdn": number}}) == expected
    params = {"destination": number, "source": "+6561234567", "text": "Hello", "voiceProfile": "en-US-ZiraRUS"}
    assert _rules("VoiceMessage", {"action": "say", "params": params}) == expected


def test_example_numbers_of_all_countries() -> None:
    """The example number of each country, from phonenumbers, isn't a problem with or without its plus sign."""
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
        if example is not None:
            number = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
            for each in (number, number[1:]):
                assert _rules("SMS", {"subAccountId": "a", "destination": each, "text": "Hello"}) == set(), region


@pytest.mark.parametrize("url", URLS)
def test_urls(url: str) -> None:
    """A URL of an HTTP request has a scheme and a host, as far as that is literal."""
    expected = {"malformed": {"malformed-request-url"}, "placeholder": {"url-to-fill-in"}, "": set()}[URLS[url]]
    assert _rules("HttpRequest", {"url": url, "method": "POST"}) - {"script-syntax"} == expected


@pytest.mark.parametrize("name", TEXTS)
def test_texts_of_sms(name: str) -> None:
    """The segments of a text are counted in GSM-7 or UCS-2, also in the fallback of a chat message."""
    text, times, expected = TEXTS[name]
    assert _rules("SMS", {"subAccountId": "a", "destination": "+6581234567", "text": text * times}) == expected


def test_urls_of_files() -> None:
    """The URL of a file without a scheme is only a warning, since a published message has one."""
    chat = {"subAccountId": "a", "user": {"msisdn": "+6581234567"}, "type": "image"}
    for url, expected in (
        ("www.example.com/image.jpg", {"malformed-url"}),
        ("https://www.example.com/image.jpg", set()),
    ):
        assert _rules("ChatAppsMessage", {**chat, "content": {"url": url}}) == expected
