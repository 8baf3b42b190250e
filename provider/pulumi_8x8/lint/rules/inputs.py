"""Rules on the inputs of a step: what its type needs and takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from pulumi_8x8.definition.durations import parse_duration
from pulumi_8x8.definition.steps import STEP_KINDS, input_names, is_script
from pulumi_8x8.definition.values import Json, Path
from pulumi_8x8.errors import DurationError
from pulumi_8x8.lint.context import Context
from pulumi_8x8.lint.graph import Node
from pulumi_8x8.lint.problems import Found, closest, kind_of, rule

#: Values that are published for an input; others may exist, so only a near miss is a mistake. Any case will do.
_VALUES: dict[tuple[str, str], tuple[str, ...]] = {
    ("SMS", "encoding"): ("AUTO", "GSM7", "UCS2"),
    ("VoiceMessage", "action"): ("say", "say&capture", "playFile"),
    ("HttpRequest", "method"): ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"),
    ("WaitForReply", "channel"): ("sms", "whatsapp", "viber", "line"),
    ("ChatAppsMessage", "type"): ("text", "template", "interactive", "image"),
}
_DURATIONS = {("Wait", "duration"), ("WaitForReply", "timeout"), ("WaitForDTMF", "timeout")}
#: Forms that the .NET type behind them reads as well, though the pages do not promise it.
_OTHER_DURATION = re.compile(r"\s*(?:\d+\.)?\d{1,2}:\d{1,2}(?::\d{1,2}\.\d{1,7})?\s*")


#: What the OpenAPI file requires, and yet has a default for.
_DEFAULTED = {("VoiceMessage", "action")}


@rule("missing-input", "error", "An input that the step type needs is missing.")
def missing_input(context: Context) -> Iterator[Found]:
    for node in _known(context):
        inputs = _inputs(node)
        for name in _required(node.kind):
            if inputs is not None and inputs.get(name) is None and (node.kind, name) not in _DEFAULTED:
                unknown = [each for each in inputs if each not in _names(node.kind)]
                wrong = closest(name, unknown)
                yield Found(
                    (*node.path, "inputs", name),
                    f"{node.kind} needs {name}, and it is missing",
                    f'did you mean it by "{wrong}"?' if wrong else f"add inputs.{name}",
                )


@rule("empty-input", "warning", "An input that the step type needs is an empty text.")
def empty_input(context: Context) -> Iterator[Found]:
    for node in _known(context):
        for name, value in (_inputs(node) or {}).items():
            if isinstance(value, str) and not value.strip() and name in _required(node.kind):
                yield Found(
                    (*node.path, "inputs", name), f"{node.kind} needs {name}, and it is empty", f"write inputs.{name}"
                )


@rule("wrong-type", "error", "An input is a list or an object where a text or number is needed, or the reverse.")
def wrong_type(context: Context) -> Iterator[Found]:
    for node, path, error in context.once(_type_errors):
        if _is_container(error["input"]) or error["type"] == "dict_type":
            yield Found(path, f"{node.kind} takes {_wanted(error)} here, not {kind_of(error['input'])}")


@rule("number-for-text", "warning", "A number or truth value stands where the service takes a text, or the reverse.")
def number_for_text(context: Context) -> Iterator[Found]:
    for node, path, error in context.once(_type_errors):
        if not _is_container(error["input"]) and error["type"] != "dict_type":
            yield Found(
                path,
                f"{node.kind} takes {_wanted(error)} here, not {kind_of(error['input'])}",
                "write it in quotes" if error["type"] == "string_type" else "write a number",
            )


@rule("misspelled-input", "warning", "An input is nearly one that the step type has.")
def misspelled_input(context: Context) -> Iterator[Found]:
    for node in _known(context):
        inputs = node.member("inputs")
        names, known = _names(node.kind), _spelling(node.kind)
        for name in inputs:
            if isinstance(name, str) and name.lower() not in known and name != "outputs":
                near = closest(name, [each for each in names if each not in inputs])
                if near and near not in _required(node.kind):
                    yield Found((*node.path, "inputs", name), f"{node.kind} has no {name}", f'did you mean "{near}"?')
        for name in node.step:
            if name in names and name not in inputs:
                yield Found((*node.path, str(name)), f"{name} stands beside inputs", "move it into inputs")


@rule("misspelled-value", "warning", "An input's value is nearly one that is published.")
def misspelled_value(context: Context) -> Iterator[Found]:
    for node in _known(context):
        for (kind, name), values in _VALUES.items():
            value = node.member("inputs").get(name) if kind == node.kind else None
            if isinstance(value, str) and value and not is_script(value):
                near = closest(value, values)
                if near and near.lower() != value.lower():
                    yield Found((*node.path, "inputs", name), f'"{value}" is not published', f'did you mean "{near}"?')


@rule("malformed-duration", "error", "A duration or timeout that cannot be read.")
def malformed_duration(context: Context) -> Iterator[Found]:
    for path, text in context.once(_durations):
        if not _OTHER_DURATION.fullmatch(text):
            try:
                parse_duration(text)
            except DurationError as error:
                yield Found(path, str(error), _better_duration(text))


@rule("unusual-duration", "warning", "A duration without seconds, or with parts of a second: the pages show neither.")
def unusual_duration(context: Context) -> Iterator[Found]:
    for path, text in context.once(_durations):
        if _OTHER_DURATION.fullmatch(text):
            yield Found(path, f'"{text}" is in no form that the service promises to read', "write HH:mm:ss")


@rule("outputs-in-inputs", "warning", "outputs stand inside of inputs, where nothing is stored.")
def outputs_in_inputs(context: Context) -> Iterator[Found]:
    for node in context.nodes:
        if isinstance(node.member("inputs").get("outputs"), Mapping):
            yield Found(
                (*node.path, "inputs", "outputs"),
                "outputs stand inside of inputs, where the service does not look: nothing is stored on data",
                "move them out, beside inputs",
            )


@rule("secret-in-plain-text", "warning", "A password, token or key is written into the definition.")
def secret_in_plain_text(context: Context) -> Iterator[Found]:
    for text in context.texts:
        if text.node.kind == "HttpRequest" and not is_script(text.value):
            what = _secret(text.path, text.value)
            if what:
                yield Found(
                    text.path,
                    f"{what} in plain text: everybody who can read the definition or its history can use it",
                    "pass it as a Pulumi secret (config.require_secret), and make this one invalid",
                )


# Authorization: Bearer 4f5b…, but not "Bearer <your token>".
_CREDENTIALS = re.compile(r"(?:bearer|basic|token|apikey)\s+\S{8,}", re.IGNORECASE)
_SECRET_NAME = re.compile(
    r"(?:^|[-_])(?:api[-_]?key|access[-_]?token|auth[-_]?token|token|secret|client[-_]?secret|password|passwd|"
    r"subscription[-_]?key|sig|signature|x[-_]api[-_]key)$",
    re.IGNORECASE,
)
_URL_SECRET = re.compile(r"[?&]([\w.-]+)=([^&#]{6,})|//[^/@\s:]+:([^/@\s]{3,})@")
_MADE_UP = re.compile(r"your|[<>*]|\.\.\.|xxx|example|changeme|placeholder|_here\b", re.IGNORECASE)


def _secret(path: Path, value: str) -> str | None:
    name = str(path[-1])
    if _MADE_UP.search(value):
        return None
    if name.lower() in ("authorization", "proxy-authorization") and _CREDENTIALS.match(value):
        return f"credentials in {name}"
    if path[-2] in ("headers", "parameters") and _SECRET_NAME.search(name) and len(value) >= 6:
        return f"{name} is a credential"
    if name == "url":
        for found in _URL_SECRET.finditer(value):
            if found[3] or _SECRET_NAME.search(found[1]):
                return "a credential in the URL" if found[3] else f'"{found[1]}" in the URL is a credential'
    return None


def _known(context: Context) -> Iterator[Node]:
    return (node for node in context.nodes if node.kind in STEP_KINDS)


def _inputs(node: Node) -> Mapping[str, Json] | None:
    """Inputs in the published spelling (the service takes any case); None where they are not known."""
    inputs = node.step.get("inputs", {})
    if not isinstance(inputs, Mapping):
        return None
    spelling = _spelling(node.kind)
    return {spelling.get(str(name).lower(), str(name)): value for name, value in inputs.items()}


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(STEP_KINDS[kind])


@cache
def _names(kind: str) -> tuple[str, ...]:
    return tuple(input_names(STEP_KINDS[kind]))


@cache
def _spelling(kind: str) -> Mapping[str, str]:
    """Names of inputs by their lower case."""
    return {name.lower(): name for name in _names(kind)}


@cache
def _required(kind: str) -> tuple[str, ...]:
    try:
        _adapter(kind).validate_python({"id": ""})
    except ValidationError as error:
        return tuple(str(each["loc"][0]) for each in error.errors(include_url=False) if each["type"] == "missing")
    return ()


def _type_errors(context: Context) -> list[tuple[Node, Path, Any]]:
    found = []
    for node in _known(context):
        inputs = _inputs(node)
        given = {name: value for name, value in (inputs or {}).items() if name in _names(node.kind)}
        try:
            _adapter(node.kind).validate_python({**given, "id": ""})
        except ValidationError as error:
            for each in error.errors(include_url=False, include_context=False):
                if each["type"] != "missing" and each["input"] not in (None, ""):
                    found.append((node, (*node.path, "inputs", str(each["loc"][0])), each))
    return found


def _wanted(error: Any) -> str:
    return {"string_type": "a text", "dict_type": "an object"}.get(error["type"], "a number")


def _is_container(value: Json) -> bool:
    return isinstance(value, Mapping | list | tuple)


def _durations(context: Context) -> list[tuple[Path, str]]:
    found = []
    for node in _known(context):
        for kind, name in _DURATIONS:
            value = node.member("inputs").get(name) if kind == node.kind else None
            if isinstance(value, str) and not is_script(value) and value:
                found.append(((*node.path, "inputs", name), value))
    return found


def _better_duration(text: str) -> str:
    short = re.fullmatch(r"\s*(\d+)\s*(s|m|h|d)\w*\s*", text, re.IGNORECASE)
    if short is None:
        return "write HH:mm:ss"
    seconds = int(short[1][:9]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[short[2].lower()]
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f'write "{days}.{clock}"' if days else f'write "{clock}"'
