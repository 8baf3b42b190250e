"""An export into an existing project: files with an equal definition stay unchanged, byte for byte."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pulumi_8x8.definition import parse_source, read_source
from pulumi_8x8.errors import ExportError, SourceError
from pulumi_8x8.exporting import DeployedWorkflow
from resources.harness import Service

from .export_kit import calling, filled, outcomes, planned, sms, written

MENU = "workflows/menu.yaml"


@pytest.fixture
def service() -> Service:
    return filled([sms("Menu"), sms("Other", sub_account="acme_dev_chat")])


@pytest.fixture
def folder(tmp_path: Path, service: Service) -> Path:
    """The project that the first export made."""
    written(service, tmp_path / "out")
    return tmp_path / "out"


def _put(service: Service, name: str, **parts: Any) -> None:
    """Somebody stores a new version of the workflow ``name``, with other inputs in its step."""
    (body,) = (each for each in service.definitions().values() if each["definition"]["name"] == name)
    inputs = parts.pop("inputs", {})
    body["definition"]["steps"][0]["inputs"] |= inputs
    service.call("PUT", f"/{body['definition']['id']}", json=body | parts)


def test_few_calls(tmp_path: Path) -> None:
    """500 workflows cost three calls at most, the first time and again."""
    service = filled(sms(f"Menu {number}") for number in range(500))
    service.calls()
    for outcome in ("created", "unchanged"):
        made = written(service, tmp_path / "out")
        assert {each.outcome for each in made.workflows} == {outcome}
        assert service.calls() == ["GET /definitions"] * 2


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def _files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_first(service: Service, folder: Path) -> None:
    """A project: settings, program, a file a workflow; with logical names, which the stack's config explains."""
    assert set(_files(folder)) == {
        *("Pulumi.yaml", "Pulumi.test.yaml", "__main__.py", "README.md", ".gitignore", "requirements.txt"),
        *(MENU, "workflows/other.yaml"),
    }
    assert read_source(folder / MENU).body["subAccountId"] == "sms"
    ids = {each["definition"]["name"].lower(): id for id, each in service.definitions().items()}
    assert (folder / "Pulumi.test.yaml").read_text() == (
        "config:\n  8x8:accountId: acme\n  8x8:baseUrl: http://127.0.0.1\n  8x8:subAccounts:\n"
        "    chat: acme_dev_chat\n    sms: acme_dev_sms\n  8x8:adopt:\n"
        f"    menu: {ids['menu']}\n    other: {ids['other']}\n"
    )
    program = (folder / "__main__.py").read_text()
    assert program.count("    opts=pulumi.ResourceOptions(protect=True),\n") == 2
    assert program.endswith('\npulumi.export("digests", automation.digests())\n')


#: Edits of a file by hand that mean the same: what is replaced by what.
SAME = {
    "a comment": ("trigger: inbound_sms\n", "# ours\ntrigger: inbound_sms   # not chat\n"),
    "other quotes": ("text: Hello", "text: 'Hello'"),
    "a builder's empty members": ("stepType: SMS", "stepType: sms\n      do: []\n      nextStepId: null"),
    "the id in place of the logical name": ("subAccountId: sms\ntrigger", "subAccountId: acme_dev_sms\ntrigger"),
    "no status, which is enabled": ("status: enabled\n", ""),
    "other line ends": ("\n", "\r\n"),
}


@pytest.mark.parametrize(("old", "new"), SAME.values(), ids=SAME.keys())
def test_what_means_the_same_stays(service: Service, folder: Path, old: str, new: str) -> None:
    """Nothing is written over a file that differs in its text only."""
    _edit(folder / MENU, old, new)
    assert planned(service, folder).texts == {}


