"""Reads the workflows that a Pulumi program declares, without running it, and adds declarations. No I/O."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pulumi_8x8.definition import Json
from pulumi_8x8.definition.model import PARTS
from pulumi_8x8.errors import ExportError
from pulumi_8x8.exporting.python.pieces import Atom, Bracketed, Piece, literal, statement
from pulumi_8x8.phrasing import natural

_MODULE = "pulumi_8x8"
#: The package of an exported project whose modules declare workflows.
PACKAGE = "workflows"
_WIDTH = 79
#: What an exported program calls the packages.
NAMES = {"pulumi": "pulumi", _MODULE: "automation"}


@dataclass(frozen=True)
class WorkflowCall:
    """A ``Workflow(…)`` of a program.

    :param adopt: ``None`` if it isn't set, isn't a plain text, or belongs to another account.
    :param source: its file; ``None`` if the text of the program doesn't name one.
    :param why: the reason, if ``source`` is ``None``.
    :param given: parts of the definition that the program sets itself; ``...`` if the value isn't constant.
    :param module: the path of the module that declares it, in the program's folder; ``None`` if the program does.
    """

    resource: str
    adopt: str | None = None
    source: str | None = None
    why: str = "the program doesn't name its file as a plain text"
    given: Mapping[str, Json] = field(default_factory=dict)
    module: str | None = None


class Extras(NamedTuple):
    """What ``Workflow(…)`` has besides the workflow and ``protect=True``.

    :param warned: lint rules that report errors in what the service holds. They become warnings, since errors would
        stop the program.
    :param adopt: the id of the definition, if the stack's config can't hold more of them.
    """

    warned: tuple[str, ...] = ()
    adopt: str | None = None


NO_EXTRAS = Extras()


@dataclass(frozen=True)
class Line:
    """The declaration of a workflow that is kept as a file."""

    resource: str
    source: str
    extras: Extras = NO_EXTRAS

    def text(self, names: Mapping[str, str]) -> str:
        """The declaration, as formatters write it for any length of lines.

        :param names: what the program calls the packages.
        """
        arguments = [("", Atom(literal(self.resource))), ("source=", Atom(literal(self.source)))]
        return statement("", workflow_call(names, arguments, self.extras), 0)


def workflow_call(names: Mapping[str, str], arguments: Sequence[tuple[str, Piece]], extras: Extras) -> Bracketed:
    """``automation.Workflow(…)`` on several lines.

    :param names: what the program calls the packages.
    :param arguments: of the workflow.
    """
    more: list[tuple[str, Piece]] = []
    if extras.adopt is not None:
        more.append(("adopt=", Atom(literal(extras.adopt))))
    if extras.warned:
        levels = [(f"{literal(rule)}: ", Atom('"warning"')) for rule in extras.warned]
        more.append(("lint=", Bracketed("{", levels, "}", "  # what the service holds has these errors")))
    more.append(("opts=", Atom(f"{names['pulumi']}.ResourceOptions(protect=True)")))
    return Bracketed(f"{names[_MODULE]}.Workflow(", [*arguments, *more], ")", on_lines=True)


@dataclass(frozen=True)
class PythonProgram:
    """A program, as far as its text shows.

    :param packages: what the program calls the packages that it imports.
    :param modules: the modules of the package ``workflows`` that it imports: the module by its name in the program.
    :param names: all names that it uses.
    :param secrets: keys of the config that it reads as secrets.
    """

    text: str
    declared: tuple[WorkflowCall, ...] = ()
    packages: Mapping[str, str] = field(default_factory=dict)
    modules: Mapping[str, str] = field(default_factory=dict)
    names: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()

    def with_more(self, lines: Collection[Line], modules: Collection[str] = ()) -> str:
        """The program's text with a declaration for each of ``lines``, and for each module of ``workflows``.

        They come before the output ``digests``, which has what is declared so far, or else at the end.
        """
        if not lines and not modules:
            return self.text
        text = self.text if self.text.endswith("\n") or not self.text else f"{self.text}\n"
        missing = [each for each in _IMPORTS if each not in self.packages] if lines else []
        names = {**NAMES, **self.packages}
        body = ast.parse(text).body
        at = _place_of_declarations(body, text)
        declared = "".join(f"\n{line.text(names)}" for line in lines)
        if missing:
            declared = f"{chr(10) if at else ''}{''.join(_IMPORTS[each] for each in missing)}{declared}"
        if modules:
            calls = "".join(f"{each}.declare()\n" for each in sorted(modules, key=natural))
            declared += calls if not declared and _is_call(body, at, self.modules) else f"\n{calls}"
        edits = [(at, at, declared)]
        if modules:
            edits.append(_import(body, dict(zip(modules, modules, strict=True))))
        rows = text.splitlines(keepends=True)
        for start, end, new in sorted(edits, key=lambda edit: edit[0], reverse=True):
            rows[start:end] = [new]
        return "".join(rows)


_IMPORTS = {"pulumi": "import pulumi\n", _MODULE: f"import {_MODULE} as automation\n"}


def new_program(about: str) -> PythonProgram:
    """A program that declares nothing yet, and exports the digests."""
    imports = "".join(_IMPORTS.values())
    return read_program("", f'"""{about}"""\n\n{imports}\npulumi.export("digests", automation.digests())\n')


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
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    declared = tuple(each for call in calls if _called(call) == "Workflow" and (each := _declared(call)))
    secrets = (_constant(each.args[0]) for each in calls if "secret" in (_called(each) or "") and each.args)
    return PythonProgram(
        text,
        declared,
        dict(_packages(tree)),
        {each.asname or each.name: each.name for node in _imports_of_modules(tree.body) for each in node.names},
        frozenset(_names(tree)),
        frozenset(each for each in secrets if isinstance(each, str)),
    )


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


def _packages(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in reversed(tree.body):
        for each in node.names if isinstance(node, ast.Import) else ():
            if each.name in _IMPORTS:
                yield each.name, each.asname or each.name


def _imports_of_modules(body: Sequence[ast.stmt]) -> list[ast.ImportFrom]:
    return [
        node
        for node in body
        if isinstance(node, ast.ImportFrom) and node.module == PACKAGE and not node.level and node.names[0].name != "*"
    ]


def _names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name


# Where new declarations go


def _place_of_declarations(body: Sequence[ast.stmt], text: str) -> int:
    """The number of lines before new declarations."""
    for before, node in zip([None, *body], body, strict=False):
        calls = (each for each in ast.walk(node) if isinstance(each, ast.Call))
        if any(_called(each) == "digests" for each in calls):
            end = before.end_lineno if before is not None else 0
            if end is not None and end < node.lineno:
                return end
    return len(text.splitlines())


def _is_call(body: Sequence[ast.stmt], at: int, modules: Collection[str]) -> bool:
    """Whether the statement that ends in that line declares a workflow of a module."""
    node = next((each for each in body if each.end_lineno == at), None)
    call = node.value if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) else None
    owner = call.func.value if call is not None and isinstance(call.func, ast.Attribute) else None
    return isinstance(owner, ast.Name) and owner.id in modules


def _import(body: Sequence[ast.stmt], modules: Mapping[str, str]) -> tuple[int, int, str]:
    """The lines that an import of more modules replaces, and the import."""
    ours = _imports_of_modules(body)
    if ours:
        there = ours[-1]
        end = there.end_lineno or there.lineno
        own = {each.asname or each.name: each.name for each in there.names}
        return there.lineno - 1, end, _import_of({**own, **modules})
    imports = [each for each in body if isinstance(each, ast.Import | ast.ImportFrom)]
    docstring = body[:1] if ast.get_docstring(ast.Module([*body], [])) is not None else []
    at = max((each.end_lineno or 0 for each in (*docstring, *imports)), default=0)
    return at, at, ("\n" if at else "") + _import_of(modules)


def _import_of(modules: Mapping[str, str]) -> str:
    """The import, as formatters write it.

    :param modules: by their names in the program.
    """
    pairs = sorted(modules.items(), key=lambda pair: [natural(each) for each in (pair[1], pair[0])])
    items = [module if module == name else f"{module} as {name}" for name, module in pairs]
    flat = f"from {PACKAGE} import {', '.join(items)}"
    if len(items) == 1 and len(flat) <= _WIDTH:
        return f"{flat}\n"
    return f"from {PACKAGE} import (\n{''.join(f'    {each},{chr(10)}' for each in items)})\n"
