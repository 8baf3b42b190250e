"""What the commands share that talk to the service: which account, which workflow, how they fail."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from pulumi_8x8.api import Client, Settings
from pulumi_8x8.errors import Pulumi8x8Error, StackError
from pulumi_8x8.stacks import Stack, config_reader, find_project, read_stack

_F = TypeVar("_F", bound=Callable[..., Any])


class Failed(click.ClickException):
    """The command could not do what it was asked to."""

    exit_code = 2


@dataclass(frozen=True)
class Target:
    """A workflow that a command is about.

    :param name: of its resource in the stack; ``None`` when it was named by its id.
    """

    client: Client
    id: str
    name: str | None = None

    @property
    def label(self) -> str:
        return self.name or self.id


class Service:
    """The accounts of one stack; without one, the account that the environment names.

    :raises StackError: the stack cannot be read.
    """

    def __init__(self, stack: Stack | None) -> None:
        self.stack = stack
        self._clients: dict[Settings, Client] = {}

    def client(self, account: Mapping[str, str] | None = None) -> Client:
        """A client of the stack's account, or of what a workflow's ``account=`` says.

        :raises SettingsError: account or key are not set.
        """
        account = account or {}
        settings = Settings.resolve(
            config_reader(self.stack),
            account_id=account.get("id"),
            base_url=account.get("baseUrl"),
            api_key=account.get("apiKey"),
        )
        return self._clients.setdefault(settings, Client(settings))

    def find(self, workflow: str) -> Target:
        """The workflow of that name in the stack, or of that id.

        :raises StackError: it is neither.
        """
        known = self.stack.workflows if self.stack else {}
        if workflow in known:
            return Target(self.client(known[workflow].account), known[workflow].id, workflow)
        for managed in known.values():
            if managed.id == workflow:
                return Target(self.client(managed.account), workflow, managed.name)
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
        return [Target(self.client(each.account), each.id, each.name) for each in self.stack.workflows.values()]


def of_a_stack(command: _F) -> _F:
    """Gives a command ``--stack`` and ``--cwd``, and in their place the argument ``service``; its failures are told
    in one message, and exit with 2."""

    @click.option("-s", "--stack", metavar="NAME", help="The Pulumi stack; default: the selected one.")
    @click.option("-C", "--cwd", metavar="FOLDER", default=".", help="The folder of the Pulumi project.")
    @functools.wraps(command)
    def wrapper(*args: Any, stack: str | None, cwd: str, **options: Any) -> Any:
        try:
            known = read_stack(stack, cwd) if stack is not None or find_project(cwd) else None
            return command(*args, service=Service(known), **options)
        except Pulumi8x8Error as error:
            raise Failed(str(error)) from None

    return wrapper  # type: ignore[return-value]


def _looks_like_an_id(text: str) -> bool:
    # UUIDs, and the 24 hexadecimal digits of older definitions, as the vendor's examples have them.
    return len(text) in (24, 32, 36) and all(each in "0123456789abcdefABCDEF-" for each in text)
