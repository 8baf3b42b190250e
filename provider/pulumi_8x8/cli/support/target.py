"""The target of a command that calls the service: which account, and which workflow. It reads the stack."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self, TypeVar

import click
from click.shell_completion import CompletionItem

from pulumi_8x8.cli.support.output import echo
from pulumi_8x8.cli.support.vocabulary import WholeSummaries
from pulumi_8x8.errors import NotFound, Rejected, StackError

# The modules that call the service are imported where they are used, so that `--help` and completion are fast.
if TYPE_CHECKING:
    from pulumi_8x8.api import Client, Instance, Settings
    from pulumi_8x8.stacks import ManagedWorkflow, Managers, Stack

_F = TypeVar("_F", bound=Callable[..., Any])


class Ordered(WholeSummaries):
    """A group whose help lists its commands in the order of registration."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@dataclass(frozen=True)
class Target:
    """The workflow that a command works on.

    :param managed: its resource in the stack's state; ``None`` if it isn't in the stack.
    """

    client: Client
    id: str
    managed: ManagedWorkflow | None = None

    @property
    def label(self) -> str:
        """The name of its resource in the stack, or its id."""
        return self.managed.name if self.managed else self.id

    def instance(self, instance_id: str, *, logs: bool = False) -> Instance:
        """Returns one instance of the workflow.

        :param logs: whether to include what each step did.
        :raises ApiError: no instance has that id, or the service doesn't answer.
        """
        try:
            return self.client.instance(self.id, instance_id, logs=logs)
        except (NotFound, Rejected) as error:
            # The service answers "Invalid definition id." if the id of the instance is wrong, too.
            error.args = (f"{error}\nTo list the instances: pulumi-8x8 instances list {self.label}",)
            raise


class ServiceAccess:
    """The accounts of one stack, or the account that the environment names. Leaving the context closes connections."""

    def __init__(self, stack: Stack | None, folder: str = ".") -> None:
        self.stack = stack
        self._folder = folder
        self._clients: dict[Settings, Client] = {}
        #: Of the command, which may have several stacks.
        self._warned: set[str] = click.get_current_context().meta.setdefault(f"{__name__}.warned", set())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients.values():
            client.close()

    def client(self, account: Mapping[str, str] | None = None) -> Client:
        """Returns a client of the stack's account, or of the account in a workflow's ``account=``.

        :raises SettingsError: the account or the key isn't set.
        """
        from pulumi_8x8.api import Client, Settings

        account = account or {}
        settings = Settings.resolve(
            self.stack.config.get if self.stack else lambda _key: None,
            account_id=account.get("id"),
            base_url=account.get("baseUrl"),
            api_key=account.get("apiKey"),
            names=self._config_keys,
        )
        if not self._clients:
            self._warn_of_unread()  # otherwise, the error about what is missing names them
        if settings not in self._clients:
            self._clients[settings] = Client(settings)
        return self._clients[settings]

    def _warn_of_unread(self) -> None:
        """Warns of settings that nothing reads, once in a command."""
        from os import environ

        from pulumi_8x8.api.unknown_settings import misspelled_variables, unknown_keys

        found = misspelled_variables(environ)
        if self.stack is not None:
            accounts = (each.account for each in self.stack.workflows.values())
            # A secret may be the key of another account, also of one that isn't in the state.
            used = {*self.stack.secret_keys, *(each.get("apiKey", "") for each in accounts)}
            found += [f"{self.stack.name}: {each}" for each in unknown_keys(self._config_keys(), used)]
        for message in (each for each in found if each not in self._warned):
            self._warned.add(message)
            echo(f"warning: {message}", err=True)

    def _config_keys(self) -> list[str]:
        """The keys of the stack's config. A key of the project itself has no namespace."""
        from pulumi_8x8.programs.pulumi_yaml import project_file, read_project
        from pulumi_8x8.stacks import find_project

        folder = find_project(self._folder)
        file = project_file(folder) if self.stack and folder else None
        project = read_project(file).name if file else ""
        return [key.removeprefix(f"{project}:") for key in (self.stack.config if self.stack else ())]

    def sub_account(self, name: str) -> str:
        """Returns the sub-account that ``name`` stands for: ``name`` itself, if it isn't a logical name.

        :raises StackError: it is empty.
        """
        from pulumi_8x8.definition import read_sub_accounts

        if not name.strip():
            raise StackError("the name of the sub-account is empty. Nothing was sent. Leave the option out instead.")
        names = read_sub_accounts(self.stack.config.get("8x8:subAccounts")) if self.stack else {}
        return names.get(name, name)

    def clients(self) -> list[Client]:
        """Returns a client of the stack's account, and of each account in the ``account=`` of its workflows."""
        return list(dict.fromkeys([self.client(), *(each.client for each in (self.targets() if self.stack else ()))]))

    @cached_property
    def managers(self) -> Managers | None:
        """The resources of all stacks of the project that manage definitions; ``None`` without a project."""
        from pulumi_8x8.stacks import read_managers

        return None if self.stack is None else read_managers(self.stack, self._folder)

    def find(self, workflow: str) -> Target:
        """Returns the workflow with that name in the stack, or with that id.

        :raises StackError: there is no such workflow.
        """
        known = self.stack.workflows if self.stack else {}
        by_id = {each.id: each for each in known.values()}
        managed = known.get(workflow) or by_id.get(workflow)
        if managed is not None:
            return Target(self.client(managed.account), managed.id, managed)
        if _looks_like_an_id(workflow):
            return Target(self.client(), workflow)
        if self.stack is None:
            raise StackError(
                f'"{workflow}" isn\'t the id of a definition, and this folder has no Pulumi project that could have '
                "a workflow of that name. Use an id, or select a project: --cwd"
            )
        names = f"; it has {', '.join(known)}" if known else ""
        raise StackError(
            f'the stack {self.stack.name} has no workflow "{workflow}"{names}. Use one of these names, or the id of a '
            "definition."
        )

    def targets(self) -> list[Target]:
        """Returns all workflows of the stack.

        :raises StackError: there is no stack.
        """
        if self.stack is None:
            raise StackError(
                "this folder has no Pulumi project. Name workflows by id, or select a stack: --stack, --cwd"
            )
        return [Target(self.client(each.account), each.id, each) for each in self.stack.workflows.values()]


