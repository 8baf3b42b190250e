"""Rules on the inputs of a step: what its type needs and takes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from pulumi_8x8.analysis.credentials import find_credentials
from pulumi_8x8.analysis.graph import Node
from pulumi_8x8.definition.durations import parse_duration
from pulumi_8x8.definition.steps import STEP_KINDS, InputKind, inputs_of, is_script
from pulumi_8x8.definition.values import Hole, Json, Path
from pulumi_8x8.errors import DurationError
from pulumi_8x8.lint.context import Context
from pulumi_8x8.lint.registry import Found, rule
from pulumi_8x8.phrasing import closest, kind_of

#: Values that are published for an input; others may exist, so only a near miss is a mistake. Any case will do.
_VALUES: dict[str, dict[str, tuple[str, ...]]] = {
    "SMS": {"encoding": ("AUTO", "GSM7", "UCS2")},
    "VoiceMessage": {"action": ("say", "say&capture", "playFile")},
    "HttpRequest": {"method": ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")},
    "WaitForReply": {"channel": ("sms", "whatsapp", "viber", "line")},
    "ChatAppsMessage": {"type": ("text", "template", "interactive", "image")},
}
_DURATIONS = {"Wait": "duration", "WaitForReply": "timeout", "WaitForDTMF": "timeout"}
#: Forms that the .NET type behind them reads as well, though the pages do not promise it.
_OTHER_DURATION = re.compile(r"\s*(?:\d+\.)?\d{1,2}:\d{1,2}(?::\d{1,2}\.\d{1,7})?\s*")


#: What the OpenAPI file requires, and yet has a default for.
_DEFAULTED = {("VoiceMessage", "action")}


@rule("missing-input", "error", "An input that the step type needs is missing.")
def missing_input(context: Context) -> Iterator[Found]:
    for node, inputs in context.once(_given):
        for name, kind in inputs_of(node.kind).items():
            if kind.required and inputs.get(name) is None and (node.kind, name) not in _DEFAULTED:
                unknown = [each for each in inputs if each not in inputs_of(node.kind)]
                wrong = closest(name, unknown)
                yield Found(
                    (*node.path, "inputs", name),
                    f"{node.kind} needs {name}, and it is missing",
                    f'did you mean it by "{wrong}"?' if wrong else f"add inputs.{name}",
                )


@rule("empty-input", "warning", "An input that the step type needs is an empty text.")
def empty_input(context: Context) -> Iterator[Found]:
    for node, inputs in context.once(_given):
        for name, value in inputs.items():
            kind = inputs_of(node.kind).get(name)
            if kind is not None and kind.required and isinstance(value, str) and not value.strip():
                yield Found(
                    (*node.path, "inputs", name), f"{node.kind} needs {name}, and it is empty", f"write inputs.{name}"
                )


@rule("wrong-type", "error", "An input is a list or an object where a text or number is needed, or the reverse.")
def wrong_type(context: Context) -> Iterator[Found]:
    for node, path, kind, value in context.once(_type_errors):
        if _is_container(value) or kind.takes == "Object":
            yield Found(path, f"{node.kind} takes {_TAKES[kind.takes]} here, not {kind_of(value)}")


@rule("number-for-text", "warning", "A number or truth value stands where the service takes a text, or the reverse.")
def number_for_text(context: Context) -> Iterator[Found]:
    for node, path, kind, value in context.once(_type_errors):
        if not _is_container(value) and kind.takes != "Object":
            yield Found(
                path,
                f"{node.kind} takes {_TAKES[kind.takes]} here, not {kind_of(value)}",
                "write it in quotes" if kind.takes == "Text" else "write a number",
            )


@rule("misspelled-input", "warning", "An input is nearly one that the step type has.")
def misspelled_input(context: Context) -> Iterator[Found]:
    for node in _known(context):
        inputs = node.member("inputs")
        kinds, known = inputs_of(node.kind), _spelling(node.kind)
        for name in inputs:
            if isinstance(name, str) and name.lower() not in known and name != "outputs":
                near = closest(name, [each for each in kinds if each not in inputs])
                if near and not kinds[near].required:
                    yield Found((*node.path, "inputs", name), f"{node.kind} has no {name}", f'did you mean "{near}"?')
        for name in node.step:
            if name in kinds and name not in inputs:
                yield Found((*node.path, str(name)), f"{name} stands beside inputs", "move it into inputs")


@rule("misspelled-value", "warning", "An input's value is nearly one that is published.")
def misspelled_value(context: Context) -> Iterator[Found]:
    for node in _known(context):
        for name, values in _VALUES.get(node.kind, {}).items():
            value = node.member("inputs").get(name)
            if isinstance(value, str) and value and value not in values and not is_script(value):
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
        if text.node.kind == "HttpRequest" and (found := find_credentials(text.path, text.value)):
            yield Found(
                text.path,
                f"{found[0].what} in plain text: everybody who can read the definition or its history can use it",
                "pass it as a Pulumi secret (require_secret; in a file <secret:name>), and make this one invalid",
            )


def _known(context: Context) -> Iterator[Node]:
    return (node for node in context.nodes if node.kind in STEP_KINDS)


def _given(context: Context) -> list[tuple[Node, Mapping[str, Json]]]:
    """Steps of published types with their inputs in the published spelling (the service takes any case); without the
    steps whose inputs are not known."""
    found: list[tuple[Node, Mapping[str, Json]]] = []
    for node in _known(context):
        inputs = node.step.get("inputs", {})
        if isinstance(inputs, dict):
            spelling = _spelling(node.kind)
            found.append((node, {spelling.get(str(name).lower(), str(name)): value for name, value in inputs.items()}))
    return found


@cache
def _spelling(kind: str) -> Mapping[str, str]:
    """Names of inputs by their lower case."""
    return {name.lower(): name for name in inputs_of(kind)}


#: What each kind of input takes, in words, and the types of JSON for it.
_TAKES = {"Text": "a text", "Number": "a number", "Object": "an object"}
_TYPES: dict[str, tuple[type, ...]] = {"Text": (str,), "Number": (int, float), "Object": (Mapping,)}


def _type_errors(context: Context) -> list[tuple[Node, Path, InputKind, Json]]:
    found = []
    for node, inputs in context.once(_given):
        kinds = inputs_of(node.kind)
        for name, value in inputs.items():
            if (kind := kinds.get(name)) is not None and not _takes(kind, value):
                found.append((node, (*node.path, "inputs", name), kind, value))
    return found


def _takes(kind: InputKind, value: Json) -> bool:
    if value is None or kind.takes not in _TYPES or isinstance(value, Hole):
        return True
    if isinstance(value, str):
        # A script computes its value while the workflow runs, of whatever type. An empty text is another rule's.
        return kind.takes == "Text" or is_script(value) or not value or (kind.takes == "Number" and _is_number(value))
    return isinstance(value, _TYPES[kind.takes]) and not isinstance(value, bool)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _is_container(value: Json) -> bool:
    return isinstance(value, dict | list)


def _durations(context: Context) -> list[tuple[Path, str]]:
    found = []
    for node in _known(context):
        name = _DURATIONS.get(node.kind, "")
        value = node.member("inputs").get(name)
        if isinstance(value, str) and value and not is_script(value):
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
