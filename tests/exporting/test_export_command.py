"""``pulumi-8x8 export``: what it prints, how it exits, how many calls it makes."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from kit import API_KEY, BIN, Account
from pulumi_8x8.cli import main

from .export_kit import Body, calling, sms

UNKNOWN = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


@pytest.fixture(autouse=True)
def environment(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account that the environment names, outside of any Pulumi project."""
    for name, value in {"ACCOUNT_ID": account.id, "API_KEY": API_KEY, "BASE_URL": account.base_url}.items():
        monkeypatch.setenv(f"PULUMI_8X8_{name}", value)
    monkeypatch.setenv("PATH", f"{BIN}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)


def _store(account: Account, *bodies: Body) -> list[str]:
    return [account.call("POST", json=body)["definition"]["id"] for body in bodies]


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["export", *map(str, arguments)], prog_name="pulumi-8x8")


def _all(*arguments: object) -> Result:
    return _run("--all", "--to", "out", *arguments)


def test_first(account: Account) -> None:
    """Every workflow with its file, what else was written, the names, and the commands that come next."""
    _store(account, sms("Menu"), sms("Other \x1b[31m", sub_account="acme_dev_chat"), calling("A", url="https://a.com"))
    result = _all()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == (
        f"3 workflows of the account {account.id}, in out\n"
        "  created    workflows/a.yaml          A\n"
        "  created    workflows/menu.yaml       Menu\n"
        "  created    workflows/other-31m.yaml  Other \\x1b[31m\n"
        "  written    __main__.py, Pulumi.yaml, Pulumi.production.yaml, README.md, .gitignore, requirements.txt\n"
        "Sub-accounts (8x8:subAccounts): chat = acme_dev_chat, sms = acme_dev_sms\n"
        "Next, in out:\n"
        "  pulumi stack init production\n"
        "  pulumi config set --secret 8x8:apiKey     # asks for the key\n"
        "  pulumi up\n"
    )


def test_nothing_to_do(account: Account) -> None:
    """A second export reports only that all is unchanged."""
    _store(account, sms("Menu"))
    _all()
    result = _all()
    assert (result.exit_code, result.stdout) == (
        0,
        f"1 workflow of the account {account.id}, in out\n  1 unchanged\n",
    )


def test_what_would_be_overwritten(account: Account) -> None:
    """It stops with 1, lists each file with its places, writes nothing, also no new files; with --force it does it."""
    (id,) = _store(account, sms("Menu"))
    _all()
    account.call("PUT", f"/{id}", json=sms("Menu", text="new"))
    _store(account, sms("New"))
    result = _all()
    assert result.exit_code == 1
    assert result.stdout == (
        "These files differ from the service. Nothing was written.\n"
        "workflows/menu.yaml (Menu)\n"
        "  steps.say.inputs.text changed\n"
        "To overwrite them with what the service holds: --force\n"
    )
    assert "new" not in Path("out/workflows/menu.yaml").read_text()
    assert not Path("out/workflows/new.yaml").exists()
    result = _all("--force")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1:] == [
        "  updated    workflows/menu.yaml  Menu",
        "  created    workflows/new.yaml   New",
        "  written    __main__.py, Pulumi.production.yaml",
    ]


def test_json(account: Account) -> None:
    """For programs: the same as data, and no values of secrets."""
    (id,) = _store(account, calling("A", url="https://a.com/?token=4f5b6f2986dc"))
    report = json.loads(_all("--format", "json").stdout)
    made = ["Pulumi.production.yaml", "Pulumi.yaml", "README.md", "__main__.py", ".gitignore", "requirements.txt"]
    workflow = {"id": id, "name": "A", "resource": "a", "file": "workflows/a.yaml", "notes": [], "changes": []}
    expected: dict[str, Any] = {
        "account": account.id,
        "folder": "out",
        "project": "out",
        "stack": "production",
        "written": sorted([*made, "workflows/a.yaml"]),
        "workflows": [{**workflow, "outcome": "created"}],
        "gone": [],
        "subAccounts": {},
        "secrets": ["aComToken"],
        "secretsNotSet": ["aComToken"],
    }
    assert report == expected
    account.call("PUT", f"/{id}", json=calling("A", url="https://b.com"))
    result = _all("--format", "json")
    report = json.loads(result.stdout)
    assert (result.exit_code, report["written"]) == (1, [])
    assert report["workflows"] == [{**workflow, "outcome": "updated", "changes": ["steps.call.inputs.url changed"]}]


