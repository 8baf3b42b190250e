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
from pulumi_8x8.resources.provider import ORIGIN, WorkflowProvider, origin_input

#: What the service calls its outputs, and what Python calls them.
_OUTPUTS = {"version": "version", "createdAt": "created_at", "accountId": "account_id"}


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

    Values may be plain, Outputs and secrets. The definition is linted at preview, wherever its values come from.

    :raises pulumi.RunError: the source cannot be read, or the account or key is not configured; the program ends
        with that one message.
    """

    #: The service's id of the definition.
    id: pulumi.Output[str]
    #: Counts up by one with each change.
    version: pulumi.Output[int]
    #: ISO 8601, when this version was stored.
    created_at: pulumi.Output[str]
    #: ``enabled`` or ``disabled``.
    status: pulumi.Output[str]
    #: The account that holds it.
    account_id: pulumi.Output[str]

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
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        try:
            _require_settings()
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
        lines = (
            {step.id: step.where for step in steps if isinstance(step, Step)}
            if isinstance(steps, list | tuple)
            else {}
        )
        origin = origin_input({"": callers_line(), **lines}, None if file is None else os.path.abspath(file.path))
        super().__init__(
            WorkflowProvider(),
            resource_name,
            # The outputs have to be named here to become attributes.
            {**dict.fromkeys(_OUTPUTS), **to_inputs(definition, _once_known), ORIGIN: origin},
            opts,
        )

    def translate_output_property(self, prop: str) -> str:
        return _OUTPUTS.get(prop, prop)


def _first(*values: Json) -> Json:
    return next((value for value in values if value is not None), None)


def _once_known(hole: Hole) -> Json:
    # Encoded when the value is there; the engine keeps what is secret a secret.
    return pulumi.Output.from_input(hole).apply(encode)


def _require_settings() -> None:
    """One message for the whole program, instead of one for each workflow from the plugin."""
    if isinstance(get_monitor(), MockMonitor):
        return  # a user's unit test
    config = pulumi.Config("8x8")

    def value(key: str) -> object:
        name = key.removeprefix("8x8:")
        # Only whether there is a key counts here, so the secret is left closed.
        return ("secret" if config.get_secret(name) else None) if name == "apiKey" else config.get(name)

    Settings.resolve(value)
