"""The package is built as ARCHITECTURE.md describes: no import circles, names, docstrings, layers, existing places."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "provider" / "pulumi_8x8"
ARCHITECTURE = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")


def _dotted(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    _dotted(file): ast.parse(file.read_text(encoding="utf-8"), str(file)) for file in sorted(PACKAGE.rglob("*.py"))
}

#: Names that several modules or public classes have because they mean the same thing, and what that is.
SAME_MEANING = {
    "settings": "how the client, the emulator and the simulator are set up",
    "wire": "the vendor's shapes; api and emulator write them on their own, or one misreading would pass both",
    "formats": "the formats of one thing: lint's problems, a review, an export, an instance",
    "Message": "a message: as a step sends it, and as its receiver sees it",
    "Instance": "a run of a workflow: in the service's answer, and in the simulator, which never import each other",
    "Fault": "an error at run time: in the service's answer, and in the simulator",
}


def _imports(tree: ast.Module) -> Iterator[str]:
    """The modules of the package that a module imports, also in functions and for type checkers alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name in MODULES)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for each in node.names:
                yield from [name for name in (f"{node.module}.{each.name}", node.module) if name in MODULES][:1]


def circle(imports: dict[str, set[str]]) -> list[str]:
    """The modules of one import circle, in order; empty when there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        found: list[str] = error.args[1]
        return found
    return []


def _names() -> Iterator[tuple[str, str]]:
    """Each name of a module or public class, with where it is."""
    for module, tree in MODULES.items():
        # A command's module has the command's name, which is often the name of its subject.
        if not module.startswith("pulumi_8x8.cli.commands."):
            yield module.rpartition(".")[2], module
        for node in tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield node.name, f"{module}.{node.name}"


def test_no_circles() -> None:
    """No module imports itself by way of others, inside packages too; late and type-only imports count."""
    assert circle({module: {*_imports(tree)} - {module} for module, tree in MODULES.items()}) == []


def test_what_a_circle_is() -> None:
    """A circle is found, also one of two modules; a diamond is none."""
    assert sorted(set(circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}))) == ["b", "c"]
    assert circle({"a": {"b", "c"}, "b": {"d"}, "c": {"d"}}) == []


def test_each_name_means_one_thing() -> None:
    """No two modules or public classes have one name, except for those that mean the same, each of them in use."""
    places = defaultdict(list)
    for name, place in _names():
        places[name].append(place)
    assert {name for name, found in places.items() if len(found) > 1} == SAME_MEANING.keys()


@pytest.mark.parametrize("module", MODULES)
def test_docstring(module: str) -> None:
    """A module begins with a line about its purpose, which ends in a full stop."""
    docstring = ast.get_docstring(MODULES[module])
    assert docstring
    assert docstring.splitlines()[0].endswith(".")


def test_architecture_has_each_package() -> None:
    """The drawing of the layers has each package and each module that stands directly in the package, and no others."""
    drawing = ARCHITECTURE.partition("## Layers")[2].split("```")[1]
    cells = [re.split(r"\s{2,}", line.lstrip(" |"))[0] for line in drawing.strip().splitlines()]
    drawn = [name for cell in cells for name in cell.split(" | ")]
    assert sorted(drawn) == sorted({module.split(".")[1] for module in MODULES if "." in module})


def test_places_in_architecture() -> None:
    """Each file and folder in the table of where to change what exists."""
    table = ARCHITECTURE.partition("## Where do I change")[2].partition("\n## ")[0]
    places = [place for row in table.splitlines()[3:] for place in re.findall(r"`([\w./<>-]+)`", row)]
    places = [re.sub(r"<\w+>", "*", place) for place in places if "/" in place or re.search(r"\.\w+$", place)]
    assert len(places) > 30
    roots = (PACKAGE, PACKAGE.parent, ROOT)
    for place in places:
        inside = any(list(root.glob(place.rstrip("/"))) for root in roots)
        # A file without a folder is in the folder of the file named before it.
        assert inside or ("/" not in place and list(ROOT.glob(f"[pt]*/**/{place}"))), place
