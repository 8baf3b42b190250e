"""Reads the workflows in the output of ``pulumi preview --json``. No I/O.

Measured with engine 3.259.0: a secret is ``"[secret]"`` on both sides (also with ``--show-secrets``). An unknown value
is the engine's marker. Each line that the provider writes to standard error is a diagnostic. ``detailedDiff`` is always
null for a dynamic provider.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

from pulumi_8x8.bounded import parse_json
from pulumi_8x8.definition import Definition, Json, from_inputs
from pulumi_8x8.definition.masking import Secret, read_marks
from pulumi_8x8.definition.values import map_leaves
from pulumi_8x8.errors import SourceError
from pulumi_8x8.review.reviews import Pair, Side
from pulumi_8x8.validation import Invalid, Must, spelled, validated

_WORKFLOW = "8x8:Workflow"
_HOW = "to make a preview: pulumi preview --json > preview.json"

#: How the engine writes a secret in a preview.
_SECRET = "[secret]"

#: Inputs of a Workflow that aren't part of its definition, as in resources/properties.py.
_OPTIONS = ("account", "adopt", "onDelete", "onDrift", "overwrite", "pinVersion")

_RULE = re.compile(r"\[([a-z][a-z0-9-]*)\]\s*$", re.MULTILINE)  # lines with the places and the remedy follow


@dataclass(frozen=True)
class Preview:
    """The workflows of a preview.

    :param stack: ``project/stack``; empty if the preview has no resource.
    :param notes: further information for the reader.
    :param incomplete: why it may lack something: it ended with an error. Otherwise empty.
    """

    stack: str
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]
    incomplete: str


@dataclass(frozen=True)
class _State:
    """A resource before or after the change."""

    id: str | None = None
    inputs: dict[str, Json] | None = None
    outputs: dict[str, Json] | None = None


@dataclass(frozen=True)
class _Step:
    """What the preview does with one resource."""

    __pydantic_config__: ClassVar = spelled()

    op: str
    urn: Annotated[str, Must("be the URN of a resource", lambda urn: urn.count("::") >= 3)]
    old_state: _State | None = None
    new_state: _State | None = None


@dataclass(frozen=True)
class _Diagnostic:
    urn: str | None = None
    message: str = ""
    severity: str = ""


@dataclass(frozen=True)
class _Content:
    steps: list[_Step] = field(default_factory=list)
    diagnostics: list[_Diagnostic] | None = None


def read_preview(data: bytes, name: str) -> Preview:
    """Reads the workflows in the output of ``pulumi preview --json``.

    :param name: the name of ``data`` in messages.
    :raises SourceError: ``data`` isn't a preview.
    """
    try:
        content = validated(_Content, _parse(_decode(data, name), name))
    except Invalid as error:
        raise SourceError(f"{name}: not the JSON of a preview: {error}; {_HOW}") from None
    steps, diagnostics = content.steps, content.diagnostics or []
    pairs: dict[str, Pair] = {}
    for step in steps:
        if step.urn.split("::")[2].rpartition("/")[2] == _WORKFLOW:
            pair = _pair(step, _reported(step.urn, diagnostics))
            if pair is not None:
                pairs.setdefault(step.urn, pair)
    stack = ""
    if steps:
        first = steps[0].urn.removeprefix("urn:pulumi:").split("::")
        stack = f"{first[1]}/{first[0]}"
    incomplete = "the preview failed" if any(each.severity == "error" for each in diagnostics) else ""
    return Preview(stack, tuple(pairs.values()), tuple(_notes(diagnostics)), incomplete)


def _decode(data: bytes, name: str) -> str:
    # PowerShell's > writes UTF-16.
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: not text ({error.reason} at byte {error.start}); {_HOW}") from None


def _parse(text: str, name: str) -> dict[str, Any]:
    if not text.strip():
        raise SourceError(f"{name}: empty; {_HOW}")
    try:
        content = parse_json(text)
    except ValueError:
        first = text.lstrip().split("\n", 1)[0]
        if first.startswith('{"sequence"'):
            raise SourceError(
                f"{name}: a stream of events. Unset PULUMI_ENABLE_STREAMING_JSON_PREVIEW and make the preview again"
            ) from None
        raise SourceError(f"{name}: not the JSON of a preview; {_HOW}") from None
    if isinstance(content, dict):
        if "steps" in content or "changeSummary" in content:
            return content
        if "deployment" in content:
            raise SourceError(f"{name}: the state of a stack, not a preview; {_HOW}")
        if "definition" in content:
            raise SourceError(
                f"{name}: a workflow file. To review a change of it, name two files or folders: before and after"
            )
    raise SourceError(f"{name}: JSON, but not a preview; {_HOW}")


def _pair(step: _Step, reported: frozenset[str]) -> Pair | None:
    old, new = step.old_state or _State(), step.new_state or _State()
    was, wanted = _definition(old.inputs), _definition(new.inputs)
    version = (old.outputs or {}).get("version")
    common: dict[str, Any] = {
        "label": step.urn.split("::", 3)[3],
        "id": old.id,
        "version": int(version) if isinstance(version, int | float) else None,
        "reported": reported,
    }
    before, after = old.inputs or {}, new.inputs or {}
    if step.op == "create" and wanted is not None:
        adopts = after.get("adopt")
        return Pair(new=Side(wanted), adopts=adopts if isinstance(adopts, str) else None, **common)
    if step.op == "delete" and was is not None:
        return Pair(old=Side(was), on_delete=before.get("onDelete"), **common)
    if step.op in ("update", "replace") and was is not None and wanted is not None:
        recreated = step.op == "replace"
        options = tuple(name for name in _OPTIONS if before.get(name) != after.get(name))
        return Pair(
            old=Side(was), new=Side(wanted), recreated=recreated, changed=not recreated, options=options, **common
        )
    return None  # a refresh, whose result is in the update after it; parts of a replacement


def _definition(inputs: dict[str, Json] | None) -> Definition | None:
    return None if inputs is None or "steps" not in inputs else from_inputs(_readable(inputs))


def _readable(value: Json) -> Json:
    return map_leaves(read_marks(value), lambda leaf: Secret() if leaf == _SECRET else leaf)


def _reported(urn: str, diagnostics: Iterable[_Diagnostic]) -> frozenset[str]:
    rules = (_RULE.search(each.message) for each in diagnostics if each.urn == urn)
    return frozenset(found[1] for found in rules if found is not None)


def _notes(diagnostics: Iterable[_Diagnostic]) -> Iterator[str]:
    """Errors, and what the provider reports about the service, one text each."""
    found: list[str] = []
    for each in diagnostics:
        message = each.message.strip()
        if each.severity == "error" and message:
            yield message
        elif each.severity == "warning" and each.urn:  # warnings of lint begin with a place
            found.append(message.removeprefix("warning: "))
        elif each.severity == "info#err" and message:
            # One line for each message. The next message begins with the name of a workflow.
            if message.startswith("workflow ") or not found:
                found.append(message)
            else:
                found[-1] += f" {message}"
    yield from (each for each in found if each.startswith("workflow "))