def test_chosen_ones(account: Account) -> None:
    """Only those that are named, each once; the others may follow."""
    ids = _store(account, sms("Menu"), sms("Other"))
    assert _run(ids[1], ids[1], "--to", "out", "--name", "mine", "--stack-name", "dev").exit_code == 0
    assert [path.name for path in Path("out/workflows").iterdir()] == ["other.yaml"]
    assert Path("out/Pulumi.yaml").read_text().startswith("name: mine\n")
    assert Path("out/Pulumi.dev.yaml").exists()
    assert "  created    workflows/menu.yaml  Menu\n  1 unchanged\n" in _all().stdout


def test_what_is_gone(account: Account) -> None:
    """A workflow that the service no longer has is reported; its lines and file stay."""
    (id, _) = _store(account, sms("Menu"), sms("Other"))
    _all()
    program = Path("out/__main__.py").read_text()
    account.call("DELETE", f"/{id}")
    while account.call("GET", f"/{id}"):
        pass
    result = _all()
    assert result.exit_code == 0
    assert f"  gone       menu: the service no longer has {id}; its lines and file stay\n" in result.stdout
    assert Path("out/__main__.py").read_text() == program
    assert Path("out/workflows/menu.yaml").exists()


def test_python(account: Account) -> None:
    """Modules, what Python has nothing for, and the form of the project in a second export."""
    _store(account, sms("Menu"), {**sms("Tagged"), "tags": ["a"]})
    result = _all("--as", "python")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[1:4] == [
        "  created    workflows/menu.py      Menu",
        "  created    workflows/tagged.yaml  Tagged; a YAML file, since Python has nothing for tags",
        "  written    __main__.py, Pulumi.yaml, Pulumi.production.yaml, README.md, .gitignore, requirements.txt, "
        "workflows/__init__.py",
    ]
    _store(account, sms("New"))
    assert "  created    workflows/new.py  New\n" in _all().stdout


def test_many(account: Account) -> None:
    """Of many that are new not each is listed."""
    _store(account, *(sms(f"Menu {number}") for number in range(25)))
    assert "  … and 5 more\n" in _all().stdout
    assert "  25 unchanged\n" in _all().stdout


#: Arguments and the message (exit code 2).
CANNOT: dict[str, tuple[tuple[str, ...], str]] = {
    "neither ids nor all": (("--to", "out"), "name the ids of workflows, or use --all or --managed"),
    "both": ((UNKNOWN, "--all", "--to", "out"), "name the ids of workflows, or use --all or --managed"),
    "both options": (("--managed", "--all", "--to", "out"), "name the ids of workflows, or use --all or --managed"),
    "no stack": (("--managed", "--to", "out"), "this folder has no Pulumi project"),
    "no folder": (("--all",), "Missing option '--to'"),
    "an unknown id": ((UNKNOWN, "--to", "out"), f"has no workflow definition {UNKNOWN}"),
    "no id": (("menu", "--to", "out"), '"menu" isn\'t the id of a definition, and this folder has no Pulumi project'),
    "a file": (("--all", "--to", "file"), "file isn't a folder. Nothing was written."),
    "below a file": (("--all", "--to", "file/out"), "file/out: Not a directory. Nothing was written."),
    "a name": (("--all", "--to", "out", "--name", "a b"), "'a b' isn't a name for a Pulumi project"),
    "a folder without a name": (("--all", "--to", "日本"), "'' isn't a name for a Pulumi project"),
    "a stack's name": (("--all", "--to", "out", "--stack-name", "../x"), "'../x' isn't a name for a Pulumi stack"),
    "secrets without a stack": (("--all", "--to", "out", "--set-secrets"), "out has no stack for the account yet"),
    "another stack": (
        ("--all", "--to", "out", "--stack", "dev"),
        "neither this folder nor a parent folder has a Pulumi project",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), CANNOT.values(), ids=CANNOT.keys())
def test_what_cannot_be_done(account: Account, tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    """One message, exit code 2, and nothing is written."""
    _store(account, sms("Menu"))
    (tmp_path / "file").touch()
    result = _run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert result.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_without_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is named, and how to set it."""
    monkeypatch.delenv("PULUMI_8X8_API_KEY")
    result = _all()
    assert result.exit_code == 2
    assert "the API key of the 8x8 Automation API is not set" in result.stderr


def test_a_service_that_refuses(account: Account) -> None:
    """The service's error, exit code 2, and nothing is written."""
    account.fault({"method": "GET", "status": 403, "body": {"message": "No."}})
    result = _all()
    assert result.exit_code == 2, result.output
    assert "The service did not accept the key" in result.stderr
    assert not Path("out").exists()
