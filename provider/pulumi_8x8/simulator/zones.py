"""Provides Windows time zones, the ids that scripts use (Functions page), from Unicode's CLDR.

The service's name of a zone has cities and the offset of standard time. Its cities aren't published, so this module
uses the cities of the zone in CLDR.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from tzlocal.windows_tz import tz_win, win_tz


@dataclass(frozen=True)
class Zone:
    """A time zone as the service lists it.

    :ivar id: the id in scripts. :ivar name: the name for people.
    """

    id: str
    name: str


def zone_info(id: str) -> ZoneInfo | None:
    """The zone with a Windows id, such as ``Singapore Standard Time``; ``None`` if there is none."""
    return ZoneInfo(win_tz[id]) if id in win_tz else None


@lru_cache(maxsize=1)
def zones() -> tuple[Zone, ...]:
    """Every Windows zone, from west to east, then by name."""
    cities: dict[str, set[str]] = {id: set() for id in win_tz}
    for place, id in tz_win.items():
        area, _, city = place.rpartition("/")
        if area and area not in ("Etc", "US") and not area.startswith("SystemV"):
            cities.setdefault(id, set()).add(city.replace("_", " "))
    found = []
    for id, place in win_tz.items():
        offset = _standard_offset(ZoneInfo(place))
        named = ", ".join(sorted(cities[id])) or id
        found.append((offset, Zone(id, f"{named} ({_show(offset)})")))
    return tuple(zone for _, zone in sorted(found, key=lambda each: (each[0], each[1].name, each[1].id)))


def _standard_offset(zone: ZoneInfo) -> timedelta:
    # The smaller offset of January and July: on both hemispheres, and if the data has negative saving time (Dublin).
    offsets = (datetime(2026, month, 1, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 7))
    return min(offset for offset in offsets if offset is not None)


def _show(offset: timedelta) -> str:
    minutes = round(offset.total_seconds()) // 60
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
