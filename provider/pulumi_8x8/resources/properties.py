"""The properties of a workflow and of a run, in inputs and outputs: their names, and the record in ``__about``.

The engine's displays hide properties whose names begin with two underscores: those below, ``__order`` (of members, see
:mod:`~pulumi_8x8.definition.encoding`), and the SDK's ``__provider``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from pulumi_8x8.api import Origin
from pulumi_8x8.definition import Definition, Path
from pulumi_8x8.definition.encoding import ORDER, to_inputs_without_order
from pulumi_8x8.phrasing import camel_case

#: An :class:`About`: in inputs by the program, in outputs by the provider.
ABOUT = "__about"

#: In outputs, the base of a plan: the definition that was sent, if the inputs don't have it; and what the service made
#: of it, if an edit was kept.
SENT, ANSWERED = "__said", "__answered"

#: In outputs: at most 50 texts, encrypted, that were secret once. An older version may bring them back.
FORMER = "__former"

#: In inputs: the outcome of a run that moves to another URN. The run's check() removes it.
PREVIOUS = "__previous"

#: The definition, in inputs and outputs; a property path begins with one of these.
DEFINITION = ("name", "trigger", "subAccountId", "status", "start", "steps", "more")

#: How to manage a workflow. Outputs repeat these inputs, since delete() gets outputs only.
OPTIONS = ("adopt", "onDelete", "overwrite", "onDrift", "account", "pinVersion")


@dataclass(frozen=True)
class About:
    """The hidden property ``__about``: what is known of a workflow besides its definition and options."""

    # The program writes these; inputs and outputs keep them.
    resource: str | None = None  # its name; None if the program only reads the definition (Workflow.get)
    workflows: int | None = None  # how many the program has
    secrets: tuple[Path, ...] | None = None  # where the inputs have secrets
    secret_keys: tuple[str, ...] | None = None  # of the stack's config
    ignored: tuple[str, ...] | None = None  # the option ignore_changes
    replace_on: tuple[str, ...] | None = None  # the option replace_on_changes
    # The program writes these for check(), which removes them.
    lint: str | None = None  # the note for check(), see linting.py
    gate: str | None = None  # why another stack has to run the workflow first; empty if it does
    pin_gate: Mapping[str, Any] | None = None  # of a pinned version: "stack", and "theirs", the digests that it exports
    origin: Origin = field(default_factory=Origin)  # what the stack's state has for the resource
    # The provider writes these, in outputs. The first three are also outputs of their own; the program reads them here,
    # since each property that a program names takes the SDK's time.
    version: int | None = None  # what the service holds, as far as this stack knows
    created_at: str | None = None  # ISO 8601, when it was stored
    account_id: str | None = None  # as configured
    id: str | None = None  # of the definition
    deployed: int | None = None  # the version that this stack stored last
    sent: str | None = None  # a digest of what it sent then
    proof: str | None = None  # of ownership, see api/ownership.py
    kept: bool | None = None  # whether an edit outside Pulumi stayed
    digest: str | None = None  # of the pinned content
    #: Members that another version of this package wrote; outputs keep them.
    rest: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, properties: Mapping[str, Any]) -> About:
        """Reads the property; leaves out members that aren't known yet or have another type."""
        found = properties.get(ABOUT)
        if not isinstance(found, Mapping):
            return cls()
        members: dict[str, Any] = {}
        rest: dict[str, Any] = {}
        for key, value in found.items():
            if (name := _NAMES.get(key)) is None:
                rest[key] = value
            else:
                members[name] = _READ[name](value)
        return cls(**members, rest=rest)

    def write(self) -> dict[str, Any]:
        """Returns the property; see :meth:`read`."""
        values = {key: getattr(self, name) for key, name in _NAMES.items()}
        values["origin"] = None if self.origin == Origin() else self.origin.as_input()
        return {**self.rest, **{key: _plain(value) for key, value in values.items() if value is not None}}

    def for_inputs(self) -> About:
        """Returns the members that inputs keep."""
        return About(self.resource, self.workflows, self.secrets, self.secret_keys, self.ignored, self.replace_on)


def options_of(source: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the options in ``source``."""
    return {key: source[key] for key in OPTIONS if source.get(key) is not None}


def inputs_of(definition: Definition, source: Mapping[str, Any]) -> dict[str, Any]:
    """Returns all inputs: ``definition``, and the options, the order and ``__about`` of ``source``."""
    # The order comes from the program: made here, it would contain names of secret members.
    kept = {ORDER: source[ORDER]} if isinstance(source.get(ORDER), str) else {}
    if source.get(ABOUT):
        kept[ABOUT] = About.read(source).for_inputs().write()
    return {**definition_outputs(definition), **options_of(source), **kept}


def outputs_of(definition: Definition, others: Mapping[str, Any], about: About) -> dict[str, Any]:
    """Returns all outputs: ``definition`` as the service holds it, ``others``, and what the service adds."""
    written = about.write()
    added = {key: written[key] for key in ("version", "createdAt", "accountId")}
    return {**others, **definition_outputs(definition), **added, ABOUT: written}


def definition_outputs(definition: Definition) -> dict[str, Any]:
    """Returns ``definition`` without the order, which only inputs have."""
    return to_inputs_without_order(definition)


def deployed_version(outputs: Mapping[str, Any]) -> int:
    """Returns the version that this stack stored last; older states have the newest only."""
    return About.read(outputs).deployed or int(outputs.get("version") or 0)


def places_of(value: Any) -> tuple[Path, ...]:
    """Reads places from the engine, which makes floats of numbers; leaves out anything else."""
    given = [place for place in value if isinstance(place, list | tuple)] if isinstance(value, list | tuple) else []
    return tuple(tuple(int(part) if isinstance(part, float) else part for part in place) for place in given)


def _plain(value: Any) -> Any:
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _if_it_is(kind: type) -> Callable[[Any], Any]:
    return lambda value: value if isinstance(value, kind) else None


#: Fields by member.
_NAMES = {camel_case(each.name): each.name for each in fields(About) if each.name != "rest"}

#: How to read members; most are texts.
_READ: Mapping[str, Callable[[Any], Any]] = {
    **dict.fromkeys(_NAMES.values(), _if_it_is(str)),
    **dict.fromkeys(
        ("workflows", "version", "deployed"), lambda value: int(value) if isinstance(value, int | float) else None
    ),
    **dict.fromkeys(
        ("secret_keys", "ignored", "replace_on"),
        lambda value: tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else None,
    ),
    "secrets": lambda value: places_of(value) if isinstance(value, list) else None,
    "pin_gate": _if_it_is(Mapping),
    "origin": lambda value: Origin.read(value) if isinstance(value, Mapping) else Origin(),
    "kept": _if_it_is(bool),
}
