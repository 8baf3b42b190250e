"""What the service lists: its time zones and its script functions (OpenAPI file; Functions page)."""

from __future__ import annotations

from typing import Any

from pulumi_8x8.simulator import zones


def list_zones(contains: str) -> list[dict[str, str]]:
    """The time zones whose id or name contains a text, in any case."""
    wanted = contains.casefold()
    found = [zone for zone in zones() if wanted in zone.id.casefold() or wanted in zone.name.casefold()]
    return [{"id": zone.id, "name": zone.name} for zone in found]


def _parameter(
    name: str, description: str, example: Any, type: str = "string", required: bool = True, default: Any = None
) -> dict[str, Any]:
    return {
        "name": name,
        "type": type,
        "required": required,
        "default": default,
        "example": example,
        "description": description,
    }


def _function(name: str, description: str, example: str, *parameters: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "description": description, "parameters": list(parameters), "example": example}


FUNCTIONS = [
    _function(
        "isCountryCode",
        "Checks if a phone number belongs to a country.",
        "isCountryCode('+6512345678', 'SG')",
        _parameter("phoneNumber", "Phone number in the international format.", "+6512345678"),
        _parameter("countryCode", "Two letter country code (ISO 3166-1 alpha-2).", "SG"),
    ),
    _function(
        "stringContains",
        "Checks if a string contains another one.",
        "stringContains('Hello, world!', 'hello', true)",
        _parameter("source", "String to look in.", "Hello, world!"),
        _parameter("value", "String to look for.", "hello"),
        _parameter("ignoreCase", "Whether upper and lower case are the same.", True, "boolean", False, False),
    ),
    _function(
        "isTimeOfDayBetween",
        "Checks if the time of day of a timestamp is between two times in a time zone, both included.",
        "isTimeOfDayBetween('2021-05-25T10:00:00Z', '09:00:00', '18:00:00', 'Singapore Standard Time')",
        _parameter("timestamp", "Timestamp in ISO 8601 format.", "2021-05-25T10:00:00Z"),
        _parameter("from", "Start of the range (HH:mm:ss).", "09:00:00"),
        _parameter("to", "End of the range (HH:mm:ss).", "18:00:00"),
        _parameter("timezone", "Id of a time zone.", "Singapore Standard Time"),
    ),
    _function(
        "isDayOfWeek",
        "Checks if a date or timestamp falls on a given day of the week. Useful to design workflows that behaves"
        " differently on different days of the week (e.g., week vs weekend).",
        "isDayOfWeek('2021-05-25', 'Tuesday')",
        _parameter("timestamp", "Date or timestamp in a standard format.", "2021-05-25"),
        _parameter("day", "Day of the week (not case sensitive).", "Monday"),
    ),
    _function("uuid", "Makes a new unique identifier.", "uuid()"),
]
