"""``Workflow``: a workflow definition as a resource."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import pulumi
from pulumi.dynamic import Resource
from pulumi.output import UNKNOWN

from pulumi_8x8.definition import (
    Definition,
    Json,
    Step,
    callers_line,
    from_inputs,
    read_source,
    rename_sub_accounts,
    to_inputs,
)
from pulumi_8x8.definition.encoding import ORDER
from pulumi_8x8.definition.reconcile import OnDrift
from pulumi_8x8.errors import SettingsError, SourceError
from pulumi_8x8.lint import read_levels
from pulumi_8x8.resources.arguments import check_file, check_get, check_workflow
from pulumi_8x8.resources.digests import NOT_AS_DECLARED, digest_of, digest_of_deployed, judge, order_once_known
from pulumi_8x8.resources.file_secrets import definition_of
from pulumi_8x8.resources.linting import GATE, NOTE, judge_in_program, judge_sub_accounts
from pulumi_8x8.resources.options import ABOUT, check_paths, read_on_delete, read_on_drift
from pulumi_8x8.resources.origins import Trait
from pulumi_8x8.resources.program import (
    Program,
    current_program,
    full_name,
    once_known,
    secret_places,
    warn_of_plain_key,
)
from pulumi_8x8.resources.provider import ORIGIN, WorkflowProvider
from pulumi_8x8.resources.seam import secret_config_keys

#: Inputs, and outputs, that are the definition.
_DEFINITION = ("name", "trigger", "subAccountId", "status", "start", "steps", "more")


@dataclass(frozen=True)
class Account:
    """Another account than the stack's, for a workflow of this program.

    :param id: the account's id.
    :param base_url: the service's address, when it is not the stack's.
    :param api_key: the config key that holds the account's key as a secret: ``"8x8:otherKey"``, set with ``pulumi
        config set --secret 8x8:otherKey <key>``. The key itself gets into no input, output or state.
    """

    id: str
    base_url: str | None = None
    api_key: str | None = None

    def to_input(self) -> dict[str, str]:
        """What is kept in the state."""
        values = {"id": self.id, "baseUrl": self.base_url, "apiKey": self.api_key}
        return {key: value for key, value in values.items() if value is not None}


class Workflow(Resource, module="8x8", name="Workflow"):
    """A workflow definition in the Automation API, kept as the program says.

    ::

        Workflow(
            "auto-reply",
            name="Auto Reply ChatApps",
            trigger="inbound_chat_apps",
            sub_account_id="acme_corp_chatapps",
            steps=[
                ChatAppsMessage(
                    "send_CA",
                    sub_account_id="acme_corp_chatapps",
                    user={"msisdn": "{{data.payload.user.msisdn}}"},
                    type="text",
                    content={"text": "Hello, thank you for your message."},
                )
            ],
        )
        Workflow("menu", source="workflows/menu.json")

    :param resource_name: the resource's name in the stack.
    :param name: the workflow's name; the resource's name when left out.
    :param trigger: ``inbound_sms``, ``inbound_chat_apps`` or ``http_request``.
    :param sub_account_id: whose messages trigger it; left out, any sub-account of the account does. Here and in the
        inputs of steps a logical name will do that the stack's config gives a sub-account to:
        ``pulumi config set --path 8x8:subAccounts.chat acme_dev_chat``.
    :param status: ``enabled`` (when left out) or ``disabled``.
    :param steps: the steps, the first of which is the start: typed steps, or dictionaries in the service's shape.
    :param source: a JSON or YAML file in the API's shape or as the visual builder exports it, read from the
        program's folder. ``name``, ``trigger``, ``sub_account_id``, ``status`` and ``steps`` replace what it says. A
        text ``<secret:crmToken>`` in it, or a part of a text, stands for the secret ``crmToken`` of the config:
        ``pulumi config set --secret crmToken``.

    :param lint: levels of lint rules for this workflow: ``{"branch-without-default": "off"}`` (``off``, ``warning``,
        ``error``); for a whole stack: ``pulumi config set 8x8:lint branch-without-default=off``.

    :param adopt: id of an existing definition to take over instead of creating one; no new version when it is as the
        program says already. It may stay in the program afterwards. For one stack only:
        ``pulumi config set --path '8x8:adopt.<resource>' <id>``.
    :param overwrite: store over (or delete) what somebody else stored since the program was compared with it; without
        it that stops, and says what they changed.
    :param on_drift: what to do about a change that somebody else stored since the last deployment. ``"overwrite"``
        stores the program's value (the preview shows it), ``"warn"`` leaves theirs where the program says the same as
        before, ``"stop"`` refuses to go on. When left out the stack's config ``8x8:onDrift`` counts, else
        ``"overwrite"``.
    :param on_delete: a deletion kills running instances for good, so it is refused while there are any. With
        ``"terminate"`` it is not; with ``{"wait": "1.00:00:00"}`` the workflow is disabled, and deleted when they are
        over. It takes effect once it is deployed.
    :param account: another account than the stack's.

    :param pin_version: put the content of this older version back (name, trigger, sub-account, steps; not the status)
        as a new version, and keep it, whatever else the program says, until this is taken out. Instead of a version
        it may be a :attr:`digest`, which names the same content in every environment. For one stack only:
        ``pulumi config set --path '8x8:pins.<resource>' 7``.
    :param requires_digest_from: a stack (``staging``, or ``organization/project/staging``) that has to run this
        workflow before this stack takes a change of it: its output ``digests`` must have the same :attr:`digest`. When
        left out the stack's config ``8x8:requiresDigestFrom`` counts, so that all environments have the same program;
        with ``""`` there is no gate. It holds for the content of ``pin_version`` as well; it does not stop a change of
        the status, or a deletion.

    Values may be plain, Outputs and secrets. The definition is linted at preview, wherever its values come from.

    :raises pulumi.RunError: a value cannot be sent, the source cannot be read, or the account or key is not configured;
        the program ends with that one message.
    """

    if TYPE_CHECKING:  # the SDK evaluates annotations anew for each resource
        #: The service's id of the definition.
        id: pulumi.Output[str]
        #: ``enabled`` or ``disabled``.
        status: pulumi.Output[str]
        #: The steps by id, in canonical form.
        steps: pulumi.Output[dict[str, Any]]

    def __init__(
        self,
        resource_name: str,
        /,
        *,
        name: pulumi.Input[str] | None = None,
        trigger: pulumi.Input[str] | None = None,
        sub_account_id: pulumi.Input[str] | None = None,
        status: pulumi.Input[str] | None = None,
        steps: Sequence[Step | Mapping[str, Any]] | pulumi.Output[Any] | None = None,
        source: str | PathLike[str] | None = None,
        lint: Mapping[str, str] | None = None,
        adopt: str | None = None,
        overwrite: bool = False,
        on_delete: Literal["terminate"] | Mapping[str, str] | None = None,
        on_drift: OnDrift | None = None,
        account: Account | None = None,
        pin_version: int | str | None = None,
        requires_digest_from: str | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        check_workflow(
            resource_name,
            {"name": name, "trigger": trigger, "subAccountId": sub_account_id, "status": status, "steps": steps},
            opts,
            source=source,
            lint=lint,
            adopt=adopt,
            overwrite=overwrite,
            on_delete=on_delete,
            on_drift=on_drift,
            account=account,
            pin_version=pin_version,
            requires_digest_from=requires_digest_from,
        )
        try:
            program = current_program()
            lint = read_levels(lint)
            read_on_delete(on_delete)
            if on_drift is not None:
                read_on_drift(on_drift)
            pin = program.pins.get(resource_name, pin_version)
            file = None if source is None else read_source(os.fspath(source))
            base = Definition() if file is None else definition_of(file)
        except (SettingsError, SourceError) as error:
            raise pulumi.RunError(str(error)) from None
        check_file(resource_name, file, base)
        definition = Definition.of(
            name=_first(name, base.name, resource_name),
            trigger=_first(trigger, base.trigger),
            status=_first(status, base.status, "enabled"),
            sub_account_id=_first(sub_account_id, base.sub_account_id),
            steps=base.steps if steps is None else steps,
            start=base.start,
            more=base.more,
            layout=base.layout if steps is None else None,
        )
        typed = [step for step in steps if isinstance(step, Step)] if isinstance(steps, list | tuple) else []
        where = file or {"": callers_line(), **{step.id: step.where for step in typed}}
        # As the program says it, with logical names: the digest is made of it when somebody asks.
        self._declared: Definition | None = definition
        self._pinned, self._account = pin, account
        self._runs: list[pulumi.Output[Any]] = []  # how its smoke tests ended
        self._parent, self._has_aliases = (opts.parent, bool(opts.aliases)) if opts else (None, False)
        definition = rename_sub_accounts(definition, program.sub_accounts)
        problems, note = judge_in_program(definition, where, lint or {}, program.levels)
        options = {
            "adopt": program.adopts.get(resource_name, adopt),
            "overwrite": overwrite or None,
            "onDelete": on_delete,
            "onDrift": on_drift,
            "account": account.to_input() if account else None,
            "pinVersion": pin,
        }
        about: dict[str, Any] = {"resource": resource_name, NOTE: note}
        for option, key in (("ignore_changes", "ignored"), ("replace_on_changes", "replaceOn")):
            if paths := getattr(opts, option, None):
                try:
                    check_paths(option, paths, list(definition.steps))
                except SettingsError as error:
                    raise pulumi.RunError(f'workflow "{resource_name}": {error}') from None
                about[key] = list(paths)
        inputs = to_inputs(definition, once_known)
        if (places := secret_places(to_inputs(definition))) is not None:
            about["secrets"], about["secretKeys"] = places, secret_config_keys()
            inputs[ORDER] = order_once_known(definition)
        self._is_open = places is not None  # its digest is not known at once
        if account is not None and account.api_key and not program.is_test:
            warn_of_plain_key(account.api_key)
        program.workflows.setdefault(resource_name, []).append(self)
        gate = program.gate if requires_digest_from is None else requires_digest_from
        if gate and not program.is_test:
            about[GATE] = self._ask(program, full_name(gate), resource_name)
        super().__init__(
            WorkflowProvider(),
            resource_name,
            {
                **inputs,
                # Each key costs the SDK an Output, whatever its value.
                **{key: value for key, value in options.items() if value is not None},
                ABOUT: _AboutTheProgram(program, self, definition.name, about),
            },
            opts,
        )
        for problem in problems:
            if problem.severity == "warning":
                pulumi.log.warn(str(problem), self)
            else:
                # Told by the program, since the first resource that the engine refuses ends it: so all errors of all
                # workflows are told. Not beside the resource: the engine has no place for one that it refuses.
                pulumi.log.error(f'workflow "{resource_name}": {problem}')
        for stranger in judge_sub_accounts(definition, where, program.sub_accounts):
            pulumi.log.warn(stranger, self)
        if pin is not None:
            shown = pin if isinstance(pin, int) else f"{pin[:8]}…"
            pulumi.log.warn(
                f"pinned to version {shown}: what the program says is not deployed until pin_version is taken out",
                self,
            )

    @classmethod
    def get(cls, resource_name: str, id: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None) -> Workflow:
        """An existing definition that this program only reads, with the same outputs.

        :param id: the service's id of the definition; the operation fails when there is none of it.
        """
        check_get(resource_name, id, opts)
        self = cls.__new__(cls)
        read = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        self._declared = self._pinned = self._account = None
        self._runs, self._parent, self._has_aliases, self._is_open = [], None, False, False
        Resource.__init__(self, WorkflowProvider(), resource_name, dict.fromkeys((ABOUT, *_DEFINITION)), read)
        return self

    @property
    def version(self) -> pulumi.Output[int]:
        """Counts up by one with each change."""
        return self._added("version").apply(int)  # numbers come as floats

    @property
    def _deployed_version(self) -> pulumi.Output[int]:
        """The version that this stack stored last: another one that a refresh found is nobody's deployment."""
        about = pulumi.get(self, ABOUT)
        return about.apply(lambda known: known.get("deployed", known.get("version", UNKNOWN))).apply(int)  # type: ignore[no-any-return]

    @property
    def created_at(self) -> pulumi.Output[str]:
        """ISO 8601, when this version was stored."""
        return self._added("createdAt")

    @property
    def account_id(self) -> pulumi.Output[str]:
        """The account that holds it."""
        return self._added("accountId")

    def _added(self, key: str) -> pulumi.Output[Any]:
        # At a preview of a change it is not there yet.
        return pulumi.get(self, ABOUT).apply(lambda about: about.get(key, UNKNOWN))  # type: ignore[no-any-return]

    @property
    def digest(self) -> pulumi.Output[str]:
        """SHA-256, in hex, of the definition as the program says it; known at preview when its values are.

        It is the same in every environment: sub-accounts count by their logical names, of a secret only that there is
        one, and the status does not count.
        """
        names = current_program().logical_names
        if self._declared is not None:
            return digest_of(self._declared, names)
        # One that is only read is as the service says it.
        return pulumi.Output.all(**self._live(_DEFINITION)).apply(lambda live: digest_of(from_inputs(live), names))

    def _deployed_digest(self, program: Program) -> pulumi.Output[str]:
        assert self._declared is not None  # what is only read is not in the program's list
        if self._pinned is not None:
            # Before its first update by this version the state does not have it.
            unknown = f"pinned to version {self._pinned}" if isinstance(self._pinned, int) else NOT_AS_DECLARED
            digest: pulumi.Output[str] = pulumi.get(self, ABOUT).apply(lambda about: about.get("digest", unknown))
        else:
            names, deployed = program.logical_names, rename_sub_accounts(self._declared, program.sub_accounts)
            digest = digest_of_deployed(self._declared, names, deployed, self._live([*to_inputs(deployed), ABOUT]))
        # Asked when the program has run, so that the order in it does not matter.
        return digest.apply(lambda text: pulumi.Output.all(*self._runs).apply(lambda _: text))

    def _ask(self, program: Program, stack: str, resource_name: str) -> pulumi.Output[Any]:
        """What check() gets of the gate: why it is closed, or what it needs to see whether it is."""
        theirs = program.digests_of(stack)
        if isinstance(self._pinned, int):  # only the plugin can read that version
            return theirs.apply(lambda known: {"theirs": known, "stack": stack})
        if self._pinned is not None:
            pinned = self._pinned
            return theirs.apply(lambda known: judge(resource_name, pinned, known, stack))
        both = pulumi.Output.all(self.digest, theirs)
        return both.apply(lambda known: judge(resource_name, known[0], known[1], stack))

    def _trait_of(self, urn: str, *, content: bool = True) -> Trait:
        """What tells this workflow from the others of the program, as far as that is known at once."""
        assert self._declared is not None
        deployed = rename_sub_accounts(self._declared, current_program().sub_accounts)
        title = deployed.name if isinstance(deployed.name, str) else ""
        digest = replace(deployed, status=None).digest() if content and not self._is_open else ""
        return Trait(urn, title, digest, self._has_aliases)

    def _live(self, keys: Iterable[str]) -> dict[str, pulumi.Output[Any]]:
        return {key: pulumi.get(self, key) for key in keys}


