"""The program that runs: what its stack's config says for all workflows, and what it has made so far.

Nothing here is known to the process as a whole: several stacks may run in it, one after the other or at once.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_8x8.api import Client, Origin, Settings
from pulumi_8x8.definition import Hole, Json, encode, logical_names, read_sub_accounts
from pulumi_8x8.definition.checked import Wrong, checked
from pulumi_8x8.definition.values import has_holes, map_leaves
from pulumi_8x8.errors import SettingsError
from pulumi_8x8.lint import read_levels
from pulumi_8x8.resources.options import read_on_drift, read_pin
from pulumi_8x8.resources.origins import HeldDefinition, ManagedDefinitions, Trait, managed, origin_of, pair, traits_of
from pulumi_8x8.resources.seam import OwnState, is_config_secret, urns_of

if TYPE_CHECKING:
    from pulumi_8x8.resources.run import WorkflowRun
    from pulumi_8x8.resources.workflow import Account, Workflow


class Program:
    """One run of a program; one message for all of it, instead of one for each workflow from the plugin.

    :ivar levels: of lint rules, for the whole stack.
    :ivar sub_accounts: by logical name.
    :ivar gate: the stack that has to run first what this one deploys; ``None``: none.
    :ivar pins: versions or digests by the names of resources, for this stack only; ``adopts``: ids, likewise.
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
            base_url = Settings.resolve(value).base_url
            _refuse_secrets("accountId", "baseUrl", "subAccounts", "adopt", "pins")
            if config.get("apiKey") != _EMULATORS_KEY or urlsplit(base_url).hostname not in _THIS_MACHINE:
                warn_of_plain_key("8x8:apiKey")
        levels = config.get("lint")
        self.levels = read_levels(config.get_object("lint") if levels and levels.startswith("{") else levels)
        self.sub_accounts = read_sub_accounts(config.get("subAccounts"))
        self.gate = config.get("requiresDigestFrom")
        self.pins = {name: read_pin(pin, f"8x8:pins.{name}") for name, pin in _by_resource(config, "pins").items()}
        self.adopts = {name: str(id) for name, id in _by_resource(config, "adopt").items()}
        if on_drift := config.get("onDrift"):
            read_on_drift(on_drift, "8x8:onDrift")
        self.names: Counter[str | None] = Counter()
        self.workflows: dict[str, list[Workflow]] = {}
        self.runs: list[WorkflowRun] = []
        self.clients: dict[Account | None, Client] = {}
        self._digests: dict[str, pulumi.Output[Json]] = {}
        self._warned: set[str] = set()
        self._state = None if self.is_test else OwnState()
        self._paired: tuple[int, Mapping[pulumi.Resource, str], dict[str, str]] | None = None

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

    def warn_of_misspelt(self) -> None:
        """Warns once of settings for resources that the program, now that it has made all of them, doesn't have."""
        for key, names in (("pins", self.pins), ("adopt", self.adopts)):
            unknown = sorted(set(names) - self.workflows.keys() - self._warned)
            self._warned.update(unknown)
            for name in unknown:
                pulumi.log.warn(
                    f"8x8:{key}.{name} has no effect: the program has no workflow of that resource name; it has "
                    f"{', '.join(sorted(self.workflows)) or 'none'}"
                )

    def origin_of(self, workflow: Workflow) -> Origin:
        """What the stack's state has for a workflow, when the program has made all that it makes at once."""
        held = self._held_workflows
        if not held:
            return Origin()
        urns, pairs = self._pairs()
        urn = urns[workflow]
        # Of one that the state has, the content does not count; making its digest takes its time.
        return origin_of(workflow._trait_of(urn, content=urn not in held), pairs.get(urn), held)

    def run_of(self, run: WorkflowRun) -> HeldDefinition | None:
        """The run in the state that a new one follows."""
        held = self._held_runs
        if not held:
            return None
        urns = urns_of({each: each._parent for each in self.runs})
        program = [Trait(urns[each], has_aliases=each._has_aliases) for each in self.runs]
        followed = pair(program, [Trait(urn) for urn in held]).get(urns[run])
        return None if followed is None else held[followed]

    @cached_property
    def _held_workflows(self) -> ManagedDefinitions:
        return managed(self._held)

    @cached_property
    def _held_runs(self) -> dict[str, HeldDefinition]:
        return {each.urn: each for each in self._held if each.get("instanceId") and each.get("definitionId")}

    @cached_property
    def _held(self) -> tuple[HeldDefinition, ...]:
        return self._state.held() if self._state is not None else ()

    def _pairs(self) -> tuple[Mapping[pulumi.Resource, str], dict[str, str]]:
        if self._paired is None or self._paired[0] != self.names.total():
            made = [workflow for same_name in self.workflows.values() for workflow in same_name]
            urns = urns_of({each: each._parent for each in made})
            is_new = any(urn not in self._held_workflows for urn in urns.values())
            program = [workflow._trait_of(urns[workflow]) for workflow in made] if is_new else []
            self._paired = self.names.total(), urns, pair(program, traits_of(self._held_workflows)) if is_new else {}
        return self._paired[1], self._paired[2]


