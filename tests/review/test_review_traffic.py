"""``pulumi-8x8 review --traffic``: how many conversations took what a change changes, counted on a real emulator."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from review_kit import run

from kit import API_KEY, Account
from pulumi_8x8.definition import Definition, to_inputs

_REPLY = "data.answer"


def _menu() -> dict[str, Any]:
    """Asks for 1 or 2; the conversation has which in the member ``answer``."""
    sms = {"subAccountId": "acme", "destination": "+6581968289", "text": "Hello"}
    steps = [
        {"id": "ask", "stepType": "SMS", "inputs": sms, "nextStepId": "choose"},
        {
            "id": "choose",
            "stepType": "Branch",
            "selectNextStep": {"sales": f"{{{{{_REPLY} == '1'}}}}", "help": f"{{{{{_REPLY} == '2'}}}}", "bye": None},
        },
        {"id": "sales", "stepType": "SMS", "inputs": sms, "nextStepId": "bye"},
        {"id": "help", "stepType": "SMS", "inputs": sms},
        {"id": "bye", "stepType": "SMS", "inputs": sms},
    ]
    return {"trigger": "inbound_sms", "status": "enabled", "definition": {"name": "Menu", "steps": steps}}


def _changed() -> dict[str, Any]:
    """Another default path, another condition, another text, and no step for help."""
    body = json.loads(json.dumps(_menu()))
    ask, choose, sales, _, bye = body["definition"]["steps"]
    ask["inputs"]["text"] = "Hello again, friend"
    choose["selectNextStep"] = {"sales": f"{{{{{_REPLY} != '9'}}}}", "later": None}
    body["definition"]["steps"] = [ask, choose, sales, {"id": "later", "stepType": "Branch"}, bye]
    return body  # type: ignore[no-any-return]


@pytest.fixture
def environment(account: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    monkeypatch.chdir(tmp_path)
    named = {"ACCOUNT_ID": account.id, "API_KEY": API_KEY, "BASE_URL": account.base_url}
    return {f"PULUMI_8X8_{name}": value for name, value in named.items()}


def _store(account: Account, body: dict[str, Any], *answers: str, id: str | None = None) -> str:
    """A definition, or its next version, with a conversation for each answer; its id."""
    made = account.call("PUT", f"/{id}", json=body) if id else account.call("POST", json=body)
    id = str(made["definition"]["id"])
    for answer in answers:
        account.call("POST", f"/{id}/workflows", json={"answer": answer})
    return id


def _preview(id: str, new: dict[str, Any] | None = None) -> bytes:
    old, new = (to_inputs(Definition.from_body(body)) for body in (_menu(), new or _changed()))
    urn = "urn:pulumi:test::project::pulumi-python:dynamic/8x8:Workflow::menu"
    step = {"op": "update", "urn": urn, "oldState": {"id": id, "inputs": old}, "newState": {"id": id, "inputs": new}}
    return json.dumps({"steps": [step]}).encode()


def test_text(account: Account, environment: dict[str, str]) -> None:
    """Each changed step and path has its number of conversations, and so has each step before the change."""
    id = _store(account, _menu(), "1", "1", "2", "3", "4")
    printed = run("--traffic", "4", stdin=_preview(id), **environment).stdout
    assert "traffic: numbers at steps and paths before the change show how many of the last 4 conversations" in printed
    for line in (
        "default path: `bye` → `later`; 2 of the last 4 conversations took this path",
        "path `{{data.answer == '2'}}`: removed, was `help`; 1 of the last 4 conversations took this path",
        "path to `sales`: `{{data.answer == '1'}}` → `{{data.answer != '9'}}`; 1 of the last 4 conversations took",
        "- `help` `SMS`\n        1 of the last 4 conversations ran this step",
        "~ `ask`\n        4 of the last 4 conversations ran this step",
        "`choose` Branch  4 ██████████",
        "- data.answer == '2' → `help` SMS  1 ██",
    ):
        assert line in printed
    assert "conversations" not in run(stdin=_preview(id), **environment).stdout


def test_json(account: Account, environment: dict[str, str]) -> None:
    """JSON has the numbers at each edit and in the picture before, and all counts."""
    id = _store(account, _menu(), "1", "2")
    (made,) = json.loads(run("--traffic", "9", "--format", "json", stdin=_preview(id), **environment).stdout)[
        "workflows"
    ]
    assert made["traffic"]["conversations"] == 2
    found = {(each["edit"], each["step"]): each["conversations"] for each in made["edits"]}
    assert found["removed", "help"] == {"step": {"of": 2, "took": 1}, "path": None}
    assert found["condition changed", "choose"]["path"] == {"of": 2, "took": 1, "either": 0}
    assert found["added", "later"] == {"step": None, "path": None}
    paths = {(each["from"], each["to"]): each["took"] for each in made["before"]["paths"]}
    assert paths == {
        ("ask", "choose"): 2,
        ("choose", "sales"): 1,
        ("choose", "help"): 1,
        ("choose", "bye"): 0,
        ("sales", "bye"): 1,
    }
    assert not [each for each in made["after"]["paths"] if "took" in each]


def test_pictures_have_width_and_numbers(account: Account, environment: dict[str, str]) -> None:
    """The more conversations took a path, the wider it is, in Markdown and HTML; each has its number, too."""
    id = _store(account, _menu(), "1", "1", "1", "2")
    drawn = run("--traffic", "9", "--format", "markdown", stdin=_preview(id), **environment).stdout
    assert 's0["ask<br/>4 · SMS"]' in drawn
    assert 's0 -->|"4"| s1' in drawn
    assert "linkStyle 0 stroke-width:8px" in drawn
    page = run("--traffic", "9", "--format", "html", stdin=_preview(id), **environment).stdout
    before, _, after = page.partition("<figcaption>after")
    widths = [float(each) for each in re.findall(r'style="stroke-width:([\d.]+)px"', before)]
    assert sorted(widths) == [1.3, 2.4, 4.5, 4.5, 5.5]
    assert ">4</text>" in before
    assert "stroke-width:" not in after.partition("<svg")[2]


def test_other_versions(account: Account, environment: dict[str, str]) -> None:
    """A path that only some versions have has their number of conversations; a path that none has, none."""
    other = json.loads(json.dumps(_menu()))
    del other["definition"]["steps"][1]["selectNextStep"]["help"]
    id = _store(account, other, "2")
    _store(account, _menu(), "2", id=id)
    printed = run("--traffic", "9", stdin=_preview(id), **environment).stdout
    assert "1 of them were on other versions, and count only for steps and paths that are the same" in printed
    assert "was `help`; 1 of the 1 conversation whose version has this path took it" in printed
    only = _store(account, other, "2")
    printed = run("--traffic", "9", stdin=_preview(only), **environment).stdout
    assert "was `help`; not counted: no version of these conversations is known to have this path" in printed


def test_a_renamed_step_keeps_its_numbers(account: Account, environment: dict[str, str]) -> None:
    """The numbers of a step with a new id, and of the paths from and to it, are those under its former id."""
    new = json.loads(json.dumps(_menu()))
    steps = new["definition"]["steps"]
    steps[1]["id"] = steps[0]["nextStepId"] = "pick"
    steps[1]["selectNextStep"] = {**steps[1]["selectNextStep"], "help": "{{data.answer == '5'}}"}
    id = _store(account, _menu(), "1", "2")
    printed = run("--traffic", "9", stdin=_preview(id, new), **environment).stdout
    assert "~ `pick` renamed from `choose`\n        2 of the last 2 conversations ran this step" in printed
    assert "→ `{{data.answer == '5'}}`; 1 of the last 2 conversations took this path" in printed


def test_a_service_that_fails(account: Account, environment: dict[str, str]) -> None:
    """Without the service, the review has a note and no numbers; a definition that is gone has no numbers."""
    id = _store(account, _menu(), "1")
    refused = run("--traffic", "9", stdin=_preview(id), **{**environment, "PULUMI_8X8_API_KEY": "wrong"})
    assert refused.exit_code == 0
    assert "note: the review lacks some numbers of conversations: " in refused.stdout
    gone = run("--traffic", "9", stdin=_preview("00000000-0000-4000-8000-000000000000"), **environment)
    assert (gone.exit_code, "conversation" in gone.stdout) == (0, False)


def test_no_conversation_yet(account: Account, environment: dict[str, str]) -> None:
    """Before the first conversation, that is all that the review shows of traffic."""
    printed = run("--traffic", "9", stdin=_preview(_store(account, _menu())), **environment).stdout
    assert "traffic: there was no conversation" in printed
    assert "conversations ran" not in printed


def test_files_have_no_traffic(tmp_path: Path) -> None:
    """Files don't contain ids of definitions, so the option is refused."""
    for name in ("old.json", "new.json"):
        (tmp_path / name).write_text(json.dumps(_menu()))
    result = run(tmp_path / "old.json", tmp_path / "new.json", "--traffic", "9")
    assert result.exit_code == 2
    assert "--traffic needs a preview: files don't contain the ids of definitions" in result.stderr
