"""What a program reads of a step's result: ``order.response_body.id``. One class for each kind of result.

The expressions are imported when a program reads the first one, since linting a file needs none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar, cast

from pulumi_8x8.definition.linking import LinkedStep, ReplyFork

if TYPE_CHECKING:
    from pulumi_8x8.definition.expressions import Expression, Value
    from pulumi_8x8.definition.linking import Target
    from pulumi_8x8.definition.members import Anything
    from pulumi_8x8.definition.payloads import DtmfData, VoiceAnswer

_V = TypeVar("_V", bound="Expression")


def result_of(step: LinkedStep, kind: type[_V], member: str, *, ends: bool = False) -> _V:
    """A member of a step's result, as an expression.

    :param ends: it may be null or of any type, so that its members are read later (:class:`Result`).
    """
    from pulumi_8x8.definition.expressions import Result

    return kind((Result(step, (member,), ends=ends),))


def _value(step: LinkedStep, member: str) -> Value:
    from pulumi_8x8.definition.expressions import Value

    return result_of(step, Value, member)


class Sends(LinkedStep):
    """The result of a step that sends a message."""

    @property
    def request_id(self) -> Value:
        """The id of the request that sent the message."""
        return _value(self, "requestId")

    @property
    def umid(self) -> Value:
        """The id of the message."""
        return _value(self, "umid")

    @property
    def status(self) -> Value:
        """The state of the message when the service accepted it."""
        return _value(self, "status")

    @property
    def description(self) -> Value:
        """The state in words."""
        return _value(self, "description")


class Calls(LinkedStep):
    """The result of a step that calls an API."""

    @property
    def response_code(self) -> Value:
        """The status code of the answer: 200."""
        return _value(self, "responseCode")

    @property
    def reason_phrase(self) -> Value:
        """The status in words: ``OK``."""
        return _value(self, "reasonPhrase")

    @property
    def response_body(self) -> Anything:
        """The JSON of the answer, with any members. It may be null or an error after a failed call."""
        from pulumi_8x8.definition.members import Anything

        return result_of(self, Anything, "responseBody", ends=True)


class Speaks(LinkedStep):
    """The result of a call."""

    @property
    def response(self) -> VoiceAnswer:
        """The Voice API's answer, with ``uid`` and ``client_request_id``."""
        from pulumi_8x8.definition.payloads import VoiceAnswer

        return result_of(self, VoiceAnswer, "response")


class Converses(LinkedStep):
    """The result of a step that hands over to an agent."""

    @property
    def ticket_id(self) -> Value:
        """The id of the agent's ticket."""
        return _value(self, "ticketId")


class _Waits(LinkedStep):
    def on_reply(self, target: Target) -> ReplyFork:
        """Continues with ``target`` if somebody answers in time."""
        return ReplyFork(self).on_reply(target)

    def on_timeout(self, target: Target) -> ReplyFork:
        """Continues with ``target`` if nobody answers in time."""
        return ReplyFork(self).on_timeout(target)


class WaitsForKeys(_Waits):
    """The keys that somebody pressed."""

    @property
    def dtmf_data(self) -> DtmfData:
        """The keys, in ``action_details.dtmf``; null if nobody pressed one in time."""
        from pulumi_8x8.definition.payloads import DtmfData

        return result_of(self, DtmfData, "dtmfData", ends=True)

    @property
    def answered(self) -> Expression:
        """What is null on timeout."""
        return self.dtmf_data


class WaitsForMessage(_Waits):
    """The message that somebody answered."""

    def _reply(self, channel: object) -> Expression:
        from pulumi_8x8.definition.members import Anything
        from pulumi_8x8.definition.payloads import ChatReply, LineReply, SmsReply

        name = channel.lower() if isinstance(channel, str) and "{{" not in channel else ""
        kinds: dict[str, type[Expression]] = {"": Anything, "sms": SmsReply, "line": LineReply}
        return result_of(self, kinds.get(name, ChatReply), "reply", ends=True)

    @property
    def answered(self) -> Expression:
        """What is null on timeout."""
        return cast("Expression", self.reply)  # type: ignore[attr-defined]
