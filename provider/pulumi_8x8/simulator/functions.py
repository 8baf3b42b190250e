"""Implements the service's functions for scripts (Functions page). No I/O."""

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
    """A function was called with an argument that it doesn't accept."""


def functions(clock: Clock, chance: Random = CHANCE) -> Functions:
    """The functions by name. Arguments and results are JSON values. They raise :class:`FunctionError`.

    ``Date.now`` and ``Math.random`` replace JavaScript's own: the first uses the clock, and both have to return the
    same value if a script is evaluated more than once (see :mod:`.sandbox`).
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

    A number in no country's plan (``+1 555 …``) belongs to the calling code's main country, since the published
    payloads use such numbers. A text that isn't a phone number belongs to no country.
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
    """Whether ``source`` contains ``value``. Null contains nothing: published exports pass a missing reply."""
    if source is None or value is None:
        return False
    whole, part = text(source), text(value)
    return part.casefold() in whole.casefold() if ignore_case else part in whole


def is_time_of_day_between(moment: Any, start: Any, end: Any, timezone: Any) -> bool:
    """Whether ``moment`` is between ``start`` and ``end`` (``HH:mm:ss``, both included) in a Windows time zone.

    A range that ends before it starts includes midnight. A moment without a zone is in UTC (the emulator's choice).
    """
    begins, ends = _time_of_day(start), _time_of_day(end)
    zone = zone_info(timezone) if isinstance(timezone, str) else None
    if zone is None:
        raise FunctionError(f"{timezone!r} isn't a time zone id such as 'Singapore Standard Time'")
    when = _moment(moment)
    try:
        local = (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(zone).time()
    except OverflowError:
        raise FunctionError(f"{moment!r} isn't a date or timestamp in {timezone}") from None
    if begins <= ends:
        return begins <= local <= ends
    return local >= begins or local <= ends


def is_day_of_week(moment: Any, day: Any) -> bool:
    """Whether a date or timestamp falls on a day (English name, any case), in its own time zone."""
    if not isinstance(day, str) or day.lower() not in _DAYS:
        raise FunctionError(f"{day!r} isn't a day of the week")
    return _DAYS[_moment(moment).weekday()] == day.lower()


def _moment(value: Any) -> datetime:
    try:
        return datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise FunctionError(f"{value!r} isn't a date or timestamp") from None


def _time_of_day(value: Any) -> time:
    try:
        return datetime.strptime(value, "%H:%M:%S").time()
    except (TypeError, ValueError):
        raise FunctionError(f"{value!r} isn't a time of day such as '09:00:00'") from None
