"""Secrets in the plugin: which places, which values, and in which forms they are found again."""

from __future__ import annotations

import base64
import json
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_8x8.definition import to_inputs
from pulumi_8x8.definition.masking import HIDDEN
from pulumi_8x8.resources.properties import ABOUT, places_of
from pulumi_8x8.resources.sealing import Secrets

from .harness import SIGNATURE, LocalProvider, Plugin, Service, definition, opened, request
from .test_provider_life import Stack

LONG, SHORT, OTHER = 's3cr3t "t0ken"/äöü!', "4711", "0th3r-t0ken"
TOKEN = ("steps", "call", "inputs", "headers", "Authorization")


def inputs(**members: Any) -> dict[str, Any]:
    """Inputs of a workflow with one step ``call``, whose inputs are ``members``."""
    return {"name": "menu", "start": "call", "steps": {"call": {"stepType": "HttpRequest", "inputs": members}}}


def marked(value: Any, path: tuple[str | int, ...] = ()) -> list[str]:
    """Places of what is marked in ``value``, outermost."""
    if isinstance(value, dict):
        if SIGNATURE in value:
            return [".".join(map(str, path))]
        return [place for key, item in value.items() for place in marked(item, (*path, key))]
    if isinstance(value, list):
        return [place for position, item in enumerate(value) for place in marked(item, (*path, position))]
    return []


def known(*values: str) -> Secrets:
    return Secrets(values=frozenset(values))


#: As the program sends them, and the engine brings them.
PLACES: dict[str, tuple[Any, set[tuple[str | int, ...]]]] = {
    "none": (None, set()),
    "not known yet": (object(), set()),
    "a text": ("steps", set()),
    "empty": ([], set()),
    "one": ([["name"]], {("name",)}),
    "an index came as a float": ([["steps", "a", "do", 0.0, 1.0, "id"]], {("steps", "a", "do", 0, 1, "id")}),
    "beside what is none": ([["name"], "steps", None], {("name",)}),
}


@pytest.mark.parametrize("case", PLACES)
def test_places(case: str) -> None:
    """Places are lists of names and indices; anything else is none."""
    given, places = PLACES[case]
    assert set(places_of(given)) == places


#: Places, inputs; what is marked.
SEALED: dict[str, tuple[list[list[Any]], dict[str, Any], list[str]]] = {
    "the place": ([list(TOKEN)], inputs(headers={"Authorization": LONG}, method="GET"), [".".join(map(str, TOKEN))]),
    "the same value elsewhere": (
        [list(TOKEN)],
        inputs(headers={"Authorization": LONG}, url=f"https://x/?t={LONG}"),
        [".".join(map(str, TOKEN)), "steps.call.inputs.url"],
    ),
    "a whole mapping": ([["steps", "call", "inputs"]], inputs(url=LONG), ["steps.call.inputs"]),
    "all steps": ([["steps"]], inputs(url=LONG), ["steps"]),
    "the workflow's own name": ([["name"]], {**inputs(), "name": LONG}, ["name"]),
    "a number": ([["steps", "call", "inputs", "body"]], inputs(body=123456789), ["steps.call.inputs.body"]),
    "a number in another text": (
        [["steps", "call", "inputs", "body"]],
        inputs(body=123456789, url="x/123456789"),
        ["steps.call.inputs.body", "steps.call.inputs.url"],
    ),
    "true is no value to look for": (
        [["steps", "call", "inputs", "body"]],
        inputs(body=True, url="True", retry=True),
        ["steps.call.inputs.body"],
    ),
    "common words are no values to look for": (
        [["steps", "call", "inputs", "body"]],
        inputs(body="POST", method="POST"),
        ["steps.call.inputs.body"],
    ),
    "a place that isn't there": ([["steps", "gone", "inputs"]], inputs(url="x"), []),
    "null": ([["steps", "call", "inputs", "body"]], inputs(body=None), []),
    "inside a do": (
        [["steps", "call", "do", 0, 0, "inputs", "text"]],
        {"steps": {"call": {"do": [[{"id": "a", "inputs": {"text": LONG}}, {"id": "b", "inputs": {"text": "x"}}]]}}},
        ["steps.call.do.0.0.inputs.text"],
    ),
    "moved inside a do": (
        [["steps", "call", "inputs", "url"]],
        {"steps": {"call": {"inputs": {"url": LONG}, "do": [[{"id": "a", "inputs": {"text": LONG}}]]}}},
        ["steps.call.inputs.url", "steps.call.do.0.0.inputs.text"],
    ),
    "as a key": (
        [["steps", "call", "inputs", "url"]],
        inputs(url=LONG, headers={LONG: "x"}),
        ["steps.call.inputs.url", "steps.call.inputs.headers"],
    ),
    "an item of a list": (
        [["steps", "call", "inputs", "body", 1]],
        inputs(body=["a", LONG]),
        ["steps.call.inputs.body.1"],
    ),
    "beside the definition": ([["name"]], {"name": LONG, "version": 1.0, "createdAt": LONG}, ["name"]),
}


