"""Plans an export: decides every file before it writes any. Reads the project's files; ``Export.write`` writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pulumi_8x8.api import StoredDefinition, list_places
from pulumi_8x8.definition import (
    Definition,
    Json,
    Source,
    find_sub_accounts,
    is_script,
    parse_source,
    read_source,
    rename_sub_accounts,
)
from pulumi_8x8.definition import Path as Place
from pulumi_8x8.definition.compare import compare
from pulumi_8x8.definition.placeholders import map_texts
from pulumi_8x8.errors import ExportError, SourceError
from pulumi_8x8.exporting.names import name_sub_accounts, slug
from pulumi_8x8.exporting.project import PROGRAM, Project
from pulumi_8x8.exporting.python_program import Line, WorkflowCall, new_program
from pulumi_8x8.exporting.scaffold import project_files
from pulumi_8x8.exporting.secret_extraction import ExtractedSecrets
from pulumi_8x8.exporting.writing import write_files
from pulumi_8x8.exporting.yaml_edits import edit
from pulumi_8x8.exporting.yaml_writer import write_body
from pulumi_8x8.lint import find
from pulumi_8x8.phrasing import camel_case

#: ``updated``: parts of the file change, comments stay; ``rewritten``: all of it changes; ``kept``: nothing does.
Outcome = Literal["created", "updated", "rewritten", "unchanged", "kept"]

_FOLDER = "workflows"


@dataclass(frozen=True)
class Exported:
    """What the export does with one workflow.

    :param name: the workflow's name.
    :param file: its path in the folder; ``None`` if the workflow has no file.
    :param notes: what the user has to know.
    :param changes: the places where the file and the service differ, one a line.
    """

    id: str
    name: Json
    resource: str
    file: str | None
    outcome: Outcome
    notes: tuple[str, ...] = ()
    changes: str = ""


@dataclass(frozen=True)
class Export:
    """Everything that an export writes.

    :param texts: the texts of files, by path in the project's folder.
    :param sub_accounts: sub-account ids by logical name. Only a new stack gets new names.
    :param unnamed: sub-accounts without a logical name.
    """

    project: Project
    workflows: tuple[Exported, ...]
    texts: Mapping[str, str]
    secrets: ExtractedSecrets
    sub_accounts: Mapping[str, str]
    unnamed: tuple[str, ...]

    @property
    def overwritten(self) -> list[Exported]:
        """Workflows whose files differ from the service, so that the export overwrites them."""
        return [each for each in self.workflows if each.outcome in ("updated", "rewritten")]

    def write(self) -> None:
        """Writes all files, or none. :raises ExportError: a file can't be written."""
        write_files(self.project.folder, self.texts)


def plan(project: Project, stored: Sequence[StoredDefinition]) -> Export:
    """The files to write so that ``project`` declares exactly ``stored``.

    Files with an equal definition stay unchanged, byte for byte. The program only gets new lines at its end.

    :raises ExportError: the project can't take the workflows.
    :raises SourceError: a workflow file of the project can't be read.
    """
    return _Planner(project, stored).plan()


