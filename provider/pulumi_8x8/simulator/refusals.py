"""Refuses messages as the messaging APIs do: they accept a message first, and then it fails, with a code. No I/O.

A step that sends a refused message doesn't fault. Its result has ``status`` ``REJECTED`` (SMS API) or ``rejected``
(Business Messaging API), ``errorCode`` and ``errorMessage``, so that a workflow can go another way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pulumi_8x8.analysis.addresses import doubtful_number
from pulumi_8x8.definition import show_path
from pulumi_8x8.definition.steps import STEP_KINDS, invalid_inputs
from pulumi_8x8.simulator.outcomes import Message, Refusal, Send

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_INVALID = 1000  # published for other invalid values
#: The faults of a message that the API doesn't take, see :mod:`pulumi_8x8.definition.contents.limits`.
_REFUSED = frozenset(("missing_part", "empty", "blank", "limit", "duplicate", "phone_number"))
_MSISDN = re.compile(r"\+?[1-9][0-9]{5,14}", re.ASCII)
_NATIONAL = re.compile(r"\+?[0-9]{5,15}", re.ASCII)
#: The reasons by code: the APIs' OpenAPI files, and their published answers.
REASONS: Mapping[int, str] = {
    429: "Quota exceeded. Please try again in 1 second(s).",
    1001: "Provided subAccountId doesn't belongs to your account",
    1002: "Invalid MSISDN format (not E.164 international number)",
    1200: "Request was not authenticated properly",
    2000: "Internal server error",
    3038: "Template not found for provided name and language",
}


def refuse(send: Send, why: Refusal) -> Send:
    """The outcome of a step whose message is refused."""
    message = replace(send.message, refused=why)
    if message.channel == "voice":
        response = {**send.result["response"], "status": {"code": "REJECTED", "description": why.message}}
        return Send(message, {"response": {**response, "errorCode": why.code, "errorMessage": why.message}})
    refused = {
        **send.result,
        "status": "REJECTED" if message.channel == "sms" else "rejected",
        "description": why.message,
        "errorCode": why.code,
        "errorMessage": why.message,
    }
    return Send(message, refused)


def refusal(message: Message) -> Refusal | None:
    """Why the messaging API refuses a message; ``None``: it doesn't.

    What a message may hold is declared once, for lint as well: this only decides what follows from it.
    """
    owner = message.body.get("user") if message.channel == "chat_apps" else message.body
    country = bool(isinstance(owner, dict) and owner.get("country"))
    number = message.shown.receiver
    surely = message.channel in ("sms", "voice") and not is_msisdn(number, country)
    if surely or (is_msisdn(number) and not country and doubtful_number(number) is not None):
        return Refusal(1002, REASONS[1002])
    if message.channel == "sms" and not message.text.strip():
        return Refusal(_INVALID, "Invalid 'text': it is empty")
    errors = invalid_inputs(STEP_KINDS[message.step_type], message.body) if message.step_type in STEP_KINDS else []
    return next((why for error in errors if (why := _refused(error, country)) is not None), None)


def _refused(error: ErrorDetails, country: bool) -> Refusal | None:
    about = error.get("ctx", {}).get("message", "it has another type")
    # A number or a truth value is converted to a text, and the reverse; a list or an object isn't.
    wrong_type = error["type"].endswith("_type") and isinstance(error["input"], dict | list)
    if error["type"] not in _REFUSED and not wrong_type:
        return None
    if error["type"] == "phone_number":
        return None if country else Refusal(1002, REASONS[1002])
    return Refusal(_INVALID, f"Invalid '{show_path(error['loc'])}': {about}")


def is_msisdn(value: str, country: bool = False) -> bool:
    """Whether a text looks like a phone number in E.164 form, with or without ``+``.

    :param country: its country is given beside it, so that it may be a national one.
    """
    return (_NATIONAL if country else _MSISDN).fullmatch(value) is not None
