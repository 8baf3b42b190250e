"""What ``pulumi preview --json`` says about workflows.

Measured with engine 3.259.0: a secret is ``"[secret]"`` on both sides (also with ``--show-secrets``), a value that is
not known yet is the engine's marker for one, what is on standard error of the provider comes line by line among the
diagnostics, and ``detailedDiff`` is always null for a dynamic provider.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi_8x8.definition import UNKNOWN, Definition, Json, from_inputs
from pulumi_8x8.definition.masking import Secret
from pulumi_8x8.definition.values import ENGINE_UNKNOWNS, SIGNATURE
from pulumi_8x8.errors import SourceError
from pulumi_8x8.review.reviews import Pair, Side

_WORKFLOW = "8x8:Workflow"
_HOW = "make one with: pulumi preview --json > preview.json"

#: How the engine writes a secret in a preview.
_SECRET = "[secret]"

#: Inputs of a Workflow that are no part of its definition.
_OPTIONS = ("account", "adopt", "onDelete", "overwrite", "pinVersion")

_RULE = re.compile(r"\[([a-z-]+)\]\s*$")


@dataclass(frozen=True)
class Preview:
    """The workflows of a preview.

    :param stack: ``project/stack``; empty when it has no resource at all.
    :param notes: what its reader has to know besides.
    :param failed: it ended with an error, and what it did not get to is missing.
    """

    stack: str
    pairs: tuple[Pair, ...]
    notes: tuple[str, ...]
    failed: bool


def read_preview(data: bytes, name: str) -> Preview:
    """The workflows in the output of ``pulumi preview --json``.

    :param name: what ``data`` is called in messages.
    :raises SourceError: it is something else.
    """
    content = _parse(_decode(data, name), name)
    steps = content.get("steps", [])
    if not isinstance(steps, list) or not all(_is_step(step) for step in steps):
        raise SourceError(f"{name}: its steps are not those of a preview; {_HOW}")
    diagnostics = [each for each in content.get("diagnostics") or [] if isinstance(each, dict)]
    pairs: dict[str, Pair] = {}
    for step in steps:
        if step["urn"].split("::")[2].rpartition("/")[2] == _WORKFLOW:
            pair = _pair(step, _told(step["urn"], diagnostics))
            if pair is not None:
                pairs.setdefault(step["urn"], pair)
    stack = ""
    if steps:
        first = steps[0]["urn"].removeprefix("urn:pulumi:").split("::")
        stack = f"{first[1]}/{first[0]}"
    failed = any(each.get("severity") == "error" for each in diagnostics)
    return Preview(stack, tuple(pairs.values()), tuple(_notes(diagnostics)), failed)


def _decode(data: bytes, name: str) -> str:
    # PowerShell's > writes UTF-16.
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise SourceError(f"{name}: not a text ({error.reason} at byte {error.start}); {_HOW}") from None


def _parse(text: str, name: str) -> dict[str, Any]:
    if not text.strip():
        raise SourceError(f"{name}: nothing in it; {_HOW}")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        first = text.lstrip().split("\n", 1)[0]
        if first.startswith('{"sequence"'):
            raise SourceError(
                f"{name}: a stream of events; unset PULUMI_ENABLE_STREAMING_JSON_PREVIEW and make the preview again"
            ) from None
        raise SourceError(f"{name}: not the JSON of a preview; {_HOW}") from None
    if isinstance(content, dict):
        if "steps" in content or "changeSummary" in content:
            return content
        if "deployment" in content:
            raise SourceError(f"{name}: the state of a stack, not a preview; {_HOW}")
        if "definition" in content:
            raise SourceError(f"{name}: a workflow file; to review one, name two files or folders: before and after")
    raise SourceError(f"{name}: JSON, but not that of a preview; {_HOW}")


def _is_step(step: Json) -> bool:
    if not isinstance(step, dict):
        return False
    urn, states = step.get("urn"), (step.get("oldState"), step.get("newState"))
    return (
        isinstance(urn, str)
        and urn.count("::") >= 3
        and isinstance(step.get("op"), str)
        and all(state is None or isinstance(state, dict) for state in states)
    )


def _pair(step: Mapping[str, Any], told: frozenset[str]) -> Pair | None:
    op, old, new = step["op"], step.get("oldState") or {}, step.get("newState") or {}
    was, wanted = _definition(old.get("inputs")), _definition(new.get("inputs"))
    label = step["urn"].split("::", 3)[3]
    version = (old.get("outputs") or {}).get("version")
    common: dict[str, Any] = {
        "label": label,
        "id": old.get("id"),
        "version": int(version) if isinstance(version, int | float) else None,
        "told": told,
    }
    before, after = old.get("inputs") or {}, new.get("inputs") or {}
    if op == "create" and wanted is not None:
        adopts = after.get("adopt")
        return Pair(new=Side(wanted), adopts=adopts if isinstance(adopts, str) else None, **common)
    if op == "delete" and was is not None:
        return Pair(old=Side(was), on_delete=before.get("onDelete"), **common)
    if op in ("update", "replace") and was is not None and wanted is not None:
        recreated = op == "replace"
        options = tuple(name for name in _OPTIONS if before.get(name) != after.get(name))
        return Pair(
            old=Side(was), new=Side(wanted), recreated=recreated, changed=not recreated, options=options, **common
        )
    return None  # a refresh, which the update after it takes into account; parts of a replacement


def _definition(inputs: Json) -> Definition | None:
    if not isinstance(inputs, dict) or "steps" not in inputs:
        return None
    return from_inputs(_readable(inputs))


def _readable(value: Json) -> Json:
    if isinstance(value, dict):
        if SIGNATURE in value:
            return Secret()
        return {key: _readable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_readable(item) for item in value]
    if value == _SECRET:
        return Secret()
    return UNKNOWN if isinstance(value, str) and value in ENGINE_UNKNOWNS else value


def _told(urn: str, diagnostics: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    rules = (_RULE.search(str(each.get("message"))) for each in diagnostics if each.get("urn") == urn)
    return frozenset(found[1] for found in rules if found is not None)


def _notes(diagnostics: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Errors, and what the provider found on the service, one text each."""
    told: list[str] = []
    for each in diagnostics:
        message = str(each.get("message", "")).strip()
        if each.get("severity") == "error" and message:
            yield message
        elif each.get("severity") == "warning" and each.get("urn"):  # lint's warnings begin with a place
            told.append(message.removeprefix("warning: "))
        elif each.get("severity") == "info#err" and message:
            # One line a message; a workflow's name begins the next one.
            if message.startswith("workflow ") or not told:
                told.append(message)
            else:
                told[-1] += f" {message}"
    yield from (each for each in told if each.startswith("workflow "))
