"""Durations as the service writes them: ``d.HH:mm:ss``, ``HH:mm:ss``, or whole days.

Source: the OpenAPI file on WaitForReply's ``timeout``, and the Wait step's page.
"""

from __future__ import annotations

import re
from datetime import timedelta

from pulumi_8x8.errors import DurationError

_DURATION = re.compile(
    r"(?:(?P<days>\d{1,6})\.)?(?P<hours>\d{1,2}):(?P<minutes>\d{1,2}):(?P<seconds>\d{1,2})", re.ASCII
)


def parse_duration(text: str) -> timedelta:
    """The length of ``text``.

    :raises DurationError: when it is in none of the three forms, or a part is out of range.

    >>> parse_duration("1.6:30:15")
    datetime.timedelta(days=1, seconds=23415)
    >>> parse_duration("5")
    datetime.timedelta(days=5)
    """
    text = text.strip()
    if re.fullmatch(r"\d{1,6}", text, re.ASCII):
        return timedelta(days=int(text))
    match = _DURATION.fullmatch(text)
    if match is None:
        raise DurationError(f'"{text}" is not a duration: write "d.HH:mm:ss", "HH:mm:ss" or whole days ("5")')
    parts = {name: int(part or 0) for name, part in match.groupdict().items()}
    for name, limit in (("hours", 23), ("minutes", 59), ("seconds", 59)):
        if parts[name] > limit:
            raise DurationError(f'"{text}" isn\'t a duration: it has {parts[name]} {name}, and the maximum is {limit}')
    return timedelta(**parts)


def show_duration(length: timedelta) -> str:
    """``length`` as the service writes it, in whole seconds.

    >>> show_duration(timedelta(days=1, seconds=23415))
    '1.06:30:15'
    """
    minutes, seconds = divmod(length.seconds, 60)
    hours, minutes = divmod(minutes, 60)
    clock = f"{hours:02}:{minutes:02}:{seconds:02}"
    return f"{length.days}.{clock}" if length.days else clock
