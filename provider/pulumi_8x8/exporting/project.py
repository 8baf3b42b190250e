"""Reads the folder of an export: the Pulumi project in it, as far as one exists. Writes nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from pulumi_8x8.api import Settings
from pulumi_8x8.definition import Json, read_source, read_sub_accounts
from pulumi_8x8.errors import ExportError, SourceError
from pulumi_8x8.exporting.python_program import PACKAGE, PythonProgram, WorkflowCall, read_program
from pulumi_8x8.phrasing import natural

PROGRAM = "__main__.py"


@dataclass(frozen=True)
class DeployedWorkflow:
    """The project's stack that provides the settings.

    :param config: values by full key, secrets in plain text.
    :param workflows: ids of definitions, by resource name.
    """

    stack: str
    config: Mapping[str, Any] = field(repr=False)
    workflows: Mapping[str, str]


@dataclass(frozen=True)
class Project:
    """A folder, and the project in it as far as one exists.

    :param name: the project's name.
    :param stack: the name of the account's stack, which may not exist yet.
    :param config: the stack's config by full key, with secrets only if the stack could be read. ``None`` if there is
        no such stack.
    :param program: ``None`` if there is no program.
    :param resources: the names of the stack's resources.
    :param declared: the workflows in the program or the stack, by the id of their definition.
    """

    folder: Path
    settings: Settings
    name: str
    stack: str
    config: Mapping[str, Any] | None = field(repr=False)
    program: PythonProgram | None
    resources: tuple[str, ...]
    declared: Mapping[str, WorkflowCall]

    @property
    def sub_accounts(self) -> dict[str, str]:
        """Ids of sub-accounts by logical name. :raises SettingsError: ``8x8:subAccounts`` isn't such a mapping."""
        return read_sub_accounts((self.config or {}).get("8x8:subAccounts"))

    @property
    def has_modules(self) -> bool:
        """Whether modules of the project declare workflows."""
        return self.program is not None and bool(self.program.modules)

    @property
    def secrets(self) -> dict[str, str]:
        """The project's own texts in the config, with secrets if they could be read."""
        own = {key.removeprefix(f"{self.name}:"): value for key, value in (self.config or {}).items()}
        return {key: value for key, value in own.items() if ":" not in key and isinstance(value, str)}


def read_project(
    folder: Path, settings: Settings, *, name: str, stack: str, deployed: DeployedWorkflow | None = None
) -> Project:
    """Reads the project in ``folder``, which may not exist.

    :param settings: the account to export.
    :param name: the name of a new project.
    :param stack: the name of a new stack, if no stack is for the account.
    :param deployed: the stack that provides the settings, if it belongs to this project.
    :raises ExportError: ``folder`` isn't a folder, or its project is in another language or has the workflows of
        another account.
    """
    if folder.exists() and not folder.is_dir():
        raise _nothing_written(f"{folder} isn't a folder")
    about = _read_yaml(folder / "Pulumi.yaml")
    _check(folder, about)
    path = folder / PROGRAM
    program = _with_modules(folder, read_program(str(path), _read(path))) if path.exists() else None
    if deployed is None:
        configs = _configs(folder)
        stack = _stack_of(folder, settings, stack, configs, program)
    else:
        stack = deployed.stack.rpartition("/")[2]
        configs = {stack: deployed.config}
    adopted = adopted_ids(configs.get(stack))
    if deployed is None and stack in configs and program is not None:
        _refuse_unknown(folder, stack, program, adopted, [each for name, each in configs.items() if name != stack])
    return Project(
        folder=folder,
        settings=settings,
        name=str(about.get("name", name)),
        stack=stack,
        config=configs.get(stack),
        program=program,
        resources=tuple(deployed.workflows) if deployed else (),
        declared=_declared(program, adopted, deployed),
    )


def adopted_ids(config: Mapping[str, Any] | None) -> dict[str, str]:
    """The ids of definitions that a stack's config adopts, by resource name."""
    found = (config or {}).get("8x8:adopt")
    with suppress(ValueError):
        found = json.loads(found) if isinstance(found, str) else found
    return {str(name): str(id) for name, id in found.items()} if isinstance(found, Mapping) else {}