#: ``--cwd``, the argument ``cwd``.
cwd_option = click.option("-C", "--cwd", metavar="FOLDER", default=".", help="The folder of the Pulumi project.")


def _show_calls(ctx: click.Context, _: click.Parameter, verbose: bool) -> None:
    from os import environ

    from pulumi_8x8.api.call_log import showing_calls, wanted_detail

    if detail := "debug" if verbose else wanted_detail(environ):
        ctx.with_resource(showing_calls(detail, lambda line: echo(line, err=True)))


#: ``--verbose``, of each command that calls the service. Without it, the environment decides.
verbose_option = click.option(
    "-v",
    "--verbose",
    is_flag=True,
    expose_value=False,
    callback=_show_calls,
    help="Show each call of the service on standard error, and their number and time at the end.",
)


def stack_of(name: str | None, folder: str) -> Stack:
    """Returns the stack with that name in the project of ``folder``.

    :param name: ``None`` for the selected stack.
    :raises StackError: there is no project, or the stack can't be read.
    """
    from pulumi_8x8.stacks import find_project, read_stack

    if find_project(folder) is None:
        raise StackError(
            f"{folder}: neither this folder nor a parent folder has a Pulumi project (Pulumi.yaml). Select one: --cwd"
        )
    return read_stack(name, folder)


def of_a_stack(command: _F) -> _F:
    """Adds ``--stack`` and ``--cwd`` to a command, which gets the argument ``service`` instead of them."""

    @click.option("-s", "--stack", metavar="NAME", help="The Pulumi stack. Default: the selected stack.")
    @cwd_option
    @verbose_option
    @functools.wraps(command)
    def wrapper(*args: Any, stack: str | None, cwd: str, **options: Any) -> Any:
        from pulumi_8x8.stacks import find_project

        outside = stack is None and cwd == "." and find_project(cwd) is None
        with ServiceAccess(None if outside else stack_of(stack, cwd), cwd) as service:
            return command(*args, service=service, **options)

    return wrapper  # type: ignore[return-value]


def workflow_argument(name: str = "workflow", **options: Any) -> Callable[[_F], _F]:
    """An argument with the name of a workflow in the stack, or the id of a definition. Shells complete the names."""

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from pulumi_8x8.stacks import workflow_names

        names = workflow_names(ctx.params.get("stack"), ctx.params.get("cwd") or ".")
        return [CompletionItem(each) for each in names if each.startswith(incomplete)]

    return click.argument(name, shell_complete=complete, **options)


def _looks_like_an_id(text: str) -> bool:
    # UUIDs, and the 24 hexadecimal digits of older definitions in the vendor's examples.
    return len(text) in (24, 32, 36) and all(each in "0123456789abcdefABCDEF-" for each in text)