@pytest.mark.parametrize("case", SEALED)
def test_seal(case: str) -> None:
    """What is secret is marked at its place, and wherever its value stands again; nothing else is, or changes."""
    places, properties, sealed = SEALED[case]
    secrets = Secrets.read(places, [properties])
    found = secrets.seal(properties)
    assert marked(found) == sealed
    assert opened(found) == properties


def test_nothing_secret() -> None:
    """Without secrets properties stay what they are."""
    assert Secrets.read(None, [inputs(url=LONG)]).seal(inputs(url=LONG)) == inputs(url=LONG)
    assert not Secrets()


#: What a text has instead of the value.
FORMS: dict[str, str] = {
    "plain": LONG,
    "in a script": f"{{{{ '{LONG}' + data.x }}}}",
    "in a URL": quote(LONG, safe=""),
    "in a URL, as scripts write a part of it": quote(LONG, safe="!'()*~"),
    "in a URL, as scripts write it": quote(LONG, safe="/!'()*~"),
    "in a form": quote_plus(LONG),
    "in JSON": json.dumps({"a": LONG}),
    "in JSON, as scripts write it": json.dumps({"a": LONG}, ensure_ascii=False),
    "in HTML": escape(f"<{LONG}>"),
    "base64 for URLs": base64.urlsafe_b64encode(LONG.encode()).decode(),
    "base64": base64.b64encode(LONG.encode()).decode(),
    "base64, one byte before": base64.b64encode(b"u" + LONG.encode()).decode(),
    "base64, two bytes before": base64.b64encode(b"u:" + LONG.encode()).decode(),
    "base64, user and password": base64.b64encode(b"user:" + LONG.encode()).decode(),
    "base64, more after it": base64.b64encode(LONG.encode() + b":more").decode(),
}


@pytest.mark.parametrize("case", FORMS)
def test_forms(case: str) -> None:
    """A value is found itself, and as URLs, JSON and base64 write it; in messages it is hidden likewise."""
    text = f"before {FORMS[case]} after"
    assert marked(known(LONG).seal(inputs(url=text))) == ["steps.call.inputs.url"]
    assert LONG not in known(LONG).hide(text)
    assert HIDDEN in known(LONG).hide(text)


@pytest.mark.parametrize("value", [LONG, "it's-s3cr3t", f"it's {LONG}", "c:\\s3cr3t\\dir", "s3cr3t\nlines"])
@pytest.mark.parametrize("other", ["", "'", '"', "'\""])
def test_python(value: str, other: str) -> None:
    """A value is found in a text that Python wrote, whichever quotes it used."""
    text = repr({"a": f"{other} {value}"})
    assert marked(known(value).seal(inputs(url=text))) == ["steps.call.inputs.url"]
    assert "s3cr3t" not in known(value).hide(text)


