"""Workflows as typed flows in Python: each compiles back, and formatters, linters and type checkers accept it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from definition.test_operators import EXPRESSIONS, compiled
from kit import BIN
from pulumi_8x8.definition import Definition
from pulumi_8x8.definition.payloads import inbound_sms
from pulumi_8x8.exporting.python.module_writer import write_module
from pulumi_8x8.exporting.python.modules import inexpressible
from pulumi_8x8.exporting.python.pieces import Replaceable
from pulumi_8x8.exporting.python.script_writer import Names, Variable, is_script, write_script

from .export_kit import generated
from .python_kit import HOSTILE, compiles_back, flow, published, served

PUBLISHED = dict(published())
#: Published steps that lack an input which their class needs.
UNTYPED = {
    "11-oas-definition-input-all-steps": ["If", "Wait", "WaitForDTMF"],
    "message 129-whatsapp-whatsapp-business-scoped-user-ids-04": ["ChatAppsMessage"],
}
#: Texts between braces that can't be scripts of the service.
LEFT = {"message 148-zendesk-notifications-webhooks-02": ["ticket.id", "ticket.status", "ticket.link"]}
#: How many definitions `make soak` writes.
EXPORTED = os.environ.get("EXPORTED")
FORMATTER = ("ruff", "format", "--isolated", "--no-cache", "--check", ".")
RULES = ("--select", "E,F,W,I,B,UP,A,C4,SIM", "--ignore", "E501")
LINTER = ("ruff", "check", "--isolated", "--no-cache", *RULES, ".")
SMS: dict[str, Any] = {"subAccountId": "acme", "destination": "{{data.payload.source}}", "text": "Hi"}


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Everything that is published, and some generated definitions, as modules."""
    folder = tmp_path_factory.mktemp("modules")
    bodies = (Definition.from_body(body) for body in generated(60, seed=17))
    made = [*PUBLISHED.items(), *((f"generated {at}", each) for at, each in enumerate(bodies) if not each.more)]
    hostile = [flow(_sms(id, text=id), _sms("b", text=f"{{{{data.x}}}} {id}"), name=id) for id in HOSTILE]
    for name, definition in [*made, *((f"hostile {at}", each) for at, each in enumerate(hostile))]:
        text = write_module(served(definition), name)
        assert text is not None, name
        (folder / f"m_{re.sub('[^a-z0-9]', '_', name.lower())}.py").write_text(text, "utf-8")
    return folder


def _sms(id: str, **more: Any) -> dict[str, Any]:
    return {"id": id, "stepType": "SMS", "inputs": {**SMS, **more}}


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_is_published_compiles_back(name: str) -> None:
    """Each definition and message is typed, and equal; a text has a script only if no expression has the same."""
    text = compiles_back(PUBLISHED[name])
    untyped = re.findall(r'"stepType": "(\w+)"', text)
    assert untyped == UNTYPED.get(name, []), "other steps have their class"
    assert [script for script in re.findall(r"\{\{(.*?)\}\}", text) if script == script.strip()] == LEFT.get(name, [])


def test_share_of_expressions() -> None:
    """Of the scripts that are published, 93% are expressions; nearly all others have spaces next to the braces."""
    found = {"expression": 0, "script": 0, "text": 0}
    for definition in (each for name, each in PUBLISHED.items() if not name.startswith("message")):
        for code in re.findall(r"\{\{(.*?)\}\}", json.dumps(definition.body(), ensure_ascii=False)):
            plain = json.loads(f'"{code}"')
            written = write_script(plain, Names())
            kind = (
                "text" if written is None or plain.isdigit() else "script" if is_script(written.code) else "expression"
            )
            found[kind] += 1
    assert found == {"expression": 293, "script": 4, "text": 19}


