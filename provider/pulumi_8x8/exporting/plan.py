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
from pulumi_8x8.exporting.project import PROGRAM, Project, adopted_ids
from pulumi_8x8.exporting.python.modules import Modules, inexpressible
from pulumi_8x8.exporting.python_program import PACKAGE, Extras, Line, WorkflowCall, new_program
from pulumi_8x8.exporting.scaffold import project_files, settings_with
from pulumi_8x8.exporting.secret_extraction import ExtractedSecrets
from pulumi_8x8.exporting.writing import write_files
from pulumi_8x8.exporting.yaml_edits import edit
from pulumi_8x8.exporting.yaml_writer import write_body
from pulumi_8x8.lint import Problem, find
from pulumi_8x8.phrasing import camel_case, natural

#: ``updated``: parts of the file change, comments stay; ``rewritten``: all of it changes; ``kept``: nothing does.
Outcome = Literal["created", "updated", "rewritten", "unchanged", "kept"]
#: How the project declares a workflow: in a file that its program names, or in a module of its program.
Form = Literal["yaml", "python"]

#: Characters of ``8x8:adopt``. The engine passes the config to the program in one variable of the environment, which
#: Linux limits to 131,072.
_MOST_ADOPTED = 100_000

_INIT = '"""The workflows, a module each."""\n'


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


def plan(project: Project, stored: Sequence[StoredDefinition], form: Form | None = None) -> Export:
    """The files to write so that ``project`` declares exactly ``stored``.

    Files with an equal definition stay unchanged, byte for byte. The program only gets new lines.

    :param form: the form of new workflows; by default modules if the project has some, and YAML otherwise.
    :raises ExportError: the project can't take the workflows.
    :raises SourceError: a workflow file of the project can't be read.
    """
    return _Planner(project, stored, form or ("python" if project.has_modules else "yaml")).plan()


