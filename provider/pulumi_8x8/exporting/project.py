"""The folder that an account is exported to: what of a Pulumi project is there already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pulumi_8x8.api import Settings
from pulumi_8x8.definition import Json, read_sub_accounts
from pulumi_8x8.errors import ExportError
from pulumi_8x8.exporting.python_program import PythonProgram, WorkflowCall, read_program

PROGRAM = "__main__.py"


@dataclass(frozen=True)
class DeployedWorkflow:
    """The stack of the project that the settings come from.

    :param config: by full key, secrets in plain.
    :param workflows: ids of definitions by the names of their resources.
    """

    stack: str
    config: Mapping[str, Any] = field(repr=False)
    workflows: Mapping[str, str]


@dataclass(frozen=True)
class Project:
    """A folder, and the project in it as far as there is one.

    :param name: of the project.
    :param stack: the stack that is for the account: there, or to be.
    :param config: of that stack, by full key; secrets are there only where the stack could be read. ``None``: there
        is no such stack yet.
    :param program: ``None``: there is none yet.
    :param resources: names of the resources that the stack has.
    :param declared: the workflows that the program or the stack has already, by the id of their definition.
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
        """By logical name.

        :raises SettingsError: the config says something else.
        """
        return read_sub_accounts((self.config or {}).get("8x8:subAccounts"))

    @property
    def secrets(self) -> dict[str, str]:
        """The project's own texts in the config, secrets among them where they could be read."""
        own = {key.removeprefix(f"{self.name}:"): value for key, value in (self.config or {}).items()}
        return {key: value for key, value in own.items() if ":" not in key and isinstance(value, str)}


def read_project(
    folder: Path, settings: Settings, *, name: str, stack: str, deployed: DeployedWorkflow | None = None
) -> Project:
    """What is in ``folder``, which need not be there.

    :param settings: the account to export.
    :param name: of the project, when there is none yet.
    :param stack: the stack, when none is there yet that is for the account.
    :param deployed: the stack of this very project that the settings come from.
    :raises ExportError: there is something in its place, the project is in another language, or has the workflows of
        another account.
    """
    if folder.exists() and not folder.is_dir():
        raise _nothing_written(f"{folder} is there already, and no folder")
    about = _read_yaml(folder / "Pulumi.yaml")
    _check(folder, about)
    path = folder / PROGRAM
    program = read_program(str(path), _read(path)) if path.exists() else None
    if deployed is None:
        configs = _configs(folder)
        stack = _stack_of(folder, settings, stack, configs, program)
    else:
        stack = deployed.stack.rpartition("/")[2]
        configs = {stack: deployed.config}
    return Project(
        folder=folder,
        settings=settings,
        name=str(about.get("name", name)),
        stack=stack,
        config=configs.get(stack),
        program=program,
        resources=tuple(deployed.workflows) if deployed else (),
        declared=_declared(program, deployed),
    )


def _stack_of(
    folder: Path,
    settings: Settings,
    wanted: str,
    configs: Mapping[str, Mapping[str, Any]],
    program: PythonProgram | None,
) -> str:
    """The stack that is for the account, as the files of the stacks say; ``wanted`` when none is yet."""
    accounts = {stack: config.get("8x8:accountId") for stack, config in configs.items()}
    mine = sorted(stack for stack, account in accounts.items() if account == settings.account_id)
    if mine:
        return wanted if wanted in mine else mine[0]
    others = sorted({str(account) for account in accounts.values() if account})
    if others and program is not None and any(each.adopt for each in program.declared):
        raise _nothing_written(
            f"{folder} has the workflows of the account {', '.join(others)}, and this is {settings.account_id}; export "
            "it to a folder of its own"
        )
    if accounts.get(wanted):
        raise _nothing_written(
            f"the stack {wanted} in {folder} is for the account {accounts[wanted]}, and this is {settings.account_id}; "
            "give --stack-name"
        )
    return wanted


def _declared(program: PythonProgram | None, deployed: DeployedWorkflow | None) -> dict[str, WorkflowCall]:
    declared = program.declared if program else ()
    by_name = {each.resource: each for each in declared}
    found = {each.adopt: each for each in declared if each.adopt is not None}
    for resource, id in (deployed.workflows if deployed else {}).items():
        found.setdefault(id, by_name.get(resource, WorkflowCall(resource)))
    return found


def _check(folder: Path, about: Mapping[str, Json]) -> None:
    runtime = about.get("runtime", "python")
    language = runtime.get("name") if isinstance(runtime, Mapping) else runtime
    if language != "python":
        raise _nothing_written(f"{folder} is a Pulumi project in {language}; export to another folder")
    if about.get("main") not in (None, ".", "./"):
        raise _nothing_written(f"the program of {folder} is elsewhere (main: in Pulumi.yaml); export to another folder")


def _configs(folder: Path) -> dict[str, Mapping[str, Any]]:
    """What the files of the stacks say, by the names of the stacks."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted(folder.glob("Pulumi.?*.yaml")):
        config = _read_yaml(path).get("config")
        found[path.name.removeprefix("Pulumi.").removesuffix(".yaml")] = config if isinstance(config, Mapping) else {}
    return found


def _read_yaml(path: Path) -> Mapping[str, Json]:
    if not path.exists():
        return {}
    try:
        read = yaml.safe_load(_read(path))
    except yaml.YAMLError as error:
        raise _nothing_written(f"{path}: not YAML: {' '.join(str(error).split())}") from None
    return read if isinstance(read, Mapping) else {}


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _nothing_written(f"{path}: {getattr(error, 'strerror', None) or error}") from None


def _nothing_written(what: str) -> ExportError:
    return ExportError(f"{what}. Nothing was written.")
