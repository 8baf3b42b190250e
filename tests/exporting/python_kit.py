"""Workflows to write in Python, and what the result is held against."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import corpus
from pulumi_8x8.definition import Definition
from pulumi_8x8.definition.compare import compare, reordered
from pulumi_8x8.exporting.python.module_writer import run_module, write_module

ROOT = Path(__file__).parents[2]

#: Ids, names and texts that Python, the package or a formatter might take for something else.
HOSTILE = (
    *(
        "class",
        "None",
        "automation",
        "pulumi",
        "config",
        "message",
        "request",
        "declare",
        "print",
        "match",
        "__class__",
    ),
    *(
        "import",
        "True",
        "data",
        "step",
        "type",
        "self",
        "a b",
        "A",
        "a",
        "send_CA",
        "sendReply",
        "1st",
        "2nd",
        "日本語",
    ),
    *("Grüße", "É", "e\u0301", "👩‍💻", "a" * 120, "_x", "__", "-", "x" * 41, "x" * 42, "menu", "menu_2", "menu-2"),
    *(
        '"',
        "'",
        '"""',
        "'''",
        "\\",
        "\\n",
        "\n",
        "a\nb\n",
        "\r\n",
        "\t",
        "\x00",
        "\x1b[31m",
        "\x85",
        "\u2028",
        "\ufeff",
    ),
    *("{", "}", "{}", "{x}", "{{x", "x}}", "%s", "#", "# x", "f'{x}'", 'it\'s "on"', "\\{", "${x}", "it's", 'say "x"'),
)


def flow(*steps: Any, name: str = "Flow", **parts: Any) -> Definition:
    """A definition of these steps."""
    body = {"trigger": "inbound_sms", "status": "enabled", **parts, "definition": {"name": name, "steps": [*steps]}}
    return Definition.from_body(body)


def published() -> Iterator[tuple[str, Definition]]:
    """Every published definition and message, and the definitions of the examples and of the guide."""
    for name, body in corpus.BODIES.items():
        yield name, Definition.from_body(body)
    for name, inputs in corpus.MESSAGES.items():
        step = {"id": "send", "stepType": "ChatAppsMessage", "inputs": {"subAccountId": "acme", **inputs}}
        yield f"message {name}", flow(step)
    examples = json.loads((ROOT / "tests/examples/bodies.json").read_text("utf-8"))
    for workflows in examples.values():
        for name, body in workflows.items():
            yield f"example {name}", Definition.from_body(body)
    guide = (ROOT / "docs/authoring.md").read_text("utf-8")
    for name, body in re.findall(r"<!-- forms (\w+) -->.*?```json\n(.*?)```", guide, re.DOTALL):
        yield f"guide {name}", Definition.from_body(json.loads(body))


def served(definition: Definition) -> Definition:
    """The definition as the service has it: with a status."""
    return replace(definition, status=definition.status or "disabled")


def compiles_back(definition: Definition, resource: str = "flow") -> str:
    """Writes a definition as a module, and holds what the module declares against it. Returns the module's text."""
    definition = served(definition)
    text = write_module(definition, resource)
    assert text is not None, definition
    found = run_module(text)[resource]
    assert found is not None
    assert compare(found, definition) == ()
    # The constructor of a typed step or part decides the order of its members; all other orders stay.
    moved = [
        each.path for each in reordered(definition, found) if each.path[-1] in ("steps", "outputs", "selectNextStep")
    ]
    assert moved == []
    return text