def _checked(folder: Path, *command: str) -> None:
    done = subprocess.run([BIN / command[0], *command[1:]], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def test_formatter(modules: Path) -> None:
    """A formatter changes nothing."""
    _checked(modules, *FORMATTER)


def test_linter(modules: Path) -> None:
    """A linter finds nothing but long lines, which texts of messages make."""
    _checked(modules, *LINTER)


def test_mypy(modules: Path) -> None:
    """Strict mypy finds nothing."""
    _checked(modules, "mypy", "--strict", ".")


def test_pyright(modules: Path) -> None:
    """Pyright in its strict mode finds nothing."""
    _pyright(modules)


def _pyright(folder: Path) -> None:
    options = {"typeCheckingMode": "strict", "pythonVersion": "3.11", "reportUnusedCallResult": False}
    paths = {"include": ["."], "extraPaths": [str(Path(__file__).parents[2] / "provider")]}
    (folder / "pyrightconfig.json").write_text(json.dumps(options | paths))
    _checked(folder, "basedpyright", "--pythonpath", sys.executable)


# Scripts


@settings(max_examples=300, deadline=None)
@given(EXPRESSIONS)
def test_any_expression_comes_back(pair: tuple[Any, Any]) -> None:
    """A script that an expression compiled to is an expression again, which compiles to the same script."""
    script = compiled(pair[0])[2:-2]
    written = write_script(script, Names())
    assert written is not None
    assert compiled(written.value) == f"{{{{{script}}}}}"
    simple = len(script) < 100 and not re.search(r"[=!]= (true|false)|\\|😁|\[", script)
    assert isinstance(written.code, Replaceable) or not simple, script


#: Scripts, and the code that they become in a workflow over SMS whose step ``order`` stores ``attempts``.
WRITTEN = {
    "data.payload.body == 'yes'": 'message.payload.body == "yes"',
    "data.payload.subAccountId != null": "message.payload.sub_account_id.is_not_null()",
    "data.payload == null": "message.payload.is_null()",
    "data.payload": "automation.data.payload",
    "data.payload.unknown": "automation.data.payload.unknown",
    "data.attempts + 1": "automation.data.attempts + 1",
    "data['a b'].c[0]": 'automation.data["a b"]["c"][0]',
    "data.class": 'automation.data["class"]',
    "data.contains": 'automation.data["contains"]',
    "data._x": 'automation.data["_x"]',
    "data.a.b == 'it\\'s'": 'automation.data.a.b == "it\'s"',
    "data.a && data.b": 'automation.script("data.a && data.b")',
    "data.a == 1 && data.b == -2 || !(data.c < 0.5)": (
        "((automation.data.a == 1) & (automation.data.b == -2)) | ~(automation.data.c < 0.5)"
    ),
    "data.a == true": 'automation.script("data.a == true")',
    "!isDayOfWeek(data.payload.timestamp, 'Sunday')": '~message.payload.timestamp.is_day_of_week("Sunday")',
    "stringContains(data.a, 'x', true) ? 'y' : null": (
        'automation.if_else(automation.data.a.contains("x", ignore_case=True), "y", None)'
    ),
    "'a' + data.b + 'c'": '"a" + automation.data.b + "c"',
    "data.a  == 1": 'automation.script("data.a  == 1")',
    "data.a == 1;": 'automation.script("data.a == 1;")',
    "data.a === 1": 'automation.script("data.a === 1")',
    "data?.a": 'automation.script("data?.a")',
    "(data.a)": 'automation.script("(data.a)")',
    "data.a /* b */": 'automation.script("data.a /* b */")',
    "null == data.a": 'automation.script("null == data.a")',
    "1 < data.a": 'automation.script("1 < data.a")',
    "data.a.trim()": 'automation.script("data.a.trim()")',
    'data.a == "x"': "automation.script('data.a == \"x\"')",
    "data.a == '😀'": "automation.script(\"data.a == '😀'\")",
    "uuid()": "automation.uuid()",
    "data.a + data.b == null": "(automation.data.a + automation.data.b).is_null()",
    "stringContains(!(data.a == 1), 'x')": '(~(automation.data.a == 1)).contains("x")',
    "step.attempts": "automation.step.attempts",
    f"{'(' * 300}data.a{')' * 300}": f'automation.script("{"(" * 300}data.a{")" * 300}")',
    " + ".join(["data.a"] * 90): f'automation.script("{" + ".join(["data.a"] * 90)}")',
    "{{": None,
}


@pytest.mark.parametrize(("script", "code"), WRITTEN.items())
def test_how_a_script_is_written(script: str, code: str | None) -> None:
    """A script is an expression exactly if that compiles to the same script; it reads the typed trigger."""
    names = Names(Variable("message", inbound_sms()), frozenset({"attempts"}))
    written = write_script(script, names)
    assert (None if written is None else written.code.flat) == code


# Definitions

IDS = st.one_of(st.sampled_from(HOSTILE), st.text(st.characters(exclude_categories=["Cs", "Co"]), max_size=12))
CODES = st.one_of(
    EXPRESSIONS.map(lambda pair: compiled(pair[0])), st.sampled_from([f"{{{{{each}}}}}" for each in WRITTEN])
)
TEXTS = st.one_of(IDS, CODES, st.tuples(IDS, CODES, IDS, CODES).map("".join))
LEAVES = st.one_of(TEXTS, st.sampled_from([0, -1, 2**53 + 1, -(10**30), 1.5, 1e-7, 1e22, True, False, None]))
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(IDS, inner, max_size=3),
    max_leaves=6,
)
KINDS = [
    "SMS",
    "sms",
    "ChatAppsMessage",
    "HttpRequest",
    "Branch",
    "If",
    "Wait",
    "WaitForReply",
    "WaitForDTMF",
    "New",
    None,
]
INPUTS = st.one_of(
    st.just(SMS),
    st.fixed_dictionaries(
        {"url": TEXTS, "method": TEXTS}, optional={"body": VALUES, "headers": VALUES, "more": VALUES}
    ),
    st.fixed_dictionaries(
        {"from": TEXTS, "channel": st.sampled_from(["sms", "SMS", "line", "whatsapp", "fax", "{{data.x}}"])}
    ),
    st.fixed_dictionaries({"condition": TEXTS, "duration": TEXTS, "dtmfRequestId": TEXTS}),
    st.dictionaries(IDS, VALUES, max_size=3),
)
CONDITIONS = st.one_of(
    CODES, st.none(), st.booleans(), st.just("{{step.reply != null}}"), st.just("{{step.reply == null}}")
)


