"""Messages in a review: as customers see them, and whom their choices lead where."""

from __future__ import annotations

from typing import Any

import pytest

from pulumi_8x8.definition import Definition
from pulumi_8x8.review.formats.html import to_html
from pulumi_8x8.review.formats.markdown import to_markdown
from pulumi_8x8.review.formats.text import to_text
from pulumi_8x8.review.reviews import Pair, Review, Side, review

TAPPED = "data.payload.content.interactive.button_reply.id"


def step(id: str, buttons: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    """A chat message, with buttons by id."""
    inputs: dict[str, Any] = {"subAccountId": "s", "user": {"msisdn": "{{data.payload.user.msisdn}}"}}
    if buttons is None:
        inputs |= {"type": "text", "content": {"text": id}}
    else:
        shown = [{"type": "reply", "reply": {"id": each, "title": title}} for each, title in buttons.items()]
        body = {"type": "button", "body": {"text": "Welcome!"}, "action": {"buttons": shown}}
        inputs |= {"type": "interactive", "content": {"interactive": body}}
    return {"id": id, "stepType": "ChatAppsMessage", "inputs": inputs, **more}


def definition(buttons: dict[str, str] | None, *others: dict[str, Any], **edges: str | None) -> Definition:
    """A workflow that offers buttons to everybody else, and has edges for taps."""
    steps = [
        {"id": "start", "stepType": "Branch", "selectNextStep": {**edges, "menu": None}},
        *([] if buttons is None else [step("menu", buttons)]),
        *(step(id) for id in edges),
        *others,
    ]
    return Definition.from_body(
        {"trigger": "inbound_chat_apps", "status": "enabled", "definition": {"name": "x", "steps": steps}}
    )


def reviewed(old: Definition, new: Definition) -> Review:
    return review("t", [Pair("menu", Side(old), Side(new))])


def effects(old: Definition, new: Definition) -> list[str]:
    text = to_text(reviewed(old, new)).partition("  changes\n")[0]
    return [line.strip().removeprefix("• ") for line in text.splitlines() if "•" in line]


BOTH = {"book": "Book a table", "faq": "FAQ"}


@pytest.mark.parametrize(
    ("condition", "who"),
    [
        (f"{TAPPED} === 'book'", "customers who tap Book a table"),
        (f"{TAPPED} == 'book' || {TAPPED} == 'faq'", "customers who tap Book a table or FAQ"),
        (f"{TAPPED} != 'book'", "customers who tap anything but Book a table"),
        (f"{TAPPED.replace('.id', '.title')} == 'FAQ'", "customers who tap FAQ"),
        (f"{TAPPED.replace('button', 'list')} == 'book'", "customers who tap Book a table"),
        (f"data.payload.content.interactive != null && {TAPPED} == 'faq'", "customers who tap FAQ"),
        (f"{TAPPED} == 'gone'", "customers who tap `gone`, which no message of the workflow offers"),
    ],
)
def test_who_taps(condition: str, who: str) -> None:
    """A condition on a tap is described by the title of what is tapped."""
    found = effects(definition(BOTH), definition(BOTH, other=f"{{{{{condition}}}}}"))
    assert f"{who} now reach `other`" in found


def test_what_a_wait_stored() -> None:
    """A tap that a step waits for, and stores, is one as well."""
    stored = {"tapped": "{{step.reply.payload.content.interactive.button_reply.id}}"}
    wait = {
        "id": "wait",
        "stepType": "WaitForReply",
        "inputs": {"from": "1", "channel": "whatsapp"},
        "outputs": stored,
        "selectNextStep": {"menu": None},
    }
    old = definition(BOTH, wait, step("booked"))
    new = definition(
        BOTH, {**wait, "selectNextStep": {"booked": "{{data.tapped == 'book'}}", "menu": None}}, step("booked")
    )
    assert "customers who tap Book a table now reach `booked`" in effects(old, new)


def test_a_renamed_id_that_the_branch_still_compares() -> None:
    """If no message offers an id now, nobody reaches the step that waits for it, and the steps after it."""

    def built(id: str) -> Definition:
        ends = {"book": f"{{{{{TAPPED} === 'book'}}}}", "menu": None}
        steps = [
            {"id": "start", "stepType": "Branch", "selectNextStep": ends},
            step("menu", {id: "Book a table", "faq": "FAQ"}),
            step("book", nextStepId="thanks"),
            step("thanks"),
        ]
        return Definition.from_body({"trigger": "inbound_chat_apps", "definition": {"name": "x", "steps": steps}})

    found = effects(built("book"), built("reserve"))
    assert "nobody reaches `book` any more: no message offers `book`" in found
    assert "nobody reaches `thanks` any more" in found
    assert not [line for line in effects(built("reserve"), built("reserve")) if "nobody" in line]


@pytest.mark.parametrize(
    "kept",
    [
        {"{{data.id}}": "Book a table"},  # the id may be the same
        {"book": "Reserve"},  # the title is another
    ],
)
def test_nobody_is_lost_without_proof(kept: dict[str, str]) -> None:
    """If a message may still offer the id, the review doesn't report that nobody reaches the step."""
    edges = {"book": f"{{{{{TAPPED} == 'book'}}}}"}
    old, new = (definition(buttons, **edges) for buttons in (BOTH, kept))
    assert not [line for line in effects(old, new) if "nobody" in line]


def test_an_added_message() -> None:
    """A new message is shown as its receiver sees it, with the ids that it doesn't show."""
    made = reviewed(definition(None), definition(BOTH))
    text = to_text(made)
    assert "message: Welcome!\n          [Book a table]\n          [FAQ]\n" in text
    assert "content.interactive.action.buttons[0].reply.id: `book`" in text
    assert "reply.title" not in text
    assert "message: Welcome!<br>&#91;Book a table&#93;<br>&#91;FAQ&#93;" in to_markdown(made)
    assert 'message: <span class="text">Welcome!\n[Book a table]\n[FAQ]</span>' in to_html(made)


def test_a_changed_message() -> None:
    """The changed words of a message are marked in the whole message; customers notice it once."""
    made = reviewed(definition(BOTH), definition({"book": "Reserve a table", "faq": "FAQ", "bye": "Bye"}))
    text = to_text(made)
    assert "message: Welcome!\n          [[-Book-]{+Reserve+} a table]\n" in text
    assert "buttons[2].reply.id: `bye` (new)" in text
    assert "title" not in text
    assert text.count("•") == 1
    assert "the text that customers read in `menu` changes" in text