def test_what_was_changed_on_the_service(service: Service, folder: Path) -> None:
    """Only its place in the file changes; the report has no values; a second export changes nothing."""
    _edit(folder / MENU, "text: Hello", "text: Hello  # short")
    _put(service, "Menu", inputs={"text": "Good day"}, status="disabled")
    before = _files(folder)
    made = planned(service, folder)
    assert outcomes(made) == {MENU: "updated"}
    assert [each.changes for each in made.overwritten] == ["  status changed\n  steps.say.inputs.text changed"]
    assert _files(folder) == before, "a plan writes nothing"
    made.write()
    after = before[MENU].replace(b"text: Hello", b"text: Good day").replace(b"status: enabled", b"status: disabled")
    assert _files(folder) == {**before, MENU: after}
    assert planned(service, folder).texts == {}


def test_what_cannot_be_edited_is_written_anew(service: Service, folder: Path) -> None:
    """If edits can't make the change, the whole file is rewritten and reported so; line endings stay."""
    path = folder / MENU
    text = path.read_text().replace('"{{data.payload.source}}"', "&to '{{data.payload.source}}'")
    path.write_bytes(text.replace("text: Hello", "text: *to").replace("\n", "\r\n").encode())
    made = written(service, folder)
    assert outcomes(made) == {MENU: "rewritten"}
    assert b"\r\n" in path.read_bytes()
    assert planned(service, folder).texts == {}


def test_new_workflows(service: Service, folder: Path) -> None:
    """They get new lines in the program, before the digests, and unused names; a new sub-account keeps its id."""
    digests = '\n# By hand.\npulumi.export("digests", automation.digests())\n'
    _edit(folder / "__main__.py", '\npulumi.export("digests"', '\n# By hand.\npulumi.export("digests"')
    before = (folder / "__main__.py").read_text().removesuffix(digests)
    _edit(folder / "Pulumi.test.yaml", "  8x8:adopt:\n", "  # Theirs.\n  8x8:adopt: # here\n")
    config = (folder / "Pulumi.test.yaml").read_text()
    (folder / "workflows/FAQ.txt").write_text("in the way")
    service.call("POST", json=sms("Menu", sub_account="acme_new"))
    service.call("POST", json=sms("faq"))
    made = written(service, folder)
    assert outcomes(made) == {"workflows/menu-2.yaml": "created", "workflows/faq-2.yaml": "created"}
    assert made.unnamed == ("acme_new",)
    program = (folder / "__main__.py").read_text()
    assert program.startswith(before)
    assert program.endswith(digests)
    assert (folder / "Pulumi.test.yaml").read_text().startswith(config)
    files = {"__main__.py", "Pulumi.test.yaml", "workflows/menu-2.yaml", "workflows/faq-2.yaml"}
    assert set(made.texts) == files
    assert planned(service, folder).texts == {}


def test_names_that_were_changed_by_hand_stay(service: Service, folder: Path) -> None:
    """A resource, its file and a logical name may be called otherwise."""
    (folder / MENU).rename(folder / "main-menu.yml")
    _edit(folder / "__main__.py", f'"menu",\n    source="{MENU}"', '"main_menu",\n    source="main-menu.yml"')
    _edit(folder / "Pulumi.test.yaml", "sms: acme", "texts: acme")
    _edit(folder / "Pulumi.test.yaml", "    menu: ", "    main_menu: ")
    for path in (folder / "main-menu.yml", folder / "workflows/other.yaml"):
        path.write_text(path.read_text().replace("subAccountId: sms", "subAccountId: texts"))
    assert planned(service, folder).texts == {}
    _put(service, "Menu", inputs={"text": "x"})
    assert outcomes(planned(service, folder)) == {"main-menu.yml": "updated"}


def test_two_names_for_one_sub_account(service: Service, folder: Path) -> None:
    """A file keeps the one that it has."""
    _edit(folder / "Pulumi.test.yaml", "    sms: acme_dev_sms\n", "    sms: acme_dev_sms\n    alerts: acme_dev_sms\n")
    _put(service, "Menu", inputs={"text": "x"})
    written(service, folder)
    assert read_source(folder / MENU).body["subAccountId"] == "sms"