#: What the emulator on this machine takes is no secret.
_EMULATORS_KEY, _THIS_MACHINE = "emulator-key", ("localhost", "127.0.0.1", "::1")


def _by_resource(config: pulumi.Config, key: str) -> Mapping[str, Any]:
    """:raises SettingsError: it is no object."""
    given = config.get(key)
    try:
        found = json.loads(given) if given else {}
    except ValueError:
        found = given
    if not isinstance(found, Mapping):
        raise SettingsError(f"8x8:{key} is an object: pulumi config set --path '8x8:{key}.<resource>' <value>")
    return found


def _refuse_secrets(*keys: str) -> None:
    """:raises SettingsError: one of them is a secret; messages, ids and addresses could not keep it."""
    for key in keys:
        if is_config_secret(f"8x8:{key}"):
            raise SettingsError(
                f"8x8:{key} is set as a secret, and cannot stay one: the state, addresses and messages have it in "
                f"plain text. Nothing was sent. Set it in plain text: pulumi config rm 8x8:{key}, then pulumi config "
                "set without --secret. Only keys are secrets (8x8:apiKey)."
            )


def warn_of_plain_key(key: str) -> None:
    """Warns of an API key that stands in plain text in the stack's config file."""
    if pulumi.Config(key.partition(":")[0]).get(key.partition(":")[2]) and not is_config_secret(key):
        pulumi.log.warn(
            f"{key} stands in plain text in the stack's config; encrypt it: pulumi config set --secret {key} <key>"
        )


_programs: WeakKeyDictionary[object, Program] = WeakKeyDictionary()
_lock = threading.Lock()


def current_program() -> Program:
    """The program that runs now; each stack's is one of its own, and each of a user's unit tests.

    :raises SettingsError: see :class:`Program`.
    """
    monitor = get_monitor()
    with _lock:
        if monitor not in _programs:
            _programs[monitor] = Program(monitor)
        return _programs[monitor]


def full_name(stack: str) -> str:
    """``organization/project/stack``, of what names only the last one or two of them.

    >>> full_name("acme/shop/staging")
    'acme/shop/staging'
    """
    given = stack.split("/")
    here = [pulumi.get_organization(), pulumi.get_project()] if len(given) < 3 else []
    return "/".join([*here[: 3 - len(given)], *given])


def known(hole: Hole) -> pulumi.Output[Json]:
    """A value that is not known yet, as an Output of plain JSON, whatever it turns out to be; see ``checked``."""
    # Not from_input at once: it goes through any value, and one that contains itself would end in a traceback.
    return hole.apply(_plain) if isinstance(hole, pulumi.Output) else pulumi.Output.from_input(hole)


def _plain(value: Json) -> pulumi.Input[Json]:
    plain = checked(value)
    if not has_holes(plain) or isinstance(plain, Wrong):
        return plain
    return pulumi.Output.from_input(map_leaves(plain, lambda leaf: known(leaf) if isinstance(leaf, Hole) else leaf))


def once_known(hole: Hole) -> Json:
    """An input's value that is not known yet, encoded when it is there; the engine keeps what is secret a secret."""
    return known(hole).apply(encode)


def secret_places(inputs: Mapping[str, Json]) -> pulumi.Output[list[list[str | int]]] | None:
    """Where ``inputs`` has secrets, for the plugin, which is not told; ``None`` when it has no values to come."""
    holes = list(_holes(inputs, []))
    if not holes:
        return None
    flags = [known(hole).is_secret() for _, hole in holes]
    return pulumi.Output.all(*flags).apply(
        lambda secret: [place for (place, _), is_secret in zip(holes, secret, strict=True) if is_secret]
    )


def _holes(value: Json, place: list[str | int]) -> Iterator[tuple[list[str | int], Hole]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _holes(item, [*place, key])
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value):
            yield from _holes(item, [*place, position])
    elif isinstance(value, Hole):
        yield place, value
