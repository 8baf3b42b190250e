"""The messages of the provider of workflows; texts only.

Others may read them in logs, so they name places (``steps.send_CA.inputs.content.text``), never values of a definition.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from pulumi_8x8.api import Origin, StoredDefinition, list_places
from pulumi_8x8.definition.compare import Change
from pulumi_8x8.definition.reconcile import OnDrift, Plan

_DECIDE = 'Write the change into the program to keep it; to discard it, deploy once with on_drift="overwrite".'

_DRIFTED: Mapping[OnDrift | Literal["conflict"], str] = {
    "overwrite": "This update restores the program's values. To keep the change, write it into the program, or set "
    "8x8:onDrift (on_drift) to warn or stop.",
    "warn": "The change stays (8x8:onDrift or on_drift is warn). To keep it permanently, write it into the program.",
    "stop": f"The workflow wasn't changed (8x8:onDrift or on_drift is stop). {_DECIDE}",
    "conflict": (
        "The program changes the same places, so this change can't stay (8x8:onDrift or on_drift is warn). The "
        f"workflow wasn't changed. {_DECIDE}"
    ),
}


def other_account(name: str, deployed: str, configured: str) -> str:
    return (
        f'workflow "{name}" was deployed to the account {deployed}, but 8x8:accountId (PULUMI_8X8_ACCOUNT_ID) is '
        f"now {configured}. Nothing was changed. Set it back, or use another stack for the other account."
    )


def no_trigger_url(name: str) -> str:
    return (
        f'workflow "{name}" has no trigger_url, because its trigger isn\'t http_request. Set '
        'trigger="http_request" if another system starts it; otherwise remove trigger_url from the program.'
    )


def taken_over(name: str, definition_id: str, proof: str, origin: Origin) -> str:
    begin = f'workflow "{name}": the definition {definition_id}'
    if proof == "moved":
        return (
            f"{begin} moves here from {origin.moved_from}. It keeps its id and its running conversations. Pulumi "
            "shows a creation and a deletion, but deletes nothing."
        )
    if proof == "record":
        return (
            f"{begin} was created by an earlier operation that ended before it saved the state. This stack takes it "
            "over and doesn't create another."
        )
    return (
        f"{begin} is equal to the program's definition. Nothing proves that this stack created it. This stack takes "
        "it over, because 8x8:adoptEqual is true."
    )


def drifted(
    name: str, stored: StoredDefinition, changes: Sequence[Change], outcome: OnDrift | Literal["conflict"]
) -> str:
    when = f"version {stored.version}, {stored.created_at}"
    return f'workflow "{name}" was changed outside Pulumi ({when}):\n{list_places(changes)}\n{_DRIFTED[outcome]}'


def pinned(name: str, stored: StoredDefinition, pin: int | str, plan: Plan) -> str:
    return (
        f'workflow "{name}" is pinned to version {shown(pin)} and is now at version {stored.version}. This update '
        f"stores the pinned content as a new version:\n{list_places(plan.changes)}\nPulumi doesn't deploy other "
        f"changes in the program until you remove pin_version (or 8x8:pins.{name})."
    )


def not_deployed(pin: int | str) -> str:
    return (
        f"pinned to version {shown(pin)}: Pulumi doesn't deploy changes in the program until you remove pin_version "
        "(or the stack's 8x8:pins)"
    )


def nothing_to_pin(name: str, pin: int | str) -> str:
    return (
        f"workflow \"{name}\": pin_version={shown(pin)} can't apply, because the workflow isn't deployed yet, or "
        f"somebody deleted it with all its versions. Nothing was created. Remove pin_version (or 8x8:pins.{name})."
    )


def no_such_version(name: str, definition_id: str, pin: int | str, digests: Iterable[tuple[int, str]]) -> str:
    versions = ", ".join(f"{version} ({digest[:8]})" for version, digest in digests)
    return (
        f'workflow "{name}": the definition {definition_id} has no version {shown(pin)} (pin_version). Its versions: '
        f"{versions}. The workflow wasn't changed. Set pin_version (or 8x8:pins.{name}) to one of these, or remove it."
    )


def shown(pin: int | str) -> str:
    """A pin: the version, or the beginning of the digest."""
    return f"{pin[:8]}…" if isinstance(pin, str) else str(int(pin))
