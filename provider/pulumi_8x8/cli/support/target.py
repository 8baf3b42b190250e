"""What the commands share that talk to the service: which account, and which workflow."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

import click
from click.shell_completion import CompletionItem

from pulumi_8x8.errors import NotFound, Rejected, StackError

# What calls the service is imported where it is used, so that `--help` and completion come at once.
if TYPE_CHECKING:
    from pulumi_8x8.api import Client, Instance, Settings
    from pulumi_8x8.stacks import ManagedWorkflow, Stack

_F = TypeVar("_F", bound=Callable[..., Any])


class Ordered(click.Group):
    """A group whose help has its commands in the order in which they were added."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@dataclass(frozen=True)
class Target:
    """A workflow that a command is about.

    :param managed: what the stack's state says of it; ``None`` when it is not in the stack.
    """

    client: Client
    id: str
    managed: ManagedWorkflow | None = None

    @property
    def label(self) -> str:
        """The name of its resource in the stack, or its id."""
        return self.managed.name if self.managed else self.id

    def instance(self, instance_id: str, *, logs: bool = False) -> Instance:
        """One instance of it.

        :param logs: with what became of each step.
        :raises ApiError: there is none of that id, or the service does not answer.
        """
        try:
            return self.client.instance(self.id, instance_id, logs=logs)
        except (NotFound, Rejected) as error:
            # The service says "Invalid definition id." of an instance's id as well.
            error.args = (f"{error}\nThe instances that there are: pulumi-8x8 instances list {self.label}",)
            raise


class ServiceAccess:
    """The accounts of one stack; without one, the account that the environment names. Leaving it ends connections."""

    def __init__(self, stack: Stack | None) -> None:
        self.stack = stack
        self._clients: dict[Settings, Client] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for client in self._clients.values():
            client.close()

    def client(self, account: Mapping[str, str] | None = None) -> Client:
        """A client of the stack's account, or of what a workflow's ``account=`` says.

        :raises SettingsError: account or key are not set.
        """
        from pulumi_8x8.api import Client, Settings
        from pulumi_8x8.stacks import config_reader

        account = account or {}
        settings = Settings.resolve(
            config_reader(self.stack),
            account_id=account.get("id"),
            base_url=account.get("baseUrl"),
            api_key=account.get("apiKey"),
        )
        if settings not in self._clients:
            self._clients[settings] = Client(settings)
        return self._clients[settings]

    def find(self, workflow: str) -> Target:
        """The workflow of that name in the stack, or of that id.

        :raises StackError: it is neither.
        """
        known = self.stack.workflows if self.stack else {}
        by_id = {each.id: each for each in known.values()}
        managed = known.get(workflow) or by_id.get(workflow)
        if managed is not None:
            return Target(self.client(managed.account), managed.id, managed)
        if _looks_like_an_id(workflow):
            return Target(self.client(), workflow)
        where = f"the stack {self.stack.name} has no workflow" if self.stack else "outside of a stack there is no name"
        names = f"; it has {', '.join(known)}" if known else ""
        raise StackError(f'{where} "{workflow}"{names}. Name one of them, or a definition\'s id.')

    def targets(self) -> list[Target]:
        """All workflows of the stack.

        :raises StackError: there is no stack.
        """
        if self.stack is None:
            raise StackError("there is no stack here; name workflows by id, or name a stack: --stack, --cwd")
        return [Target(self.client(each.account), each.id, each) for each in self.stack.workflows.values()]


#: ``--cwd``, the argument ``cwd``.
cwd_option = click.option("-C", "--cwd", metavar="FOLDER", default=".", help="The folder of the Pulumi project.")


def stack_of(name: str | None, folder: str) -> Stack:
    """The stack of that name in the project that ``folder`` is in.

    :param name: ``None``: the selected one.
    :raises StackError: there is no project, or the stack cannot be read.
    """
    from pulumi_8x8.stacks import find_project, read_stack

    if find_project(folder) is None:
        raise StackError(f"{folder}: there is no Pulumi project (Pulumi.yaml) here or above; name one: --cwd")
    return read_stack(name, folder)


def of_a_stack(command: _F) -> _F:
    """Gives a command ``--stack`` and ``--cwd``, and in their place the argument ``service``."""

    @click.option("-s", "--stack", metavar="NAME", help="The Pulumi stack; default: the selected one.")
    @cwd_option
    @functools.wraps(command)
    def wrapper(*args: Any, stack: str | None, cwd: str, **options: Any) -> Any:
        from pulumi_8x8.stacks import find_project

        outside = stack is None and cwd == "." and find_project(cwd) is None
        with ServiceAccess(None if outside else stack_of(stack, cwd)) as service:
            return command(*args, service=service, **options)

    return wrapper  # type: ignore[return-value]


def workflow_argument(name: str = "workflow", **options: Any) -> Callable[[_F], _F]:
    """An argument that is a workflow's name in the stack, or a definition's id; a shell completes the names."""

    def complete(ctx: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem]:
        from pulumi_8x8.stacks import workflow_names

        names = workflow_names(ctx.params.get("stack"), ctx.params.get("cwd") or ".")
        return [CompletionItem(each) for each in names if each.startswith(incomplete)]

    return click.argument(name, shell_complete=complete, **options)


def _looks_like_an_id(text: str) -> bool:
    # UUIDs, and the 24 hexadecimal digits of older definitions, as the vendor's examples have them.
    return len(text) in (24, 32, 36) and all(each in "0123456789abcdefABCDEF-" for each in text)