def digests() -> pulumi.Output[dict[str, str]]:
    """The digest of each workflow that the program has made so far, by the name of its resource, as it is deployed.

    Exported, it is what another stack's gate asks for (``requires_digest_from``)::

        pulumi.export("digests", automation.digests())

    In place of the digest of a workflow that is pinned, or was not updated as the program says (``--target``), stands
    that. When a :class:`~pulumi_8x8.WorkflowRun` of one fails, the output stays as it was.

    :raises pulumi.RunError: two resources have the same name.
    """
    try:
        program = current_program()
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None
    twice = [name for name, made in program.workflows.items() if len(made) > 1]
    if twice:
        raise pulumi.RunError(
            f'digests: several workflows of the program are called "{twice[0]}", and digests go by name; give them '
            "different names"
        )
    return pulumi.Output.all(**{name: made[0]._deployed_digest(program) for name, made in program.workflows.items()})


class _AboutTheProgram(Mapping[str, Any]):
    """What only the program knows. How many workflows it has, and which of the state it no longer has, is asked when
    the SDK sends it, which is when it has made them all."""

    def __init__(self, program: Program, workflow: Workflow, name: Json, known: Mapping[str, Any]) -> None:
        self._program, self._workflow = program, workflow
        self._known = {**known, "workflows": 0, **({} if program.is_test else {ORIGIN: {}})}
        program.names[name if isinstance(name, str) else None] += 1

    def __getitem__(self, key: str) -> Any:
        if key == "workflows":
            self._program.warn_of_misspelt()
            return self._program.names.total()
        if key == ORIGIN:
            return self._program.origin_of(self._workflow).as_input()
        return self._known[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def _first(*values: Json) -> Json:
    return next((value for value in values if value is not None), None)
