"""Time zones and daylight saving in ``isTimeOfDayBetween`` and ``isDayOfWeek``."""

from __future__ import annotations

import pytest

from pulumi_8x8.simulator import zones
from pulumi_8x8.simulator.functions import is_day_of_week, is_time_of_day_between

# zone, the last second before a change of the clock (UTC), local time of that second, local time one second later
CHANGES = {
    "New York, spring": ("Eastern Standard Time", "2026-03-08T06:59:59Z", "01:59:59", "03:00:00"),
    "New York, autumn": ("Eastern Standard Time", "2026-11-01T05:59:59Z", "01:59:59", "01:00:00"),
    "Berlin, spring": ("W. Europe Standard Time", "2026-03-29T00:59:59Z", "01:59:59", "03:00:00"),
    "Berlin, autumn": ("W. Europe Standard Time", "2026-10-25T00:59:59Z", "02:59:59", "02:00:00"),
    "London, spring": ("GMT Standard Time", "2026-03-29T00:59:59Z", "00:59:59", "02:00:00"),
    "London, autumn": ("GMT Standard Time", "2026-10-25T00:59:59Z", "01:59:59", "01:00:00"),
    "Sydney, autumn": ("AUS Eastern Standard Time", "2026-04-04T15:59:59Z", "02:59:59", "02:00:00"),
    "Sydney, spring": ("AUS Eastern Standard Time", "2026-10-03T15:59:59Z", "01:59:59", "03:00:00"),
    "Lord Howe, half an hour": ("Lord Howe Standard Time", "2026-04-04T14:59:59Z", "01:59:59", "01:30:00"),
    "Lord Howe, spring": ("Lord Howe Standard Time", "2026-10-03T15:29:59Z", "01:59:59", "02:30:00"),
    "Singapore, none": ("Singapore Standard Time", "2026-03-29T00:59:59Z", "08:59:59", "09:00:00"),
}


@pytest.mark.parametrize(("zone", "before", "last", "first"), CHANGES.values(), ids=CHANGES)
def test_around_a_change_of_the_clock(zone: str, before: str, last: str, first: str) -> None:
    """The second before a change has the old local time, the second after it the new one, and no other."""
    after = before.replace(":59Z", ":59.999999Z")
    for moment, local in ((before, last), (after, last), (_next_second(before), first)):
        assert is_time_of_day_between(moment, local, local, zone) == (moment != after)
    assert not is_time_of_day_between(_next_second(before), last, last, zone)
    assert not is_time_of_day_between(before, first, first, zone)


def _next_second(moment: str) -> str:
    hour, minute = int(moment[11:13]), int(moment[14:16])
    hour, minute = (hour + 1, 0) if minute == 59 else (hour, minute + 1)
    return f"{moment[:11]}{hour:02}:{minute:02}:00Z"


def test_the_hour_that_comes_twice() -> None:
    """Both 02:30 of an autumn night in Berlin are between 02:00 and 03:00; 02:30 of the spring night never is."""
    for utc, inside in (
        ("2026-10-25T00:30:00Z", True),
        ("2026-10-25T01:30:00Z", True),
        ("2026-10-25T02:30:00Z", False),
    ):
        assert is_time_of_day_between(utc, "02:00:00", "02:59:59", "W. Europe Standard Time") == inside
    spring = [f"2026-03-29T{hour:02}:{minute:02}:00Z" for hour in range(24) for minute in (0, 30)]
    assert not any(is_time_of_day_between(utc, "02:00:00", "02:59:59", "W. Europe Standard Time") for utc in spring)


@pytest.mark.parametrize(
    ("local", "inside"),
    [
        ("21:59:59", False),
        ("22:00:00", True),
        ("23:59:59", True),
        ("00:00:00", True),
        ("05:59:59", True),
        ("06:00:00", True),
        ("06:00:01", False),
        ("12:00:00", False),
    ],
)
@pytest.mark.parametrize("offset", ["+08:00", "+05:45", "-03:30", "Z"])
def test_ranges_over_midnight(local: str, inside: bool, offset: str) -> None:
    """A range whose end is before its start goes over midnight, both ends included, in zones of any offset."""
    zone = {
        "+08:00": "Singapore Standard Time",
        "+05:45": "Nepal Standard Time",
        "-03:30": "Newfoundland Standard Time",
        "Z": "UTC",
    }[offset]
    assert is_time_of_day_between(f"2026-01-15T{local}{offset}", "22:00:00", "06:00:00", zone) == inside


@pytest.mark.parametrize("moment", ["2026-03-02T01:00:00", "2026-03-02T01:00:00Z", "2026-03-02T09:00:00+08:00"])
def test_without_a_zone_it_is_utc(moment: str) -> None:
    """A timestamp without a zone counts as UTC."""
    assert is_time_of_day_between(moment, "09:00:00", "09:00:00", "Singapore Standard Time")


def test_a_date_is_its_midnight_in_utc() -> None:
    """A date without a time is 00:00:00 UTC for the time of day, and its own day for the day of the week."""
    assert is_time_of_day_between("2026-03-02", "08:00:00", "08:00:00", "Singapore Standard Time")
    assert is_day_of_week("2026-03-02", "Monday")
    assert not is_day_of_week("2026-03-02", "Sunday")


def test_the_day_is_the_one_that_is_written() -> None:
    """``isDayOfWeek`` has no zone: it uses the day in the timestamp's own zone."""
    assert is_day_of_week("2026-03-01T23:30:00-05:00", "sunday")
    assert is_day_of_week("2026-03-02T04:30:00Z", "MONDAY")


def test_every_listed_zone_can_be_used() -> None:
    """The functions take every id that the service's list of time zones has."""
    for zone in zones():
        assert is_time_of_day_between("2026-03-02T12:00:00Z", "00:00:00", "23:59:59", zone.id)
