"""Limits of the inputs of an SMS. Source: the OpenAPI file of the SMS API."""

from __future__ import annotations

from typing import Annotated, Literal

from pulumi_8x8.definition.contents.limits import Length, Moment, PhoneNumber, SenderName, Url
from pulumi_8x8.definition.contents.part import Input, Part, part
from pulumi_8x8.definition.contents.wholes import Earlier
from pulumi_8x8.definition.steps.base import Info


@part
class SmsFields(Part):
    """Inputs of an SMS that have a limit."""

    called = "an SMS"
    wholes = (Earlier("scheduled", "expiry"),)

    destination: Annotated[Input[str] | None, Info(), PhoneNumber()] = None
    source: Annotated[Input[str] | None, Info(), Length(16, empty=True), SenderName()] = None
    country: Annotated[Input[str] | None, Info(), Length(2, empty=True)] = None
    client_message_id: Annotated[Input[str] | None, Info(), Length(350, empty=True)] = None
    scheduled: Annotated[Input[str] | None, Info(), Moment()] = None
    expiry: Annotated[Input[str] | None, Info(), Moment()] = None
    dlr_callback_url: Annotated[Input[str] | None, Info(), Url()] = None
    track: Annotated[Input[Literal["None", "Outcome"]] | None, Info()] = None
    encoding: Annotated[Input[Literal["AUTO", "GSM7", "UCS2"]] | None, Info()] = None
