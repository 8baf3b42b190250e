"""The functions that scripts may call besides JavaScript's own (Functions page)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time
from random import Random
from typing import Any

import phonenumbers

from pulumi_8x8.simulator.chance import CHANCE, new_id
from pulumi_8x8.simulator.clock import Clock
from pulumi_8x8.simulator.conversions import text
from pulumi_8x8.simulator.zones import zone_info

_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

Functions = Mapping[str, Callable[..., Any]]


class FunctionError(Exception):
    """A function was called with something that it cannot work with."""


def functions(clock: Clock, chance: Random = CHANCE) -> Functions:
    """The functions by name. Arguments and results are JSON values; they raise :class:`FunctionError`.

    ``Date.now`` and ``Math.random`` are JavaScript's own; they stand here so that the clock rules, and because a
    script may be evaluated more than once to get one result (see :mod:`.scripts`).
    """
    return {
        "isCountryCode": is_country_code,
        "stringContains": string_contains,
        "isTimeOfDayBetween": is_time_of_day_between,
        "isDayOfWeek": is_day_of_week,
        "uuid": lambda: new_id(chance),
        "Date.now": lambda: int(clock.now().timestamp() * 1000),
        "Math.random": chance.random,
    }


def is_country_code(phone_number: Any, alpha2: Any) -> bool:
    """Whether a phone number, with or without ``+``, belongs to a country.

    A number in no country's plan (``+1 555 …``) counts as the calling code's main country: the published payloads use
    such numbers. What is not a phone number belongs to none.
    """
    if not isinstance(phone_number, str) or not isinstance(alpha2, str):
        return False
    try:
        number = phonenumbers.parse("+" + phone_number.lstrip("+"), None)
    except phonenumbers.NumberParseException:
        return False
    code = number.country_code
    region = phonenumbers.region_code_for_number(number)
    if region is None and code is not None:
        region = phonenumbers.region_code_for_country_code(code)
    return region == alpha2.upper()


def string_contains(source: Any, value: Any, ignore_case: Any = False) -> bool:
    """Whether ``source`` contains ``value``. Null contains nothing: published exports ask it of a missing reply."""
    if source is None or value is None:
        return False
    whole, part = text(source), text(value)
    return part.casefold() in whole.casefold() if ignore_case else part in whole


def is_time_of_day_between(moment: Any, start: Any, end: Any, timezone: Any) -> bool:
    """Whether it is from ``start`` to ``end`` (``HH:mm:ss``, both included) at ``moment`` in a Windows time zone.

    A range whose end is before its start goes over midnight. A moment without a zone is in UTC (the emulator's
    choice).
    """
    begins, ends = _time_of_day(start), _time_of_day(end)
    zone = zone_info(timezone) if isinstance(timezone, str) else None
    if zone is None:
        raise FunctionError(f"{timezone!r} is not a time zone id such as 'Singapore Standard Time'")
    when = _moment(moment)
    try:
        local = (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(zone).time()
    except OverflowError:
        raise FunctionError(f"{moment!r} is not a date or timestamp in {timezone}") from None
    if begins <= ends:
        return begins <= local <= ends
    return local >= begins or local <= ends


def is_day_of_week(moment: Any, day: Any) -> bool:
    """Whether a date or timestamp, as it is written, falls on a day (English name, any case)."""
    if not isinstance(day, str) or day.lower() not in _DAYS:
        raise FunctionError(f"{day!r} is not a day of the week")
    return _DAYS[_moment(moment).weekday()] == day.lower()


def _moment(value: Any) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise FunctionError(f"{value!r} is not a date or timestamp") from None


def _time_of_day(value: Any) -> time:
    try:
        return datetime.strptime(value, "%H:%M:%S").time()
    except (TypeError, ValueError):
        raise FunctionError(f"{value!r} is not a time of day such as '09:00:00'") from None