@given(
    value=st.text(st.characters(exclude_categories=["Cs"]), min_size=12).filter(lambda text: text == text.strip()),
    before=st.binary(max_size=5),
    after=st.binary(max_size=5),
)
def test_base64_of_anything(value: str, before: bytes, after: bytes) -> None:
    """Wherever in base64 a long value begins, and whatever follows it, it is found."""
    text = base64.b64encode(before + value.encode() + after).decode()
    assert marked(known(value).seal(inputs(url=text))) == ["steps.call.inputs.url"]


#: A short value, a text; whether it is found.
SHORTS: dict[str, tuple[str, str, bool]] = {
    "alone": (SHORT, "4711", True),
    "a word": (SHORT, "code 4711, please", True),
    "in a script": (SHORT, "{{data.pin == '4711'}}", True),
    "part of a number": (SHORT, "+65471123", False),
    "part of a word": ("abc", "abcdef", False),
    "before punctuation": (SHORT, "x=4711&y", True),
    "with a dot in it": ("a.b", "axb", False),
}


@pytest.mark.parametrize("case", SHORTS)
def test_short_values(case: str) -> None:
    """A short value is found as a word, and then its whole step is marked, since the step could reveal it."""
    value, text, found = SHORTS[case]
    assert marked(known(value).seal(inputs(url=text))) == (["steps.call"] if found else [])
    assert (known(value).hide(text) != text) is found


def test_a_short_value_at_its_place() -> None:
    """The program's own place of a short value is marked alone."""
    properties = inputs(headers={"Authorization": SHORT}, method="GET")
    assert marked(Secrets.read([list(TOKEN)], [properties]).seal(properties)) == [".".join(map(str, TOKEN))]


def test_longer_values_go_first() -> None:
    """Of two values, one of which is part of the other, nothing is left over."""
    assert known("password", "password-and-more").hide("password-and-more password") == f"{HIDDEN} {HIDDEN}"


#: Values that were secret once.
@pytest.mark.parametrize("former", [LONG, SHORT])
def test_former_values(former: str) -> None:
    """A value that the program replaced is still one to look for: an older version may come back with it."""
    secrets = Secrets.read([list(TOKEN)], [inputs(headers={"Authorization": OTHER})], [former])
    assert secrets.values == {OTHER, former}
    assert marked(secrets.seal(inputs(url=f"x {former}")))


# In the state

PLAIN = "t0p-s3cr3t-value"
TEXT = [["steps", "say", "inputs", "text"]]


def plain(stack: Stack) -> str:
    """The state, without what is marked."""

    def open_only(value: Any) -> Any:
        if isinstance(value, dict):
            return "" if SIGNATURE in value else {key: open_only(item) for key, item in value.items()}
        return [open_only(item) for item in value] if isinstance(value, list) else value

    return json.dumps([open_only([each.inputs, each.outputs]) for each in stack.state.values()])


def secret_text(stack: Stack) -> None:
    stack.deploy(definition("menu", PLAIN), secrets=TEXT)


def edited_elsewhere(stack: Stack) -> None:
    secret_text(stack)
    stack.edit(definition(f"menu {PLAIN}", PLAIN))
    stack.refresh()


def replaced(stack: Stack) -> None:
    secret_text(stack)
    stack.deploy(definition("menu", "another-s3cr3t"), secrets=TEXT)


def no_longer_secret(stack: Stack) -> None:
    secret_text(stack)
    stack.deploy(definition("menu", "plain text"))
    stack.edit(definition("menu", PLAIN))
    stack.refresh()


def put_back(stack: Stack) -> None:
    replaced(stack)
    stack.deploy(definition("menu", "another-s3cr3t"), secrets=TEXT, pinVersion=1)


def ignored(stack: Stack) -> None:
    secret_text(stack)
    stack.edit(definition("menu", f"{PLAIN}, edited"))
    stack.deploy(definition("menu", PLAIN, sub_account_id="a"), secrets=TEXT, ignore_changes=["steps.say.inputs.text"])


