"""Rules on scripts: their syntax, what the service allows in them, and how they call its functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from pulumi_8x8.analysis.javascript import LONGEST_SCRIPT, Argument, FaultKind
from pulumi_8x8.analysis.shapes import DAYS, FUNCTIONS
from pulumi_8x8.analysis.texts import Use
from pulumi_8x8.definition.scripts import find_unclosed
from pulumi_8x8.definition.triggers import TRIGGERS
from pulumi_8x8.lint.context import Context
from pulumi_8x8.lint.registry import Found, at, rule
from pulumi_8x8.phrasing import did_you_mean

_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?")
_IN_LOWER_CASE = {name.lower(): name for name in FUNCTIONS}
#: Reserved, so that nobody takes them for another country.
_RESERVED = {"UK": "GB", "EL": "GR"}
#: Windows knows these too, though CLDR has dropped them.
_OLD_TIME_ZONES = ("Kamchatka Standard Time", "Mid-Atlantic Standard Time")


@rule("script-syntax", "error", "A script isn't JavaScript.")
def script_syntax(context: Context) -> Iterator[Found]:
    for use in context.uses:
        for fault in use.facts.faults:
            if fault.kind == "syntax":
                message = f"the script {_short(use)} isn't JavaScript: {fault.detail} (character {fault.offset + 1})"
                yield at(use, fault.offset, message)


@rule("empty-script", "warning", "A script is empty.")
def empty_script(context: Context) -> Iterator[Found]:
    for use in context.uses:
        if not use.script.code:
            yield Found(use.path, "the script is empty, so it has no value", "write a script between {{ and }}")


@rule("script-too-long", "error", "A script has more than 1,000 characters.")
def script_too_long(context: Context) -> Iterator[Found]:
    for use in context.uses:
        length = len(use.script.code)
        if length > LONGEST_SCRIPT:
            message = f"the script has {length:,} characters, and the service runs at most {LONGEST_SCRIPT:,}"
            yield Found(use.path, message, "store parts of it in outputs of earlier steps")


def _forbid(kind: FaultKind, about: str, message: str, hint: str) -> None:
    @rule(f"script-{kind}", "error", about)
    def _(context: Context) -> Iterator[Found]:
        for use in context.uses:
            for fault in use.facts.faults:
                if fault.kind == kind:
                    part = fault.detail if len(fault.detail) <= 40 else fault.detail[:39] + "…"
                    yield at(use, fault.offset, message.format(part), hint)


_forbid(
    "assignment",
    "A script assigns a value.",
    '"{}" assigns a value, and the service doesn\'t allow that in scripts',
    "to compare, write ==; to store, use outputs",
)
_forbid(
    "declaration",
    "A script declares a variable or a class.",
    '"{}" is a declaration, and the service doesn\'t allow those in scripts',
    "write one expression; store what you need twice in outputs",
)
_forbid(
    "allocation",
    "A script creates an object with new.",
    '"{}" creates an object, and the service doesn\'t allow that in scripts',
    "to check times, use isTimeOfDayBetween and isDayOfWeek",
)
_forbid(
    "recursion",
    "A function in a script calls itself.",
    "the function {} calls itself, and the service doesn't allow that",
    "write it without recursion",
)


@rule("unknown-function", "error", "A script calls a function that neither the service nor JavaScript has.")
def unknown_function(context: Context) -> Iterator[Found]:
    for use, call in context.calls:
        if call.name.lower() not in _IN_LOWER_CASE and call.name not in ("data", "step"):
            listed = f"the service's functions are {', '.join(FUNCTIONS)}"
            message = f'the service has no function "{call.name}", so the script fails'
            yield at(use, call.offset, message, did_you_mean(call.name, FUNCTIONS) or listed)


@rule("function-in-other-case", "warning", "A function's name differs in case from the published one.")
def function_in_other_case(context: Context) -> Iterator[Found]:
    for use, call in context.calls:
        right = _IN_LOWER_CASE.get(call.name.lower())
        if right and right != call.name:
            message = f'"{call.name}" is published as "{right}", and JavaScript is case-sensitive'
            yield at(use, call.offset, message, f'write "{right}"')


@rule("unknown-name", "warning", "A script reads a name that isn't defined.")
def unknown_name(context: Context) -> Iterator[Found]:
    wrong = [use for use in context.uses if use.facts.names and use.place != "misplaced" and use.facts.sound]
    stored = {str(name) for node in context.nodes for name in node.member("outputs")} if wrong else set()
    members = stored | set(TRIGGERS.get(context.trigger, {}))
    for use in wrong:
        for name, offset in use.facts.names:
            if name in FUNCTIONS:
                hint = f"call it: {name}(…)"
            elif name in members:
                hint = f'write "data.{name}"'
            else:
                hint = did_you_mean(name, ("data", "step")) or "to read a stored value, write data.…"
            yield at(use, offset, f'"{name}" isn\'t defined, so the script fails', hint)


@rule("missing-argument", "error", "A function is called with fewer arguments than it needs.")
def missing_argument(context: Context) -> Iterator[Found]:
    for use, call in context.calls:
        parameters = FUNCTIONS.get(call.name, ())
        needed = [name for name, _, required in parameters if required]
        if len(call.arguments) < len(needed):
            message = f"{call.name} has {len(call.arguments)} of the {len(needed)} arguments that it needs"
            yield at(use, call.offset, message, f"write {call.name}({', '.join(name for name, *_ in parameters)})")


@rule("wrong-argument", "warning", "A function is called with too many arguments, or with a literal of a wrong kind.")
def wrong_argument(context: Context) -> Iterator[Found]:
    for use, call in context.calls:
        parameters = FUNCTIONS.get(call.name)
        if parameters is None:
            continue
        if len(call.arguments) > len(parameters):
            extra = call.arguments[len(parameters)]
            message = f"{call.name} takes {len(parameters)} arguments, and this is an extra one"
            yield at(use, extra.offset, message, "remove it")
        for (name, kind, _), argument in zip(parameters, call.arguments, strict=False):
            if argument.kind not in (kind, "computed"):
                found = "null" if argument.kind == "null" else f"a {argument.kind}"
                message = f"{name} of {call.name} is a {kind}, and this is {found}"
                hint = "write it in quotes" if argument.kind == "number" else ""
                yield at(use, argument.offset, message, hint)


@rule("unknown-time-zone", "error", "A time zone doesn't exist.")
def unknown_time_zone(context: Context) -> Iterator[Found]:
    for use, argument, zone in _literals(context, "isTimeOfDayBetween", 3):
        windows, iana = _time_zones()
        if zone.lower() not in windows and zone.lower() not in iana:
            near = _near_zones(zone)
            hint = (
                f"did you mean {' or '.join(near)}?" if near else 'write a Windows id, e.g. "Singapore Standard Time"'
            )
            yield at(use, argument.offset, f'the service has no time zone "{zone}"', hint)


@rule("iana-time-zone", "warning", "A time zone isn't written as its Windows id.")
def iana_time_zone(context: Context) -> Iterator[Found]:
    for use, argument, zone in _literals(context, "isTimeOfDayBetween", 3):
        windows, iana = _time_zones()
        right = windows.get(zone.lower()) or iana.get(zone.lower())
        if right and right != zone:
            message = f'"{zone}" isn\'t a Windows id, and the service lists time zones by those'
            yield at(use, argument.offset, message, f'write "{right}"')


@rule("unknown-country", "error", "A country code doesn't exist.")
def unknown_country(context: Context) -> Iterator[Found]:
    for use, argument, code in _literals(context, "isCountryCode", 1):
        if code.upper() not in _countries() and code.upper() not in _RESERVED:
            message = f'"{code}" isn\'t a country code (ISO 3166-1 alpha-2), so this is never true'
            yield at(use, argument.offset, message, 'write two letters, such as "SG"')


@rule("unusual-country", "warning", "A country code is in lower case, or is a common mistake, such as UK.")
def unusual_country(context: Context) -> Iterator[Found]:
    for use, argument, code in _literals(context, "isCountryCode", 1):
        right = _RESERVED.get(code.upper(), code.upper())
        if code != right and right in _countries():
            message = f'"{code}" isn\'t a published country code (ISO 3166-1 alpha-2), so this may never be true'
            yield at(use, argument.offset, message, f'write "{right}"')


@rule("unknown-day", "error", "The name of a day doesn't exist.")
def unknown_day(context: Context) -> Iterator[Found]:
    for use, argument, day in _literals(context, "isDayOfWeek", 1):
        if day.lower() not in {each.lower() for each in DAYS} and not _whole_day(day):
            message = f'"{day}" isn\'t a day of the week, so this is never true'
            yield at(use, argument.offset, message, did_you_mean(day, DAYS) or f"write one of {', '.join(DAYS)}")


@rule("short-day", "warning", "A day of the week is abbreviated. The pages show full names only.")
def short_day(context: Context) -> Iterator[Found]:
    for use, argument, day in _literals(context, "isDayOfWeek", 1):
        right = _whole_day(day)
        if right:
            message = f'"{day}" isn\'t the published name of a day, so this may never be true'
            yield at(use, argument.offset, message, f'write "{right}"')


@rule("malformed-time-of-day", "error", "A time of day isn't valid.")
def malformed_time_of_day(context: Context) -> Iterator[Found]:
    for use, argument, time in _times(context):
        found = _TIME.fullmatch(time)
        if not found or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
            yield at(use, argument.offset, f'"{time}" isn\'t a time of day', "write HH:mm:ss")


@rule("time-without-seconds", "warning", "A time of day has no seconds. The pages show HH:mm:ss only.")
def time_without_seconds(context: Context) -> Iterator[Found]:
    for use, argument, time in _times(context):
        found = _TIME.fullmatch(time)
        if found and found[3] is None and int(found[1]) <= 23 and int(found[2]) <= 59:
            message = f'"{time}" has no seconds, and only HH:mm:ss is published'
            yield at(use, argument.offset, message, f'write "{time}:00"')


@rule("unclosed-script", "error", "A condition has opening braces without closing ones.")
def unclosed_script(context: Context) -> Iterator[Found]:
    yield from _unclosed(context, ("condition", "edge"), "so the condition is never evaluated")


@rule("unclosed-braces", "warning", "A text has opening braces without closing ones.")
def unclosed_braces(context: Context) -> Iterator[Found]:
    yield from _unclosed(context, ("input", "output", "misplaced"), "so the service uses the text unchanged")


@rule("script-without-braces", "warning", "A text looks like a script, but has no braces around it.")
def script_without_braces(context: Context) -> Iterator[Found]:
    for text in context.texts:
        bare = "{{" not in text.value and _MAYBE_BARE.search(text.value)
        if bare and text.place not in ("edge", "condition") and _BARE.search(text.value):
            message = f'"{text.value[:60]}" looks like a script, but has no {{{{ and }}}} around it'
            yield Found(text.path, message, "put {{ and }} around it")


@rule("condition-is-text", "warning", "A condition is a text without a script in it.")
def condition_is_text(context: Context) -> Iterator[Found]:
    for text in context.texts:
        plain = "{{" not in text.value and text.value.strip().lower() not in ("true", "false")
        if plain and text.place in ("edge", "condition"):
            message = f'the condition "{text.value[:60]}" has no script in it, so nothing is evaluated'
            hint = "put {{ and }} around it" + (", or write null for the default edge" if text.place == "edge" else "")
            yield Found(text.path, message, hint)


_MAYBE_BARE = re.compile(r"data|step|\)\s*$")
# A member path or a call as the whole text, or a path in single braces.
_BARE = re.compile(
    r"^\s*!?(?:data(?:\.[A-Za-z_]\w*)+|step(?:\.[A-Za-z_]\w*)+|(?:isCountryCode|stringContains|isTimeOfDayBetween|"
    r"isDayOfWeek|uuid)\(.*\))\s*$|(?:\$|^|[^{])\{\s*(?:data|step)(?:\.\w+)+\s*\}"
)


def _unclosed(context: Context, places: tuple[str, ...], consequence: str) -> Iterator[Found]:
    for text in context.texts:
        start = find_unclosed(text.value) if text.place in places and "{{" in text.value else None
        if start is not None:
            part = text.value[start : start + 40]
            message = f'"{part}" has opening braces without closing ones, {consequence}'
            yield Found(text.path, message, "close the braces with }}")


def _literals(context: Context, function: str, position: int) -> Iterator[tuple[Use, Argument, str]]:
    for use, call in context.calls:
        if call.name == function and len(call.arguments) > position:
            argument = call.arguments[position]
            if argument.kind == "string":
                yield use, argument, str(argument.value)


def _times(context: Context) -> Iterator[tuple[Use, Argument, str]]:
    for position in (1, 2):
        yield from _literals(context, "isTimeOfDayBetween", position)


def _whole_day(day: str) -> str | None:
    return next((each for each in DAYS if 2 <= len(day) < len(each) and each.lower().startswith(day.lower())), None)


def _short(use: Use) -> str:
    code = " ".join(use.script.code.split())
    return f'"{code}"' if len(code) <= 60 else f'"{code[:59]}…"'


@cache
def _countries() -> frozenset[str]:
    import phonenumbers

    return frozenset(phonenumbers.SUPPORTED_REGIONS)


@cache
def _time_zones() -> tuple[dict[str, str], dict[str, str]]:
    """Windows ids by their lower case, and by the lower case of the IANA names that mean the same (CLDR)."""
    from tzlocal.windows_tz import tz_win, win_tz

    windows = {name.lower(): name for name in (*win_tz, *_OLD_TIME_ZONES)}
    return windows, {name.lower(): zone for name, zone in tz_win.items() if name.lower() not in windows}


def _near_zones(wrong: str) -> list[str]:
    from difflib import get_close_matches

    windows, iana = _time_zones()
    # "Singapore" alone is a city of an IANA name and the beginning of a Windows id.
    word = wrong.lower().removesuffix("standard time").removesuffix("time").strip().replace(" ", "_")
    zones = [zone for name, zone in iana.items() if word and name.rsplit("/", 1)[-1] == word]
    zones += [windows[name] for name in get_close_matches(wrong.lower()[:100], windows, n=3, cutoff=0.7)]
    return [f'"{zone}"' for zone in dict.fromkeys(zones)][:3]
