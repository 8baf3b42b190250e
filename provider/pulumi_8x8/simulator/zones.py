"""Windows time zones, which are what the service's scripts name (Functions page), from Unicode's CLDR.

The service names a zone by cities and the offset of its standard time; which cities is not published, so here they
are those of the zone in CLDR.
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

    :ivar id: what scripts name. :ivar name: for people.
    """

    id: str
    name: str


def zone_info(id: str) -> ZoneInfo | None:
    """The zone with a Windows id, such as ``Singapore Standard Time``; ``None``: there is none."""
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
    # The smaller one of winter and summer, wherever those are; what is negative saving time in the data (Dublin) too.
    offsets = (datetime(2026, month, 1, tzinfo=UTC).astimezone(zone).utcoffset() for month in (1, 7))
    return min(offset for offset in offsets if offset is not None)


def _show(offset: timedelta) -> str:
    minutes = round(offset.total_seconds()) // 60
    return f"UTC{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
