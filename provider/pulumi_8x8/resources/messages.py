"""What the provider of workflows says to the user; texts only.

They may end in logs that others read. So they name places (``steps.send_CA.inputs.content.text``), never values of a
definition, and a workflow by its resource.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pulumi_8x8.api import Origin, StoredDefinition, list_places
from pulumi_8x8.definition.compare import Change
from pulumi_8x8.definition.reconcile import OnDrift, Plan

_PUT_BACK = {
    "overwrite": "The program says otherwise, and this update puts it back; to keep the change, write it into the "
    "program, or set 8x8:onDrift (on_drift) to warn or stop.",
    "warn": "It is left as it is (8x8:onDrift is warn); to keep it for good, write it into the program.",
}


def other_account(name: str, deployed: str, configured: str) -> str:
    return (
        f'workflow "{name}" was deployed to the account {deployed}, and 8x8:accountId (PULUMI_8X8_ACCOUNT_ID) is '
        f"{configured} now. Nothing was changed. Set it back; for the other account use another stack."
    )


def taken_over(name: str, definition_id: str, proof: str, origin: Origin) -> str:
    begin = f'workflow "{name}": the definition {definition_id}'
    if proof == "moved":
        return (
            f"{begin} moves here from {origin.moved_from}. It keeps its id and its running conversations; what the "
            "engine shows as a creation and a deletion deletes nothing."
        )
    if proof == "record":
        return (
            f"{begin} was made by an earlier operation that was interrupted before the state had it; it is taken over, "
            "and no second one is made."
        )
    return (
        f"{begin} is equal and nothing proves that this stack made it; it is taken over, since 8x8:adoptEqual is true."
    )


def drifted(name: str, stored: StoredDefinition, plan: Plan, on_drift: OnDrift) -> str:
    return f"{_changed_outside(name, stored, plan.drift)}\n{_PUT_BACK[on_drift]}"


def stopped_by_drift(name: str, stored: StoredDefinition, plan: Plan) -> str:
    return (
        f"{_changed_outside(name, stored, plan.drift)}\nNothing of it was changed (8x8:onDrift is stop). Write the "
        'change into the program to keep it; to discard it, deploy once with on_drift="overwrite".'
    )


def conflicting(name: str, stored: StoredDefinition, plan: Plan) -> str:
    return (
        f"{_changed_outside(name, stored, plan.conflicts)}\nThe program changes the same places, so that their change "
        "cannot be left as it is (8x8:onDrift is warn). Nothing of it was changed. Write their change into the program "
        'to keep it; to discard it, deploy once with on_drift="overwrite".'
    )


def _changed_outside(name: str, stored: StoredDefinition, changes: Sequence[Change]) -> str:
    when = f"version {stored.version}, {stored.created_at}"
    return f'workflow "{name}" was changed outside Pulumi ({when}):\n{list_places(changes)}'


def pinned(name: str, stored: StoredDefinition, pin: int | str, plan: Plan) -> str:
    return (
        f'workflow "{name}" is pinned to version {shown(pin)}; it is version {stored.version} now, and this update '
        f"puts the older one back, as a new version:\n{list_places(plan.changes)}\n"
        "Other changes of it in the program are not deployed until pin_version is taken out."
    )


def not_deployed(pin: int | str) -> str:
    return f"pinned to version {shown(pin)}: what the program says is not deployed until pin_version is taken out"


def nothing_to_pin(name: str, pin: int | str) -> str:
    return (
        f'workflow "{name}": pin_version={shown(pin)}: there is nothing to pin, as it is not deployed yet, or was '
        "deleted with all its versions. Nothing of it was changed. Take pin_version out."
    )


def no_such_version(name: str, definition_id: str, pin: int | str, digests: Iterable[tuple[int, str]]) -> str:
    versions = ", ".join(f"{version} ({digest[:8]})" for version, digest in digests)
    return (
        f'workflow "{name}": pin_version={shown(pin)}: the definition {definition_id} has no such version; it has '
        f"{versions}. Nothing of it was changed."
    )


def shown(pin: int | str) -> str:
    """A pin: the version, or the beginning of the digest."""
    return f"{pin[:8]}…" if isinstance(pin, str) else str(int(pin))
