"""The program that runs: the settings of its stack, and the resources that it has declared so far.

Nothing here is global: one process may run several stacks, one after the other or in parallel.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from os import environ
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import pulumi
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_8x8.api import DEFAULT_BASE_URL, Client, Journal, Origin, Settings, trigger_url
from pulumi_8x8.api.unknown_settings import misspelled_variables, unknown_keys
from pulumi_8x8.definition import Definition, Json, logical_names, to_inputs
from pulumi_8x8.errors import SettingsError
from pulumi_8x8.lint import load_own_rules
from pulumi_8x8.phrasing import natural
from pulumi_8x8.resources.config import StackConfig
from pulumi_8x8.resources.digests import NOT_AS_DECLARED, digest_of, digest_of_deployed, gate_refusal
from pulumi_8x8.resources.late import Later, secret_places
from pulumi_8x8.resources.options import Account
from pulumi_8x8.resources.origins import ManagedDefinitions, Trait, origin_of, pair, traits_of
from pulumi_8x8.resources.properties import ABOUT, About
from pulumi_8x8.resources.seam import Held, OwnState, Places, config_keys, is_config_secret, secret_config_keys

#: The account in a user's unit test whose config has none.
_TEST_ACCOUNT = "test-account"


@dataclass(eq=False)
class Declared:
    """A resource that the program declares."""

    resource: pulumi.Resource
    name: str
    opts: pulumi.ResourceOptions | None

    def trait(self, urn: str, aliases: tuple[str, ...] = ()) -> Trait:
        """Returns the traits of the resource that are known now."""
        return Trait(urn, aliases=aliases)


@dataclass(eq=False)
class DeclaredWorkflow(Declared):
    """A workflow that the program declares.

    :param definition: with logical names of sub-accounts.
    :param physical: with the sub-accounts themselves.
    :ivar runs: the results of its smoke tests.
    """

    definition: Definition
    physical: Definition
    account: Account | None
    pin: int | str | None
    adopt: str | None
    runs: list[pulumi.Output[Any]] = field(default_factory=list)

    def trait(self, urn: str, aliases: tuple[str, ...] = (), *, content: bool = True) -> Trait:
        title = self.physical.name if isinstance(self.physical.name, str) else ""
        digest = replace(self.physical, status=None).digest() if content and not self.physical.has_holes() else ""
        return replace(super().trait(urn, aliases), title=title, content=digest, id=self.adopt or "")

    def deployed_digest(self, names: Mapping[str, str]) -> pulumi.Output[str]:
        """Returns the digest of what is deployed, or a description; known when its smoke tests have ended.

        :param names: to logical names.
        """
        if self.pin is not None:
            # The state lacks it until the first update by this version of the package.
            unknown = f"pinned to version {self.pin}" if isinstance(self.pin, int) else NOT_AS_DECLARED
            digest: pulumi.Output[str] = about_of(self.resource).apply(lambda about: about.digest or unknown)
        else:
            live = {key: pulumi.get(self.resource, key) for key in (*to_inputs(self.physical), ABOUT)}
            digest = digest_of_deployed(self.definition, names, self.physical, live)
        # Later, so that the order in the program doesn't matter.
        return digest.apply(lambda text: pulumi.Output.all(*self.runs).apply(lambda _: text))


class Program:
    """One run of a program. It checks the settings when it starts, so a wrong one is one error, not one a workflow.

    :ivar workflows, runs: what the program has declared so far, by resource.
    :raises SettingsError: the account or API key is missing, a rule can't be loaded, or another setting isn't valid.
    """

    def __init__(self, monitor: object) -> None:
        config = pulumi.Config("8x8")

        def value(key: str) -> object:
            name = key.removeprefix("8x8:")
            # Only whether there is a key counts here, so the secret stays closed.
            return ("secret" if config.get_secret(name) else None) if name == "apiKey" else config.get(name)

        #: A user's unit test needs no account, and has no other stacks.
        self.is_test = isinstance(monitor, MockMonitor)
        #: A command runs the program only to read its workflows, and lints them itself.
        self.is_recorded = bool(getattr(monitor, "records", False))
        base_url, account_id = (
            str(value("8x8:baseUrl") or DEFAULT_BASE_URL),
            str(value("8x8:accountId") or _TEST_ACCOUNT),
        )
        if not self.is_test:
            settings = Settings.resolve(value, names=config_keys)
            base_url, account_id = settings.base_url, settings.account_id
            _refuse_secrets("accountId", "baseUrl", "subAccounts", "adopt", "pins")
            is_here = urlsplit(base_url).hostname in ("localhost", "127.0.0.1", "::1")
            if not (is_here and config.get("apiKey") == "emulator-key"):
                warn_of_plain_key("8x8:apiKey")
        if not self.is_recorded:
            load_own_rules()
        self._address = base_url, account_id
        self.config = StackConfig.read(lambda key: config.get(key.removeprefix("8x8:")))
        self.workflows: dict[pulumi.Resource, DeclaredWorkflow] = {}
        self.runs: dict[pulumi.Resource, Declared] = {}
        self.clients: dict[Account | None, Client] = {}
        self._digests: dict[str, pulumi.Output[Json]] = {}
        self._warned: set[str] = set()
        self._looked_at = 0
        self._state = None if self.is_test else OwnState()
        self._paired: tuple[int, Mapping[pulumi.Resource, str], dict[str, str]] | None = None

    @cached_property
    def logical_names(self) -> dict[str, str]:
        """The logical names by sub-account."""
        return logical_names(self.config.sub_accounts)

    def settings(self, account: Account | None) -> Settings:
        """Returns the settings of an account.

        :raises SettingsError: the account isn't configured.
        """
        config = pulumi.Config("8x8")
        return Settings.resolve(
            # The key goes to the service only, so it is read in plain text.
            lambda key: config.get(key.removeprefix("8x8:")) if key.startswith("8x8:") else pulumi.Config().get(key),
            account_id=account.id if account else None,
            base_url=account.base_url if account else None,
            api_key=account.api_key if account else None,
            names=config_keys,
        )

    def trigger_url(self, account: Account | None, sub_account_id: str | None) -> str:
        """Returns the URL of the trigger ``http_request``; see :func:`~pulumi_8x8.api.settings.trigger_url`."""
        base_url, account_id = self._address
        if account is not None:
            base_url, account_id = account.base_url or base_url, account.id
        return trigger_url(base_url, account_id, sub_account_id)

    def declare(self, workflow: DeclaredWorkflow, about: About, stack: str | None) -> Later:
        """Adds a workflow; returns its property ``__about``.

        :param about: the members that are known already.
        :param stack: the stack that has to run it first, if any.
        """
        self.workflows[workflow.resource] = workflow
        late: dict[str, pulumi.Output[Any]] = {}
        has_holes = workflow.physical.has_holes()
        if has_holes and (places := secret_places(to_inputs(workflow.physical))) is not None:
            about, late["secrets"] = replace(about, secret_keys=tuple(secret_config_keys())), places
        if stack and not self.is_test:
            late |= self._gate(workflow, full_name(stack))

        def last() -> dict[str, Any]:
            if self._looked_at != len(self.workflows):  # most programs have declared all by now
                self._looked_at = len(self.workflows)
                self._warn_of_misspelt()
            return replace(about, workflows=len(self.workflows), origin=self._origin_of(workflow)).write()

        return Later(last, late)

    def digests(self) -> pulumi.Output[dict[str, str]]:
        """Returns the digests of what is deployed, by resource name.

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
        """Returns the run in the state that a new one follows."""
        held = {each.urn: each for each in self._held if each.get("instanceId") and each.get("definitionId")}
        if not held:
            return None
        places = _places(self.runs)
        program = [each.trait(places.urn(resource), places.aliases(resource)) for resource, each in self.runs.items()]
        followed = pair(program, [Trait(urn) for urn in held]).get(places.urn(run))
        return None if followed is None else held[followed]

    def _gate(self, workflow: DeclaredWorkflow, stack: str) -> dict[str, pulumi.Output[Any]]:
        """Returns why the gate is closed, or what check() needs to find out."""
        if stack not in self._digests:
            # This name doesn't clash with the program's own reference to the stack.
            reference = pulumi.StackReference(f"8x8-digests-of-{stack}", stack_name=stack)
            self._digests[stack] = pulumi.Output.unsecret(reference.get_output("digests"))
        theirs = self._digests[stack]
        if isinstance(workflow.pin, int):  # only the plugin can read that version
            return {"pinGate": theirs.apply(lambda known: {"theirs": known, "stack": stack})}
        ours = digest_of(workflow.definition, self.logical_names) if workflow.pin is None else workflow.pin
        both = pulumi.Output.all(ours, theirs)
        return {"gate": both.apply(lambda known: gate_refusal(workflow.name, known[0], known[1], stack))}

    def _warn_of_misspelt(self) -> None:
        """Warns once of settings that nothing reads, and of settings for resources that the program doesn't declare."""
        # A secret may be the key of another account. A key that isn't one may be used as such, too.
        accounts = (each.account for each in self.workflows.values() if each.account)
        used = {*secret_config_keys(), *(each.api_key or "" for each in accounts)}
        unread = [*unknown_keys(config_keys(), used), *([] if self.is_test else misspelled_variables(environ))]
        for message in (each for each in unread if each not in self._warned):
            self._warned.add(message)
            pulumi.log.warn(message)
        for key, names in (("pins", self.config.pins), ("adopt", self.config.adopt)):
            for name in sorted(names.keys() - self._warned, key=natural):
                self._warned.add(name)
                made = sorted({each.name for each in self.workflows.values()}, key=natural)
                if name not in made:
                    pulumi.log.warn(
                        f"8x8:{key}.{name} has no effect, because the program has no workflow with this resource "
                        f"name. Its workflows: {', '.join(made) or 'none'}"
                    )

    def _origin_of(self, workflow: DeclaredWorkflow) -> Origin:
        """Returns what the stack's state has for a workflow; called when the program has declared all."""
        held = self._held_workflows
        if not held:
            return Origin()
        urns, pairs = self._pairs()
        urn = urns[workflow.resource]
        # The content doesn't count if the state has the URN; a digest takes time.
        return origin_of(workflow.trait(urn, content=urn not in held), pairs.get(urn), held)

    @cached_property
    def _held_workflows(self) -> ManagedDefinitions:
        return ManagedDefinitions(self._held)

    @cached_property
    def _held(self) -> tuple[Held, ...]:
        return self._state.held() if self._state is not None else ()

    def _pairs(self) -> tuple[Mapping[pulumi.Resource, str], dict[str, str]]:
        if self._paired is None or self._paired[0] != len(self.workflows):
            made = self.workflows
            places = _places(made)
            urns = {resource: places.urn(resource) for resource in made}
            new = {urn for urn in urns.values() if urn not in self._held_workflows}
            program = [
                replace(each.trait(urns[it], places.aliases(it)), noted=urns[it] in new and self._noted(each, urns[it]))
                for it, each in (made.items() if new else ())
            ]
            self._paired = len(made), urns, pair(program, traits_of(self._held_workflows)) if new else {}
        return self._paired[1], self._paired[2]

    def _noted(self, workflow: DeclaredWorkflow, urn: str) -> bool:
        try:
            return Journal.of(self.settings(workflow.account)).find(urn) is not None
        except SettingsError:  # the provider reports it
            return False


