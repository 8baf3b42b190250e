"""The parts of docs/authoring.md that follow from code: forms of its programs, triggers, and the table of operators.

Other pages with programs and tests, such as docs/messages.md, have the same blocks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from pulumi_8x8.definition.members import Members, OpenMembers, declared_members
from pulumi_8x8.definition.operators import OPERATORS
from pulumi_8x8.definition.payloads import InboundChatApps, InboundLine, InboundSms
from pulumi_8x8.exporting.yaml_writer import write_body

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "authoring.md"

_PROGRAM = re.compile(r"^```python program=(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TEST = re.compile(r"^```yaml test=(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TRIGGERS = {
    "inbound_sms()": InboundSms,
    'inbound_chat_apps(), inbound_chat_apps("whatsapp"), inbound_chat_apps("viber")': InboundChatApps,
    'inbound_chat_apps("line")': InboundLine,
}


def programs(page: Path) -> dict[str, str]:
    """The programs of a page, by name."""
    return dict(_PROGRAM.findall(page.read_text("utf-8")))


def tests(page: Path) -> dict[str, list[Any]]:
    """The tests of the programs, by the program's name."""
    return {name: yaml.safe_load(text) for name, text in _TEST.findall(page.read_text("utf-8"))}


def body_of(program: str) -> dict[str, Any]:
    """What a program declares, in the service's shape. It runs in this process, with Pulumi's mocks."""
    import pulumi
    from pulumi.runtime import Mocks, set_mocks, test

    from pulumi_8x8.definition import from_inputs

    found: list[dict[str, Any]] = []

    class Recorder(Mocks):
        def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
            found.append(from_inputs(args.inputs).body())
            return args.name, dict(args.inputs)

        def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
            return {}

    set_mocks(Recorder(), preview=False)
    code = compile(program, "authoring.md", "exec")
    test(lambda: exec(code, {"__name__": "__main__"}))()  # type: ignore[no-untyped-call]
    (body,) = found
    return body


def page() -> str:
    """The page with new content between its markers."""
    text = with_forms(PAGE)
    text = filled(text, "triggers", "\n".join(_triggers()))
    return filled(text, "operators", "\n".join(_operators()))


def with_forms(page: Path) -> str:
    """A page with the other forms of its programs."""
    text = page.read_text("utf-8")
    for name, program in programs(page).items():
        text = filled(text, f"forms {name}", _forms(body_of(program)))
    return text


def filled(text: str, name: str, content: str) -> str:
    """``text`` with new content between the markers of this name."""
    begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
    return text[: text.index(begin) + len(begin)] + content + "\n" + text[text.index(end) :]


def _forms(body: dict[str, Any]) -> str:
    forms = (f"```{form}\n{write_body(body, f'workflow.{form}')}```\n" for form in ("yaml", "json"))
    titles = ("The same in YAML", "The same in JSON")
    return "\n".join(
        f"<details><summary>{title}</summary>\n\n{form}\n</details>" for title, form in zip(titles, forms, strict=True)
    )


def _triggers() -> Iterator[str]:
    yield "| trigger | members |\n|---|---|"
    for name, kind in _TRIGGERS.items():
        shown = ", ".join(f"`{path}`" for path in _members(kind))
        yield f"| {', '.join(f'`{each}`' for each in name.split(', '))} | {shown} |"


def _members(kind: type[Any], before: str = "") -> Iterator[str]:
    for name, (_, inner) in declared_members(kind).items():
        if issubclass(inner, Members):
            yield from _members(inner, f"{before}{name}.")
        else:
            yield f"{before}{name}"
    if issubclass(kind, OpenMembers):
        yield f"{before}…"


def _operators() -> Iterator[str]:
    yield "| Python | script | meaning |\n|---|---|---|"
    for each in OPERATORS:
        python, script = (text.replace("|", "\\|") for text in (each.python, each.script))
        yield f"| `{python}` | `{script}` | {each.meaning} |"
