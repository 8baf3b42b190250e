"""The JSON Schemas of the files that tests are: tables of events and expectations, and stubs of HTTP calls.

Pydantic makes them of the dataclasses that read these files. What a member means is in the comments of the example at
the top of ``testing/tables.py``, and in the docstrings.
"""

from __future__ import annotations

import json
import re
from inspect import cleandoc
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema

from pulumi_8x8.simulator.http import StubFile
from pulumi_8x8.testing import tables
from tools.docs.schema import Schema

_MEMBER = re.compile(r"^[ {-]*(\w+): .*?# (.+(?:\n {10,}# .+)*)", re.MULTILINE)
_PARAM = re.compile(r":param (\w+): ([^:]+?)(?=\s*:param|\s*\Z)")


def tests() -> str:
    """The content of ``docs/tests.schema.json``."""
    schema = _schema_of(tables.TableFile, "Tests of 8x8 Automation API workflows")
    about = {
        name: _sentence(re.sub(r"\s*\n\s*# ", " ", text))
        for name, text in _MEMBER.findall(cleandoc(tables.__doc__ or ""))
    }
    item = schema["$defs"]["Item"]
    for name, member in {**schema["properties"], **item["properties"]}.items():
        if name in about:
            member["description"] = about[name]
    item |= {"minProperties": 1, "maxProperties": 1}
    return _text(schema)


def stubs() -> str:
    """The content of ``docs/stubs.schema.json``."""
    return _text(_schema_of(StubFile, "Answers to HTTP calls of 8x8 Automation API workflows"))


def _schema_of(kind: type[Any], title: str) -> Schema:
    made = TypeAdapter(kind).json_schema(schema_generator=_Silent)
    clean: Schema = _clean(made)
    return {"$schema": GenerateJsonSchema.schema_dialect, "title": title, **clean}


class _Silent(GenerateJsonSchema):
    """Without titles that repeat a name; a default without a JSON form is left out."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def emit_warning(self, kind: Any, detail: str) -> None: ...

    def sort(self, value: Schema, parent_key: str | None = None) -> Schema:
        return value


def _clean(part: Any) -> Any:
    """A part of a schema as people read it: without names of classes, with descriptions from docstrings and types."""
    if isinstance(part, list):
        return [_clean(each) for each in part]
    if not isinstance(part, dict):
        return part
    if "properties" in part:
        part = _described(part)
    if "must" in part:
        part = {"description": _sentence(part["must"]), **part}
    if "$defs" in part:
        part = {**part, "$defs": {name.lstrip("_"): each for name, each in part["$defs"].items()}}
    kept: Schema = {
        key: {name: _clean(each) for name, each in value.items()} if key in ("properties", "$defs") else _clean(value)
        for key, value in part.items()
        if key not in ("must", "title")
    }
    kept = {key: value for key, value in kept.items() if (key, value) not in _SILENT}
    return _flat(kept) if "anyOf" in kept else _renamed(kept)


#: Parts of a schema without a meaning.
_SILENT = (("default", None), ("additionalProperties", True))


def _flat(schema: Schema) -> Schema:
    """Alternatives of alternatives are alternatives; one that allows everything is all."""
    every: list[Schema] = []
    for each in schema["anyOf"]:
        every += each.get("anyOf", [each])
    about = next((each["description"] for each in schema["anyOf"] if "description" in each), None)
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    described = rest if about is None else {"description": about, **rest}
    every = [{key: value for key, value in each.items() if key != "description"} for each in every]
    return described if {} in every else {"anyOf": every, **described}


def _renamed(schema: Schema) -> Schema:
    return {key: value.replace("/_", "/") if key == "$ref" else value for key, value in schema.items()}


def _described(schema: Schema) -> Schema:
    """A schema whose members have their descriptions from the docstring of its class."""
    docstring = schema.get("description", "").replace("``", "`")
    about = {name: _sentence(text) for name, text in _PARAM.findall(docstring)}
    properties = {
        name: {**member, "description": about[name]} if name in about else member
        for name, member in schema["properties"].items()
    }
    first = re.split(r"(?<=\.) |; see :", " ".join(docstring.split()))[0]
    return {**schema, "description": _sentence(first), "properties": properties}


def _sentence(text: str) -> str:
    text = " ".join(text.split()).rstrip(".,")
    return f"{text[:1].upper()}{text[1:]}."


def _text(schema: Schema) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