def _places(declared: Mapping[pulumi.Resource, Declared]) -> Places:
    return Places({resource: each.opts for resource, each in declared.items()})


def _refuse_secrets(*keys: str) -> None:
    """:raises SettingsError: one of them is a secret, which messages, ids and addresses would show."""
    for key in keys:
        if is_config_secret(f"8x8:{key}"):
            raise SettingsError(
                f"8x8:{key} is set as a secret, but the state, addresses and messages contain it in plain text. "
                f"Nothing was sent. Set it in plain text: pulumi config rm 8x8:{key}, then pulumi config "
                "set without --secret. Only keys are secrets (8x8:apiKey)."
            )


def warn_of_plain_key(key: str) -> None:
    """Warns of an API key in plain text in the stack's config file."""
    if pulumi.Config(key.partition(":")[0]).get(key.partition(":")[2]) and not is_config_secret(key):
        pulumi.log.warn(
            f"{key} is in plain text in the stack's config; encrypt it: pulumi config set --secret {key} <key>"
        )


_programs: WeakKeyDictionary[object, Program] = WeakKeyDictionary()
_lock = threading.Lock()


def current_program() -> Program:
    """Returns the program that runs now; each stack, and each unit test of a user, has its own.

    :raises SettingsError: see :class:`Program`.
    """
    monitor = get_monitor()
    with _lock:
        if monitor not in _programs:
            _programs[monitor] = Program(monitor)
        return _programs[monitor]


def about_of(resource: pulumi.Resource) -> pulumi.Output[About]:
    """Returns the record in the outputs of a workflow."""
    return pulumi.get(resource, ABOUT).apply(lambda about: About.read({ABOUT: about}))  # type: ignore[no-any-return]


def full_name(stack: str) -> str:
    """Returns ``organization/project/stack``; ``stack`` may lack the first one or two.

    >>> full_name("acme/shop/staging")
    'acme/shop/staging'
    """
    given = stack.split("/")
    here = [pulumi.get_organization(), pulumi.get_project()] if len(given) < 3 else []
    return "/".join([*here[: 3 - len(given)], *given])
