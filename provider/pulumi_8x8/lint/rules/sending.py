"""Rules on what steps send, and where: phone numbers, URLs, the texts of SMS, HTTP requests, calls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pulumi_8x8.analysis.addresses import Doubt, doubtful_number, wrong_url
from pulumi_8x8.analysis.graph import Node
from pulumi_8x8.analysis.sms_text import SmsText, sms_text
from pulumi_8x8.definition.scripts import find_scripts
from pulumi_8x8.definition.steps import (
    SMS,
    ChatAppsMessage,
    HttpRequest,
    VoiceMessage,
    WaitForReply,
    is_script,
)
from pulumi_8x8.definition.values import Json, Path
from pulumi_8x8.lint.context import Context
from pulumi_8x8.lint.registry import Found, rule
from pulumi_8x8.lint.rules.inputs import has_country
from pulumi_8x8.phrasing import closest

#: The SMS API's limit isn't published; see docs/api-facts.md.
_MOST_SMS, _MANY_SMS = 10, 3
#: What word processors write, and what GSM-7 has instead.
_TYPOGRAPHY = {
    **dict.fromkeys("‘’‚`´", "'"),
    **dict.fromkeys("“”„", '"'),
    **dict.fromkeys("–—‑−", "-"),
    **dict.fromkeys("\u00a0\u202f\u2009\t", " "),
    "…": "...",
    "•": "-",
}
#: Seconds. The page has no limit; the service's own is probably lower than this (see docs/api-facts.md).
_LONGEST_TIMEOUT = 300
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
#: The voice profiles in the vendor's OpenAPI files and pages. An account's own list comes from the Voice API.
_PROFILES = ("en-US-ZiraRUS", "en-GB-Emma", "en-US-Standard-A", "en-US-Neural2-C", "da-DK-Naja")
_PROFILE = re.compile(r"([a-z]{2,3})-(?:[A-Z][a-z]{3}-)?([A-Z]{2}|[0-9]{3})-\S+")
_SERIES = re.compile(r"-(?:Standard|Wavenet|Neural2?|News|Studio|Polyglot|Casual|Journey|Chirp\w*)-[A-Z]\w*$")
_RESERVED_REGIONS = {"UK": "GB", "EL": "GR", "EN": "GB"}


class _Sms(NamedTuple):
    """The literal part of an SMS: scripts in it add to its length, if anything."""

    path: Path
    literal: str
    encoding: str
    has_scripts: bool

    @property
    def counted(self) -> SmsText:
        return sms_text(self.literal, self.encoding)

    @property
    def at_least(self) -> str:
        return "at least " if self.has_scripts else ""


@rule(
    "unusual-number",
    "warning",
    "A phone number doesn't have the length of its country's numbers, or has to be filled in.",
)
def unusual_number(context: Context) -> Iterator[Found]:
    graph = context.graph
    for node, path, value in _numbers(context):
        if value == "" and path[-2:] == ("params", "destination"):
            yield Found(path, "the number is empty, and the call needs one", "write the number to call")
        # A step that never runs sends nothing.
        if not isinstance(value, str) or is_script(value) or (node.index not in graph.reached and graph.complete):
            continue
        if value.strip() and not has_country(node, path) and (wrong := _doubtful(value)) is not None:
            yield Found(path, wrong.message, wrong.hint)


@rule("malformed-request-url", "error", "The URL of an HTTP request isn't an absolute http or https URL.")
def malformed_request_url(context: Context) -> Iterator[Found]:
    for path, wrong in context.once(_wrong_urls):
        if wrong.kind == "malformed":
            yield Found(path, f"{wrong.message}, so the request can't be sent", wrong.hint)


@rule("url-to-fill-in", "warning", "The URL of an HTTP request has a part to fill in.")
def url_to_fill_in(context: Context) -> Iterator[Found]:
    for path, wrong in context.once(_wrong_urls):
        if wrong.kind == "placeholder":
            yield Found(path, f"{wrong.message}, and seems to have a part to fill in", "write the URL")


@rule("sms-too-long", "error", "A text needs more than 10 SMS.")
def sms_too_long(context: Context) -> Iterator[Found]:
    for sms in context.once(_long_sms):
        counted = sms.counted
        if counted.segments > _MOST_SMS:
            message = f"the text needs {sms.at_least}{counted.segments} SMS in {counted.encoding}{_because(counted)}"
            yield Found(
                sms.path, f"{message}, and one message has at most {_MOST_SMS}", "shorten it, or send two messages"
            )


@rule("sms-in-many-parts", "warning", "A text needs more than 3 SMS, each of which is charged.")
def sms_in_many_parts(context: Context) -> Iterator[Found]:
    for sms in context.once(_long_sms):
        counted = sms.counted
        if _MANY_SMS < counted.segments <= _MOST_SMS:
            message = f"the text needs {sms.at_least}{counted.segments} SMS in {counted.encoding}{_because(counted)}"
            yield Found(sms.path, f"{message}, and each is charged", "shorten it")


@rule("sms-forced-to-ucs2", "warning", "A few characters outside GSM-7 make a text need more SMS.")
def sms_forced_to_ucs2(context: Context) -> Iterator[Found]:
    for sms in context.once(_long_sms):
        counted = sms.counted
        if counted.encoding != "UCS2" or not counted.outside or counted.segments > _MOST_SMS:
            continue
        few = sum(map(sms.literal.count, counted.outside)) <= max(3, len(sms.literal) // 20)
        without = sms_text(
            "".join(_TYPOGRAPHY.get(each, "?" if each in counted.outside else each) for each in sms.literal)
        )
        if few and without.segments < counted.segments:
            message = (
                f"{_named(counted.outside)} isn't in GSM-7, so the text is sent in UCS-2 and needs "
                f"{sms.at_least}{counted.segments} SMS instead of {without.segments}"
            )
            instead = [f'"{_TYPOGRAPHY[each]}" for "{each}"' for each in counted.outside if each in _TYPOGRAPHY]
            yield Found(sms.path, message, f"write {', '.join(instead)}" if instead else "leave it out")


@rule(
    "encoding-not-for-text",
    "warning",
    "The encoding GSM7 doesn't have all characters of the text, or UCS2 isn't needed.",
)
def encoding_not_for_text(context: Context) -> Iterator[Found]:
    for sms in context.once(_sms_texts):
        if sms.encoding not in ("GSM7", "UCS2"):
            continue
        auto = sms_text(sms.literal)
        if sms.encoding == "GSM7" and auto.outside:
            message = f"{_named(auto.outside)} isn't in GSM-7, so the customer reads another character"
            yield Found((*sms.path[:-1], "encoding"), message, 'write "AUTO"')
        elif sms.encoding == "UCS2" and sms.counted.segments > auto.segments and not sms.has_scripts:
            message = f"UCS2 makes {sms.counted.segments} SMS of the text, and GSM7 has all of its characters"
            yield Found((*sms.path[:-1], "encoding"), message, f'write "AUTO", and it needs {auto.segments}')


@rule("body-with-get", "warning", "A GET or HEAD request has a body.")
def body_with_get(context: Context) -> Iterator[Found]:
    for node, inputs in context.inputs_by_kind[HttpRequest.step_type]:
        method, body = inputs.get("method"), inputs.get("body")
        if (
            isinstance(method, str)
            and method.upper() in ("GET", "HEAD")
            and isinstance(body, dict | list | str)
            and body
        ):
            message = f"a {method.upper()} request has no body, and many servers refuse or ignore it"
            yield Found((*node.path, "inputs", "body"), message, "move it to parameters, or write the method POST")


@rule("malformed-header", "warning", "A header of an HTTP request can't be sent.")
def malformed_header(context: Context) -> Iterator[Found]:
    for node, inputs in context.inputs_by_kind[HttpRequest.step_type]:
        headers = inputs.get("headers")
        for name, value in headers.items() if isinstance(headers, dict) else ():
            path = (*node.path, "inputs", "headers", str(name))
            if not _HEADER_NAME.fullmatch(str(name)):
                yield Found(path, "this isn't the name of a header", "write letters, digits and hyphens only")
            elif isinstance(value, str) and not is_script(value) and not (value.isascii() and value.isprintable()):
                yield Found(path, "the value of a header has only ASCII characters, and no line breaks", "encode it")


@rule("timeout-out-of-range", "warning", "The timeout of an HTTP request is 0 or less, or over 300 seconds.")
def timeout_out_of_range(context: Context) -> Iterator[Found]:
    for node, inputs in context.inputs_by_kind[HttpRequest.step_type]:
        seconds = _number(inputs.get("timeoutSeconds"))
        if seconds is None or 0 < seconds <= _LONGEST_TIMEOUT:
            continue
        message = "no request ends within a timeout of 0 seconds or less"
        if not seconds <= 0:
            message = f"{seconds:,g} seconds is longer than the service waits for an answer, and the customer waits too"
        path = (*node.path, "inputs", "timeoutSeconds")
        yield Found(
            path, message, f"write a number from 1 to {_LONGEST_TIMEOUT}; without it, the service waits 5 seconds"
        )


@rule("unknown-voice-profile", "warning", "A voice profile is close to a published one, or its country doesn't exist.")
def unknown_voice_profile(context: Context) -> Iterator[Found]:
    for node, params in _params(context):
        profile = params.get("voiceProfile")
        if not isinstance(profile, str) or is_script(profile) or not profile.strip() or profile in _PROFILES:
            continue
        path = (*node.path, "inputs", "params", "voiceProfile")
        form = _PROFILE.fullmatch(profile)
        near = closest(profile, _PROFILES, cutoff=0.8)
        if form and form[2] in _RESERVED_REGIONS:
            right = _RESERVED_REGIONS[form[2]]
            yield Found(path, f'"{form[2]}" isn\'t the code of a country', f'write "{form[1]}-{right}-…"')
        elif near and not _SERIES.search(profile):
            yield Found(path, f'"{profile}" isn\'t a published voice profile', f'did you mean "{near}"?')


def _numbers(context: Context) -> Iterator[tuple[Node, Path, Json]]:
    """The numbers of people and callers."""
    for node, inputs in context.inputs_by_kind[SMS.step_type]:
        yield node, (*node.path, "inputs", "destination"), inputs.get("destination")
    for node, inputs in context.inputs_by_kind[ChatAppsMessage.step_type]:
        user = inputs.get("user")
        if isinstance(user, dict):
            yield node, (*node.path, "inputs", "user", "msisdn"), user.get("msisdn")
    for node, params in _params(context):
        for name in ("source", "destination"):
            yield node, (*node.path, "inputs", "params", name), params.get(name)
    for node, inputs in context.inputs_by_kind[WaitForReply.step_type]:
        if str(inputs.get("channel")).strip().lower() == "sms":
            yield node, (*node.path, "inputs", "from"), inputs.get("from")


def _doubtful(number: str) -> Doubt | None:
    """What is doubtful about a number that the contents' own limit lets pass."""
    from pulumi_8x8.definition.contents.limits import PhoneNumber  # only for literal numbers

    return None if PhoneNumber().fault(number) else doubtful_number(number)


