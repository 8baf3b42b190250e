"""A project whose workflows are modules: the first export, and what a second one does with changes by hand."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from pulumi_8x8.errors import ExportError
from pulumi_8x8.exporting import Form, formats
from resources.harness import Service

from .export_kit import calling, filled, outcomes, planned, sms, written

MENU = "workflows/menu.py"
_times = itertools.count(1)


@pytest.fixture
def service() -> Service:
    return filled([sms("Menu"), sms("Other", sub_account="acme_dev_chat"), calling("Print", url="https://a.com")])


@pytest.fixture
def folder(tmp_path: Path, service: Service) -> Path:
    """The project that the first export made."""
    written(service, tmp_path / "out", form="python")
    return tmp_path / "out"


def _put(service: Service, name: str, **inputs: Any) -> None:
    """Somebody stores other inputs of the step of a workflow."""
    (body,) = (each for each in service.definitions().values() if each["definition"]["name"] == name)
    body["definition"]["steps"][0]["inputs"] |= inputs
    service.call("PUT", f"/{body['definition']['id']}", json=body)


def _edit(path: Path, *edits: tuple[str, str]) -> str:
    text = path.read_text("utf-8")
    for old, new in edits:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, "utf-8")
    _later(path.parents[1] if path.parent.name == "workflows" else path.parent)
    return text


def _later(folder: Path) -> None:
    """The program has another time, since what it declares is remembered by its time."""
    os.utime(folder / "__main__.py", (next(_times), next(_times)))


def test_first(folder: Path) -> None:
    """A module a workflow, a program that calls them, exports the digests, and has no ids, which the config has."""
    assert (folder / "__main__.py").read_text() == (
        '"""The workflows of the 8x8 account acme."""\n\nimport pulumi\nimport pulumi_8x8 as automation\n\n'
        "from workflows import (\n    menu,\n    other,\n    print_,\n)\n\n"
        "menu.declare()\nother.declare()\nprint_.declare()\n\n"
        'pulumi.export("digests", automation.digests())\n'
    )
    assert (folder / MENU).read_text() == (
        '"""The workflow Menu."""\n\nimport pulumi\nimport pulumi_8x8 as automation\n\n\n'
        "def declare() -> automation.Workflow:\n    message = automation.inbound_sms()\n\n"
        '    say = automation.SMS(\n        "say",\n        sub_account_id="sms",\n'
        '        destination=message.payload.source,\n        text="Hello",\n    )\n\n'
        '    return automation.Workflow(\n        "menu",\n        name="Menu",\n        trigger=message,\n'
        '        sub_account_id="sms",\n        steps=say,\n        opts=pulumi.ResourceOptions(protect=True),\n    )\n'
    )
    assert {path.name for path in (folder / "workflows").iterdir()} >= {
        "__init__.py",
        "menu.py",
        "other.py",
        "print_.py",
    }


#: Changes by hand that declare the same.
SAME = {
    "a comment": (("    say = automation", "    # ours\n    say = automation"),),
    "another name": (("say = automation", "greet = automation"), ("steps=say", "steps=greet")),
    "a function": (
        ("def declare", 'def text() -> str:\n    return "Hello"\n\n\ndef declare'),
        ('text="Hello"', "text=text()"),
    ),
    "a script": (("message.payload.source", '"{{data.payload.source}}"'), ("trigger=message", 'trigger="inbound_sms"')),
}


@pytest.mark.parametrize("edits", SAME.values(), ids=SAME.keys())
def test_what_declares_the_same_stays(service: Service, folder: Path, edits: tuple[tuple[str, str], ...]) -> None:
    """A module that declares what the service holds stays, byte for byte."""
    _edit(folder / MENU, *edits)
    assert planned(service, folder).texts == {}


@pytest.mark.parametrize(
    "edits", [SAME["a comment"], (("    message = ", "    message  = "),)], ids=["comment", "spaces"]
)
def test_a_change_on_the_service(service: Service, folder: Path, edits: tuple[tuple[str, str], ...]) -> None:
    """Only its line changes; what was written by hand stays; a second export changes nothing."""
    before = _edit(folder / MENU, *edits)
    _put(service, "Menu", text="Good day")
    made = planned(service, folder)
    assert outcomes(made) == {MENU: "updated"}
    assert [each.changes for each in made.overwritten] == ["  steps.say.inputs.text changed"]
    made.write()
    after = before.replace('"Hello"', '"Good day"').replace("message  =", "message =")
    assert (folder / MENU).read_text() == after
    _later(folder)
    assert planned(service, folder).texts == {}


def test_another_module_imported_by_hand(service: Service, folder: Path) -> None:
    """What a module gets from elsewhere in the project stays too."""
    (folder / "texts.py").write_text('SENDER = "Acme"\n')
    edits = ("import pulumi\n", "import pulumi\nimport texts\n"), ('"Hello",', '"Hello",\n        source=texts.SENDER,')
    _edit(folder / MENU, *edits)
    _put(service, "Menu", source="Acme", destination="+6512345678")
    made = written(service, folder)
    assert outcomes(made) == {MENU: "updated"}
    text = (folder / MENU).read_text()
    assert "source=texts.SENDER," in text
    assert 'destination="+6512345678",' in text


def test_what_would_be_lost_is_named(service: Service, folder: Path) -> None:
    """If both changed the same lines, nothing is written, and the lines are named."""
    before = _edit(folder / MENU, *SAME["a function"])
    _put(service, "Menu", text="Good day")
    made = planned(service, folder)
    assert outcomes(made) == {MENU: "rewritten"}
    assert list(formats.differences(made))[1:3] == [
        f"{MENU} (Menu); overwriting it loses what was written by hand in lines 5-8, 18",
        "  steps.say.inputs.text changed",
    ]
    assert (folder / MENU).read_text() == before
    made.write()
    _later(folder)
    assert planned(service, folder).texts == {}


def test_a_change_that_declares_something_else(service: Service, folder: Path) -> None:
    """A change by hand that isn't deployed is a difference, and is named if it would be lost."""
    _edit(folder / MENU, ('"Hello"', '"Good day"'))
    assert outcomes(planned(service, folder)) == {MENU: "updated"}, "the export brings back what the service holds"