def left_alone(stack: Stack) -> None:
    secret_text(stack)
    stack.edit(definition(f"{PLAIN} menu", PLAIN))
    stack.deploy(definition("menu", PLAIN, sub_account_id="a"), secrets=TEXT, onDrift="warn")


def moved(stack: Stack) -> None:
    secret_text(stack)
    stack.up({"c/menu": (definition("menu", PLAIN), {"secrets": TEXT})})


def made_secret_beside_an_edit(stack: Stack) -> None:
    stack.deploy(definition("menu", PLAIN))
    stack.edit(definition("edited", PLAIN))
    stack.deploy(definition("menu", PLAIN), secrets=TEXT, onDrift="warn")


def made_secret(stack: Stack) -> None:
    """The same text, which the program had in plain before."""
    stack.deploy(definition("menu", PLAIN))
    stack.writes()
    secret_text(stack)
    assert stack.writes() == []


LIVES = [
    secret_text,
    made_secret,
    made_secret_beside_an_edit,
    edited_elsewhere,
    replaced,
    no_longer_secret,
    put_back,
    ignored,
    left_alone,
    moved,
]


@pytest.mark.parametrize("live", LIVES, ids=lambda live: live.__name__)
def test_the_state(live: Any) -> None:
    """Whatever happens to a workflow, neither inputs nor outputs nor messages ever have a secret in plain text."""
    stack = Stack(Service())
    live(stack)
    assert "s3cr3t" not in plain(stack)
    assert "s3cr3t" not in "\n".join(stack.service.messages)
    stack.refresh()
    assert "s3cr3t" not in plain(stack)
    assert PLAIN in json.dumps(stack.service.definitions()) or live is replaced
    assert all(ABOUT in each.outputs for each in stack.state.values())


def test_errors_hide_secrets() -> None:
    """A secret in the service's answer is hidden in the error."""
    stack = Stack(Service())
    stack.service.fault({"method": "POST", "status": 400, "body": {"code": 5000, "message": f"Bad text {PLAIN}."}})
    with pytest.raises(Exception, match=r"400 Bad text \[secret\]") as raised:
        secret_text(stack)
    assert PLAIN not in str(raised.value)


def test_lint_does_not_quote_secrets() -> None:
    """A script that is wrong and secret is refused without a part of it, by its place and the rule."""
    stack, wrong = Stack(Service()), definition("menu", "{{ s3cr3t( }}")
    with pytest.raises(Exception, match="script-syntax") as raised:
        stack.deploy(wrong, secrets=TEXT)
    assert "steps.say.inputs.text: the error comes from a secret" in str(raised.value)
    assert "s3cr3t" not in str(raised.value)


def test_a_part_of_a_secret_text() -> None:
    """What the program made a text of is recognised alone when it comes from the config, unless it is short."""
    provider = LocalProvider(Service(), {"token": "tok-12345678", "pin": "47", "more": '{"a": ["inner-12345678"]}'})
    inputs = to_inputs(definition("menu", "https://crm.example/?k=tok-12345678", trigger="inner-12345678"))
    about = {"secrets": [["steps", "say", "inputs", "text"]], "secretKeys": ["token", "pin", "more"]}
    inputs["steps"]["copy"] = {"stepType": "SMS", "inputs": {"text": "tok-12345678", "country": "47"}}
    checked = Plugin(provider).Check(request("urn::menu", olds={}, news={**inputs, ABOUT: about})).inputs
    assert checked["steps"]["copy"]["inputs"]["text"][SIGNATURE]
    assert checked["steps"]["copy"]["inputs"]["country"] == "47"
    assert checked["trigger"][SIGNATURE]


def test_a_tiny_part_of_a_secret_mapping() -> None:
    """It means nothing elsewhere, and would hide every number of a message; a tiny secret by itself counts."""
    form = {"steps": {"a": {"inputs": {"duration": "1", "header": "4711"}}, "b": {"inputs": {"text": "7"}}}}
    secrets = Secrets.read([["steps", "a", "inputs"], ["steps", "b", "inputs", "text"]], [form])
    assert secrets.values == {"4711", "7"}