@st.composite
def steps(draw: st.DrawFn, ids: st.SearchStrategy[Any], depth: int = 1) -> dict[str, Any]:
    """A step of any type, with links that may lead anywhere."""
    step: dict[str, Any] = {"id": draw(ids), "stepType": draw(st.sampled_from(KINDS)), "inputs": draw(INPUTS)}
    if draw(st.booleans()):
        step["outputs"] = draw(st.dictionaries(IDS, TEXTS | st.just("{{step.reply}}"), max_size=3))
    if draw(st.booleans()):
        step["nextStepId"] = draw(ids)
    if draw(st.booleans()):
        step["selectNextStep"] = draw(
            st.dictionaries(ids.filter(lambda id: isinstance(id, str)), CONDITIONS, max_size=3)
        )
    if depth and step["stepType"] == "If":
        step["do"] = draw(st.lists(st.lists(steps(ids, depth - 1), max_size=2), max_size=2))
    for member in ("errorBehavior", *step):
        if draw(st.integers(0, 19)) == 0:
            step[member] = draw(VALUES)
    return step


@st.composite
def definitions(draw: st.DrawFn) -> Definition:
    """Any workflow whose body has only the members that the model knows."""
    ids = st.sampled_from(draw(st.lists(IDS, min_size=1, max_size=6)))
    body = {
        "trigger": draw(st.sampled_from(["inbound_sms", "inbound_chat_apps", "http_request", "INBOUND_SMS", "other"])),
        "status": draw(st.sampled_from(["enabled", "disabled"])),
        "definition": {
            "name": draw(IDS),
            "steps": draw(st.lists(st.one_of(*[steps(ids)] * 9, st.dictionaries(IDS, VALUES, max_size=3)), max_size=5)),
        },
    }
    return Definition.from_body(body)


