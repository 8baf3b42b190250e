"""``Workflow``: a workflow definition as a resource."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import pulumi
from pulumi.dynamic import Resource
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_8x8.api import Settings
from pulumi_8x8.definition import Definition, Hole, Json, Step, callers_line, encode, read_source, to_inputs
from pulumi_8x8.errors import SettingsError, SourceError
from pulumi_8x8.lint import read_levels
from pulumi_8x8.resources.judging import NOTE, judge_in_program
from pulumi_8x8.resources.provider import WorkflowProvider

#: Outputs that are no inputs.
_OUTPUTS = ("version", "createdAt", "accountId")


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
    :param sub_account_id: whose messages trigger it; left out, any sub-account of the account does.
    :param status: ``enabled`` (when left out) or ``disabled``.
    :param steps: the steps, the first of which is the start: typed steps, or dictionaries in the service's shape.
    :param source: a JSON or YAML file in the API's shape or as the visual builder exports it, read from the
        program's folder. ``name``, ``trigger``, ``sub_account_id``, ``status`` and ``steps`` replace what it says.

    :param lint: levels of lint rules for this workflow: ``{"branch-without-default": "off"}`` (``off``, ``warning``,
        ``error``); for a whole stack: ``pulumi config set 8x8:lint branch-without-default=off``.

    Values may be plain, Outputs and secrets. The definition is linted at preview, wherever its values come from.

    :raises pulumi.RunError: the source cannot be read, or the account or key is not configured; the program ends
        with that one message.
    """

    #: The service's id of the definition.
    id: pulumi.Output[str]
    #: Counts up by one with each change.
    version: pulumi.Output[int]
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
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        try:
            shared = _read_config()
            lint = read_levels(lint)
            file = None if source is None else read_source(os.fspath(source))
        except (SettingsError, SourceError) as error:
            raise pulumi.RunError(str(error)) from None
        base = Definition() if file is None else file.definition
        definition = Definition.of(
            name=_first(name, base.name, resource_name),
            trigger=_first(trigger, base.trigger),
            status=_first(status, base.status, "enabled"),
            sub_account_id=_first(sub_account_id, base.sub_account_id),
            steps=base.steps if steps is None else steps,
            start=base.start,
            more=base.more,
        )
        typed = [step for step in steps if isinstance(step, Step)] if isinstance(steps, list | tuple) else []
        where = file or {"": callers_line(), **{step.id: step.where for step in typed}}
        problems, note = judge_in_program(definition, where, lint or {}, shared)
        super().__init__(
            WorkflowProvider(),
            resource_name,
            # The outputs have to be named here to become attributes.
            {**dict.fromkeys(_OUTPUTS), **to_inputs(definition, _once_known), NOTE: note},
            opts,
        )
        for problem in problems:
            if problem.severity == "warning":
                pulumi.log.warn(str(problem), self)
            else:
                # Told by the program, since the first resource that the engine refuses ends it: so all errors of all
                # workflows are told. Not beside the resource: the engine has no place for one that it refuses.
                pulumi.log.error(f'workflow "{resource_name}": {problem}')

    # Not by translating names: the SDK would translate the keys inside the steps as well.
    @property
    def created_at(self) -> pulumi.Output[str]:
        """ISO 8601, when this version was stored."""
        return pulumi.get(self, "createdAt")  # type: ignore[no-any-return]

    @property
    def account_id(self) -> pulumi.Output[str]:
        """The account that holds it."""
        return pulumi.get(self, "accountId")  # type: ignore[no-any-return]


def _first(*values: Json) -> Json:
    return next((value for value in values if value is not None), None)


def _once_known(hole: Hole) -> Json:
    # Encoded when the value is there; the engine keeps what is secret a secret.
    return pulumi.Output.from_input(hole).apply(encode)


def _read_config() -> Mapping[str, str]:
    """The stack's levels of lint rules, once the settings are seen to be there.

    One message for the whole program, instead of one for each workflow from the plugin.

    :raises SettingsError: the account or key is missing, or the levels make no sense.
    """
    config = pulumi.Config("8x8")

    def value(key: str) -> object:
        name = key.removeprefix("8x8:")
        # Only whether there is a key counts here, so the secret is left closed.
        return ("secret" if config.get_secret(name) else None) if name == "apiKey" else config.get(name)

    if not isinstance(get_monitor(), MockMonitor):  # a user's unit test needs no account
        Settings.resolve(value)
    return read_levels(
        config.get_object("lint") if (config.get("lint") or "").startswith("{") else config.get("lint")
    )
