"""The modules of a project that declare workflows: which there are, what they declare, and how an export changes them.

A module is Python that people change, so the program runs, without a stack, to find out what it declares.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from pulumi_8x8.definition import Definition, Json
from pulumi_8x8.definition.compare import compare
from pulumi_8x8.definition.placeholders import placeholder, secrets_in
from pulumi_8x8.errors import ExportError, SourceError
from pulumi_8x8.exporting.names import variable
from pulumi_8x8.exporting.project import Project
from pulumi_8x8.exporting.python.merging import lines_by_hand, merge
from pulumi_8x8.exporting.python.module_writer import write_module
from pulumi_8x8.exporting.python_program import PACKAGE, Extras
from pulumi_8x8.phrasing import show_path
from pulumi_8x8.programs.loading import workflows_of_program

#: What a program may need to run.
_SUFFIXES = {".py", ".yaml", ".yml", ".json", ".toml", ".txt"}
_LARGEST = 1_000_000


class Update(NamedTuple):
    """A module's new text.

    :param keeps: everything that was written by hand stays.
    :param note: what the user has to know.
    """

    text: str
    keeps: bool
    note: str = ""


class Modules:
    """The modules of a project.

    :ivar new: names of modules that the export adds.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        files = [path.stem.lower() for path in (project.folder / PACKAGE).glob("*.py")]
        self._taken = {*files, *(project.program.names if project.program else ()), PACKAGE}
        self._updated: dict[str, str] = {}
        self._declared: dict[str, Definition] = {}
        self.new: list[str] = []

    def add(self, definition: Definition, resource: str, extras: Extras) -> tuple[str, str] | None:
        """The path and the text of a new module; ``None`` if Python can't express the workflow."""
        text = write_module(definition, resource, extras)
        if text is None:
            return None
        name = variable(resource, self._taken, "workflow")
        self._taken.add(name)
        self.new.append(name)
        return f"{PACKAGE}/{name}.py", text

    def definitions(self) -> Mapping[str, Definition]:
        """What the program declares, by resource. Secrets are placeholders, and sub-accounts have logical names.

        :raises ExportError: the program fails.
        """
        self._declared = self._run({})
        return self._declared

    def _run(self, texts: Mapping[str, str]) -> dict[str, Definition]:
        """:param texts: other texts of modules, by their paths."""
        program, folder = self._project.program, self._project.folder
        config = {name: value for name, value in (self._project.config or {}).items() if not name.startswith("8x8:")}
        secrets = {name for name, value in config.items() if isinstance(value, Mapping) and "secure" in value}
        files = [folder / each.source for each in program.declared if each.source] if program else []
        texts_of_files = (path.read_text(encoding="utf-8") for path in files if path.is_file())
        names = {*(program.secrets if program else ()), *(name for text in texts_of_files for name in secrets_in(text))}
        own = {f"{self._project.name}:{name}" for name in names}
        given: dict[str, Json] = {
            name: placeholder(name.rpartition(":")[2]) if name in secrets | own else config[name]
            for name in {*config, *own}
        }
        try:
            if not texts:
                return _read(folder, given)
            with tempfile.TemporaryDirectory() as copy:
                return _read(_copied(folder, Path(copy) / folder.resolve().name, texts), given)
        except SourceError as error:
            raise ExportError(f"{error}\nNothing was written.") from None

    def update(
        self,
        path: str,
        theirs: Definition,
        wanted: Definition,
        resource: str,
        extras: tuple[Extras, Extras],
    ) -> Update | None:
        """Brings what changed into a module; ``None`` if that isn't possible (:meth:`why_not`).

        :param theirs: what the module declares.
        :param wanted: what it must declare.
        :param extras: for each of these.
        """
        new = write_module(wanted, resource, extras[1])
        if new is None:
            return None
        current = self._updated.get(path) or (self._project.folder / path).read_text(encoding="utf-8")
        base = write_module(theirs, resource, extras[0]) or ""
        merged = merge(base, current, new)
        if merged is not None and (merged == new or self._declares(path, merged, resource, wanted)):
            self._updated[path] = merged
            self._declared[resource] = wanted
            return Update(merged, keeps=True)
        if self._declares_more(path):
            return None
        lines = _ranges(lines_by_hand(base, current))
        return Update(new, keeps=False, note=f"overwriting it loses what was written by hand in {lines}")

    def _declares_more(self, path: str) -> bool:
        """Whether a module declares several workflows, so that the text of one can't replace it."""
        program = self._project.program
        return program is not None and sum(each.module == path for each in program.declared) > 1

    def why_not(self, path: str, wanted: Definition) -> str:
        """Why :meth:`update` returned nothing."""
        if self._declares_more(path):
            return "the module declares several workflows, and the lines that change were changed by hand"
        return inexpressible(wanted)

    def _declares(self, path: str, text: str, resource: str, wanted: Definition) -> bool:
        """Whether a text of a module declares this workflow, and the program declares the others as before."""
        try:
            read = self._run({**self._updated, path: text})
        except ExportError:
            return False
        expected = {**self._declared, resource: wanted}
        return read.keys() == expected.keys() and not any(compare(read[name], expected[name]) for name in read)


def inexpressible(definition: Definition) -> str:
    """Why Python can't express a workflow."""
    members: list[tuple[str, ...]] = [(key,) for key in definition.more if key != "definition"]
    members += [("definition", key) for key in definition.more_inside()]
    shown = ", ".join(show_path(each) for each in members)
    return f"Python has nothing for {shown}" if shown else "Python can't express it exactly"


def _read(folder: Path, config: Mapping[str, Json]) -> dict[str, Definition]:
    return {name: Definition.from_body(body) for name, body in workflows_of_program(folder, config).items()}


def _copied(folder: Path, copy: Path, texts: Mapping[str, str]) -> Path:
    """A copy of a program, with other texts of modules."""

    def ignored(where: str, names: list[str]) -> list[str]:
        paths = [Path(where, name) for name in names]
        return [
            path.name
            for path in paths
            if path.name.startswith(".")
            or path.resolve() == copy.parent.resolve()
            or path.name in ("__pycache__", "node_modules")
            or (path / "pyvenv.cfg").exists()
            or (path.is_file() and (path.suffix not in _SUFFIXES or path.stat().st_size > _LARGEST))
        ]

    shutil.copytree(folder, copy, ignore=ignored)
    for path, text in texts.items():
        (copy / path).write_text(text, encoding="utf-8")
    return copy


def _ranges(numbers: Sequence[int]) -> str:
    """``lines 3, 7-9``."""
    found: list[list[int]] = []
    for each in numbers:
        if found and found[-1][-1] == each - 1:
            found[-1][1:] = [each]
        else:
            found.append([each])
    shown = ", ".join("-".join(map(str, each)) for each in found)
    return f"line{'' if len(numbers) == 1 else 's'} {shown}"