def test_a_sub_account_like_a_logical_name(service: Service, folder: Path) -> None:
    """It can't be written, since it would mean another one: one message, with the next step."""
    service.call("POST", json=sms("New", sub_account="chat"))
    with pytest.raises(ExportError, match=r'sub-account "chat".*Nothing was written.*subAccounts\.chat2 chat'):
        planned(service, folder)
    _edit(folder / "Pulumi.test.yaml", "  8x8:subAccounts:\n", "  8x8:subAccounts:\n    chat2: chat\n")
    assert read_source(written(service, folder).project.folder / "workflows/new.yaml").body["subAccountId"] == "chat2"


def test_a_program_with_ids(service: Service, folder: Path) -> None:
    """An id may be in the program, as exports of version 0.1 wrote it; new ones are in the config."""
    (menu,) = (id for id, each in service.definitions().items() if each["definition"]["name"] == "Menu")
    _edit(folder / "Pulumi.test.yaml", f"    menu: {menu}\n", "")
    _edit(folder / "__main__.py", f'source="{MENU}",\n', f'source="{MENU}",\n    adopt="{menu}",\n')
    assert planned(service, folder).texts == {}
    service.call("POST", json=sms("New"))
    assert outcomes(written(service, folder)) == {"workflows/new.yaml": "created"}
    assert "    new: " in (folder / "Pulumi.test.yaml").read_text()
    assert (folder / "__main__.py").read_text().count("adopt=") == 1


#: Lines of the program for the workflow Menu, and the outcome if the service has another text and status.
BY_HAND = {
    "steps in the program": ('steps=[], source="workflows/menu.yaml"', "kept", "the program declares its steps itself"),
    "an older version": (
        'source="workflows/menu.yaml", pin_version=1',
        "kept",
        "the program pins its version",
    ),
    "a file that is computed": ("source=path", "kept", "the program doesn't name its file as a plain text"),
    "a path by a detour": ('source="../out/workflows/x/../menu.yaml"', "updated", ""),
    "a file in another folder": ('source="../menu.yaml"', "kept", "its file isn't in the project's folder"),
    "the file of another one": ('source="workflows/other.yaml"', "kept", "another workflow uses the same file"),
    "a status in the program": (
        'source="workflows/menu.yaml", status="enabled"',
        "updated",
        "the program sets status itself, and the service has another value",
    ),
    "a status of the config": ('source="workflows/menu.yaml", status=config.get("x")', "updated", ""),
    "a file that is not there": ('source="workflows/gone.yaml"', "created", ""),
}


@pytest.mark.parametrize(("line", "outcome", "note"), BY_HAND.values(), ids=BY_HAND.keys())
def test_lines_made_by_hand(service: Service, folder: Path, line: str, outcome: str, note: str) -> None:
    """The program stays; the parts that it sets itself aren't written to the file."""
    _edit(folder / "__main__.py", f'source="{MENU}"', line)
    _put(service, "Menu", inputs={"text": "x"}, status="disabled")
    made = planned(service, folder)
    (menu,) = (each for each in made.workflows if each.name == "Menu")
    assert (menu.outcome, ", ".join(menu.notes)) == (outcome, note)
    assert "__main__.py" not in made.texts
    if "status" in line:
        assert parse_source("x.yaml", made.texts[MENU].encode()).body["status"] == "enabled"


def test_a_json_file_stays_json(service: Service, folder: Path) -> None:
    """A file that was kept as JSON is written as JSON."""
    (folder / "menu.json").write_text('{"trigger": "inbound_sms", "definition": {"name": "Menu", "steps": []}}')
    _edit(folder / "__main__.py", MENU, "menu.json")
    assert outcomes(written(service, folder)) == {"menu.json": "updated"}
    assert planned(service, folder).texts == {}
    assert (folder / "menu.json").read_text().startswith('{\n  "subAccountId": "sms",\n')


