"""``Workflow``: a workflow definition as a resource."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import pulumi
from pulumi.dynamic import Resource
from pulumi.output import UNKNOWN

from pulumi_8x8.definition import (
    Definition,
    Json,
    Step,
    from_inputs,
    read_source,
    rename_sub_accounts,
    to_inputs,
)
from pulumi_8x8.definition.authorship import calls_of_program
from pulumi_8x8.definition.encoding import ORDER
from pulumi_8x8.definition.flows import compile_steps
from pulumi_8x8.definition.linking import Flow
from pulumi_8x8.definition.members import Members
from pulumi_8x8.definition.payloads import trigger_name
from pulumi_8x8.definition.reconcile import OnDrift
from pulumi_8x8.definition.triggers import HTTP_REQUEST
from pulumi_8x8.errors import SettingsError, SourceError
from pulumi_8x8.lint import by_cause, read_levels
from pulumi_8x8.lint.causes import in_text
from pulumi_8x8.resources import notices
from pulumi_8x8.resources.arguments import check_file, check_get, check_workflow
from pulumi_8x8.resources.digests import digest_of, order_once_known
from pulumi_8x8.resources.late import definition_of, once_known
from pulumi_8x8.resources.linting import foreign_sub_accounts, lint_in_program
from pulumi_8x8.resources.options import Account, check_paths, read_on_delete
from pulumi_8x8.resources.program import DeclaredWorkflow, about_of, current_program, warn_of_plain_key
from pulumi_8x8.resources.properties import ABOUT, DEFINITION, About
from pulumi_8x8.resources.provider import WorkflowProvider


class Workflow(Resource, module="8x8", name="Workflow"):
    """A workflow definition in the Automation API.

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
    :param name: the workflow's name; by default the resource's name.
    :param trigger: ``inbound_sms``, ``inbound_chat_apps`` or ``http_request``, or a typed trigger:
        ``automation.inbound_sms()``.
    :param sub_account_id: whose messages trigger it; by default any sub-account's. Here and in the inputs of steps it
        may be a logical name from the stack's config: ``pulumi config set --path 8x8:subAccounts.chat acme_dev_chat``.
    :param status: ``enabled`` (the default) or ``disabled``.
    :param steps: typed steps, or dictionaries in the service's shape; the first one is the start. Or a step or a flow
        that starts. Steps that these are linked to are added.
    :param source: a JSON or YAML file in the API's shape or the visual builder's, relative to the program's folder.
        ``name``, ``trigger``, ``sub_account_id``, ``status`` and ``steps`` override it. In its texts,
        ``<secret:crmToken>`` stands for a secret of the config: ``pulumi config set --secret crmToken``.

    :param lint: levels of lint rules for this workflow: ``{"branch-without-default": "off"}`` (``off``, ``warning``,
        ``error``); for a whole stack: ``pulumi config set 8x8:lint branch-without-default=off``.

    :param adopt: id of an existing definition to take over instead of creating one; a new version only if it differs.
        It may stay in the program. For one stack only: ``pulumi config set --path '8x8:adopt.<resource>' <id>``.
    :param overwrite: store over (or delete) what somebody else stored after the program was compared with the service;
        by default the update stops and shows the changes.
    :param on_drift: what to do about a change from outside since the last deployment. ``"overwrite"`` stores the
        program's value (the preview shows it), ``"warn"`` leaves the change unless the program changes the same place,
        ``"stop"`` refuses the update. The default is the stack's config ``8x8:onDrift``, else ``"overwrite"``.
    :param on_delete: a deletion kills running instances for good, so the provider refuses it while there are any.
        ``"terminate"`` allows it; ``{"wait": "1.00:00:00"}`` disables the workflow and deletes it when they are over.
        It takes effect once it is deployed.
    :param account: another account than the stack's.

    :param pin_version: store the content of this older version (name, trigger, sub-account, steps; not the status) as a
        new version, and keep it until you remove this option. It may be a :attr:`digest`, which names the same content
        in every environment. For one stack only: ``pulumi config set --path '8x8:pins.<resource>' 7``.
    :param requires_digest_from: a stack (``staging``, or ``organization/project/staging``) that has to run this
        workflow first: its output ``digests`` must have the same :attr:`digest`. The default is the stack's config
        ``8x8:requiresDigestFrom``, so that all environments have the same program; ``""`` removes the gate. The gate
        holds for ``pin_version`` too; it doesn't stop a change of the status, or a deletion.

    Values may be plain, Outputs and secrets. The preview lints the definition wherever its values come from.

    :raises pulumi.RunError: a value can't be sent, the source can't be read, or the account or key isn't configured.
    """

    if TYPE_CHECKING:  # the SDK evaluates annotations for each resource
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
        trigger: pulumi.Input[str] | Members | None = None,
        sub_account_id: pulumi.Input[str] | None = None,
        status: pulumi.Input[str] | None = None,
        steps: Sequence[Step | Mapping[str, Any] | Flow] | Step | Flow | pulumi.Output[Any] | None = None,
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
        calls = calls_of_program()
        trigger_text = trigger_name(trigger)
        compiled = compile_steps(steps, calls)
        steps = compiled.steps
        check_workflow(
            resource_name,
            {"name": name, "trigger": trigger_text, "subAccountId": sub_account_id, "status": status, "steps": steps},
            opts,
            compiled.wrong,
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
            pin = program.config.pins.get(resource_name, pin_version)
            file = None if source is None else read_source(os.fspath(source))
            base = Definition() if file is None else definition_of(file)
        except (SettingsError, SourceError) as error:
            raise pulumi.RunError(str(error)) from None
        check_file(resource_name, file, base)
        definition = Definition.of(
            name=_first(name, base.name, resource_name),
            trigger=_first(trigger_text, base.trigger),
            status=_first(status, base.status, "enabled"),
            sub_account_id=_first(sub_account_id, base.sub_account_id),
            steps=base.steps if steps is None else steps,
            start=base.start,
            more=base.more,
            layout=base.layout if steps is None else None,
        )
        where = file or {"": str(calls[0]) if calls else "", **compiled.lines}
        physical = rename_sub_accounts(definition, program.config.sub_accounts)
        problems, note = lint_in_program(physical, where, lint or {}, program.config.lint, later=program.is_recorded)
        adopted = program.config.adopt.get(resource_name, adopt)
        options = {
            "adopt": adopted,
            "overwrite": overwrite or None,
            "onDelete": on_delete,
            "onDrift": on_drift,
            "account": account.to_input() if account else None,
            "pinVersion": pin,
        }
        paths = {option: getattr(opts, option, None) for option in ("ignore_changes", "replace_on_changes")}
        try:
            for option, texts in paths.items():
                check_paths(option, texts or (), list(physical.steps))
        except SettingsError as error:
            raise pulumi.RunError(f'workflow "{resource_name}": {error}') from None
        ignored, replace_on = (tuple(texts) if texts else None for texts in paths.values())
        inputs: dict[str, Any] = to_inputs(physical, once_known)
        if physical.has_holes():
            inputs[ORDER] = order_once_known(physical)
        if account is not None and account.api_key and not program.is_test:
            warn_of_plain_key(account.api_key)
        if pin is not None or not _never_starts_over_http(physical.trigger):
            inputs.setdefault("subAccountId", None)  # the SDK reads only outputs that are named here
        declared = DeclaredWorkflow(self, resource_name, opts, definition, physical, account, pin, adopted)
        about = About(resource_name, ignored=ignored, replace_on=replace_on, lint=note)
        gate = program.config.requires_digest_from if requires_digest_from is None else requires_digest_from
        super().__init__(
            WorkflowProvider(),
            resource_name,
            {
                **inputs,
                # Each key costs the SDK an Output.
                **{key: value for key, value in options.items() if value is not None},
                ABOUT: program.declare(declared, about, gate),
            },
            opts,
        )
        for group in by_cause(problems):
            if group[0].severity == "warning":
                pulumi.log.warn(in_text(group), self)
            else:
                # The program reports all errors of all workflows, since the first resource that the engine refuses ends
                # it. Not beside the resource: the engine doesn't show messages there for one that it refuses.
                pulumi.log.error(f'workflow "{resource_name}": {in_text(group)}')
        for stranger in foreign_sub_accounts(physical, where, program.config.sub_accounts):
            pulumi.log.warn(stranger, self)
        if pin is not None:
            pulumi.log.warn(notices.not_deployed(pin), self)

    @classmethod
    def get(cls, resource_name: str, id: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None) -> Workflow:
        """Reads an existing definition; it has the same outputs, and this program never changes it.

        :param id: the service's id of the definition; the operation fails if it doesn't exist.
        """
        check_get(resource_name, id, opts)
        self = cls.__new__(cls)
        read = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        Resource.__init__(self, WorkflowProvider(), resource_name, dict.fromkeys((ABOUT, *DEFINITION)), read)
        return self

    @property
    def version(self) -> pulumi.Output[int]:
        """The version, which counts up by one with each change."""
        return self._about("version")

    @property
    def created_at(self) -> pulumi.Output[str]:
        """When this version was stored, in ISO 8601."""
        return self._about("created_at")

    @property
    def account_id(self) -> pulumi.Output[str]:
        """The id of its account."""
        return self._about("account_id")

    @property
    def trigger_url(self) -> pulumi.Output[str]:
        """The URL that starts the workflow over HTTP, with the sub-account, for the trigger ``http_request``.

        The caller posts a JSON object, and adds the header ``Authorization: Bearer <key>``: the URL has no key. The
        call starts every enabled workflow that has this trigger and the same sub-account, or none. A preview doesn't
        know the URL of a workflow whose sub-account isn't known yet.

        :raises pulumi.RunError: the workflow has another trigger.
        """
        program = current_program()
        declared = program.workflows.get(self)
        if declared and declared.pin is None and _never_starts_over_http(declared.physical.trigger):
            raise pulumi.RunError(notices.no_trigger_url(declared.name))

        def url(live: list[Any]) -> str:
            trigger, sub_account_id = live
            if trigger not in (None, HTTP_REQUEST):
                raise pulumi.RunError(notices.no_trigger_url(self.pulumi_resource_name))
            return program.trigger_url(declared.account if declared else None, sub_account_id)

        return pulumi.Output.all(pulumi.get(self, "trigger"), pulumi.get(self, "subAccountId")).apply(url)

    def _about(self, member: str) -> pulumi.Output[Any]:
        # A preview of a change doesn't have it yet.
        return about_of(self).apply(lambda about: UNKNOWN if (found := getattr(about, member)) is None else found)

    @property
    def digest(self) -> pulumi.Output[str]:
        """The SHA-256, in hex, of the declared definition; a preview knows it if it knows all values.

        It is the same in every environment: sub-accounts count by logical name, secrets without their values, and the
        status doesn't count.
        """
        program = current_program()
        if declared := program.workflows.get(self):
            return digest_of(declared.definition, program.logical_names)
        # Workflow.get
        live = {key: pulumi.get(self, key) for key in DEFINITION}
        return pulumi.Output.all(**live).apply(lambda live: digest_of(from_inputs(live), program.logical_names))


def _never_starts_over_http(trigger: Json) -> bool:
    """Whether the trigger is known, and is another."""
    return isinstance(trigger, str) and trigger != HTTP_REQUEST


def digests() -> pulumi.Output[dict[str, str]]:
    """Returns the digests of the workflows that the program has declared so far, by resource name, as deployed.

    The gate of another stack (``requires_digest_from``) reads them from an output::

        pulumi.export("digests", automation.digests())

    If a workflow is pinned, or deployed otherwise than declared (``--target``), its value describes that. If a
    :class:`~pulumi_8x8.WorkflowRun` fails, the output stays unchanged.

    :raises pulumi.RunError: two resources have the same name.
    """
    try:
        return current_program().digests()
    except SettingsError as error:
        raise pulumi.RunError(str(error)) from None


def _first(*values: Json) -> Json:
    return next((value for value in values if value is not None), None)
