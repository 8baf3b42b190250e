"""Typed messages in flows: expressions at any depth, and flows that compare what customers tap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import pulumi_8x8 as automation
from pulumi_8x8.definition import Definition
from pulumi_8x8.definition.contents.part import Part
from pulumi_8x8.definition.flows import compile_steps
from pulumi_8x8.definition.steps import step_to_api
from pulumi_8x8.definition.values import OPENING
from pulumi_8x8.lint import lint
from pulumi_8x8.testing.tables import Play, read_scenarios

CHAT = automation.inbound_chat_apps("whatsapp").payload
USER = automation.User(msisdn=CHAT.user.msisdn)
NAME = "{{data.payload.user.name}}"
ID = "{{data.order__responseBody.id}}"


def _order(next_step_id: str | None = None) -> automation.HttpRequest:
    return automation.HttpRequest("order", method="GET", url="https://orders.example.com", next_step_id=next_step_id)


def _send(content: Any) -> automation.ChatAppsMessage:
    return automation.ChatAppsMessage("send", sub_account_id="acme", user=USER, content=content)


def _sent(content: Any, order: automation.HttpRequest) -> dict[str, Any]:
    """The inputs of a step that sends a content after an order."""
    compiled = compile_steps([order, _send(content)])
    assert compiled.wrong == []
    inputs: dict[str, Any] = step_to_api(compiled.steps[1])["inputs"]
    return inputs


def _contents(name: Any, number: Any, greeting: Any) -> dict[str, Part]:
    """Contents with a name, the number of an order and a text, deep inside."""
    return {
        "text": automation.Text(greeting, fallback_text=name, sms=automation.SmsFallback(source=number)),
        "more": automation.Text("Hello", more={"a": [{"b": greeting}]}),
        "picture": automation.Image(greeting, text=name),
        "place": automation.Location(number, number, name=name),
        "buttons": automation.Buttons(greeting, [automation.Reply(number, name)], header=name, footer=greeting),
        "list": automation.ListMessage(
            greeting, name, [automation.Section([automation.Row(number, name, description=greeting)], title=name)]
        ),
        "link": automation.UrlButton(name, display_text=greeting, url=number),
        "form": automation.FlowMessage("Book", flow_id=number, flow_cta=name, data={"who": [greeting]}),
        "template": automation.Template(
            number,
            name,
            [
                automation.TemplateHeader([automation.ImageParameter(greeting)]),
                automation.TemplateBody([name, greeting, automation.TextParameter(number)]),
                automation.TemplateButton("QuickReply", number, [automation.PayloadParameter(name)]),
                automation.TemplateCarousel([automation.TemplateCard([automation.TemplateBody([greeting])], number)]),
            ],
        ),
        "card": automation.RichCard(
            number,
            card_orientation=name,
            card_suggestions=[automation.CallSuggestion(name, greeting, phone_number=number)],
        ),
        "carousel": automation.Carousel([automation.CarouselCard(number, title=greeting)] * 2, card_width=name),
    }


@pytest.mark.parametrize("kind", _contents("", "", ""))
def test_expressions_in_messages(kind: str) -> None:
    """A content with expressions becomes what it is with scripts as texts, and brings the same type of message."""
    order = _order()
    content = _contents(CHAT.user.name, order.response_body.id, f"Hi {CHAT.user.name}, {order.response_body.id}!")[kind]
    scripts = _contents(NAME, ID, f"Hi {NAME}, {ID}!")[kind]
    inputs = _sent(content, order)
    assert inputs == _sent(scripts, _order())
    assert inputs["type"] == {**Part(), **content.brings}["type"]
    assert type(inputs["content"]) is type(content)
    written = json.dumps(inputs, ensure_ascii=False)
    assert OPENING not in written


def test_expressions_for_whole_values() -> None:
    """An expression can also be a list, an object, or one of a list's items."""
    order = _order()
    body = order.response_body
    whole = automation.Buttons("Which?", body.buttons, header=automation.HeaderImage(body.picture))
    item = automation.Buttons("Which?", [body.button, automation.Reply("no", "No")])
    parameters = automation.Template("order", "en", [automation.TemplateBody(body.texts)])
    read = "{{data.order__responseBody."
    assert _sent(whole, order)["content"]["interactive"]["action"] == {"buttons": read + "buttons}}"}
    assert _sent(item, order)["content"]["interactive"]["action"]["buttons"][0] == read + "button}}"
    components = _sent(parameters, order)["content"]["template"]["components"]
    assert components[0]["parameters"] == read + "texts}}"
    assert _sent(automation.Text("Hi", sms=body.sms), order)["content"]["sms"] == read + "sms}}"


