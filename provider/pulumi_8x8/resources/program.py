"""The program that runs: what its stack's config says for all workflows, and the workflows that it has made so far."""

from __future__ import annotations

from collections import Counter
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import pulumi
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_8x8.api import Settings
from pulumi_8x8.definition import Hole, Json, encode, logical_names, read_sub_accounts
from pulumi_8x8.lint import read_levels
from pulumi_8x8.resources.collecting import collect_seldom

if TYPE_CHECKING:
    from pulumi_8x8.resources.workflow import Workflow


class Program:
    """One run of a program; one message for all of it, instead of one for each workflow from the plugin.

    :ivar levels: of lint rules, for the whole stack.
    :ivar sub_accounts: by logical name.
    :ivar gate: the stack that has to run first what this one deploys; ``None``: none.
    :ivar names: how many workflows of each name it has made so far; those whose name is not known yet under ``None``.
    :ivar workflows: by the names of their resources.
    :raises SettingsError: the account or key is missing, or another setting makes no sense.
    """

    def __init__(self, monitor: object) -> None:
        config = pulumi.Config("8x8")

        def value(key: str) -> object:
            name = key.removeprefix("8x8:")
            # Only whether there is a key counts here, so the secret is left closed.
            return ("secret" if config.get_secret(name) else None) if name == "apiKey" else config.get(name)

        #: A user's unit test needs no account, and there are no other stacks.
        self.is_test = isinstance(monitor, MockMonitor)
        if not self.is_test:
            Settings.resolve(value)
            collect_seldom()  # this is the user's process; one of their tests is left alone
        levels = config.get("lint")
        self.levels = read_levels(config.get_object("lint") if levels and levels.startswith("{") else levels)
        self.sub_accounts = read_sub_accounts(config.get("subAccounts"))
        self.gate = config.get("requiresDigestFrom")
        self.names: Counter[str | None] = Counter()
        self.workflows: dict[str, list[Workflow]] = {}
        self._digests: dict[str, pulumi.Output[Json]] = {}

    @cached_property
    def logical_names(self) -> dict[str, str]:
        """What leads from sub-accounts back to their logical names."""
        return logical_names(self.sub_accounts)

    def digests_of(self, stack: str) -> pulumi.Output[Json]:
        """The output ``digests`` of another stack; ``None`` when it has none.

        :param stack: by its full name.
        """
        if stack not in self._digests:
            # Under a name of ours, or it could not stand beside a reference that the program makes itself.
            reference = pulumi.StackReference(f"8x8-digests-of-{stack}", stack_name=stack)
            self._digests[stack] = pulumi.Output.unsecret(reference.get_output("digests"))
        return self._digests[stack]


def current_program() -> Program:
    """The program that runs now; each of a user's unit tests is one of its own.

    :raises SettingsError: see :class:`Program`.
    """
    return _program(get_monitor())


_program = lru_cache(maxsize=1)(Program)


def full_name(stack: str) -> str:
    """``organization/project/stack``, of what names only the last one or two of them.

    >>> full_name("acme/shop/staging")
    'acme/shop/staging'
    """
    given = stack.split("/")
    here = [pulumi.get_organization(), pulumi.get_project()] if len(given) < 3 else []
    return "/".join([*here[: 3 - len(given)], *given])


def once_known(hole: Hole) -> Json:
    """An input's value that is not known yet, encoded when it is there; the engine keeps what is secret a secret."""
    return pulumi.Output.from_input(hole).apply(encode)
