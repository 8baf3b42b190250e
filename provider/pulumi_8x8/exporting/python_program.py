"""Reads the workflows that a Pulumi program declares, without running it, and appends declarations. No I/O."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from pulumi_8x8.definition import Json
from pulumi_8x8.definition.model import PARTS
from pulumi_8x8.errors import ExportError

_MODULE = "pulumi_8x8"
_IMPORT = f"import {_MODULE} as automation\n"

#: Arguments of ``Workflow`` that override a part of its file. A definition has attributes of the same names.


@dataclass(frozen=True)
class WorkflowCall:
    """A ``Workflow(…)`` of a program.

    :param adopt: ``None`` if it isn't set, isn't a plain text, or belongs to another account.
    :param source: its file; ``None`` if the text of the program doesn't name one.
    :param why: the reason, if ``source`` is ``None``.
    :param given: parts of the definition that the program sets itself; ``...`` if the value isn't constant.
    """

    resource: str
    adopt: str | None = None
    source: str | None = None
    why: str = "the program doesn't name its file as a plain text"
    given: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class PythonProgram:
    """A program, as far as its text shows.

    :param module: the name of the imported package; ``None`` if the program doesn't import the package itself.
    """

    text: str
    declared: tuple[WorkflowCall, ...]
    module: str | None

    def with_more(self, lines: Collection[Line]) -> str:
        """The program's text, followed by a declaration for each of ``lines``."""
        if not lines:
            return self.text
        text = self.text if self.text.endswith("\n") or not self.text else f"{self.text}\n"
        if self.module is None:
            text += f"\n{_IMPORT}" if text else _IMPORT
        return text + "".join(f"\n{line.text(self.module or 'automation')}" for line in lines)


@dataclass(frozen=True)
class Line:
    """The declaration of a workflow that is kept as a file.

    :param warned: lint rules that report errors in what the service holds. They become warnings, since errors would
        stop the program.
    """

    resource: str
    source: str
    adopt: str
    warned: tuple[str, ...] = ()

    def text(self, module: str) -> str:
        """The declaration as ruff formats it, for any line length."""
        members = [
            f"    {json.dumps(self.resource)},",
            f"    source={json.dumps(self.source)},",
            f"    adopt={json.dumps(self.adopt)},",
        ]
        if self.warned:
            levels = "".join(f'        {json.dumps(rule)}: "warning",\n' for rule in self.warned)
            members.append(f"    lint={{  # what the service holds has these errors\n{levels}    }},")
        return f"{module}.Workflow(\n" + "\n".join(members) + "\n)\n"


def new_program(about: str) -> PythonProgram:
    return PythonProgram(f'"""{about}"""\n\n{_IMPORT}', (), "automation")


def read_program(path: str, text: str) -> PythonProgram:
    """Parses a program.

    :param path: the program's name in messages.
    :raises ExportError: ``text`` isn't Python.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = f":{error.lineno}" if isinstance(error, SyntaxError) and error.lineno else ""
        why = error.msg if isinstance(error, SyntaxError) else str(error)
        raise ExportError(f"{path}{line}: not Python: {why}. Nothing was written.") from None
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _called(node) == "Workflow"]
    declared = tuple(each for call in calls if (each := _declared(call)))
    return PythonProgram(text, declared, _module(tree))


def _called(call: ast.Call) -> str | None:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else None


def _declared(call: ast.Call) -> WorkflowCall | None:
    resource = _constant(call.args[0]) if call.args else ...
    if not isinstance(resource, str):
        return None
    given = {each.arg: _constant(each.value) for each in call.keywords if each.arg}
    adopt, source = given.get("adopt"), given.get("source")
    declared = WorkflowCall(
        resource,
        adopt if isinstance(adopt, str) and given.get("account") is None else None,
        given={part: given[part] for part in PARTS.values() if part in given},
    )
    if given.get("steps") is not None:
        return replace(declared, why="the program declares its steps itself")
    if given.get("pin_version") is not None:
        return replace(declared, why="the program pins its version")
    return replace(declared, source=source) if isinstance(source, str) else declared


def _constant(node: ast.expr) -> Json:
    return node.value if isinstance(node, ast.Constant) else ...


def _module(tree: ast.Module) -> str | None:
    for node in tree.body:
        if isinstance(node, ast.Import):
            for each in node.names:
                if each.name == _MODULE:
                    return each.asname or _MODULE
    return None