def _with_modules(folder: Path, program: PythonProgram) -> PythonProgram:
    """The program with what the modules of the package ``workflows`` declare that it imports."""
    declared, secrets = [*program.declared], set(program.secrets)
    for name in sorted({*program.modules.values()}, key=natural):
        path = folder / PACKAGE / f"{name}.py"
        if path.exists():
            module = read_program(str(path), _read(path))
            here = f"{PACKAGE}/{name}.py"
            declared += [each if each.source else replace(each, module=here) for each in module.declared]
            secrets |= module.secrets
    return replace(program, declared=tuple(declared), secrets=frozenset(secrets))


def _stack_of(
    folder: Path,
    settings: Settings,
    wanted: str,
    configs: Mapping[str, Mapping[str, Any]],
    program: PythonProgram | None,
) -> str:
    """The account's stack according to the stacks' config files; ``wanted`` if there is none."""
    accounts = {stack: config.get("8x8:accountId") for stack, config in configs.items()}
    mine = sorted((stack for stack, account in accounts.items() if account == settings.account_id), key=natural)
    if mine:
        return wanted if wanted in mine else mine[0]
    others = sorted({str(account) for account in accounts.values() if account})
    adopts = any(map(adopted_ids, configs.values()))
    if others and program is not None and (adopts or any(each.adopt for each in program.declared)):
        raise _nothing_written(
            f"{folder} has the workflows of the account {', '.join(others)}; export the account "
            f"{settings.account_id} to another folder"
        )
    if accounts.get(wanted):
        raise _nothing_written(
            f"the stack {wanted} in {folder} is for the account {accounts[wanted]}, not for {settings.account_id}; "
            "name another stack with --stack-name"
        )
    return wanted


def _declared(
    program: PythonProgram | None, adopted: Mapping[str, str], deployed: DeployedWorkflow | None
) -> dict[str, WorkflowCall]:
    declared = program.declared if program else ()
    by_name = {each.resource: each for each in declared}
    found = {each.adopt: each for each in declared if each.adopt is not None and each.resource not in adopted}
    for resource, id in (deployed.workflows if deployed else {}).items():
        found.setdefault(id, by_name.get(resource, WorkflowCall(resource)))
    for resource, id in adopted.items():
        why = f'8x8:adopt names "{resource}", and the program has no workflow of this name as a plain text'
        found.setdefault(id, by_name.get(resource, WorkflowCall(resource, why=why)))
    return found


def _refuse_unknown(
    folder: Path,
    stack: str,
    program: PythonProgram,
    adopted: Mapping[str, str],
    others: Sequence[Mapping[str, Any]],
) -> None:
    """Refuses a stack that deployed the workflows of another one: its state alone knows which definitions they are."""
    unknown = sorted({each.resource for each in program.declared if not each.adopt and each.resource not in adopted})
    if unknown and any(map(adopted_ids, others)):
        shown = ", ".join(unknown[:3]) + (", …" if len(unknown) > 3 else "")
        raise _nothing_written(
            f"the stack {stack} in {folder} doesn't name the definitions of {shown}. If it deployed them, its state "
            f"has them: run the export in {folder}, with --stack {stack}"
        )


def _check(folder: Path, about: Mapping[str, Json]) -> None:
    runtime = about.get("runtime", "python")
    language = runtime.get("name") if isinstance(runtime, Mapping) else runtime
    if language != "python":
        raise _nothing_written(f"{folder} is a Pulumi project in {language}; export to another folder")
    if about.get("main") not in (None, ".", "./"):
        raise _nothing_written(f"Pulumi.yaml in {folder} sets main:, the program's folder; export to another folder")


def _configs(folder: Path) -> dict[str, Mapping[str, Any]]:
    """The stacks' config files, by stack name."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted(folder.glob("Pulumi.?*.yaml")):
        config = _read_yaml(path).get("config")
        found[path.name.removeprefix("Pulumi.").removesuffix(".yaml")] = config if isinstance(config, Mapping) else {}
    return found


def _read_yaml(path: Path) -> Mapping[str, Json]:
    if not path.exists():
        return {}
    try:
        return read_source(path, may_be_empty=True).body
    except SourceError as error:
        raise _nothing_written(str(error)) from None


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _nothing_written(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def _nothing_written(what: str) -> ExportError:
    return ExportError(f"{what}. Nothing was written.")