def test_more_workflows(service: Service, folder: Path) -> None:
    """New workflows are modules too, with names that nothing else has; the program gets their names."""
    _edit(folder / "__main__.py", ("\nmenu.declare()", "\n# Ours.\nfaq = menu.declare()"))
    service.call("POST", json=sms("Menu"))
    service.call("POST", json=sms("FAQ"))
    made = written(service, folder)
    assert outcomes(made) == {"workflows/faq_2.py": "created", "workflows/menu_2.py": "created"}
    program = (folder / "__main__.py").read_text()
    assert "from workflows import (\n    faq_2,\n    menu,\n    menu_2,\n    other,\n    print_,\n)\n" in program
    assert (
        "# Ours.\nfaq = menu.declare()\nother.declare()\nprint_.declare()\nfaq_2.declare()\nmenu_2.declare()\n"
        in program
    )
    assert program.endswith('\n\npulumi.export("digests", automation.digests())\n')
    assert planned(service, folder).texts == {}


def test_both_forms(service: Service, tmp_path: Path) -> None:
    """Modules in a project with YAML files, and the reverse; what Python has nothing for is a file."""
    folder = tmp_path / "out"
    written(service, folder)
    service.call("POST", json=sms("New"))
    service.call("POST", json={**sms("Tagged"), "tags": ["a"]})
    made = written(service, folder, form="python")
    assert outcomes(made) == {"workflows/new.py": "created", "workflows/tagged.yaml": "created"}
    (note,) = (note for each in made.workflows for note in each.notes)
    assert note == "a YAML file, since Python has nothing for tags"
    service.call("POST", json=sms("Newer"))
    assert outcomes(written(service, folder, form="yaml")) == {"workflows/newer.yaml": "created"}
    assert planned(service, folder).texts == {}