class _Planner:
    def __init__(self, project: Project, stored: Sequence[StoredDefinition], form: Form) -> None:
        self._project = project
        self._form = form
        self._modules = Modules(project)
        self._stored = sorted(stored, key=lambda each: (natural(each.definition.name), each.created_at, each.id))
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
        self._theirs: dict[str, Definition] = {}  # what the project declares
        self._texts: dict[str, str] = {}
        self._lines: list[Line] = []
        self._adopted: dict[str, str] = {}
        self._adopted_size = len(str(adopted_ids(project.config)))

    def plan(self) -> Export:
        self._check_names()
        self._name_resources()
        self._read_files()
        self._learn_secrets()
        workflows = tuple(self._workflow(each) for each in self._stored)
        self._write_project()
        unnamed = sorted((id for id in self._ids if id not in self._back), key=natural)
        return Export(self._project, workflows, self._texts, self._secrets, self._names, tuple(unnamed))

    def _write_project(self) -> None:
        """The program and the files that aren't of one workflow."""
        about = f"The workflows of the 8x8 account {self._project.settings.account_id}."
        program = self._project.program or new_program(about)
        if self._lines or self._modules.new or self._project.program is None:
            self._texts[PROGRAM] = program.with_more(self._lines, self._modules.new)
        others = project_files(
            self._project,
            self._names,
            self._adopted,
            secrets=bool(self._secrets.values),
            modules=self._form == "python",
        )
        if self._modules.new:
            others[f"{PACKAGE}/__init__.py"] = _INIT
        for path, text in others.items():
            if not (self._project.folder / path).exists():
                self._texts[path] = text
        self._texts |= settings_with(self._project, self._adopted)

    def _check_names(self) -> None:
        for id in sorted(self._ids & self._names.keys(), key=natural):
            if id not in self._back:
                raise ExportError(
                    f'the service has a sub-account "{id}", but 8x8:subAccounts uses "{id}" as the logical name of '
                    f"another sub-account. Nothing was written. Set another logical name: pulumi config set --path "
                    f"8x8:subAccounts.{id}2 {id}"
                )

    def _name_resources(self) -> None:
        project = self._project
        declared = [each.resource for each in project.program.declared] if project.program else []
        files = [path.stem for path in (project.folder / PACKAGE).glob("*")]
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
        self._theirs = {id: source.definition for id, source in self._sources.items()}
        modules = {id: each.resource for id, each in self._project.declared.items() if each.module and id in files}
        declared = self._modules.definitions() if modules else {}
        self._theirs |= {id: declared[name] for id, name in modules.items() if name in declared}

    def _learn_secrets(self) -> None:
        """Runs before anything is hidden: known secrets keep their names, and one secret may be in several places."""
        for id, theirs in self._theirs.items():
            self._secrets.recall(self._live[id], theirs)
        for id, live in self._live.items():
            self._secrets.learn(live, self._theirs.get(id), self._secret_places(id), self._resources[id])

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
        if declared.module is not None:
            return self._module(stored, declared, declared.module)
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
        if not (self._project.folder / PACKAGE).resolve().is_relative_to(self._project.folder.resolve()):
            raise ExportError(f"{self._project.folder / PACKAGE} links to another folder. Nothing was written.")
        exported = Exported(stored.id, stored.definition.name, resource, None, "created")
        wanted = self._hidden(stored.id)
        extras = Extras(_errors(self._problems[stored.id]), self._adopt(resource, stored.id))
        if extras.adopt is not None:
            exported = replace(exported, notes=("its id is in the program, since the config has no room for more",))
        if self._form == "python":
            if (added := self._modules.add(wanted, resource, extras)) is not None:
                file, self._texts[added[0]] = added
                return replace(exported, file=file)
            exported = replace(
                exported,
                notes=(
                    *exported.notes,
                    f"a YAML file, since {inexpressible(wanted)}",
                ),
            )
        file = f"{PACKAGE}/{resource}.yaml"
        self._lines.append(Line(resource, file, extras))
        self._texts[file] = self._text(stored, file, wanted)
        return replace(exported, file=file)

    def _adopt(self, resource: str, id: str) -> str | None:
        """Notes an id for the stack's config; returns it if the config has no room for it."""
        self._adopted_size += len(f'"{resource}":"{id}",')
        if self._adopted_size > _MOST_ADOPTED:
            return id
        self._adopted[resource] = id
        return None

    def _module(self, stored: StoredDefinition, declared: WorkflowCall, path: str) -> Exported:
        """What the export does with a workflow that a module declares."""
        exported = Exported(stored.id, stored.definition.name, declared.resource, path, "unchanged")
        theirs, wanted = self._theirs.get(stored.id), self._hidden(stored.id)
        if theirs is None:
            return replace(exported, outcome="kept", notes=("the program doesn't declare it when it runs",))
        changes = compare(self._resolved(theirs), self._resolved(wanted))
        if not changes:
            return exported
        exported = replace(exported, changes=list_places(changes))
        problems = find(theirs), self._problems[stored.id]
        before, after = (Extras(_errors(each), declared.adopt) for each in problems)
        update = self._modules.update(path, theirs, wanted, declared.resource, (before, after))
        if update is None:
            return replace(exported, outcome="kept", notes=(f"it stays, since {self._modules.why_not(path, wanted)}",))
        self._texts[path] = _broken_as(str(self._project.folder / path), update.text)
        notes = (update.note,) if update.note else ()
        return replace(exported, outcome="updated" if update.keeps else "rewritten", notes=notes)

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
        named = self._named(self._live[id], self._theirs.get(id))
        return self._secrets.hide(named, self._theirs.get(id), self._secret_places(id))

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
                "was written. A Python program has no limit on size: --as python. To export only the other workflows, "
                "name them by their ids."
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


def _errors(problems: Sequence[Problem]) -> tuple[str, ...]:
    """The rules that report errors."""
    return tuple(sorted({each.rule for each in problems if each.severity == "error"}))


def _broken_as(path: str, text: str) -> str:
    """``text`` with the line endings of the current file."""
    with open(path, "rb") as file:
        return text.replace("\n", "\r\n") if b"\r\n" in file.read() else text