def test_what_the_stack_manages_is_known(service: Service, folder: Path) -> None:
    """Without `8x8:adopt`, the state provides the definition of a resource."""
    ids = {each["definition"]["name"]: id for id, each in service.definitions().items()}
    _edit(folder / "__main__.py", '"other"', "name")
    config = {"8x8:accountId": "acme", "8x8:subAccounts": {"chat": "acme_dev_chat", "sms": "acme_dev_sms"}}
    deployed = DeployedWorkflow("test", config, {"menu": ids["Menu"], "in-a-loop": ids["Other"]})
    made = planned(service, folder, deployed)
    assert {each.resource: each.outcome for each in made.workflows} == {"menu": "unchanged", "in-a-loop": "kept"}
    assert made.texts == {}


#: The files in the folder, and the message.
IN_THE_WAY: dict[str, tuple[dict[str, str], str]] = {
    "another language": ({"Pulumi.yaml": "name: x\nruntime: nodejs\n"}, "is a Pulumi project in nodejs"),
    "a program elsewhere": (
        {"Pulumi.yaml": "name: x\nruntime: python\nmain: src\n"},
        "sets main:, the program's folder",
    ),
    "no YAML": ({"Pulumi.yaml": "a: [\n"}, r"Pulumi\.yaml:2: not YAML"),
    "no Python": ({"__main__.py": "x = (\n"}, r"__main__\.py:1: not Python"),
    "the stack of another account": (
        {"Pulumi.test.yaml": "config: {'8x8:accountId': other}"},
        "for the account other, not for acme",
    ),
    "another account's workflows": (
        {"Pulumi.dev.yaml": "config: {'8x8:accountId': other}", "__main__.py": 'x.Workflow("a", adopt="1")'},
        "has the workflows of the account other; export the account acme to another folder",
    ),
    "another account's workflows by config": (
        {
            "Pulumi.dev.yaml": "config: {'8x8:accountId': other, '8x8:adopt': {a: 1}}",
            "__main__.py": 'x.Workflow("a", source="a.yaml")',
        },
        "has the workflows of the account other; export the account acme to another folder",
    ),
    "a stack that deployed another account's workflows": (
        {
            "Pulumi.dev.yaml": "config: {'8x8:accountId': other, '8x8:adopt': {a: 1}}",
            "Pulumi.test.yaml": "config: {'8x8:accountId': acme}",
            "__main__.py": 'x.Workflow("a", source="a.yaml")',
        },
        "the stack test in .* doesn't name the definitions of a. If it deployed them, its state has them: run the",
    ),
    "sub-accounts that are none": (
        {"Pulumi.test.yaml": "config: {'8x8:accountId': acme, '8x8:subAccounts': 5}"},
        "8x8:subAccounts is not an object",
    ),
}


@pytest.mark.parametrize(("files", "message"), IN_THE_WAY.values(), ids=IN_THE_WAY.keys())
def test_in_the_way(service: Service, tmp_path: Path, files: dict[str, str], message: str) -> None:
    """An obstacle to an export is one message, and nothing is written."""
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    before = _files(tmp_path)
    with pytest.raises(Exception, match=message) as caught:
        written(service, tmp_path)
    assert isinstance(caught.value, ExportError) or "Nothing was changed" in str(caught.value)
    assert _files(tmp_path) == before


def test_a_file_that_cannot_be_read(service: Service, folder: Path) -> None:
    """It is named with its line, and nothing is written."""
    (folder / MENU).write_text("a: 1\n b: 2\n")
    with pytest.raises(SourceError, match=r"menu\.yaml:2: not YAML.*Nothing was written"):
        planned(service, folder)


def test_a_folder_that_leads_out(service: Service, tmp_path: Path) -> None:
    """Nothing is written through a link to another folder."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out/workflows").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ExportError, match=r"links to another folder\. Nothing was written"):
        written(service, tmp_path / "out")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_what_no_file_can_hold(tmp_path: Path) -> None:
    """A definition that is nested deeper than files may be is named, and nothing is written."""
    deep: Any = "x"
    for _ in range(120):
        deep = [deep]
    service = filled([calling("Deep", url="https://acme.com", body=deep)])
    with pytest.raises(ExportError, match=r'"Deep" .* cannot be written as a file: .*Nothing was written'):
        written(service, tmp_path / "out")
    assert not (tmp_path / "out").exists()