def test_secrets(tmp_path: Path) -> None:
    """Secrets aren't in modules, which read them from the config; a change beside one keeps it."""
    service = filled([calling("Secret", url="https://crm.acme.com/?token=4f5b6f2986dc4b0e", body={"a": "{{data.x}}"})])
    folder = tmp_path / "out"
    made = written(service, folder, form="python")
    assert made.secrets.values == {"crmAcmeComToken": "4f5b6f2986dc4b0e"}
    text = (folder / "workflows/secret.py").read_text()
    assert 'pulumi.Output.concat(\n            "https://crm.acme.com/?token=",\n' in text
    assert '            config.require_secret("crmAcmeComToken"),\n' in text
    assert "4f5b6f" not in text
    _put(service, "Secret", body={"a": "b"})
    made = written(service, folder)
    assert outcomes(made) == {"workflows/secret.py": "updated"}
    assert made.secrets.values == {"crmAcmeComToken": "4f5b6f2986dc4b0e"}
    assert (folder / "workflows/secret.py").read_text() == text.replace("automation.data.x", '"b"').replace(
        "request.x", '"b"'
    )


def test_a_program_that_fails(service: Service, folder: Path) -> None:
    """Its error is the message, and nothing is written."""
    _edit(folder / MENU, ("    return", "    raise ValueError(str(1))\n    return"))
    _put(service, "Menu", text="x")
    with pytest.raises(ExportError, match=r"(?s)workflows/menu\.py:\d+: ValueError: 1.*Nothing was written\."):
        planned(service, folder)


def test_what_the_service_added(service: Service, folder: Path) -> None:
    """If Python has nothing for a change, the module stays, and the reason is named."""
    (body,) = (each for each in service.definitions().values() if each["definition"]["name"] == "Menu")
    body["tags"] = ["a"]
    service.call("PUT", f"/{body['definition']['id']}", json=body)
    made = planned(service, folder)
    assert outcomes(made) == {MENU: "kept"}
    assert made.texts == {}
    assert [each.notes for each in made.workflows if each.notes] == [("it stays, since Python has nothing for tags",)]


@pytest.mark.parametrize("form", ["yaml", "python"])
def test_more_ids_than_the_config_can_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: Form) -> None:
    """The ids that have no room in the config are in the program, which is named; a second export knows all."""
    monkeypatch.setattr(sys.modules["pulumi_8x8.exporting.plan"], "_MOST_ADOPTED", 130)
    service, folder = filled(sms(f"Menu {number}") for number in range(4)), tmp_path / "out"
    made = written(service, folder, form=form)
    note = "its id is in the program, since the config has no room for more"
    assert [each.notes for each in made.workflows] == [(), (), (note,), (note,)]
    texts = "".join(made.texts.values())
    assert [texts.count(each.id) for each in made.workflows] == [1, 1, 1, 1]
    assert [f'adopt="{each.id}",' in texts for each in made.workflows] == [False, False, True, True]
    assert planned(service, folder).texts == {}
    service.call("POST", json=sms("Menu 4"))
    assert [each.notes for each in written(service, folder).workflows if each.outcome == "created"] == [(note,)]


def test_two_workflows_in_a_module(service: Service, folder: Path) -> None:
    """Each gets its own changes; what can't be merged leaves the module unchanged, and is named."""
    other = (folder / "workflows/other.py").read_text().partition("def declare()")[2]
    with (folder / MENU).open("a") as file:
        file.write(f"\n\ndef declare_other(){other}")
    (folder / "workflows/other.py").unlink()
    _edit(folder / "__main__.py", ("    other,\n", ""), ("other.declare()", "menu.declare_other()"))
    assert planned(service, folder).texts == {}
    for name in ("Menu", "Other"):
        _put(service, name, encoding="UCS2")
    made = written(service, folder)
    assert [each.outcome for each in made.workflows] == ["updated", "updated", "unchanged"]
    _later(folder)
    assert planned(service, folder).texts == {}
    before = _edit(folder / MENU, ('text="Hello"', 'text=str("Hello")'))
    _put(service, "Other", text="Good day")
    made = planned(service, folder)
    assert outcomes(made) == {MENU: "kept"}
    assert "the module declares several workflows" in next(each.notes[0] for each in made.workflows if each.notes)
    assert (made.texts, (folder / MENU).read_text()) == ({}, before)
