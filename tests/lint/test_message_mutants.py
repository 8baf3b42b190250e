"""Every published message, broken in every way that the messaging API's description rules out, is found.

What a mutant is: one value of one published message changes, in ``user``, ``type``, ``content`` or ``channels``.

- name: two letters of a member's name change places; each member, at every depth.
- value: the same in each text for which the description lists values (:data:`LISTED`).
- type: an object or a list becomes a text, a text a list, a number a word; each value.
- number: a text becomes the number 5; each text.
- missing: each member that the description requires (:data:`REQUIRED`) is removed.
- empty: each of these texts is empty.
- long: each text with a limit (:data:`LONGEST`) gets one character more than that.
- many, few: each list with a limit (:data:`MOST`) gets one item more than that, and none.
- range: each number with a range (:data:`RANGES`) is out of it.
- twice: each id of a button or row is the id of another one.
- url, phone: each URL loses its scheme, each phone number its ``+`` and first digits, or gets a letter.

A mutant counts as found if lint reports something, at any level, that it doesn't report for the message itself. The
tables are copied from the description, not from the models. Two members make no mutants, since the description doesn't
have them there, and unknown members pass by design: a ``url`` in a text message, and a ``subAccountId`` in a body.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import corpus
from kit import PRINTED
from pulumi_8x8.definition import Definition
from pulumi_8x8.lint import lint

Json = Any
Body = dict[str, Json]

_ACTION = r"content\.interactive\.action"
_COMPONENT = r"content\.template\.components\.\d+(\.cards\.\d+\.components\.\d+)?"
_PARAMETER = _COMPONENT + r"\.parameters\.\d+"
_SUGGESTION = r"content(\.richCard)?\.suggestions\.\d+\.(reply|action)"

#: Places of members that the description requires.
REQUIRED = [
    "user",
    "type",
    "content",
    r"content\.(text|url|location|template|interactive|richCard|carousel)",
    r"content\.location\.(latitude|longitude)",
    r"content\.template\.(name|language)",
    _COMPONENT + r"\.(type|parameters|subType|index|cards)",
    r"content\.template\.components\.\d+\.cards\.\d+\.(cardIndex|components)",
    _PARAMETER + r"\.(type|text|url|location|payload|couponCode)",
    _PARAMETER + r"\.location\.(latitude|longitude)",
    r"content\.interactive\.(type|body|action)",
    r"content\.interactive\.(body|footer)\.text",
    r"content\.interactive\.header\.(type|text|image)",
    r"content\.interactive\.header\.image\.link",
    _ACTION + r"\.(button|buttons|sections|catalog_id|parameters)",
    _ACTION + r"\.buttons\.\d+\.(reply|reply\.id|reply\.title)",
    _ACTION + r"\.sections\.\d+\.(rows|product_items)",
    _ACTION + r"\.sections\.\d+\.rows\.\d+\.(id|title)",
    _ACTION + r"\.sections\.\d+\.product_items\.\d+\.product_retailer_id",
    _ACTION + r"\.parameters\.(display_text|url|flowId|flowCta)",
    r"content\.richCard\.(cardOrientation|media|media\.contentInfo|media\.contentInfo\.fileUrl)",
    _SUGGESTION + r"\.(text|postbackData)",
    _SUGGESTION + r"\.dialAction\.phoneNumber",
    _SUGGESTION + r"\.viewLocationAction\.latLong\.(latitude|longitude)",
    r"channels\.\d+\.channel",
]
#: … but not in these.
NOT_REQUIRED = {
    # A caption; and what the quick reply of a published body has beside its payload.
    "content.text": ("image", "video", "audio"),
}
LONGEST = {
    r"content\.(text|fallbackText)": 35_000,
    r"content\.sms\.source": 16,
    r"content\.interactive\.body\.text": 1024,
    r"content\.interactive\.footer\.text": 60,
    _ACTION + r"\.button": 20,
    _ACTION + r"\.buttons\.\d+\.reply\.id": 256,
    _ACTION + r"\.buttons\.\d+\.reply\.title": 20,
    _ACTION + r"\.sections\.\d+\.title": 24,
    _ACTION + r"\.sections\.\d+\.rows\.\d+\.id": 200,
    _ACTION + r"\.sections\.\d+\.rows\.\d+\.title": 24,
    _ACTION + r"\.sections\.\d+\.rows\.\d+\.description": 72,
    _ACTION + r"\.parameters\.display_text": 20,
    _ACTION + r"\.parameters\.flowCta": 30,
    r"content\.richCard\.title": 200,
    r"content\.richCard\.description": 2000,
    _SUGGESTION + r"\.text": 25,
    _SUGGESTION + r"\.postbackData": 2048,
    _SUGGESTION + r"\.viewLocationAction\.label": 100,
}
MOST = {
    _ACTION + r"\.buttons": 3,
    _ACTION + r"\.sections": 10,
    _ACTION + r"\.sections\.\d+\.rows": 10,
    _ACTION + r"\.sections\.\d+\.product_items": 30,
    r"content\.richCard\.suggestions": 4,
}
RANGES = {
    r".*\.latitude": 91,
    r".*\.longitude": -181,
    r"content\.template\.components\.\d+\.index": 10,
    r".*\.cardIndex": 10,
    r"channels\.\d+\.fallbackAfter": 5,
}
LISTED = [
    "type",
    r"content\.interactive\.type",
    r"content\.interactive\.header\.type",
    _ACTION + r"\.buttons\.\d+\.type",
    _COMPONENT + r"\.(type|subType)",
    _PARAMETER + r"\.type",
    r"content\.sms\.encoding",
    r"channels\.\d+\.(channel|successStatus)",
    r"content\.richCard\.(cardOrientation|thumbnailImageAlignment)",
]
IDS = [_ACTION + r"\.buttons\.\d+\.reply\.id", _ACTION + r"\.sections\.\d+\.rows\.\d+\.id"]
URLS = [r".*[uU]rl", r".*\.link"]
PHONES = [r"user\.msisdn", r".*\.phoneNumber"]


def _is_in(place: str, patterns: Any) -> bool:
    return any(re.fullmatch(each, place) for each in patterns)


def _limit(place: str, limits: dict[str, int]) -> int | None:
    return next((limit for pattern, limit in limits.items() if re.fullmatch(pattern, place)), None)


def _swapped(text: str) -> str:
    """``text`` with two letters in the wrong order; with one letter less if they are all the same."""
    at = next((at for at in range(len(text) // 2, 0, -1) if text[at - 1] != text[at]), None)
    return text[:-1] if at is None else text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]


def mutants(body: Body) -> Iterator[tuple[str, str, Body]]:
    """The way, the place and the broken message."""
    kind = str(body["type"]).lower()
    for way, place, change in _changes(body, "", kind):
        broken = deepcopy(body)
        owner: Json = broken
        *outer, last = place.split(".")
        for name in outer:
            owner = owner[int(name)] if isinstance(owner, list) else owner[name]
        change(owner, int(last) if isinstance(owner, list) else last)
        yield way, place, broken


_Change = Callable[[Json, Json], None]


def _set(value: Json) -> _Change:
    def change(owner: Json, key: Json) -> None:
        owner[key] = value

    return change


def _remove(owner: Json, key: Json) -> None:
    del owner[key]


def _rename(owner: Json, key: Json) -> None:
    members = {_swapped(key) if name == key else name: value for name, value in owner.items()}
    owner.clear()
    owner.update(members)


def _changes(value: Json, path: str, kind: str) -> Iterator[tuple[str, str, _Change]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in items:
        place = f"{path}.{key}".lstrip(".")
        if place == "subAccountId" or (place == "content.url" and kind == "text"):
            continue
        if isinstance(value, dict):
            yield "name", place, _rename
        yield from _of_value(place, item, kind)
        if isinstance(item, dict | list):
            yield from _changes(item, place, kind)


def _of_value(place: str, item: Json, kind: str) -> Iterator[tuple[str, str, _Change]]:
    yield "type", place, _set("nonsense" if isinstance(item, dict | list | int | float) else [1])
    required = _is_in(place, REQUIRED) and kind not in NOT_REQUIRED.get(place, ())
    if required:
        yield "missing", place, _remove
    if isinstance(item, list) and (most := _limit(place, MOST)) is not None:
        yield "many", place, _set((item * (most + 1))[: most + 1])
        if required:
            yield "few", place, _set([])
    if (limit := _limit(place, RANGES)) is not None:
        yield "range", place, _set(limit)
    if not isinstance(item, str) or "{{" in item:
        return
    if not re.fullmatch(r".*\.(latitude|longitude|index|cardIndex|fallbackAfter)", place):
        yield "number", place, _set(5)
    if required and not re.fullmatch(r".*\.(latitude|longitude|index)", place):
        yield "empty", place, _set("")
    if (limit := _limit(place, LONGEST)) is not None:
        yield "long", place, _set("x" * (limit + 1))
    if _is_in(place, LISTED):
        yield "value", place, _set(_swapped(item))
    if _is_in(place, IDS):
        yield "twice", place, _twice
    if _is_in(place, URLS):
        yield "url", place, _set("no-scheme.example.com/a.png")
    if _is_in(place, PHONES):
        yield "phone", place, _set("91234567")
        yield "phone", place, _set("+65 call me 1234")


def _twice(owner: Json, key: Json) -> None:
    owner[key] = "the same"


def _problems(body: Body) -> set[tuple[str, str]]:
    steps = [{"id": "send", "stepType": "ChatAppsMessage", "inputs": {"subAccountId": "acme", **body}}]
    definition = {"trigger": "http_request", "status": "enabled", "definition": {"name": "x", "steps": steps}}
    return {(each.rule, ".".join(map(str, each.path))) for each in lint(Definition.from_body(definition))}


def test_published_messages_have_no_error() -> None:
    """No published message has an error."""
    for name, body in corpus.MESSAGES.items():
        steps = [{"id": "send", "stepType": "ChatAppsMessage", "inputs": {"subAccountId": "acme", **body}}]
        definition = {"trigger": "http_request", "status": "enabled", "definition": {"name": "x", "steps": steps}}
        assert [each for each in lint(Definition.from_body(definition)) if each.severity == "error"] == [], name


def test_mutants_are_found(record_property: Callable[[str, object], None]) -> None:
    """At least 98 of 100 mutants are found; the rules that find them, and the ways, are printed."""
    rules: Counter[str] = Counter()
    ways: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    missed: list[str] = []
    for name, body in corpus.MESSAGES.items():
        before = _problems(body)
        seen = set()
        for way, place, broken in mutants(body):
            if way == "twice":
                _double(broken)
            key = (way, re.sub(r"\d+", "*", place), str(body["type"]))
            if key in seen:
                continue  # the second button breaks as the first does
            seen.add(key)
            found = _problems(broken) - before
            ways[way][0] += 1
            ways[way][1] += bool(found)
            rules.update({rule for rule, _ in found})
            if not found:
                missed.append(f"{name}: {way} {place}")
    made = sum(each[0] for each in ways.values())
    shown = ", ".join(f"{way} {found}/{all}" for way, (all, found) in sorted(ways.items()))
    by_rule = ", ".join(f"{rule} {number}" for rule, number in rules.most_common())
    record_property(PRINTED, f"{made} broken messages, {1 - len(missed) / made:.1%} found ({shown}); by {by_rule}")
    assert made > 2000
    assert len(missed) <= made * 0.02, "\n".join(missed)


def _double(body: Body) -> None:
    """All ids of buttons and rows are the same."""
    action = body["content"]["interactive"]["action"]
    rows = [row for section in action.get("sections", ()) for row in section.get("rows", ())]
    for each in [button["reply"] for button in action.get("buttons", ())] + rows:
        each["id"] = "the same"
