"""``WorkflowRun``: a smoke test of a workflow that was just deployed, as a resource.

The dotted path of :class:`WorkflowRunProvider` is stored in users' state with every resource: it never changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import pulumi
from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, Resource, UpdateResult
from pulumi.output import UNKNOWN

from pulumi_8x8.api import Client, Fault, Instance
from pulumi_8x8.api.retries import may_be_done
from pulumi_8x8.definition import Hole, Json, decode, encode, parse_duration, show_duration, show_path
from pulumi_8x8.definition.checked import wrong_values
from pulumi_8x8.definition.compare import lacking
from pulumi_8x8.definition.values import has_holes
from pulumi_8x8.errors import ApiError, Interrupted, RunFailed, SettingsError
from pulumi_8x8.phrasing import printable
from pulumi_8x8.resources.arguments import check_run
from pulumi_8x8.resources.base_provider import Configured, plainly
from pulumi_8x8.resources.late import Later, once_known, secret_places
from pulumi_8x8.resources.program import Declared, about_of, current_program
from pulumi_8x8.resources.properties import ABOUT, PREVIOUS, About
from pulumi_8x8.resources.sealing import Secrets
from pulumi_8x8.resources.seam import Held
from pulumi_8x8.resources.workflow import Workflow
from pulumi_8x8.validation import Invalid, Must, validated

#: Outputs that aren't inputs.
_OUTPUTS = ("instanceId", "status", "startedAt", "completedAt")

#: Inputs whose change makes it run again.
_DECIDING = ("definitionId", "version", "data", "expect", "timeout")


@dataclass(frozen=True)
class Expected:
    """The input ``expect``; see :class:`WorkflowRun`."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    status: Annotated[Literal["Complete", "Terminated"], Must('be "Complete" or "Terminated"')] = "Complete"
    data: Annotated[dict[str, Any], Must("be a mapping of what the context must contain")] = field(default_factory=dict)
    steps: Annotated[tuple[str, ...], Must("be a list of step ids")] = ()

    @classmethod
    def read(cls, value: Json) -> Expected:
        """Reads the input; as long as part of ``value`` isn't known, returns the defaults.

        :raises SettingsError: it isn't valid.
        """
        try:
            return cls() if value is None or has_holes(value) else validated(cls, value, ("expect",))
        except Invalid as error:
            raise SettingsError("\n".join(map(str, error.misfits))) from None

    def differences(self, instance: Instance) -> Iterator[str]:
        """Returns the differences, a line each: places without values, since the context may contain secrets."""
        if instance.status != self.status:
            yield f"its status is {instance.status}, not {self.status}"
        ran = {log.step for log in instance.logs if log.status != "Pending"}
        yield from (f"the step {step} did not run" for step in self.steps if step not in ran)
        for lack in lacking(self.data, instance.data, ("data",)):
            why = "is missing" if lack.kind == "removed" else "isn't as expected"
            yield f"{show_path(lack.path)} {why}"