def _params(context: Context) -> Iterator[tuple[Node, Mapping[str, Json]]]:
    for node, inputs in context.inputs_by_kind[VoiceMessage.step_type]:
        params = inputs.get("params")
        if isinstance(params, dict):
            yield node, params


def _wrong_urls(context: Context) -> list[tuple[Path, Doubt]]:
    found: list[tuple[Path, Doubt]] = []
    for node, inputs in context.inputs_by_kind[HttpRequest.step_type]:
        url = inputs.get("url")
        wrong = wrong_url(url) if isinstance(url, str) and url.strip() else None
        if wrong is not None:
            found.append(((*node.path, "inputs", "url"), wrong))
    return found


def _sms_texts(context: Context) -> list[_Sms]:
    found: list[_Sms] = []
    for node, inputs in context.inputs_by_kind[SMS.step_type]:
        found += _sms((*node.path, "inputs"), inputs)
    for node, inputs in context.inputs_by_kind[ChatAppsMessage.step_type]:
        content = inputs.get("content")
        fallback = content.get("sms") if isinstance(content, dict) else None
        if isinstance(fallback, dict):
            found += _sms((*node.path, "inputs", "content", "sms"), fallback)
    return found


def _long_sms(context: Context) -> list[_Sms]:
    return [sms for sms in context.once(_sms_texts) if len(sms.literal) > 35 and sms.counted.segments > 1]


def _sms(path: Path, members: Mapping[str, Json]) -> Iterator[_Sms]:
    text, encoding = members.get("text"), members.get("encoding")
    if isinstance(text, str) and (encoding is None or (isinstance(encoding, str) and not is_script(encoding))):
        scripts = find_scripts(text)
        literal, end = "", 0
        for script in scripts:
            literal, end = literal + text[end : script.start], script.end
        yield _Sms((*path, "text"), literal + text[end:], (encoding or "AUTO").upper(), bool(scripts))


def _because(counted: SmsText) -> str:
    return f", because of {_named(counted.outside)}" if counted.encoding == "UCS2" and counted.outside else ""


def _named(characters: str) -> str:
    shown = [f'"{each}" (U+{ord(each):04X})' if each.isprintable() else f"U+{ord(each):04X}" for each in characters[:3]]
    return ", ".join(shown) + (" …" if len(characters) > 3 else "")


def _number(value: Json) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value or 0)
    except (ValueError, OverflowError):
        return None
