"""Workflows at a path: of a workflow file, of a Pulumi program, or of a folder with any number of both."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pulumi_8x8.definition import UNKNOWN, Definition, Json, Source, from_inputs, read_source, show_path
from pulumi_8x8.definition.checked import wrong_values
from pulumi_8x8.definition.folders import NO_WORKFLOW_FILE, read_folder
from pulumi_8x8.definition.places import map_places
from pulumi_8x8.errors import ProgramError, SourceError
from pulumi_8x8.phrasing import natural
from pulumi_8x8.programs.discovery import mentions, projects_in, uses_package
from pulumi_8x8.programs.pulumi_yaml import Config, PulumiProject, find_project, project_file, read_project

# Most calls are for files, at every commit, so what runs programs is imported when there is one.
if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

    from pulumi_8x8.programs.execution import Execution, Recorded

#: Stands for a value that only a deployment knows, where a workflow runs on this machine.
UNKNOWN_TEXT = "<unknown>"


@dataclass(frozen=True)
class ProgramSettings:
    """What programs run with.

    :param stack: the stack whose settings (``Pulumi.<stack>.yaml``) count. ``None``: the only one that there is.
    :param config: further config. A key without a namespace belongs to the project.
    """

    stack: str | None = None
    config: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True)
class LoadedWorkflow:
    """A workflow that a file holds, or that a program declares.

    :param path: the file, or the program, as the user named it.
    :param resource: the name of its resource; empty for a file.
    :param where: its file, or ``file:line`` by step id, with the workflow's own under ``""``.
    :param levels: levels of lint rules of this workflow.
    :param shared: levels of the whole program.
    :param inputs: of the resource, as the engine would get them; empty for a file.
    """

    path: str
    resource: str
    where: Source | Mapping[str, str]
    levels: Mapping[str, str] = field(default_factory=dict)
    shared: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, Json] = field(default_factory=dict, repr=False)

    @property
    def label(self) -> str:
        """Its name in reports: the file, or the resource and where its program is, such as ``flows/shop: menu``."""
        if not self.resource:
            return self.path
        path = Path(self.path)
        program = path.parent if path.name == "__main__.py" else path
        return self.resource if program == Path() else f"{program.as_posix()}: {self.resource}"

    @property
    def source(self) -> Source | None:
        """Its file, if it comes from one."""
        return self.where if isinstance(self.where, Source) else None

    @cached_property
    def definition(self) -> Definition:
        """The definition. Secrets, and values that only a deployment knows, are holes."""
        if isinstance(self.where, Source) and not self.resource:
            return self.where.definition
        return self._from_inputs(reveal=False)

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """The places of values that only a deployment knows."""
        return self._runnable[1]

    @property
    def body(self) -> Mapping[str, Json]:
        """The definition in the service's shape, for the simulator: with secrets, and texts for unknown values.

        :raises SourceError: it has no steps.
        """
        body = self._runnable[0]
        inner = body.get("definition")
        if not isinstance(inner, dict) or not isinstance(inner.get("steps"), list):
            if self.resource:
                raise SourceError(f"{self.label}: its steps are known only after a deployment")
            raise SourceError(f"{self.path}:1: not a workflow: it needs trigger and definition, with name and steps")
        return body

    @cached_property
    def _runnable(self) -> tuple[Mapping[str, Json], tuple[str, ...]]:
        if isinstance(self.where, Source) and not self.resource:
            return self.where.body, ()
        unknown = []

        def known(path: tuple[str | int, ...], value: Json) -> Json:
            if value is not UNKNOWN:
                return value
            unknown.append(show_path(path))
            return UNKNOWN_TEXT

        definition = map_places(self._from_inputs(reveal=True), known)
        return definition.body(), tuple(unknown)

    def _from_inputs(self, reveal: bool) -> Definition:
        from pulumi_8x8.definition.masking import read_marks

        return from_inputs(read_marks(dict(self.inputs), reveal=reveal))


class Failure(str):
    """The message about a file or program that can't be read.

    :ivar path: as the user named it, or from the folder that the user named.
    """

    path: str

    def __new__(cls, path: str, message: str) -> Failure:
        made = super().__new__(cls, message)
        made.path = path
        return made


@dataclass(frozen=True)
class Loaded:
    """The workflows at some paths.

    :param workflows: in the order of the paths, then sorted by file, then by name.
    :param failures: a message for each file and program that can't be read.
    :param files: how many files and programs could be read.
    :param printed: what the programs printed.
    """

    workflows: tuple[LoadedWorkflow, ...]
    failures: tuple[Failure, ...]
    files: int
    printed: str

    def raise_failures(self) -> None:
        """:raises SourceError: something can't be read."""
        if self.failures:
            raise SourceError("\n".join(self.failures))

    def named(self, name: str | None) -> LoadedWorkflow:
        """The workflow with this name: of its resource, its file, or its own.

        :param name: ``None`` for the only one.
        :raises SourceError: there is none, or there are several.
        """
        self.raise_failures()
        found = self.workflows if name is None else [each for each in self.workflows if name in _names(each)]
        if len(found) == 1:
            return found[0]
        if not self.workflows:
            raise SourceError("the program declares no workflow")
        names = ", ".join(_short_names(self.workflows))
        if name is None:
            raise SourceError(f"there are {len(self.workflows)} workflows here. Name one: --workflow. They are {names}")
        what = "several workflows have" if found else "no workflow has"
        raise SourceError(f'{what} the name "{name}". The workflows are {names}')


