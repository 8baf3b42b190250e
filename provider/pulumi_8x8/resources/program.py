"""The program that runs: what its stack's config says for all workflows, and what it has made so far.

Nothing here is known to the process as a whole: several stacks may run in it, one after the other or at once.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_8x8.api import Client, Origin, Settings
from pulumi_8x8.definition import Definition, Json, logical_names, to_inputs
from pulumi_8x8.errors import SettingsError
from pulumi_8x8.resources.config import StackConfig
from pulumi_8x8.resources.digests import NOT_AS_DECLARED, digest_of, digest_of_deployed, judge
from pulumi_8x8.resources.late import Later, secret_places
from pulumi_8x8.resources.options import Account
from pulumi_8x8.resources.origins import ManagedDefinitions, Trait, managed, origin_of, pair, traits_of
from pulumi_8x8.resources.properties import ABOUT, About
from pulumi_8x8.resources.seam import Held, OwnState, is_config_secret, secret_config_keys, urns_of


@dataclass(eq=False)
class Declared:
    """A resource that the program declares.

    :param name: the resource's name.
    """

    resource: pulumi.Resource
    name: str
    opts: pulumi.ResourceOptions | None

    def trait(self, urn: str) -> Trait:
        """What tells it from the others of its kind in the program, as far as that is known at once."""
        return Trait(urn, has_aliases=bool(self.opts and self.opts.aliases))


@dataclass(eq=False)
class DeclaredWorkflow(Declared):
    """What the program says of a workflow, and asks of it later.

    :param definition: as the program says it, with logical names of sub-accounts.
    :param physical: the same with the sub-accounts themselves.
    :ivar runs: how its smoke tests ended.
    """

    definition: Definition
    physical: Definition
    account: Account | None
    pin: int | str | None
    runs: list[pulumi.Output[Any]] = field(default_factory=list)

    def trait(self, urn: str, *, content: bool = True) -> Trait:
        title = self.physical.name if isinstance(self.physical.name, str) else ""
        digest = replace(self.physical, status=None).digest() if content and not self.physical.has_holes() else ""
        return replace(super().trait(urn), title=title, content=digest)

    def deployed_digest(self, names: Mapping[str, str]) -> pulumi.Output[str]:
        """The digest of what is deployed, or what is deployed instead; known when its smoke tests have ended.

        :param names: to logical names.
        """
        if self.pin is not None:
            # Before its first update by this version the state does not have it.
            unknown = f"pinned to version {self.pin}" if isinstance(self.pin, int) else NOT_AS_DECLARED
            digest: pulumi.Output[str] = about_of(self.resource).apply(lambda about: about.digest or unknown)
        else:
            live = {key: pulumi.get(self.resource, key) for key in (*to_inputs(self.physical), ABOUT)}
            digest = digest_of_deployed(self.definition, names, self.physical, live)
        # Asked when the program has run, so that the order in it does not matter.
        return digest.apply(lambda text: pulumi.Output.all(*self.runs).apply(lambda _: text))


class Program:
    """One run of a program; one message for all of it, instead of one for each workflow from the plugin.

    :ivar workflows: those that it has declared so far; ``runs``: likewise.
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
        #: What holds for all its workflows.
        self.config = StackConfig.read(lambda key: config.get(key.removeprefix("8x8:")))
        self.workflows: dict[pulumi.Resource, DeclaredWorkflow] = {}
        self.runs: dict[pulumi.Resource, Declared] = {}
        self.clients: dict[Account | None, Client] = {}
        self._digests: dict[str, pulumi.Output[Json]] = {}
        self._warned: set[str] = set()
        self._state = None if self.is_test else OwnState()
        self._paired: tuple[int, Mapping[pulumi.Resource, str], dict[str, str]] | None = None

    @cached_property
    def logical_names(self) -> dict[str, str]:
        """What leads from sub-accounts back to their logical names."""
        return logical_names(self.config.sub_accounts)

    def declare(self, workflow: DeclaredWorkflow, about: About, stack: str | None) -> Later:
        """Takes up a workflow; returns what the provider is told about it.

        :param about: what is known of it at once.
        :param stack: that has to run it first; ``None`` or empty: none.
        """
        self.workflows[workflow.resource] = workflow
        late: dict[str, pulumi.Output[Any]] = {}
        if (places := secret_places(to_inputs(workflow.physical))) is not None:
            about, late["secrets"] = replace(about, secret_keys=tuple(secret_config_keys())), places
        if stack and not self.is_test:
            late |= self._gate(workflow, full_name(stack))

        def last() -> dict[str, Any]:
            self._warn_of_misspelt()
            return replace(about, workflows=len(self.workflows), origin=self._origin_of(workflow)).write()

        return Later(last, late)

    def digests(self) -> pulumi.Output[dict[str, str]]:
        """The digests of what is deployed, by the names of resources.

        :raises pulumi.RunError: two workflows have the same name.
        """
        ((name, count),) = Counter(each.name for each in self.workflows.values()).most_common(1) or [("", 0)]
        if count > 1:
            raise pulumi.RunError(
                f'digests: several workflows of the program have the name "{name}"; give them different names'
            )
        made = self.workflows.values()
        return pulumi.Output.all(**{each.name: each.deployed_digest(self.logical_names) for each in made})

    def run_before(self, run: pulumi.Resource) -> Held | None:
        """The run in the state that a new one follows."""
        held = {each.urn: each for each in self._held if each.get("instanceId") and each.get("definitionId")}
        if not held:
            return None
        urns = _urns(self.runs)
        program = [each.trait(urns[resource]) for resource, each in self.runs.items()]
        followed = pair(program, [Trait(urn) for urn in held]).get(urns[run])
        return None if followed is None else held[followed]

    def _gate(self, workflow: DeclaredWorkflow, stack: str) -> dict[str, pulumi.Output[Any]]:
        """What check() is told of the gate: why it is closed, or what it needs to see whether it is."""
        if stack not in self._digests:
            # Under a name of ours, or it could not stand beside a reference that the program makes itself.
            reference = pulumi.StackReference(f"8x8-digests-of-{stack}", stack_name=stack)
            self._digests[stack] = pulumi.Output.unsecret(reference.get_output("digests"))
        theirs = self._digests[stack]
        if isinstance(workflow.pin, int):  # only the plugin can read that version
            return {"pinGate": theirs.apply(lambda known: {"theirs": known, "stack": stack})}
        ours = digest_of(workflow.definition, self.logical_names) if workflow.pin is None else workflow.pin
        both = pulumi.Output.all(ours, theirs)
        return {"gate": both.apply(lambda known: judge(workflow.name, known[0], known[1], stack))}

    def _warn_of_misspelt(self) -> None:
        """Warns once of settings for resources that the program, now that it has made all of them, doesn't have."""
        for key, names in (("pins", self.config.pins), ("adopt", self.config.adopt)):
            for name in sorted(names.keys() - self._warned):
                self._warned.add(name)
                made = sorted({each.name for each in self.workflows.values()})
                if name not in made:
                    pulumi.log.warn(
                        f"8x8:{key}.{name} has no effect: the program has no workflow of that resource name; it has "
                        f"{', '.join(made) or 'none'}"
                    )

    def _origin_of(self, workflow: DeclaredWorkflow) -> Origin:
        """What the stack's state has for a workflow, when the program has made all that it makes at once."""
        held = self._held_workflows
        if not held:
            return Origin()
        urns, pairs = self._pairs()
        urn = urns[workflow.resource]
        # Of one that the state has, the content does not count; making its digest takes its time.
        return origin_of(workflow.trait(urn, content=urn not in held), pairs.get(urn), held)

    @cached_property
    def _held_workflows(self) -> ManagedDefinitions:
        return managed(self._held)

    @cached_property
    def _held(self) -> tuple[Held, ...]:
        return self._state.held() if self._state is not None else ()

    def _pairs(self) -> tuple[Mapping[pulumi.Resource, str], dict[str, str]]:
        if self._paired is None or self._paired[0] != len(self.workflows):
            made = self.workflows
            urns = _urns(made)
            is_new = any(urn not in self._held_workflows for urn in urns.values())
            program = [each.trait(urns[resource]) for resource, each in made.items()] if is_new else []
            self._paired = len(made), urns, pair(program, traits_of(self._held_workflows)) if is_new else {}
        return self._paired[1], self._paired[2]


