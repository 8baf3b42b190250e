"""Finds the messages about errors in the code of the package, without running it.

A function *makes messages* if it creates an exception, or warns, or if it returns a text to one that does. All its
literals of several words are messages or parts of them. What an f-string inserts is ``…``.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import NamedTuple

from tools.docs.authoring import DOCS

PACKAGE = DOCS.parent / "provider" / "pulumi_8x8"
GAP = "…"

#: Functions that show a message, or add one to an exception.
_SHOWING = {"warn", "notify", "Misfit", "Must", "error", "Fault", "fault", "error_body"}
#: Modules whose functions return nothing but messages.
_ALL_OF = ("resources/notices.py:",)
#: Exceptions of libraries that the code raises.
_FOREIGN = {"UsageError", "BadParameter", "RunError", "DecodingError", "CollectError", "ConnectError"}
_WORD = re.compile(r"[(\"'`]*[A-Za-z][A-Za-z'’-]*[)\"'`.,:;?]*")
_LEAST_WORDS = 3
_SQL = ("SELECT ", "PRAGMA ", "builtins.", "tag:")
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class CodeMessage(NamedTuple):
    """A text of a message.

    :param place: ``module.py:function``, from the package on; of a class, ``module.py:Class.method``.
    """

    place: str
    text: str

    @property
    def is_sentence(self) -> bool:
        """Whether it has enough words to find it by."""
        words = [word for word in self.text.split() if _WORD.fullmatch(word)]
        return len(words) >= _LEAST_WORDS and not self.text.startswith(_SQL)


@cache
def exceptions() -> Mapping[str, tuple[str, str]]:
    """The exceptions of the package: the name, with the module and the docstring's first line."""
    found: dict[str, tuple[str, str]] = {}
    classes = [
        (name, node) for name, tree in _trees().items() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)
    ]
    known = {name for name in dir(builtins) if _is_exception(name)} | {"ClickException", "ReadError"}
    for _ in range(5):  # as deep as the tree is
        for module, node in classes:
            bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
            if bases & (known | found.keys()):
                found[node.name] = module, (ast.get_docstring(node) or "").partition("\n")[0]
    return found


def _is_exception(name: str) -> bool:
    kind = getattr(builtins, name)
    return isinstance(kind, type) and issubclass(kind, Exception)


@cache
def _trees() -> Mapping[str, ast.Module]:
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text("utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


@cache
def messages() -> tuple[CodeMessage, ...]:
    """All messages, in the order of the code."""
    every = dict(_every_function())
    makers = {*exceptions(), *_FOREIGN, *_SHOWING, "ValueError", "TypeError", "OSError", "AttributeError"}
    returning = {
        place for place, function in every.items() if _returns(function) & (makers | {"Exception", "NoReturn"})
    }
    makers |= {_called(place) for place in returning} - {"__exit__", "main"}
    found: dict[str, list[str]] = {}
    waiting = [(place, _slice(function, _created(function, makers))) for place, function in every.items()]
    waiting += [(place, _slice(every[place], _returned(every[place]))) for place in sorted(returning)]
    waiting += [(f"{module}:", _created(tree, makers, below=False)) for module, tree in _trees().items()]
    waiting += [(place, _returned(every[place])) for place in every if place.startswith(_ALL_OF)]
    seen = set()
    while waiting:
        place, parts = waiting.pop()
        module = place.partition(":")[0]
        found.setdefault(place, []).extend(_texts(parts))
        for part in parts:
            for node in ast.walk(part):
                if isinstance(node, ast.Name):
                    found[place] += _constants().get((module, node.id), ())
                if isinstance(node, ast.Call) and (callee := _resolved(module, node.func)) in every:
                    assert callee is not None
                    if callee not in seen and "str" in "".join(_returns(every[callee])):
                        seen.add(callee)
                        waiting.append((callee, _slice(every[callee], _returned(every[callee]))))
    order = {name: number for number, name in enumerate([*every, *found])}
    made = [
        CodeMessage(place, text)
        for place in sorted(found, key=lambda place: (place.partition(":")[0], order[place]))
        for text in dict.fromkeys(found[place])
    ]
    return tuple(each for each in made if each.is_sentence)


def _called(place: str) -> str:
    return place.rpartition(":")[2].rpartition(".")[2]


def _returns(function: _Function) -> set[str]:
    return {*re.findall(r"\w+", ast.unparse(function.returns))} if function.returns else set()


def _every_function() -> Iterator[tuple[str, _Function]]:
    for module, tree in _trees().items():
        for function, path in _functions(tree, ""):
            yield f"{module}:{path}", function


def _functions(node: ast.AST, path: str) -> Iterator[tuple[_Function, str]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function):
            yield child, f"{path}{child.name}"
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{path}{child.name}.")


def _created(node: ast.AST, makers: set[str], below: bool = True) -> list[ast.AST]:
    """The arguments of calls that create an exception or show a message.

    :param below: in functions, too.
    """
    found: list[ast.AST] = []
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function) and not below:
            continue
        if isinstance(child, ast.Call) and _makes(child, makers):
            found += [*child.args, *(each.value for each in child.keywords if each.arg in (None, "message"))]
        if isinstance(child, ast.Assign) and ast.unparse(child.targets[0]).endswith("error.args"):
            found.append(child.value)
        found += _created(child, makers, below)
    return found