def load(
    paths: Sequence[str | Path],
    settings: ProgramSettings = ProgramSettings(),
    *,
    shown_from: str | Path | None = None,
    files: bool = True,
    meanwhile: Sequence[str] = (),
) -> Loaded:
    """Reads all workflows at ``paths``: files, Python programs, and folders with any of them.

    Each program runs in a process of its own, without the engine, a stack's state, and the service. It takes at most a
    minute. A file that a program uses (``source=``) counts as a part of the program.

    :param shown_from: the folder from which messages name files of programs; by default the current folder.
    :param files: whether to read the workflow files in folders, besides those that programs use.
    :param meanwhile: modules that the caller needs next; importing them takes no time while programs run.
    """
    found = _Found(settings, str(shown_from or Path.cwd()))
    try:
        for path in paths:
            found.add(Path(path), files)
        for module in meanwhile:
            import_module(module)
        return found.loaded()
    finally:
        found.stop()


def load_one(
    path: str | Path,
    name: str | None = None,
    settings: ProgramSettings = ProgramSettings(),
) -> LoadedWorkflow:
    """The workflow of a file, or one workflow of a program or a folder.

    :param name: of its resource, its file, or its own; ``None`` if there is only one.
    :raises SourceError: it can't be read, or there isn't exactly one workflow of that name.
    """
    return load([path], settings).named(name)


def _names(workflow: LoadedWorkflow) -> set[Json]:
    name = workflow.definition.name
    return {workflow.resource or workflow.path, workflow.label, name if isinstance(name, str) else ""} - {""}


def _short_names(workflows: Sequence[LoadedWorkflow]) -> list[str]:
    """The names of resources and files; a name that several have is shown with the program."""
    short = [each.resource or each.path for each in workflows]
    return [each.label if short.count(name) > 1 else name for each, name in zip(workflows, short, strict=True)]


class _Found:
    """What is found at paths. Programs run while files are read."""

    def __init__(self, settings: ProgramSettings, shown_from: str) -> None:
        self._settings, self._shown_from = settings, shown_from
        self._threads: ThreadPoolExecutor | None = None
        self._parts: list[list[LoadedWorkflow] | _Running] = []
        self._programs: set[Path] = set()
        self._failures: list[Failure] = []

    def add(self, path: Path, files: bool) -> None:
        if not os.path.isdir(path):  # unlike Path.is_dir(), it takes any path
            self._try(self._add_program if path.suffix == ".py" else self._add_file, path)
            return
        before = len(self._parts) + len(self._failures)
        for project in projects_in(path):
            self._try(self._add_project_with_workflows, project)
        own = project_file(path)
        if own is None and mentions(path / "__main__.py", b"pulumi"):
            self._try(self._add_program, path / "__main__.py")
        for name, read in read_folder(str(path)) if files else ():
            if isinstance(read, SourceError):
                self._failures.append(Failure(name, str(read)))
            else:
                self._parts.append([LoadedWorkflow(read.path, "", read)])
        if files and own is not None and len(self._parts) + len(self._failures) == before:
            self._try(self._add_project, own)  # its workflows may come from another package
        if files and len(self._parts) + len(self._failures) == before:
            message = f"{path}: {NO_WORKFLOW_FILE}. Nor is there a Python program of a Pulumi project"
            self._failures.append(Failure(str(path), message))

    def loaded(self) -> Loaded:
        parts: list[list[LoadedWorkflow]] = []
        printed = ""
        for part in self._parts:
            try:
                parts.append(part if isinstance(part, list) else part.workflows(self._shown_from))
            except SourceError as error:
                path = "" if isinstance(part, list) else str(part.path)
                self._failures.append(Failure(path, str(error)))
            printed += "" if isinstance(part, list) else part.printed
        sources = (each.source for part in parts for each in part if each.resource)
        used = {os.path.abspath(os.path.join(self._shown_from, each.path)) for each in sources if each}
        kept = [part for part in parts if not (part and not part[0].resource and os.path.abspath(part[0].path) in used)]
        workflows = tuple(each for part in kept for each in part)
        return Loaded(workflows, tuple(self._failures), len(kept), printed)

    def stop(self) -> None:
        """Ends the programs that still run."""
        for part in self._parts:
            if isinstance(part, _Running):
                part.execution.stop()
        if self._threads is not None:
            self._threads.shutdown()

    def _try(self, add: Callable[[Path], None], path: Path) -> None:
        try:
            add(path)
        except SourceError as error:
            self._failures.append(Failure(str(path), str(error)))

    def _add_file(self, path: Path) -> None:
        source = read_source(path)
        self._parts.append([LoadedWorkflow(source.path, "", source)])

    def _add_project_with_workflows(self, file: Path) -> None:
        project = read_project(file)
        if project.is_python and uses_package(project.program.parent):
            self._run(project.program, project)

    def _add_project(self, file: Path) -> None:
        project = read_project(file)
        if project.is_python:
            self._run(project.program, project)

    def _add_program(self, path: Path) -> None:
        self._run(path, find_project(path))

    def _run(self, path: Path, project: PulumiProject) -> None:
        if path.resolve() in self._programs:
            return
        self._programs.add(path.resolve())
        stack = self._settings.stack or project.only_stack
        execution = execution_of(path, project, project.config(stack, self._settings.config), self._shown_from)
        if self._threads is None:
            from concurrent.futures import ThreadPoolExecutor

            self._threads = ThreadPoolExecutor(os.cpu_count())
        self._parts.append(_Running(path, execution, self._threads.submit(execution.run)))