class WorkflowRunProvider(Configured):
    """The provider of runs; the state has the outcome of the last instance."""

    def configure_with(self, config: Callable[[str], object], names: Callable[[], Iterable[str]] = tuple) -> None:
        super().configure_with(config, names)
        self._previous: dict[str, Mapping[str, Any]] = {}

    @plainly
    def check(self, _olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        """Refuses wrong inputs before it starts anything."""
        secrets = self._secrets(news)
        previous = news.pop(PREVIOUS, None)
        if isinstance(previous, Mapping):
            self._previous[self.call.urn] = previous
        data, expect, timeout = (decode(news.get(name)) for name in ("data", "expect", "timeout"))
        wrong = wrong_values({"data": data, "expect": expect, "timeout": timeout})
        failures = [CheckFailure("", printable(str(each))) for each in wrong]
        for read, value in ((Expected.read, expect), (_read_timeout, timeout)):
            try:
                read(value)
            except SettingsError as error:
                failures.append(CheckFailure("", str(error)))
        if not isinstance(data, Mapping | Hole):
            failures.append(CheckFailure("", "data must be a mapping with the content of the trigger's webhook"))
        return CheckResult(secrets.seal(news), failures)

    @plainly
    def diff(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> DiffResult:
        """Runs again if the workflow has another version, or ``data``, ``expect`` or ``timeout`` changed."""
        return DiffResult(changes=has_holes(_deciding(_news)) or run_key(_olds) != run_key(_news))

    @plainly
    def create(self, props: dict[str, Any]) -> CreateResult:
        """Runs an instance, unless this is an earlier run under another URN.

        :raises RunFailed: it didn't end as expected, or not in time.
        """
        previous = self._previous.get(self.call.urn, {})
        if previous.get("key") == run_key(props):
            self.warn(
                f'run "{self.call.name}" moves here from {previous.get("urn")} and is otherwise unchanged; no instance '
                "is started"
            )
            return CreateResult(str(props["definitionId"]), {**props, **{key: previous.get(key) for key in _OUTPUTS}})
        return CreateResult(str(props["definitionId"]), self._run(props))

    @plainly
    def update(self, _id: str, _olds: dict[str, Any], _news: dict[str, Any]) -> UpdateResult:
        """Runs an instance; see :meth:`create`."""
        return UpdateResult(self._run(_news))

    def _secrets(self, props: Mapping[str, Any]) -> Secrets:
        secrets = Secrets.read(About.read(props).secrets, [props])
        self.know(secrets)
        return secrets

    def _run(self, props: Mapping[str, Any]) -> dict[str, Any]:
        self._secrets(props)
        definition_id, version = str(props["definitionId"]), int(props["version"])
        limit, expected = _read_timeout(props["timeout"]), Expected.read(decode(props["expect"]))
        client = self.client(self.settings(props))
        instance_id = _start(client, definition_id, version, decode(props["data"]))
        about = f"the instance {instance_id} of version {version} of the workflow definition {definition_id}"
        try:
            instance = _follow(client, definition_id, instance_id, limit, about)
            faults = client.faults(definition_id, instance_id) if instance.status != "Complete" else []
        except Interrupted as error:
            raise Interrupted(
                f"{about} was started and continues to run. The provider stopped waiting ({error.why}). {_AGAIN}"
            ) from None
        except ApiError as error:
            error.args = (f"{about} was started, but its result is unknown: {error}\n{_AGAIN}",)
            raise
        if not instance.is_over:
            within = show_duration(parse_duration(str(props["timeout"])))
            left = _terminate(client, definition_id, instance_id)
            raise RunFailed(_failure(f"{about} did not end within {within}", [left], instance, faults))
        if differences := list(expected.differences(instance)):
            raise RunFailed(_failure(f"{about} did not end as expected", differences, instance, faults))
        outcome = (instance.id, instance.status, instance.started_at, instance.completed_at)
        return {**props, **dict(zip(_OUTPUTS, outcome, strict=True))}


_AGAIN = "The workflow stays deployed; the next `pulumi up` starts another instance."


def _start(client: Client, definition_id: str, version: int, data: Mapping[str, Json]) -> str:
    try:
        return client.start(definition_id, data, version=version)
    except ApiError as error:
        if may_be_done(error):
            error.args = (f"{error}\n{_AGAIN}",)
        raise


def _follow(client: Client, definition_id: str, instance_id: str, limit: float, about: str) -> Instance:
    """Returns the instance with its logs when it is over, or after ``limit`` seconds."""

    def progress(passed: float) -> str:
        return f"{about} has been running for {passed:.0f} s; the provider waits up to {limit:.0f} s"

    for _ in client.poll(limit, progress):
        if client.instance(definition_id, instance_id).is_over:
            break
    return client.instance(definition_id, instance_id, logs=True)


def _terminate(client: Client, definition_id: str, instance_id: str) -> str:
    """Stops an instance that would send more messages and prevent a deletion; returns the result."""
    try:
        client.steer(definition_id, instance_id, "terminate")
    except ApiError as error:
        return f"it is still running, and could not be terminated: {error.summary}"
    return "it was terminated and sends nothing more"


def _failure(what: str, lines: list[str], instance: Instance, faults: list[Fault]) -> str:
    lines = [*lines, *(printable(f"{fault.step}: {fault.message}") for fault in faults)]
    ran = printable(", ".join(f"{log.step} {log.status}" for log in instance.logs) or "none")
    listed = "\n".join(f"  {line}" for line in lines)
    return f"{what}:\n{listed}\nSteps that ran: {ran}.\n{_AGAIN}"


def run_key(props: Mapping[str, Any]) -> str:
    """Returns the SHA-256 of the inputs that start another instance if they change."""
    text = json.dumps(_deciding(props), sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _deciding(props: Mapping[str, Any]) -> dict[str, Json]:
    return {key: decode(props.get(key)) for key in _DECIDING}


def _previous(held: Held | None) -> Mapping[str, Any]:
    # The input PREVIOUS: the outcome of the run that this one follows.
    if held is None:
        return {}
    outputs = {key: held.get(key) for key in (*_DECIDING, *_OUTPUTS)}
    return {**{key: outputs[key] for key in _OUTPUTS}, "urn": held.urn, "key": run_key(outputs)}


def _read_timeout(value: Json) -> float:
    """Returns seconds.

    :raises SettingsError: it isn't a duration.
    """
    if isinstance(value, Hole):
        return 0.0
    try:
        return parse_duration(str(value)).total_seconds()
    except ValueError:
        raise SettingsError('timeout isn\'t a duration; write "d.HH:mm:ss", "HH:mm:ss" or whole days ("5")') from None


class WorkflowRun(Resource, module="8x8", name="WorkflowRun"):
    """A smoke test: an instance of a workflow that is started by hand after each change of it.

    It really sends the workflow's messages. It runs at its creation, and again if the workflow gets another version, or
    ``data``, ``expect`` or ``timeout`` change; never at a preview or a refresh. If the instance doesn't end in time and
    as expected, the update fails and shows the service's errors and the steps that ran. The workflow stays deployed;
    the next ``pulumi up`` tries again. A deletion does nothing.

    ::

        WorkflowRun(
            "smoke",
            workflow=support,
            data={"payload": {"user": {"msisdn": "+6581234567"}, "content": {"text": "urgent"}}},
            expect={"status": "Complete", "steps": ["page_engineer", "reply"]},
        )

    :param resource_name: the resource's name in the stack.
    :param workflow: the workflow to run, in its account.
    :param data: becomes the instance's ``data``: what the trigger's webhook would bring.
    :param expect: how the instance must end. ``status``: ``Complete`` (the default) or ``Terminated``. ``data``: what
        its context must contain at the end; more members are fine at any depth, but lists must be equally long.
        ``steps``: ids of steps that must have run.
    :param timeout: ``d.HH:mm:ss`` or ``HH:mm:ss``; then the provider terminates the instance.

    If an answer gets lost, the update fails with a message; it doesn't start a second instance.
    """

    if TYPE_CHECKING:
        #: How the last instance ended.
        status: pulumi.Output[str]

    def __init__(
        self,
        resource_name: str,
        /,
        *,
        workflow: Workflow,
        data: pulumi.Input[Mapping[str, Any]] | None = None,
        expect: pulumi.Input[Mapping[str, Any]] | None = None,
        timeout: pulumi.Input[str] = "00:02:00",
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        check_run(resource_name, workflow, Workflow, {"data": data, "expect": expect}, timeout, opts)
        program = current_program()
        program.runs[self] = Declared(self, resource_name, opts)
        declared = program.workflows.get(workflow)
        account = declared.account if declared else None
        given = {"data": {} if data is None else data, "expect": {} if expect is None else expect}
        places = secret_places({key: encode(value) for key, value in given.items()})
        super().__init__(
            WorkflowRunProvider(),
            resource_name,
            {
                **dict.fromkeys(_OUTPUTS),
                "definitionId": workflow.id,
                # What this stack stored last: a version that a refresh found isn't a deployment.
                "version": about_of(workflow).apply(
                    lambda about: next((each for each in (about.deployed, about.version) if each is not None), UNKNOWN)
                ),
                **{key: encode(value, once_known) for key, value in {**given, "timeout": timeout}.items()},
                **({"account": account.to_input()} if account else {}),
                **({} if places is None else {ABOUT: {"secrets": places}}),
                **({} if program.is_test else {PREVIOUS: Later(lambda: _previous(program.run_before(self)))}),
            },
            opts,
        )
        if declared:
            declared.runs.append(pulumi.get(self, "status"))

    @property
    def instance_id(self) -> pulumi.Output[str]:
        """The service's id of the last instance."""
        return pulumi.get(self, "instanceId")  # type: ignore[no-any-return]

    @property
    def started_at(self) -> pulumi.Output[str]:
        """ISO 8601, when the last instance was started."""
        return pulumi.get(self, "startedAt")  # type: ignore[no-any-return]

    @property
    def completed_at(self) -> pulumi.Output[str]:
        """ISO 8601, when the last instance ended."""
        return pulumi.get(self, "completedAt")  # type: ignore[no-any-return]