def _makes(call: ast.Call, makers: set[str]) -> bool:
    called = ast.unparse(call.func)
    to_error = any(each.arg == "err" for each in call.keywords)
    return called.rpartition(".")[2] in makers or called == "super().__init__" or (called == "echo" and to_error)


def _returned(function: _Function) -> list[ast.AST]:
    kinds = (ast.Return, ast.Yield, ast.YieldFrom)
    return [node.value for node in ast.walk(function) if isinstance(node, kinds) and node.value is not None]


def _slice(function: _Function, parts: list[ast.AST]) -> list[ast.AST]:
    """``parts``, and what was put into the variables in them."""
    known: set[str] = set()
    made = list(parts)
    for part in made:  # grows
        names = {node.id for node in ast.walk(part) if isinstance(node, ast.Name)} - known
        known |= names
        if names:
            made += [value for name, value in _assigned(function) if name in names]
    return made


def _assigned(function: _Function) -> Iterator[tuple[str, ast.AST]]:
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=targets, value=value):
                pairs = [(target, value) for target in targets]
            case ast.AugAssign(target=target, value=value) | ast.NamedExpr(target=target, value=value):
                pairs = [(target, value)]
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                pairs = [(target, value)]
            case ast.Call(func=ast.Attribute(value=ast.Name() as target, attr="append" | "extend"), args=[value]):
                pairs = [(target, value)]
            case _:
                pairs = []
        for to, value in pairs:
            for each in ast.walk(to):
                if isinstance(each, ast.Name):
                    yield each.id, value


def _resolved(module: str, called: ast.expr) -> str | None:
    """The place of a function that is called by its name: of this module, or imported."""
    name = ast.unparse(called)
    imports = _imports(module)
    if isinstance(called, ast.Name):
        return f"{imports[name]}:{name}" if name in imports else f"{module}:{name}"
    first, _, rest = name.partition(".")
    if first in imports and "." not in rest:
        package = imports[first]
        return f"{package.removesuffix('__init__.py')}{first}.py:{rest}" if package.endswith("__init__.py") else None
    ours = [place for place in _methods(module) if place.rpartition(".")[2] == name.rpartition(".")[2]]
    return ours[0] if ours and first in ("self", "cls") else None


@cache
def _methods(module: str) -> tuple[str, ...]:
    return tuple(f"{module}:{path}" for _, path in _functions(_trees()[module], "") if "." in path)


@cache
def _imports(module: str) -> Mapping[str, str]:
    """The modules that names come from; through the packages that pass them on."""
    found = {}
    for node in ast.walk(_trees()[module]):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pulumi_8x8"):
            path = (node.module or "").removeprefix("pulumi_8x8").strip(".").replace(".", "/")
            file = f"{path}.py" if f"{path}.py" in _trees() else f"{path}/__init__.py".lstrip("/")
            for alias in node.names:
                name = alias.asname or alias.name
                passed_on = file.endswith("__init__.py") and file != module and file in _trees()
                found[name] = _imports(file).get(alias.name, file) if passed_on else file
    return found


def _texts(parts: Iterable[ast.AST]) -> Iterator[str]:
    """The literals in parts of a function, whole."""
    for part in parts:
        inside: set[int] = set()
        for node in ast.walk(part):
            if id(node) in inside:
                continue
            if isinstance(node, ast.JoinedStr):
                inside |= {id(each) for each in node.values if isinstance(each, ast.Constant)}
                yield "".join(str(each.value) if isinstance(each, ast.Constant) else GAP for each in node.values)
            elif isinstance(node, ast.FormattedValue) and node.format_spec is not None:
                inside |= {id(each) for each in ast.walk(node.format_spec)}
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


@cache
def _constants() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """The texts of a module's constants, by module and name."""
    found = {}
    for module, tree in _trees().items():
        for node in tree.body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    found[module, name] = tuple(_texts([value]))
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    found[module, name] = tuple(_texts([value]))
    return found
