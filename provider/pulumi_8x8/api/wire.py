"""The shapes of the service's answers, in all forms that it uses. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pulumi_8x8.definition import Definition, Json
from pulumi_8x8.definition.model import ABSENT_STATUS
from pulumi_8x8.phrasing import printable
from pulumi_8x8.validation import Must, Parsed, spelled, validated

if TYPE_CHECKING:
    from pulumi_8x8.api.receiving import Answer

#: Status of an instance: running, waiting or sleeping; held by hand; over; stopped by hand or by a fault.
Status = Literal["Runnable", "Suspended", "Complete", "Terminated"]

#: Commands to an instance.
Steering = Literal["suspend", "resume", "terminate"]

#: A list of any objects.
Objects = list[Mapping[str, Json]]


def _if(kind: type | tuple[type, ...], default: Json = None) -> Parsed:
    return Parsed(lambda value: value if isinstance(value, kind) else default)


#: An id and a count must have their type. Another value that isn't as published counts as absent.
_Id = Annotated[str, Must("be a text")]
_Count = Annotated[int, Must("be a whole number")]
_Text = Annotated[str, Parsed(lambda value: str(value or ""))]
#: A text that messages quote: on one line, and without commands to a terminal.
_Line = Annotated[str, Parsed(lambda value: printable(value or ""))]
_MaybeCount = Annotated[int | None, _if(int)]


@dataclass(frozen=True)
class StoredDefinition:
    """One version of a definition, as the service holds it.

    :param created_at: ISO 8601, of this version.
    """

    __pydantic_config__: ClassVar = spelled(definition="envelope")

    id: _Id
    version: _Count
    created_at: _Line
    account_id: _Line
    definition: Annotated[Definition, Parsed(Definition.from_body)]

    @property
    def status(self) -> str:
        """``enabled`` or ``disabled``."""
        return str(self.definition.status or ABSENT_STATUS)


@dataclass(frozen=True)
class Log:
    """The run of one step of an instance.

    :param id: the id of the run.
    :param step: the step's id in the definition.
    :param status: Pending, Running, Complete, Sleeping, WaitingForEvent, Failed or Cancelled.
    :param started_at: ISO 8601; empty before it begins.
    :param completed_at: ISO 8601; empty before it ends.
    """

    __pydantic_config__: ClassVar = spelled(step="stepName")

    id: _Text = ""
    step: _Text = ""
    status: _Line = ""
    started_at: _Line = ""
    completed_at: _Line = ""


def _logs(value: Json) -> tuple[Log, ...]:
    items = value if isinstance(value, list) else []
    return validated(tuple[Log, ...], [item for item in items if isinstance(item, Mapping)])


@dataclass(frozen=True)
class Instance:
    """One run of a definition.

    :param status: ``Runnable``, ``Suspended``, ``Complete`` or ``Terminated``.
    :param started_at: ISO 8601.
    :param completed_at: ISO 8601; empty before it ends.
    :param data: its context. A customer's messages are in it.
    :param logs: in the order of the service; empty unless requested.
    """

    __pydantic_config__: ClassVar = spelled(id="workflowId")

    id: _Id
    version: _Count
    status: _Line = ""
    started_at: _Line = ""
    completed_at: _Line = ""
    data: Annotated[Mapping[str, Json], _if(Mapping, {})] = field(default_factory=dict, repr=False)
    logs: Annotated[tuple[Log, ...], Parsed(_logs)] = ()

    @property
    def is_over(self) -> bool:
        """Whether it is complete, was terminated, or stopped at a fault."""
        return self.status in ("Complete", "Terminated")


@dataclass(frozen=True)
class Fault:
    """Why an instance stopped.

    :param step: the id of the step that faulted.
    :param time: ISO 8601.
    """

    __pydantic_config__: ClassVar = spelled(instance_id="workflowId", time="errorTime")

    instance_id: _Text = ""
    step: _Text = ""
    message: _Text = ""
    time: _Text = ""


@dataclass(frozen=True)
class Usage:
    """How many workflows the account may start in the current month, and how many it has started.

    :param overage_price: the price of each one above the allowed number.
    """

    __pydantic_config__: ClassVar = spelled(
        allowed="allowedWorkflowCount", executed="executedWorkflowCount", overage_allowed="allowedOverage"
    )

    allowed: _MaybeCount = None
    executed: _MaybeCount = None
    overage_allowed: Annotated[bool, Parsed(lambda value: value is True)] = False
    overage_price: Annotated[float | None, _if((int, float))] = None

    @property
    def used_up(self) -> bool:
        """Whether nothing more starts this month."""
        if self.allowed is None or self.executed is None or self.overage_allowed:
            return False
        return self.executed >= self.allowed


@dataclass(frozen=True)
class Month:
    """How many workflows were started in a month (1 is January)."""

    __pydantic_config__: ClassVar = spelled(executed="executedWorkflowCount")

    year: _Count
    month: _Count
    executed: _Count


def read_definitions(answer: Answer, asked: str = "") -> list[StoredDefinition]:
    """Reads a list of definitions.

    :param asked: the id that all of them must have.
    :raises BadAnswer: one of them has no id or version, or another id.
    """
    found = answer.read(list[StoredDefinition], [_flat(item) for item in answer.read(Objects)])
    return [answer.identified(each, asked) for each in found]


def read_some(answer: Answer, wanted: Collection[str]) -> list[tuple[str, str, StoredDefinition | None]]:
    """Reads id and version of each definition in a list, and the rest of those whose id is in ``wanted``.

    :param wanted: in lower case, like the ids that are returned.
    :raises BadAnswer: one of these has no id or version.
    """
    found: list[tuple[str, str, StoredDefinition | None]] = []
    for item in map(_flat, answer.read(Objects)):
        id = str(item["id"]).lower()
        stored = answer.identified(answer.read(StoredDefinition, item)) if id in wanted else None
        found.append((id, str(item["version"]), stored))
    return found


def read_definition(answer: Answer, asked: str = "") -> StoredDefinition:
    """Reads a definition. :raises BadAnswer: it has no id or version, or another id than ``asked``."""
    return answer.identified(answer.read(StoredDefinition, _flat(answer.read(dict[str, Json]))), asked)


def read_instances(answer: Answer) -> list[Instance]:
    """Reads a list of instances. :raises BadAnswer: one of them has no id or version."""
    return [answer.identified(each) for each in answer.read(list[Instance])]


def _flat(item: Mapping[str, Json]) -> dict[str, Json]:
    inner = item.get("definition")
    inner = inner if isinstance(inner, Mapping) else {}
    # The schema has these members on the envelope, every example has them inside of "definition".
    either = {name: item.get(name) or inner.get(name) for name in ("id", "version", "createdAt")}
    return {**either, "accountId": item.get("accountId"), "envelope": item}


def read_faults(answer: Answer) -> list[Fault]:
    """Reads an array, as the vendor's pages have it, or one object, as the OpenAPI file's example has it."""
    body = answer.json()
    return answer.read(list[Fault], [body] if isinstance(body, Mapping) else body)