class _Planner:
    def __init__(self, project: Project, stored: Sequence[StoredDefinition]) -> None:
        self._project = project
        self._stored = sorted(stored, key=lambda each: (str(each.definition.name), each.created_at, each.id))
        # The service and Workflow have different defaults for an absent status.
        self._live = {each.id: replace(each.definition, status=each.status) for each in self._stored}
        self._ids = {
            value
            for live in self._live.values()
            for _, value in find_sub_accounts(live)
            if isinstance(value, str) and value and not is_script(value)
        }
        is_new = project.config is None
        named = name_sub_accounts(self._ids) if is_new else {}
        self._names = {name: id for id, name in named.items()} if is_new else project.sub_accounts
        self._back = {self._names[name]: name for name in sorted(self._names, reverse=True)}
        self._problems = {id: find(live) for id, live in self._live.items()}
        self._secrets = ExtractedSecrets(known=project.secrets)
        self._resources: dict[str, str] = {}
        self._sources: dict[str, Source] = {}
        self._texts: dict[str, str] = {}
        self._lines: list[Line] = []

    def plan(self) -> Export:
        self._check_names()
        self._name_resources()
        self._read_files()
        self._learn_secrets()
        workflows = tuple(self._workflow(each) for each in self._stored)
        about = f"The workflows of the 8x8 account {self._project.settings.account_id}."
        program = self._project.program or new_program(about)
        if self._lines or self._project.program is None:
            self._texts[PROGRAM] = program.with_more(self._lines)
        for path, text in project_files(self._project, self._names, bool(self._secrets.values)).items():
            if not (self._project.folder / path).exists():
                self._texts[path] = text
        unnamed = sorted(id for id in self._ids if id not in self._back)
        return Export(self._project, workflows, self._texts, self._secrets, self._names, tuple(unnamed))

    def _check_names(self) -> None:
        for id in sorted(self._ids & self._names.keys()):
            if id not in self._back:
                raise ExportError(
                    f'the service has a sub-account "{id}", but 8x8:subAccounts uses "{id}" as the logical name of '
                    f"another sub-account. Nothing was written. Set another logical name: pulumi config set --path "
                    f"8x8:subAccounts.{id}2 {id}"
                )

    def _name_resources(self) -> None:
        project = self._project
        declared = [each.resource for each in project.program.declared] if project.program else []
        files = [path.stem for path in (project.folder / _FOLDER).glob("*")]
        taken = {name.lower() for name in (*declared, *project.resources, *files)}
        for each in self._stored:
            known = project.declared.get(each.id)
            name = known.resource if known else slug(each.definition.name, each.id, taken)
            self._resources[each.id] = name
            taken.add(name.lower())

    def _read_files(self) -> None:
        files = {each.id: self._file_of(self._project.declared.get(each.id)) for each in self._stored}
        used = Counter(files.values())
        for id, file in files.items():
            if file is not None and used[file] == 1 and (self._project.folder / file).exists():
                try:
                    self._sources[id] = read_source(self._project.folder / file)
                except SourceError as error:
                    raise SourceError(f"{error}. Nothing was written.") from None

    def _learn_secrets(self) -> None:
        """Runs before anything is hidden: known secrets keep their names, and one secret may be in several places."""
        for id, source in self._sources.items():
            self._secrets.recall(self._live[id], source.definition)
        for id, live in self._live.items():
            self._secrets.learn(live, self._theirs(id), self._secret_places(id), self._resources[id])

    def _theirs(self, id: str) -> Definition | None:
        return self._sources[id].definition if id in self._sources else None

    def _secret_places(self, id: str) -> set[Place]:
        return {problem.path for problem in self._problems[id] if problem.rule == "secret-in-plain-text"}

    def _file_of(self, declared: WorkflowCall | None) -> str | None:
        """The workflow's file, if the program names one in the project's folder."""
        if declared is None or declared.source is None:
            return None
        folder = self._project.folder.resolve()
        path = (folder / declared.source).resolve()
        return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else None

    def _workflow(self, stored: StoredDefinition) -> Exported:
        declared = self._project.declared.get(stored.id)
        if declared is None:
            return self._new(stored)
        file, name = self._file_of(declared), stored.definition.name
        if file is None:
            why = declared.why if declared.source is None else "its file isn't in the project's folder"
            return Exported(stored.id, name, declared.resource, declared.source, "kept", (why,))
        if stored.id in self._sources:
            return self._known(stored, declared, file, self._sources[stored.id])
        if (self._project.folder / file).exists():
            return Exported(stored.id, name, declared.resource, file, "kept", ("another workflow uses the same file",))
        self._texts[file] = self._text(stored, file, self._hidden(stored.id))
        return Exported(stored.id, name, declared.resource, file, "created")

    def _new(self, stored: StoredDefinition) -> Exported:
        resource = self._resources[stored.id]
        file = f"{_FOLDER}/{resource}.yaml"
        if not (self._project.folder / file).resolve().is_relative_to(self._project.folder.resolve()):
            raise ExportError(f"{self._project.folder / _FOLDER} links to another folder. Nothing was written.")
        errors = {problem.rule for problem in self._problems[stored.id] if problem.severity == "error"}
        self._lines.append(Line(resource, file, stored.id, tuple(sorted(errors))))
        self._texts[file] = self._text(stored, file, self._hidden(stored.id))
        return Exported(stored.id, stored.definition.name, resource, file, "created")

    def _known(self, stored: StoredDefinition, declared: WorkflowCall, file: str, source: Source) -> Exported:
        theirs = source.definition
        wanted, notes = _without_given(self._hidden(stored.id), theirs, declared)
        changes = compare(self._resolved(theirs), self._resolved(wanted))
        exported = Exported(stored.id, stored.definition.name, declared.resource, file, "unchanged", tuple(notes))
        if not changes:
            return exported
        is_json = file.lower().endswith(".json")  # JSON has no comments
        text = None if is_json else edit(source, wanted)
        outcome: Outcome = "updated" if text is not None or is_json else "rewritten"
        self._texts[file] = _broken_as(source.path, text or self._text(stored, file, wanted))
        return replace(exported, outcome=outcome, changes=list_places(changes))

    def _resolved(self, definition: Definition) -> Definition:
        """``definition`` with ids of sub-accounts instead of logical names."""
        return rename_sub_accounts(definition, self._names)

    def _hidden(self, id: str) -> Definition:
        """The definition for a file: with logical names of sub-accounts, and without secrets."""
        named = self._named(self._live[id], self._theirs(id))
        return self._secrets.hide(named, self._theirs(id), self._secret_places(id))

    def _named(self, live: Definition, theirs: Definition | None) -> Definition:
        known = dict(find_sub_accounts(theirs)) if theirs else {}

        def named(place: Place, text: str) -> str:
            if str(place[-1]).lower() != "subaccountid":
                return text
            name = known.get(place)  # a sub-account may have several names; the file's choice stays
            return name if isinstance(name, str) and self._names.get(name) == text else self._back.get(text, text)

        return map_texts(live, named)

    def _text(self, stored: StoredDefinition, file: str, wanted: Definition) -> str:
        """The text of a file that is read as ``wanted``."""
        text = write_body(wanted.body(), file)
        try:
            read = parse_source(file, text.encode("utf-8", "surrogatepass")).definition
        except SourceError as error:
            raise ExportError(
                f'the workflow "{stored.definition.name}" ({stored.id}) cannot be written as a file: {error}. Nothing '
                "was written. To export the other workflows, name them by their ids."
            ) from None
        assert not compare(read, wanted), stored.id
        return text


def _without_given(wanted: Definition, theirs: Definition, declared: WorkflowCall) -> tuple[Definition, list[str]]:
    """``wanted`` without the parts that the program sets or that equal a default, and notes on the parts that the
    program sets to another value than the service has."""
    parts: dict[str, Json] = {}
    notes = []
    for part, given in declared.given.items():
        parts[part] = getattr(theirs, part)
        if given is not ... and given is not None and given != getattr(wanted, part):
            notes.append(f"the program sets {camel_case(part)} itself, and the service has another value")
    for part, default in (("status", "enabled"), ("name", declared.resource)):
        if getattr(theirs, part) is None and getattr(wanted, part) == default:
            parts[part] = None
    return replace(wanted, **parts), notes


def _broken_as(path: str, text: str) -> str:
    """``text`` with the line endings of the current file."""
    with open(path, "rb") as file:
        return text.replace("\n", "\r\n") if b"\r\n" in file.read() else text
