"""Rules on the inputs of a step: what pydantic finds wrong with them, by the declaration of the step type."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from pulumi_8x8.analysis.credentials import find_credentials
from pulumi_8x8.analysis.graph import Node
from pulumi_8x8.definition.steps import (
    SMS,
    STEP_KINDS,
    HttpRequest,
    VoiceMessage,
    inputs_of,
    invalid_inputs,
    is_script,
    spelling_of,
)
from pulumi_8x8.definition.values import Json, Path
from pulumi_8x8.lint.context import Context
from pulumi_8x8.lint.registry import Found, rule
from pulumi_8x8.phrasing import closest, kind_of

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

#: Forms that the .NET type behind them reads as well, though the pages do not promise it.
_OTHER_DURATION = re.compile(r"\s*(?:\d+\.)?\d{1,2}:\d{1,2}(?::\d{1,2}\.\d{1,7})?\s*")
#: What an input takes, by the first word of pydantic's error, and what to write instead of another scalar.
_TAKES = {
    "string": ("a text", "write it in quotes"),
    "float": ("a number", "write a number"),
    "int": ("a whole number", "write a whole number"),
    "bool": ("true or false", "write true or false"),
    "dict": ("an object", ""),
    "list": ("a list", ""),
}
#: Inputs whose published values are all that there are.
_CLOSED = ((HttpRequest.step_type, "method"), (VoiceMessage.step_type, "action"), (SMS.step_type, "encoding"))


@rule("missing-input", "error", "An input that the step type needs, or a part that a message needs, is missing.")
def missing_input(context: Context) -> Iterator[Found]:
    for node, path, error in context.once(_errors):
        if error["type"] == "missing":
            name, known = str(path[-1]), inputs_of(node.kind)
            wrong = closest(name, [str(each) for each in node.member("inputs") if each not in known])
            hint = f'is "{wrong}" a misspelling of it?' if wrong else f"add inputs.{name}"
            yield Found(path, f"{name} is missing, and {node.kind} needs it", hint)
        elif error["type"] == "missing_part":
            yield Found(path, error["ctx"]["message"], error["ctx"]["hint"])


@rule("empty-input", "warning", "An input that the step type needs is an empty text.")
def empty_input(context: Context) -> Iterator[Found]:
    for node, inputs in context.inputs:
        kinds = inputs_of(node.kind)
        for name, value in inputs.items():
            if isinstance(value, str) and not value.strip() and name in kinds and kinds[name].required:
                yield Found(
                    (*node.path, "inputs", name), f"{name} is empty, and {node.kind} needs it", f"write inputs.{name}"
                )


@rule("wrong-type", "error", "An input is a list or an object instead of a text or a number, or the reverse.")
def wrong_type(context: Context) -> Iterator[Found]:
    for node, path, error in context.once(_errors):
        takes, instead = _takes(error)
        if takes and not (instead and _is_scalar(error["input"])):
            yield Found(path, f"{node.kind} takes {takes} here, not {kind_of(error['input'])}")


@rule("number-for-text", "warning", "An input is a number or a truth value instead of a text, or the reverse.")
def number_for_text(context: Context) -> Iterator[Found]:
    for node, path, error in context.once(_errors):
        takes, instead = _takes(error)
        if instead and _is_scalar(error["input"]):
            yield Found(path, f"{node.kind} takes {takes} here, not {kind_of(error['input'])}", instead)


@rule("misspelled-input", "warning", "The name of an input, or of a part of a message, is close to a published one.")
def misspelled_input(context: Context) -> Iterator[Found]:
    for node in _known(context):
        inputs = node.member("inputs")
        kinds, known = inputs_of(node.kind), spelling_of(node.kind)
        for name in inputs:
            if isinstance(name, str) and name.lower() not in known and name != "outputs":
                near = closest(name, [each for each in kinds if each not in inputs])
                if near and not kinds[near].needed:
                    yield Found((*node.path, "inputs", name), f"{node.kind} has no {name}", f'did you mean "{near}"?')
        for name in node.step:
            if name in kinds and name not in inputs:
                yield Found((*node.path, str(name)), f"{name} is outside inputs", "move it into inputs")
    yield from found_in_messages(context, "misspelled_part")


@rule("misspelled-value", "warning", "The value of an input, or of a part of a message, is close to a published one.")
def misspelled_value(context: Context) -> Iterator[Found]:
    seen: set[Path] = set()
    for node, inputs in context.inputs:
        kinds = inputs_of(node.kind)
        for name, value in inputs.items():
            values = kinds[name].values if name in kinds else ()
            if values and isinstance(value, str) and value and value not in values and not is_script(value):
                near = closest(value, values)
                if near and near.lower() != value.lower():
                    seen.add((*node.path, "inputs", name))
                    yield Found(
                        (*node.path, "inputs", name),
                        f'"{value}" isn\'t a published value of {name}',
                        f'did you mean "{near}"?',
                    )
    yield from (found for found in found_in_messages(context, "misspelled_text") if found.path not in seen)


@rule("unpublished-value", "warning", "A value isn't among the published ones, or in their form.")
def unpublished_value(context: Context) -> Iterator[Found]:
    seen: set[Path] = set()
    for kind, name in _CLOSED:
        values = inputs_of(kind)[name].values
        for node, inputs in context.inputs_by_kind[kind]:
            value = inputs.get(name)
            if isinstance(value, str) and value and not is_script(value) and closest(value, values) is None:
                message = f'"{value[:60]}" isn\'t a published value of {name}'
                seen.add((*node.path, "inputs", name))
                yield Found((*node.path, "inputs", name), message, f"write one of {', '.join(values)}")
    yield from (found for found in found_in_messages(context, "unpublished_text") if found.path not in seen)


@rule("malformed-duration", "error", "A duration or timeout isn't valid.")
def malformed_duration(context: Context) -> Iterator[Found]:
    for _, path, error in context.once(_errors):
        if error["type"] == "value_error" and not _OTHER_DURATION.fullmatch(error["input"]):
            yield Found(path, str(error["ctx"]["error"]), _better_duration(error["input"]))


@rule("unusual-duration", "warning", "A duration has no seconds, or fractions of one. The pages show neither.")
def unusual_duration(context: Context) -> Iterator[Found]:
    for _, path, error in context.once(_errors):
        if error["type"] == "value_error" and _OTHER_DURATION.fullmatch(error["input"]):
            yield Found(path, f'"{error["input"]}" isn\'t a published form of a duration', "write HH:mm:ss")


@rule("outputs-in-inputs", "warning", "outputs is inside inputs, and the service ignores it there.")
def outputs_in_inputs(context: Context) -> Iterator[Found]:
    for node in context.nodes:
        if isinstance(node.member("inputs").get("outputs"), Mapping):
            message = "outputs is inside inputs, and the service ignores it there: it stores nothing on data"
            yield Found((*node.path, "inputs", "outputs"), message, "move outputs next to inputs")


@rule("secret-in-plain-text", "warning", "The definition contains a password, a token or a key.")
def secret_in_plain_text(context: Context) -> Iterator[Found]:
    for text in context.texts:
        if text.node.declaration.role == "calls" and (found := find_credentials(text.path, text.value)):
            message = f"{found[0].what} in plain text: everybody who can read the definition or its history can use it"
            hint = "pass it as a Pulumi secret (require_secret; in a file <secret:name>), and revoke this one"
            yield Found(text.path, message, hint)


def found_in_messages(context: Context, kind: str) -> Iterator[Found]:
    """The faults of this kind in the messages of all steps."""
    for node, path, error in context.once(_errors):
        if error["type"] == kind and not (kind in ("phone_number", "country_code") and has_country(node, path)):
            yield Found(path, error["ctx"]["message"], error["ctx"]["hint"])


def has_country(node: Node, path: Path) -> bool:
    """Whether a country is given beside the number at ``path``, which may then be a national one."""
    owner: Json = node.step
    for name in path[len(node.path) : -1]:
        owner = owner.get(name) if isinstance(owner, Mapping) else None
    return isinstance(owner, Mapping) and any(
        str(name).lower() == "country" and value not in (None, "") for name, value in owner.items()
    )


def _known(context: Context) -> Iterator[Node]:
    return (node for node in context.nodes if node.kind in STEP_KINDS)


def _errors(context: Context) -> list[tuple[Node, Path, ErrorDetails]]:
    """Pydantic's errors, with the steps and places that they are about."""
    return [
        (node, (*node.path, "inputs", *error["loc"]), error)
        for node, inputs in context.inputs
        for error in invalid_inputs(node.declaration, inputs)
    ]


def _takes(error: ErrorDetails) -> tuple[str, str]:
    return _TAKES.get(error["type"].partition("_")[0], ("", ""))


def _is_scalar(value: Json) -> bool:
    return not isinstance(value, dict | list)


def _better_duration(text: str) -> str:
    short = re.fullmatch(r"\s*(\d+)\s*(s|m|h|d)\w*\s*", text, re.IGNORECASE)
    if short is None:
        return "write HH:mm:ss"
    seconds = int(short[1][:9]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[short[2].lower()]
    days, rest = divmod(seconds, 86400)
    clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    return f'write "{days}.{clock}"' if days else f'write "{clock}"'
