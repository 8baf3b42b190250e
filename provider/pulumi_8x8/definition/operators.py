"""The operators of expressions, and what each means in the service's JavaScript. What has no row here is refused."""

from __future__ import annotations

from typing import NamedTuple


class Operator(NamedTuple):
    """A row of the table.

    :param name: how tests and documents refer to it.
    :param python: what a program writes; ``x`` and ``y`` are values, ``a`` and ``b`` conditions.
    :param script: the script that it becomes.
    :param meaning: what the script means, above all for null, texts and numbers as texts.
    """

    name: str
    python: str
    script: str
    meaning: str


_ORDER = (
    "If both are texts, compares them character by character: `'10'` is before `'9'`, and `'B'` before `'a'`. "
    "Otherwise compares numbers: a text counts as the number in it, null as 0, true as 1. The result is false if one "
    "is a missing member, or a text without a number."
)

OPERATORS = (
    Operator(
        "equal",
        "x == y",
        "x == y",
        "True for equal values. A text and a number are equal if the text is that number: `'5'` equals 5, and `''` "
        "equals 0. True counts as 1, false as 0. Null equals only null and a missing member. Upper and lower case "
        "differ.",
    ),
    Operator("not equal", "x != y", "x != y", "True if `x == y` is false."),
    Operator("less", "x < y", "x < y", _ORDER),
    Operator("at most", "x <= y", "x <= y", "Like `<`. Null is at most 0, although it doesn't equal 0."),
    Operator("greater", "x > y", "x > y", "Like `<`."),
    Operator("at least", "x >= y", "x >= y", "Like `<`. Null is at least 0, although it doesn't equal 0."),
    Operator("null", "x.is_null()", "x == null", "True for null and for a missing member. The same as `x == None`."),
    Operator("not null", "x.is_not_null()", "x != null", "True for anything else. The same as `x != None`."),
    Operator("and", "a & b", "a && b", "True if both are true. The second isn't evaluated if the first is false."),
    Operator("or", "a | b", "a || b", "True if one is true. The second isn't evaluated if the first is true."),
    Operator("not", "~a", "!a", "True if the condition is false."),
    Operator(
        "plus",
        "x + y",
        "x + y",
        "If one is a text, joins both as texts: `'1' + 1` is `'11'`, null becomes `'null'`, and a missing "
        "member `'undefined'`. Otherwise adds numbers: null counts as 0, true as 1. With a missing member, the sum "
        "is not a number: it equals nothing, and is stored as null.",
    ),
    Operator(
        "choice",
        "automation.if_else(a, x, y)",
        "a ? x : y",
        "`x` if the condition is true, otherwise `y`. Only that value is evaluated.",
    ),
    Operator(
        "contains",
        "x.contains(y)",
        "stringContains(x, y)",
        "True if the text `x` has the text `y` in it. False if one is null. A number counts as its text. With "
        "`ignore_case=True`, upper and lower case are the same.",
    ),
    Operator(
        "country",
        'x.is_country_code("SG")',
        "isCountryCode(x, 'SG')",
        "True if the phone number belongs to the country. False if it isn't a phone number.",
    ),
    Operator(
        "time of day",
        'x.is_time_of_day_between("09:00:00", "17:30:00", "Singapore Standard Time")',
        "isTimeOfDayBetween(x, '09:00:00', '17:30:00', 'Singapore Standard Time')",
        "True if the timestamp is between two times of day, both included, in a Windows time zone. A range that ends "
        "before it starts includes midnight. The script fails if `x` isn't a timestamp.",
    ),
    Operator(
        "day of week",
        'x.is_day_of_week("Sunday")',
        "isDayOfWeek(x, 'Sunday')",
        "True if the timestamp is on that day, in the timestamp's own time zone. The script fails if `x` isn't a "
        "timestamp.",
    ),
    Operator("uuid", "automation.uuid()", "uuid()", "A new random UUID each time."),
    Operator(
        "member",
        'x.name, x["a name"], x[0]',
        "x.name, x['a name'], x[0]",
        "The member of an object, or the element of a list. Null if there is none. If `x` itself is null, published "
        "workflows rely on null, and a published error shows that the script fails; test `x` first.",
    ),
    Operator(
        "text",
        'f"Hello {x}"',
        "Hello {{x}}",
        "A text with the value in it. Null becomes an empty text, and an object its JSON.",
    ),
    Operator(
        "script",
        'automation.script("data.a * 2")',
        "data.a * 2",
        "The script unchanged. Lint checks it like a script in a text.",
    ),
)
