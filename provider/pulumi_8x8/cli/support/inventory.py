"""The definitions that the accounts of a stack hold, and which resource manages each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pulumi_8x8.cli.support.output import echo, in_parallel
from pulumi_8x8.cli.support.target import Target
from pulumi_8x8.errors import NotFound, StackError

if TYPE_CHECKING:
    from pulumi_8x8.api import Client, StoredDefinition
    from pulumi_8x8.cli.support.target import ServiceAccess
    from pulumi_8x8.definition import Definition
    from pulumi_8x8.stacks import Manager

#: How a value shows that the state marks as a secret.
_SECRET = "[secret]"
_NOBODY = "nobody"


@dataclass(frozen=True)
class FoundWorkflow:
    """One version of a definition that an account holds.

    :param definition: without the secrets in the state of the stack that manages it.
    :param managers: the resources that manage it; ``None`` if that isn't known.
    """

    client: Client
    stored: StoredDefinition
    definition: Definition
    managers: tuple[Manager, ...] | None

    @property
    def name(self) -> str:
        return _shown(self.definition.name)

    @property
    def trigger(self) -> str:
        return _shown(self.definition.trigger)

    @property
    def sub_account(self) -> str:
        """Empty for a workflow of any sub-account."""
        return _shown(self.definition.sub_account_id)

    @property
    def managed_by(self) -> str:
        """``dev: auto-reply``, ``nobody``, or ``not known``."""
        return "not known" if self.managers is None else ", ".join(map(str, self.managers)) or _NOBODY

    @property
    def stacks(self) -> tuple[str, ...]:
        """The stacks that manage it, or ``nobody``; empty if that isn't known."""
        return () if self.managers is None else tuple(each.stack for each in self.managers) or (_NOBODY,)

    def facts(self) -> dict[str, Any]:
        """Returns what JSON has of it."""
        managers = self.managers
        return {
            "definitionId": self.stored.id,
            "name": self.name,
            "accountId": self.client.settings.account_id,
            "trigger": self.trigger,
            "subAccountId": self.sub_account or None,
            "status": self.stored.status,
            "version": self.stored.version,
            "createdAt": self.stored.created_at,
            "managedBy": None
            if managers is None
            else [{"stack": each.stack, "resource": each.workflow.name} for each in managers],
        }


def list_workflows(service: ServiceAccess) -> Sequence[FoundWorkflow]:
    """Lists the newest version of each definition in the accounts of the stack.

    The service may leave out definitions that aren't active, so those that a stack manages are read by id. Standard
    error reports those that are gone.

    :raises ApiError: the service doesn't answer. :raises StackError: the project's stacks can't be listed.
    """
    clients = service.clients()
    found = [(client, stored) for client in clients for stored in client.list_definitions()]
    managers = service.managers
    if managers is not None:
        listed = {stored.id.lower() for _, stored in found}
        unlisted = [each for each in managers.every if each.workflow.id.lower() not in listed]
        asked = [(client, each) for each in unlisted for client in clients if _is_in(client, each, service)]
        for (client, manager), stored in zip(
            asked, in_parallel(_read, asked, "reading what isn't listed"), strict=True
        ):
            if stored is None:
                account = client.settings.account_id
                echo(f"{manager}: the account {account} has no definition {manager.workflow.id}", err=True)
            elif stored.id.lower() not in listed:
                listed.add(stored.id.lower())
                found.append((client, stored))
        for name, why in managers.unread.items():
            echo(f"The stack {name} can't be read, so it isn't known what it manages: {why}", err=True)
    return [describe(service, client, stored) for client, stored in found]


def describe(service: ServiceAccess, client: Client, stored: StoredDefinition) -> FoundWorkflow:
    """Finds out who manages a definition, and hides what their states mark as secrets."""
    managers = service.managers
    if managers is None:
        return FoundWorkflow(client, stored, stored.definition, None)
    own = managers.of(stored.id)
    (hidden,) = own[0].workflow.mask([stored.definition], _config_secrets(service)) if own else [stored.definition]
    return FoundWorkflow(client, stored, hidden, None if managers.unread and not own else own)


def find_workflow(service: ServiceAccess, wanted: str) -> Target:
    """Returns the workflow with that resource name, id, or name on the service.

    :raises StackError: there is none, or several definitions have that name.
    """
    try:
        target = service.find(wanted)
    except StackError as error:
        client = service.client()
        account = client.settings.account_id
        named = [each for each in client.list_definitions() if each.definition.name == wanted]
        if not named:
            raise StackError(f"{error}\nThe account {account} lists no definition with this name either.") from None
        if len(named) > 1:
            ids = "\n".join(f"  {each.id}   (version {each.version}, {each.status})" for each in named)
            raise StackError(
                f'several definitions in the account {account} have the name "{wanted}". Use an id:\n{ids}'
            ) from None
        target = Target(client, named[0].id)
    # Another stack of the project may manage it, and its state knows what is secret.
    managers = service.managers.of(target.id) if target.managed is None and service.managers is not None else ()
    return replace(target, managed=managers[0].workflow) if managers else target


def _is_in(client: Client, manager: Manager, service: ServiceAccess) -> bool:
    """Whether a resource's definition belongs to the account of ``client``, as far as the state shows it."""
    account = manager.workflow.outputs.get("accountId") or manager.workflow.account.get("id")
    if account is None:
        return service.stack is not None and manager.stack == service.stack.name and client is service.client()
    return bool(account == client.settings.account_id)


def _read(asked: tuple[Client, Manager]) -> StoredDefinition | None:
    client, manager = asked
    try:
        return client.latest(manager.workflow.id)
    except NotFound:
        return None


def _config_secrets(service: ServiceAccess) -> Sequence[str]:
    return service.stack.secret_texts() if service.stack else ()


def _shown(value: object) -> str:
    from pulumi_8x8.definition import Hole

    return _SECRET if isinstance(value, Hole) else str(value or "")