def test_any_definition_compiles_back(tmp_path: Path) -> None:
    """Odd ids, names and texts, unknown types and members, nulls, big integers, loops, links that lead nowhere; and a
    formatter and a linter find nothing."""
    texts: list[str] = []

    @settings(max_examples=int(EXPORTED or 150), deadline=None, derandomize=not EXPORTED, database=None)
    @given(definitions())
    def write(definition: Definition) -> None:
        texts.append(compiles_back(definition))

    write()
    for at, text in enumerate(texts):
        (tmp_path / f"m{at}.py").write_text(text, "utf-8")
    _checked(tmp_path, *FORMATTER)
    _checked(tmp_path, *LINTER)
    if EXPORTED:
        _checked(tmp_path, "mypy", "--strict", ".")
        _pyright(tmp_path)


def test_a_result_that_travels_is_read() -> None:
    """An output with the name of a result that travels isn't written, if a later step reads it; its order stays."""
    wait = {"id": "rating", "stepType": "WaitForReply", "inputs": {"from": "{{data.payload.source}}", "channel": "sms"}}
    outputs = {"a": "{{step.reply.payload.body}}", "rating__reply": "{{step.reply}}"}
    reads = _sms("b", text="Hi {{data.rating__reply.payload.body}}")
    text = compiles_back(flow({**wait, "outputs": outputs, "nextStepId": "b"}, reads))
    assert 'text=f"Hi {rating.reply.payload.body}"' in text
    assert 'outputs={"a": automation.step.reply.payload.body},' in text
    for outputs in (
        {"rating__reply": "{{step.reply}}", "a": "b"},
        {"rating__reply": "{{step.umid}}"},
        {"other__reply": "{{step.reply}}"},
    ):
        name = next(each for each in outputs if each.endswith("__reply"))
        text = compiles_back(flow({**wait, "outputs": outputs}, _sms("b", text=f"Hi {{{{data.{name}.payload.body}}}}")))
        assert f"automation.data.{name}.payload.body" in text
    text = compiles_back(flow({**wait, "outputs": {"rating__reply": "{{step.reply}}"}}, _sms("b")))
    assert 'outputs={"rating__reply": automation.step.reply},' in text, "nobody reads it"


def test_thousands_of_steps() -> None:
    """A chain and a loop of 3,000 steps, and 3,000 edges of one step."""
    chain = [{**_sms(f"s{at}"), "nextStepId": f"s{(at + 1) % 3000}"} for at in range(3000)]
    text = compiles_back(flow(*chain))
    assert text.count(".then(") == 3000
    assert "steps=s0," in text
    edges = {f"s{at}": f"{{{{data.x == {at}}}}}" for at in range(3000)}
    text = compiles_back(
        flow({"id": "menu", "stepType": "Branch", "selectNextStep": edges}, *(_sms(each) for each in edges))
    )
    assert text.count("menu.when(") == 3000


#: What a body has, and why it stays a file.
INEXPRESSIBLE = {
    "a member beside the definition": ({"tags": ["a"]}, "Python has nothing for tags"),
    "a member of the definition": (
        {"definition": {"name": "x", "steps": [], "note": 1}},
        "Python has nothing for definition.note",
    ),
    "no step": ({"definition": {"name": "x", "steps": ["a"]}}, "Python can't express it exactly"),
    "half a letter": ({"definition": {"name": "x\ud800", "steps": []}}, "Python can't express it exactly"),
}


@pytest.mark.parametrize(("parts", "why"), INEXPRESSIBLE.values(), ids=INEXPRESSIBLE.keys())
def test_what_python_has_nothing_for(parts: dict[str, Any], why: str) -> None:
    """Such a workflow has no module, and the reason is named."""
    definition = Definition.from_body({"trigger": "inbound_sms", "status": "enabled", "definition": {}, **parts})
    assert write_module(definition, "flow") is None
    assert inexpressible(definition) == why
