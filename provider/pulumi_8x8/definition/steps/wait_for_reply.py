"""The step type WaitForReply. Source: the OpenAPI file and the page on steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeAlias, TypeVar, cast, overload

from pulumi_8x8.definition.results import WaitsForMessage
from pulumi_8x8.definition.steps.base import Condition, Duration, Info, Phrases, Step, StepId, Text, is_script, step
from pulumi_8x8.definition.triggers import INBOUND_CHAT_APPS, INBOUND_SMS, Shape, members
from pulumi_8x8.definition.values import Json

if TYPE_CHECKING:
    from typing_extensions import TypedDict, Unpack

    from pulumi_8x8.definition.members import Anything
    from pulumi_8x8.definition.payloads import ChatReply, LineReply, SmsReply

    class _Others(TypedDict, total=False):
        timeout: Duration | None
        outputs: Mapping[str, Any] | None
        next_step_id: StepId | None
        select_next_step: Mapping[str, Condition] | Mapping[Step, Condition] | None
        inputs: Mapping[str, Any] | None

    _Chat: TypeAlias = Literal["whatsapp", "viber"]

_R = TypeVar("_R")


@step
class WaitForReply(WaitsForMessage, Step, Generic[_R]):
    """Waits for a message of one sender. Afterwards ``step.reply`` is the inbound message, null on timeout."""

    step_type = "WaitForReply"
    role = "waits"
    result = members("reply")
    answer = "step.reply"
    words = Phrases(
        added="{} waits for an answer",
        removed="{} no longer waits for an answer",
        places={
            "channel": "{} waits for an answer by {} instead of {}",
            "from": "{} waits for an answer from {} instead of {}",
        },
    )

    from_: Annotated[Text, Info("whose reply: the msisdn for SMS, the channel user id for a chat app.")]
    channel: Annotated[Text, Info("sms, whatsapp, line, viber, …", values=("sms", "whatsapp", "viber", "line"))]
    timeout: Annotated[
        Duration | None, Info("d.HH:mm:ss, HH:mm:ss or whole days; 1 day when left out.", default="1.00:00:00")
    ] = None

    if TYPE_CHECKING:  # the channel decides the type of the reply
        # fmt: off
        @overload
        def __init__(self: WaitForReply[SmsReply], id: str, *, from_: Text, channel: Literal["sms"], **others: Unpack[_Others]) -> None: ...  # noqa: E501
        @overload
        def __init__(self: WaitForReply[ChatReply], id: str, *, from_: Text, channel: _Chat, **others: Unpack[_Others]) -> None: ...  # noqa: E501
        @overload
        def __init__(self: WaitForReply[LineReply], id: str, *, from_: Text, channel: Literal["line"], **others: Unpack[_Others]) -> None: ...  # noqa: E501
        @overload
        def __init__(self: WaitForReply[Anything], id: str, *, from_: Text, channel: Text, **others: Unpack[_Others]) -> None: ...  # noqa: E501
        def __init__(self, id: str, *, from_: Text, channel: Any, **others: Unpack[_Others]) -> None: ...
        # fmt: on

    @property
    def reply(self) -> _R:
        """The message, with ``payload``; null if nobody answers in time."""
        return cast("_R", self._reply(self.channel))

    @classmethod
    def result_of(cls, inputs: Mapping[str, Json]) -> Shape:
        """The reply looks like the body that the trigger of its channel brings."""
        channel = inputs.get("channel")
        if not isinstance(channel, str) or is_script(channel):
            return cls.result
        return {"reply": INBOUND_SMS if channel.lower() == "sms" else INBOUND_CHAT_APPS}
