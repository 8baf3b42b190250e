"""``Workflow``: a workflow definition as a resource."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from os import PathLike
from typing import TYPE_CHECKING, Any, Literal

import pulumi
from pulumi.dynamic import Resource
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_8x8.api import Settings
from pulumi_8x8.definition import Definition, Hole, Json, Step, callers_line, encode, read_source, to_inputs
from pulumi_8x8.errors import SettingsError, SourceError
from pulumi_8x8.lint import read_levels
from pulumi_8x8.resources.judging import NOTE, judge_in_program
from pulumi_8x8.resources.provider import PROGRAM, WorkflowProvider, read_on_delete

#: Outputs that are no inputs.
_OUTPUTS = ("version", "createdAt", "accountId")

#: How many workflows of each name this program has made so far; those whose name is not known yet under ``None``.
_made: Counter[str | None] = Counter()


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
    :param sub_account_id: whose messages trigger it; left out, any sub-account of the account does.
    :param status: ``enabled`` (when left out) or ``disabled``.
    :param steps: the steps, the first of which is the start: typed steps, or dictionaries in the service's shape.
    :param source: a JSON or YAML file in the API's shape or as the visual builder exports it, read from the
        program's folder. ``name``, ``trigger``, ``sub_account_id``, ``status`` and ``steps`` replace what it says.

    :param lint: levels of lint rules for this workflow: ``{"branch-without-default": "off"}`` (``off``, ``warning``,
        ``error``); for a whole stack: ``pulumi config set 8x8:lint branch-without-default=off``.

    :param adopt: id of an existing definition to take over instead of creating one; no new version when it is as the
        program says already. It may stay in the program afterwards.
    :param overwrite: store over (or delete) what somebody else stored since the program was compared with it; without
        it that stops, and says what they changed.
    :param on_delete: a deletion kills running instances for good, so it is refused while there are any. With
        ``"terminate"`` it is not; with ``{"wait": "1.00:00:00"}`` the workflow is disabled, and deleted when they are
        over. It takes effect once it is deployed.
    :param account: another account than the stack's.

    Values may be plain, Outputs and secrets. The definition is linted at preview, wherever its values come from.

    :raises pulumi.RunError: the source cannot be read, or the account or key is not configured; the program ends
        with that one message.
    """

    #: Counts up by one with each change.
    version: pulumi.Output[int]
    if TYPE_CHECKING:  # the SDK evaluates annotations anew for each resource; only of a number it needs to know
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
        account: Account | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        try:
            shared = _read_config(get_monitor())
            lint = read_levels(lint)
            read_on_delete(on_delete)
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
        options = {
            "adopt": adopt,
            "overwrite": overwrite or None,
            "onDelete": on_delete,
            "account": account.to_input() if account else None,
        }
        super().__init__(
            WorkflowProvider(),
            resource_name,
            {
                **dict.fromkeys(_OUTPUTS),  # named here, or they do not become attributes
                **to_inputs(definition, _once_known),
                # Each key costs the SDK an Output, whatever its value.
                **{key: value for key, value in options.items() if value is not None},
                PROGRAM: _AboutTheProgram(resource_name, definition.name, note),
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

    @classmethod
    def get(cls, resource_name: str, id: pulumi.Input[str], opts: pulumi.ResourceOptions | None = None) -> Workflow:
        """An existing definition that this program only reads, with the same outputs.

        :param id: the service's id of the definition; the operation fails when there is none of it.
        """
        self = cls.__new__(cls)
        read = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id))
        inputs = ("name", "trigger", "subAccountId", "status", "start", "steps")
        Resource.__init__(self, WorkflowProvider(), resource_name, dict.fromkeys((*_OUTPUTS, *inputs)), read)
        return self

    # Not by translating names: the SDK would translate the keys inside the steps as well.
    @property
    def created_at(self) -> pulumi.Output[str]:
        """ISO 8601, when this version was stored."""
        return pulumi.get(self, "createdAt")  # type: ignore[no-any-return]

    @property
    def account_id(self) -> pulumi.Output[str]:
        """The account that holds it."""
        return pulumi.get(self, "accountId")  # type: ignore[no-any-return]


class _AboutTheProgram(Mapping[str, Any]):
    """How many workflows the program has; counted when the SDK sends it, which is when it has made them all."""

    def __init__(self, resource_name: str, name: Json, note: str) -> None:
        self._name = name if isinstance(name, str) else None
        self._known: dict[str, Any] = {"resource": resource_name, "workflows": 0, "siblings": 1, NOTE: note}
        _made[self._name] += 1

    def __getitem__(self, key: str) -> Any:
        if key == "workflows":
            return _made.total()
        if key == "siblings" and self._name is not None:
            return _made[self._name]
        return self._known[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def _first(*values: Json) -> Json:
    return next((value for value in values if value is not None), None)


def _once_known(hole: Hole) -> Json:
    # Encoded when the value is there; the engine keeps what is secret a secret.
    return pulumi.Output.from_input(hole).apply(encode)


@lru_cache(maxsize=1)
def _read_config(monitor: object) -> Mapping[str, str]:
    """The stack's levels of lint rules, once the settings are seen to be there.

    One message for the whole program, instead of one for each workflow from the plugin.

    :param monitor: of the program; each of a user's unit tests has one of its own.
    :raises SettingsError: the account or key is missing, or the levels make no sense.
    """
    config = pulumi.Config("8x8")

    def value(key: str) -> object:
        name = key.removeprefix("8x8:")
        # Only whether there is a key counts here, so the secret is left closed.
        return ("secret" if config.get_secret(name) else None) if name == "apiKey" else config.get(name)

    if not isinstance(monitor, MockMonitor):  # a user's unit test needs no account
        Settings.resolve(value)
    levels = config.get("lint")
    return read_levels(config.get_object("lint") if levels and levels.startswith("{") else levels)