def _urns(declared: Mapping[pulumi.Resource, Declared]) -> dict[pulumi.Resource, str]:
    return urns_of({resource: each.opts.parent if each.opts else None for resource, each in declared.items()})


#: What the emulator on this machine takes is no secret.
_EMULATORS_KEY, _THIS_MACHINE = "emulator-key", ("localhost", "127.0.0.1", "::1")


def _refuse_secrets(*keys: str) -> None:
    """:raises SettingsError: one of them is a secret; messages, ids and addresses could not keep it."""
    for key in keys:
        if is_config_secret(f"8x8:{key}"):
            raise SettingsError(
                f"8x8:{key} is set as a secret, but the state, addresses and messages contain it in plain text. "
                f"Nothing was sent. Set it in plain text: pulumi config rm 8x8:{key}, then pulumi config "
                "set without --secret. Only keys are secrets (8x8:apiKey)."
            )


def warn_of_plain_key(key: str) -> None:
    """Warns of an API key that stands in plain text in the stack's config file."""
    if pulumi.Config(key.partition(":")[0]).get(key.partition(":")[2]) and not is_config_secret(key):
        pulumi.log.warn(
            f"{key} is in plain text in the stack's config; encrypt it: pulumi config set --secret {key} <key>"
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


def about_of(resource: pulumi.Resource) -> pulumi.Output[About]:
    """What the outputs of a workflow say about it."""
    return pulumi.get(resource, ABOUT).apply(lambda about: About.read({ABOUT: about}))  # type: ignore[no-any-return]


def full_name(stack: str) -> str:
    """``organization/project/stack``, of what names only the last one or two of them.

    >>> full_name("acme/shop/staging")
    'acme/shop/staging'
    """
    given = stack.split("/")
    here = [pulumi.get_organization(), pulumi.get_project()] if len(given) < 3 else []
    return "/".join([*here[: 3 - len(given)], *given])
