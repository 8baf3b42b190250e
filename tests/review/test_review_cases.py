"""Conditions in words."""

from __future__ import annotations

import pytest

from changes_kit import MENU
from pulumi_8x8.definition import Definition, Json
from pulumi_8x8.definition.masking import Secret
from pulumi_8x8.review.cases import Cases
from pulumi_8x8.review.sentences import plain
from pulumi_8x8.review.step_index import NEXT, StepIndex

BODY = "data.reply.payload.body"


@pytest.mark.parametrize(
    ("condition", "who", "said"),
    [
        (f"{{{{{BODY} == '3'}}}}", True, "customers who answer `3`"),
        (f"{{{{'3' == {BODY}}}}}", True, "customers who answer `3`"),
        (f"{{{{{BODY} == 3}}}}", True, "customers who answer `3`"),
        (f"{{{{data.reply != null && {BODY} == '3'}}}}", True, "customers who answer `3`"),
        (f"{{{{{BODY} == '1' || {BODY} == '2'}}}}", True, "customers who answer `1` or `2`"),
        (f"{{{{{BODY} != '1' && {BODY} != '2'}}}}", True, "customers who answer anything but `1` or `2`"),
        ("{{data.payload.body == 'STOP'}}", True, "customers who write `STOP`"),
        (
            "{{stringContains(data.payload.content.text, 'promo', true)}}",
            True,
            "customers whose message contains `promo`",
        ),
        ("{{isCountryCode(data.payload.source, 'SG')}}", True, "customers with a number from `SG`"),
        ("{{step.dtmfData.actionDetails.dtmf == '1'}}", True, "callers who press `1`"),
        ("{{data.reply != null}}", True, "customers who answer"),
        ("{{data.reply == null}}", False, "when nobody answers in time"),
        ("{{isDayOfWeek(data.triggeredAt, 'Sunday')}}", False, "on a `Sunday`"),
        (
            "{{isTimeOfDayBetween(data.triggeredAt, '09:00:00', '17:00:00', 'Singapore Standard Time')}}",
            False,
            "between `09:00:00` and `17:00:00` (`Singapore Standard Time`)",
        ),
        (
            "{{!isTimeOfDayBetween(data.triggeredAt, '09:00:00', '17:00:00', 'Singapore Standard Time')}}",
            False,
            "not between `09:00:00` and `17:00:00` (`Singapore Standard Time`)",
        ),
        ("{{!isDayOfWeek(data.triggeredAt, 'Sunday')}}", False, "not on a `Sunday`"),
        ("{{!isCountryCode(data.payload.source, 'SG')}}", True, "customers with no number from `SG`"),
        ("{{!stringContains(data.payload.body, 'promo')}}", True, "customers whose message does not contain `promo`"),
        ("{{!data.vip}}", False, "when `!data.vip`"),
        ("{{data.score > 3}}", False, "when `data.score > 3`"),
        (f"{{{{{BODY} == '1' && {BODY} != data.x}}}}", False, f"when `{BODY} == '1' && {BODY} != data.x`"),
        (
            f"{{{{{BODY} == '1' && data.payload.body == '2'}}}}",
            False,
            f"when `{BODY} == '1' && data.payload.body == '2'`",
        ),
        ("{{ not javascript }}", False, "when `not javascript`"),
        ("no script", False, "when `no script`"),
        (True, False, "when `True`"),
        (Secret(), False, "in hidden cases"),
        (NEXT, False, "always"),
        (None, True, "all others"),
    ],
)
def test_cases(condition: Json, who: bool, said: str) -> None:
    """A condition on what people do names them; a condition that isn't understood shows unchanged."""
    case = Cases(StepIndex(Definition.from_body(MENU))).case("choice", condition)
    assert (plain(case.phrase), case.who is not None) == (said, who)


def test_default_of_a_branch_that_is_not_about_people() -> None:
    """The default edge is for "all others" only beside edges that are for somebody."""
    step = {"id": "a", "stepType": "Branch", "selectNextStep": {"b": "{{data.score > 3}}", "c": None}}
    body = {"trigger": "http_request", "definition": {"name": "x", "steps": [step]}}
    assert plain(Cases(StepIndex(Definition.from_body(body))).case("a", None).phrase) == "in all other cases"