class _Running:
    """A program that runs, or waits until it may."""

    def __init__(self, path: Path, execution: Execution, future: Future[Recorded]) -> None:
        self.path, self.execution, self._future = path, execution, future
        self.printed = ""

    def workflows(self, shown_from: str) -> list[LoadedWorkflow]:
        """What it declares. :raises ProgramError: it fails."""
        recorded = self._future.result()
        self.printed = recorded.printed
        return _declared(self.path, recorded, shown_from)


def execution_of(path: Path, project: PulumiProject, config: Config, shown_from: str) -> Execution:
    """A run of the program ``path``. :raises ProgramError: it doesn't exist."""
    if not os.path.isfile(path):
        raise ProgramError(f"the program {path} doesn't exist; the current folder is {Path.cwd()}")
    from pulumi_8x8.programs.execution import Execution

    return Execution(path, project, config, shown_from)


def _declared(path: Path, recorded: Recorded, shown_from: str) -> list[LoadedWorkflow]:
    """The workflows of a program, sorted by name: they register in no particular order."""
    names = [each["name"] for each in recorded.workflows]
    made, wrong = [], []
    for each in recorded.workflows:
        name = each["name"] if names.count(each["name"]) == 1 else f"{each['parent']}/{each['name']}"
        about = each["inputs"].get("__about", {})
        note = json.loads(about.get("lint") or "{}") if isinstance(about, dict) else {}
        where = _source_at(note["file"], shown_from) if "file" in note else note.get("lines", {})
        levels, shared = note.get("levels", {}), note.get("shared", {})
        workflow = LoadedWorkflow(str(path), name, where, levels, shared, each["inputs"])
        # Values that became known too late for the program to refuse them.
        wrong += [f'workflow "{name}": {each}' for each in wrong_values(workflow.definition)]
        made.append(workflow)
    if wrong:
        raise ProgramError("\n".join(wrong))
    return sorted(made, key=lambda each: natural(each.resource))


def _source_at(file: str, shown_from: str) -> Source | dict[str, str]:
    try:
        return replace(read_source(file), path=min(os.path.relpath(file, shown_from), file, key=len))
    except (SourceError, ValueError):  # it has changed since; it is on another drive
        return {}


def workflows_of_program(program: str | Path, config: Mapping[str, Json] | None = None) -> dict[str, dict[str, Json]]:
    """The workflows that a Pulumi program declares, in the service's shape, by resource name.

    :param program: the program's folder, or its file. It runs in its own process, as in a preview, with Pulumi's mocks.
        A value that only a deployment knows is the text ``<unknown>``. The nearest ``Pulumi.yaml`` in its folder or a
        parent folder provides the project's name and the defaults of the config.
    :param config: the stack's config. A key without a namespace belongs to the project. A value that isn't a text is
        converted to JSON: ``{"subAccountId": "acme", "8x8:subAccounts": {"support": "acme_support"}}``.
    :raises ProgramError: the program fails. The message has the program's output.
    """
    path = Path(program) / "__main__.py" if os.path.isdir(program) else Path(program)
    if not os.path.isfile(path):
        raise ProgramError(f"the program {path} doesn't exist; the current folder is {Path.cwd()}")
    given = json.dumps(config or {}, sort_keys=True)
    return {each.resource: dict(each.body) for each in _run_again(path, Path.cwd(), given, path.stat().st_mtime_ns)}


@lru_cache(maxsize=64)  # a run takes half a second, and a test suite reads the same workflow many times
def _run_again(path: Path, current: Path, config: str, changed: int) -> list[LoadedWorkflow]:
    project = find_project(path)
    execution = execution_of(path, project, project.config(None, json.loads(config)), str(current))
    return _declared(path, execution.run(), str(current))


def workflow_of_program(
    program: str | Path, name: str | None = None, config: Mapping[str, Json] | None = None
) -> tuple[str, dict[str, Json]]:
    """One workflow of a program, with its name. ``name`` is optional if the program declares only one.

    :raises ProgramError: the program fails, or declares no such workflow.
    """
    declared = workflows_of_program(program, config)
    if name is None and len(declared) == 1:
        (name,) = declared
    if name not in declared:
        names = ", ".join(sorted(declared, key=natural)) or "no workflows"
        raise ProgramError(f"the program {program} declares {names}; name one of them")
    return name, declared[name]
