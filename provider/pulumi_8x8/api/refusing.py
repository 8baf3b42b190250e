"""What the messages of refused and failed writes have in common. They name places, and workflows by their resource."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from pulumi_8x8.api.ownership import name_of
from pulumi_8x8.api.retries import is_unclear
from pulumi_8x8.api.wire import StoredDefinition
from pulumi_8x8.definition.compare import Change
from pulumi_8x8.errors import AlreadyThere, ApiError, Conflict, Interrupted

_AGAIN = "Run the same command again: it first checks what was done."


def list_places(changes: Sequence[Change]) -> str:
    """Returns one line for each change, without values."""
    return "\n".join(f"  {change}" for change in changes)


@contextmanager
def naming(urn: str) -> Iterator[None]:
    """Adds to an error of the service which workflow it is about, and how to find out what was done."""
    try:
        yield
    except Interrupted as error:
        if "workflow" in str(error):
            raise
        raise Interrupted(f'workflow "{name_of(urn)}": {error}\n{_AGAIN}') from None
    except ApiError as error:
        then = f"\n{_AGAIN}" if is_unclear(error) else ""
        error.args = (f'workflow "{name_of(urn)}": {error}{then}',)
        raise


def refuse_conflict(urn: str, stored: StoredDefinition, drift: Sequence[Change], what: str) -> None:
    """Refuses a write if there is any ``drift`` between what was compared and what is stored.

    :raises Conflict: there is.
    """
    if drift:
        raise Conflict(
            f'workflow "{name_of(urn)}" ({stored.id}) was changed by somebody else: it is now version '
            f"{stored.version}, {stored.created_at}, with these changes:\n{list_places(drift)}\nThe {what} wasn't "
            "carried out. To see the changes, run `pulumi refresh` and `pulumi preview --diff`. Then run the same "
            "command again. To overwrite the changes, set overwrite=True on the workflow."
        )


def already_there(account_id: str, urn: str, found: Sequence[StoredDefinition]) -> AlreadyThere:
    """Returns the refusal to create another definition of the same name."""
    name = name_of(urn)
    # Pulumi's config takes a dot for a level of its own.
    member = f".{name}" if re.fullmatch(r"[\w-]+", name) else f'["{name}"]'
    ids = "\n".join(
        f'  adopt="{stored.id}"   (version {stored.version}, {stored.created_at}{_age(stored)}, {stored.status})'
        for stored in found
    )
    return AlreadyThere(
        f'workflow "{name}": the account {account_id} already has a definition of the same name, and nothing '
        "proves that this stack created it. A second definition could send customers every reply twice. The "
        f"existing definition wasn't changed.\nTo take it over, add this argument to the workflow:\n{ids}\nTo "
        f"take it over in this stack only, run instead: pulumi config set --path '8x8:adopt{member}' <id>\nTo "
        "create a second definition, give the workflow another name."
    )


def read_moment(text: str) -> datetime:
    """Reads a time in ISO 8601, in UTC if it has no zone. :raises ValueError: it isn't one."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _age(stored: StoredDefinition) -> str:
    """Returns ``, 3 days old``; empty if the service's time isn't readable."""
    try:
        age = datetime.now(UTC) - read_moment(stored.created_at)
    except ValueError:
        return ""
    if age.days >= 2:
        return f", {age.days} days old"
    return f", {max(0, int(age.total_seconds() // 3600))} hours old"
