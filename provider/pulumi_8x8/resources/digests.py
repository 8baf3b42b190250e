"""Digests of workflows, the same in every environment, and the gate that compares them.

A digest covers the logical definition: sub-accounts by logical name, secrets without their values, which differ by
environment. It leaves out the status, so that a workflow can be off in one environment only.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi

from pulumi_8x8.definition import Definition, Hole, Json, Path, encode, from_inputs, rename_sub_accounts, to_inputs
from pulumi_8x8.definition.compare import compare
from pulumi_8x8.definition.encoding import record_order
from pulumi_8x8.resources.late import known
from pulumi_8x8.resources.properties import About

#: Instead of a digest: the stack runs something else. Stacks export it as version 0.1.0 worded it, which `make prose`
#: would report: hence the braces.
NOT_AS_DECLARED = f"not as its program {'says'}"

_SECRET = {"8x8:secret": True}


@dataclass(frozen=True)
class _Closed:
    """A value that ``Output.all`` doesn't traverse: that takes 16 ms for each workflow (SDK 3.272.0)."""

    value: Json


def digest_of(definition: Definition, names: Mapping[str, str]) -> pulumi.Output[str]:
    """Returns the digest of ``definition``; unknown as long as any of its values is.

    :param names: to logical names, see :func:`~pulumi_8x8.definition.logical_names`.
    """
    return _leaves(definition).apply(lambda leaves: _digest(_filled(definition, _masked(leaves)), names))


def digest_of_deployed(
    definition: Definition, names: Mapping[str, str], physical: Definition, live: Mapping[str, pulumi.Output[Any]]
) -> pulumi.Output[str]:
    """Returns the digest of ``definition`` if that was deployed, else :data:`NOT_AS_DECLARED`.

    Reasons are an update of other resources only (``--target``), ``ignore_changes``, or an edit outside Pulumi.

    :param physical: ``definition`` with sub-accounts instead of their logical names.
    :param live: the outputs of the resource after a successful update.
    """

    def deployed(known: Mapping[str, Any]) -> str:
        masked, outputs = _masked(known["leaves"]), {key: closed.value for key, closed in known["live"].items()}
        about = About.read(outputs)
        if about.sent is not None:
            sent = replace(_filled(physical, masked), status=None).digest()
            as_declared = about.sent == sent and about.deployed == about.version and not about.kept
        else:  # the state of the version before this
            declared = _filled(physical, [leaf["closed"].value for leaf in known["leaves"]])
            as_declared = same_but_status(from_inputs(outputs), declared)
        return _digest(_filled(definition, masked), names) if as_declared else NOT_AS_DECLARED

    closed = {key: _closed(value) for key, value in live.items()}
    return pulumi.Output.all(leaves=_leaves(definition), live=closed).apply(deployed)


def masked_digest(definition: Definition, places: Collection[Path]) -> str:
    """Returns the digest of a definition whose values are known, with the sub-accounts that it has, without secrets.

    :param places: of secrets, in the inputs.
    """
    inputs = to_inputs(definition)
    for place in sorted(places, key=len):
        inputs = _replaced(inputs, place)
        if place == ("steps",):
            inputs.pop("start", None)
    return replace(from_inputs(inputs), status=None).digest()


def _replaced(value: Json, path: Path) -> Json:
    if not path:
        return _SECRET
    if isinstance(value, Mapping) and path[0] in value:
        return {**value, path[0]: _replaced(value[str(path[0])], path[1:])}
    if isinstance(value, list) and isinstance(path[0], int) and path[0] < len(value):
        return [_replaced(item, path[1:]) if position == path[0] else item for position, item in enumerate(value)]
    return value


def order_once_known(definition: Definition) -> pulumi.Output[str]:
    """Returns the order of all members, also in values that become known later, but not in secrets."""
    return _leaves(definition).apply(lambda leaves: record_order(_filled(definition, _masked(leaves))))


def same_but_status(old: Definition, new: Definition) -> bool:
    """Whether two definitions mean the same when enabled."""
    return not compare(replace(old, status=None), replace(new, status=None))


def gate_refusal(workflow: str, ours: str, theirs: Json, stack: str) -> str:
    """Returns why ``workflow`` must not be deployed; empty if it may.

    :param theirs: the output ``digests`` of the stack that has to run it first.
    :param stack: its full name.
    """
    name = stack.rpartition("/")[2]
    if not isinstance(theirs, Mapping):
        return (
            f'workflow "{workflow}": the stack {stack} has no output "digests", so the provider can\'t check '
            'whether that stack runs this workflow. The workflow wasn\'t changed. Add pulumi.export("digests", '
            "automation.digests()) to that stack's program, and deploy that stack. To remove this gate, change "
            "requires_digest_from (or 8x8:requiresDigestFrom)."
        )
    held = theirs.get(workflow)
    if held == ours:
        return ""
    if held is None:
        runs = f"{name} doesn't run it"
    elif re.fullmatch("[0-9a-f]{64}", str(held)):
        runs = f"{name} runs the digest {held[:8]}, and this stack would deploy {ours[:8]}"
    else:
        runs = f'{name} doesn\'t run it as declared ("{held}")'
    return (
        f'workflow "{workflow}": {runs}. The workflow wasn\'t changed. Deploy it to {name} first: pulumi up --stack '
        f"{stack}. To remove this gate, change requires_digest_from (or 8x8:requiresDigestFrom)."
    )


def _leaves(definition: Definition) -> pulumi.Output[Sequence[Mapping[str, Any]]]:
    """Returns each value that may not be known yet, and whether it is a secret, in the order of :func:`_filled`."""
    holes: list[Hole] = []
    to_inputs(definition, holes.append)
    return pulumi.Output.all(*map(_leaf, holes))


def _leaf(hole: Hole) -> pulumi.Output[Mapping[str, Any]]:
    output = known(hole)
    return pulumi.Output.all(secret=output.is_secret(), closed=_closed(output))


def _closed(output: pulumi.Output[Any]) -> pulumi.Output[_Closed]:
    # A digest isn't a secret: it contains no secret value.
    return pulumi.Output.unsecret(output).apply(_Closed)


def _masked(leaves: Sequence[Mapping[str, Any]]) -> list[Json]:
    return [_SECRET if leaf["secret"] else leaf["closed"].value for leaf in leaves]


def _filled(definition: Definition, values: Sequence[Json]) -> Definition:
    rest = iter(values)
    return from_inputs(to_inputs(definition, lambda _hole: encode(next(rest))))


def _digest(definition: Definition, names: Mapping[str, str]) -> str:
    return replace(rename_sub_accounts(definition, names), status=None).digest()