def test_calls() -> None:
    """The text of a call takes expressions and results, and brings its action."""
    order = _order()
    said = automation.SayAndCapture(
        f"Order {order.response_body.id}", source="+6500000000", destination=CHAT.user.msisdn, voice_profile="en-US-A"
    )
    compiled = compile_steps(order.then(automation.VoiceMessage("call", params=said)))
    inputs = step_to_api(compiled.steps[1])["inputs"]
    assert inputs["action"] == "say&capture"
    assert inputs["params"]["text"] == f"Order {ID}"
    assert inputs["params"]["destination"] == "{{data.payload.user.msisdn}}"


def test_a_part_in_many_steps() -> None:
    """One part can be in several steps: each reads it at its own place, and the part itself doesn't change."""
    order = _order()
    text = automation.Text(order.response_body.id)
    before = repr(text)
    first, second = (
        automation.ChatAppsMessage(each, sub_account_id="acme", user=USER, content=text) for each in ("a", "b")
    )
    compiled = compile_steps(order.then(first).then(second))
    assert [step_to_api(each)["inputs"]["content"] for each in compiled.steps[1:]] == [{"text": ID}] * 2
    assert repr(text) == before


def _rules(content: Any, order: automation.HttpRequest) -> set[str]:
    compiled = compile_steps([order, _send(content)])
    definition = Definition.of(
        name="x", trigger="inbound_chat_apps", status="enabled", sub_account_id=None, steps=compiled.steps
    )
    return {each.rule for each in lint(definition) if each.path[1] == "send" and each.path[2:]}


def test_lint_sees_scripts() -> None:
    """Lint accepts an expression of any length, and still finds what is wrong beside it."""
    order = _order("send")
    long = order.response_body.a_very_long_name_of_a_title_of_a_button
    title, other = automation.Reply("a", long), automation.Reply("b", "B")
    assert _rules(automation.Buttons("Hi", [title, other]), order) == set()
    assert _rules(automation.Buttons("Hi", [title, automation.Reply("a", "B")]), order) == {"duplicate-choice-id"}
    assert _rules(automation.Buttons("Hi", [title, automation.Reply("b", "B" * 30)]), order) == {"message-limit"}
    never = automation.Row("1", "One", description=automation.data.never_written)
    rows = automation.ListMessage(CHAT.user.name, "Choose", [automation.Section([never])])
    assert _rules(rows, order) == {"data-never-written"}


def _rating(compared: str = "bad") -> automation.Flow:
    good = automation.Reply("good", "Good")
    ask = automation.ChatAppsMessage(
        "ask",
        sub_account_id="acme",
        user=USER,
        content=automation.Buttons("How was it?", [good, automation.Reply("bad", "Bad")]),
    )
    rating = automation.WaitForReply("rating", from_=CHAT.user.channel_user_id, channel="whatsapp", timeout="01:00:00")
    tapped = rating.reply.payload.content.interactive.button_reply

    def say(step_id: str, text: str) -> automation.ChatAppsMessage:
        return automation.ChatAppsMessage(
            step_id, sub_account_id="acme", user=USER, content=automation.Text(text, fallback_text=tapped.title)
        )

    which = automation.Branch("which").when(tapped.id == good.id, say("thanks", f"{tapped.title}: thanks!"))
    which.when(tapped.id == compared, say("sorry", f"{tapped.title}? Sorry!")).otherwise(ask)
    rating.on_reply(which).on_timeout(_send(automation.Text("Still there?")))
    return ask.then(rating)


def test_a_flow_compares_taps(tmp_path: Path) -> None:
    """A flow compares the id of what a customer taps with the buttons that it offers, and continues there."""
    compiled = compile_steps(_rating())
    definition = Definition.of(
        name="x", trigger="inbound_chat_apps", status="enabled", sub_account_id=None, steps=compiled.steps
    )
    assert compiled.wrong == []
    assert lint(definition) == ()
    tests = [
        {
            "name": "good",
            "do": [{"message": "Hi"}, {"sent": {"step": "ask"}}, {"tap": "Good"}, {"sent": "Good: thanks!"}],
        },
        {"name": "bad", "do": [{"message": "Hi"}, {"sent": {"step": "ask"}}, {"tap": "bad"}, {"sent": "Bad? Sorry!"}]},
    ]
    table = tmp_path / "taps.test.json"
    table.write_text(json.dumps({"workflow": definition.body(), "tests": tests}), encoding="utf-8")
    for scenario in read_scenarios(table):
        Play(scenario).run()


def test_lint_compares_what_a_flow_offers() -> None:
    """Lint follows a result that travels: it finds a comparison with an id that no button has."""
    definition = Definition.of(
        name="x",
        trigger="inbound_chat_apps",
        status="enabled",
        sub_account_id=None,
        steps=compile_steps(_rating("bat")).steps,
    )
    assert {each.rule for each in lint(definition)} == {"id-not-offered"}
