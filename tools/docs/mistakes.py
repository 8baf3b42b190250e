"""The content of docs/mistakes.md, made from tests/lint/mistakes.yaml: each mistake, and what lint finds.

A mistake is a change of a sound workflow. Places name steps by id: ``steps.menu.inputs.content.text``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi_8x8.definition import Definition, read_source
from pulumi_8x8.lint import RULES, Problem, lint

_ROOT = Path(__file__).resolve().parents[2]
DATA = _ROOT / "tests" / "lint" / "mistakes.yaml"
_LONGEST = 90
_HEAD = """# Mistakes

For authors of workflows: mistakes that others made, and the rule that finds each before a customer does. *What is
written* is the part that is wrong; the rest of the workflow is sound. [lint.md](lint.md) describes the rules.

A test makes every mistake in this table. `tests/lint/mistakes.yaml` has the workflows.
"""


@dataclass(frozen=True)
class Mistake:
    """A mistake: a change of a sound workflow, and the rule that finds it."""

    group: str
    mistake: str
    workflow: Mapping[str, Any]
    rule: str
    set: Mapping[str, Any]
    remove: tuple[str, ...]

    @property
    def body(self) -> dict[str, Any]:
        """The workflow with the mistake."""
        body = deepcopy(dict(self.workflow))
        for place, value in self.set.items():
            _change(body, place, _repeated(value))
        for place in self.remove:
            _change(body, place, None, remove=True)
        return body

    @property
    def problems(self) -> tuple[Problem, ...]:
        return lint(Definition.from_body(self.body))

    @property
    def written(self) -> str:
        """What is written, for a cell of a table."""
        return "<br>".join(
            _code(part) for part in (*map(_shown, self.set, self.set.values()), *map(_gone, self.remove))
        )


def workflows() -> dict[str, dict[str, Any]]:
    """The sound workflows by name."""
    return dict(read_source(DATA).body["workflows"])


def mistakes() -> list[Mistake]:
    """All mistakes, in the order of the file."""
    body = read_source(DATA).body
    return [
        Mistake(
            group,
            row["mistake"],
            body["workflows"][row["in"]],
            row["rule"],
            row.get("set", {}),
            tuple(row.get("remove", ())),
        )
        for group, rows in body["mistakes"].items()
        for row in rows
    ]


def page() -> str:
    """``docs/mistakes.md``."""
    every = mistakes()
    parts = [_HEAD]
    for group in dict.fromkeys(each.group for each in every):
        parts += [f"## {group}\n", "| mistake | what is written | found by | level |", "|---|---|---|---|"]
        parts += [_row(each) for each in every if each.group == group]
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _row(each: Mistake) -> str:
    severity = RULES[each.rule].severity
    return f"| {each.mistake} | {each.written} | [{each.rule}](lint.md#{each.rule}) | {severity} |"


def _change(body: dict[str, Any], place: str, value: Any, remove: bool = False) -> None:
    owner: Any = body
    *names, last = _names(place)
    for name in names:
        owner = _inside(owner, name, body)
    if isinstance(owner, list):
        owner[last : last + 1] = [] if remove else [value]
    elif remove:
        del owner[last]
    else:
        owner[last] = value


def _inside(owner: Any, name: str | int, body: dict[str, Any]) -> Any:
    if owner is body and name == "steps":
        return {step["id"]: step for step in body["definition"]["steps"]}
    return owner[name]


def _names(place: str) -> Iterator[Any]:
    for name in re.findall(r"[^.\[\]]+", place):
        yield int(name) if name.isdigit() else name


def _repeated(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"times", "text"}:
        return value["text"] * value["times"]
    return value


def _shown(place: str, value: Any) -> str:
    if isinstance(value, dict) and value.keys() == {"times", "text"}:
        return f'{_last(place)}: "{value["text"]}…" ({len(value["text"]) * value["times"]:,} characters)'
    return f"{_last(place)}: {json.dumps(value, ensure_ascii=False)}"


def _gone(place: str) -> str:
    return f"no {_last(place)}"


def _last(place: str) -> str:
    *_, owner, last = ("", *_names(place))
    return str(last) if isinstance(last, str) else f"{owner}[{last}]"


def _code(text: str) -> str:
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return f"<code>{short.replace('&', '&amp;').replace('<', '&lt;').replace('|', '&#124;')}</code>"
