"""An exported account on the real engine: its README is followed, and nothing changes on the service."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

import corpus
from engine.conftest import Stack
from kit import API_KEY, BIN, Account

from .export_kit import calling, generated, sms

pytestmark = pytest.mark.engine

#: Beside the published definitions: ids that YAML or JSON would take for something else, secrets, odd names.
MORE = [
    *(sms(f"Sub-account {id}", sub_account=id) for id in ("12345", "true", "1e3", "null", "a.b", "acme[0]")),
    calling("Secret", url="https://ann:pa55word@crm.acme.com/?token=4f5b6f2986dc4b0e", body={"key": '-x "y" $HOME'}),
    calling("Odd secret", url="https://crm.acme.com", headers={"X-Api-Key": '-- "q" \\n $HOME `x` 日本'}),
    sms("Looks like a secret", text="<secret:none>\n"),
    *generated(8),
]


@pytest.fixture
def environ(tmp_path: Path, pulumi_home: Path) -> dict[str, str]:
    """A machine with nothing but the two programs and a backend in a folder."""
    (tmp_path / "state").mkdir()
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PULUMI_")}
    return {
        **kept,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PULUMI_HOME": str(pulumi_home),
        "PULUMI_BACKEND_URL": f"file://{tmp_path}/state",
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_OPTION_SKIP_PREVIEW": "true",
        "PULUMI_SKIP_CONFIRMATIONS": "true",
    }


def _versions(account: Account) -> dict[str, int]:
    return {each["definition"]["id"]: each["definition"]["version"] for each in account.definitions()}


def _run(line: str, folder: Path, environ: dict[str, str], code: int = 0) -> str:
    """Runs a line of shell; returns what it printed."""
    done = subprocess.run(
        ["bash", "-c", line], cwd=folder, env=environ, input=API_KEY, capture_output=True, text=True, check=False
    )
    assert done.returncode == code, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def _named(account: Account) -> dict[str, str]:
    """The environment that names an account."""
    settings = {"ACCOUNT_ID": account.id, "API_KEY": API_KEY, "BASE_URL": account.base_url}
    return {f"PULUMI_8X8_{name}": value for name, value in settings.items()}


def _commands(folder: Path, title: str) -> list[str]:
    """The commands of a section of the project's README."""
    found = re.search(rf"## {title}\n.*?```sh\n(.*?)```", (folder / "README.md").read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found[1].splitlines()


def test_journey(tmp_path: Path, account: Account, environ: dict[str, str]) -> None:
    """Export, the README's commands, `pulumi up`: all is taken over by reading. An edit in the browser comes in."""
    ids = [account.call("POST", json=body)["definition"]["id"] for body in (*corpus.BODIES.values(), *MORE)]
    before = _versions(account)
    assert len(before) == len(ids)

    def run(line: str, folder: Path, code: int = 0, **more: str) -> str:
        return _run(line, folder, {**environ, **more}, code)

    run("pulumi-8x8 export --all --to out", tmp_path, **_named(account))
    folder = tmp_path / "out"
    stack = Stack(folder, account, environ)
    init, key, secrets, up = _commands(folder, "Begin")

    run(init, folder)
    run(key, folder)
    refused = stack.preview(code=-1)
    assert re.search(
        r"error: workflows/\S+\.yaml:\d+: the secret \w+ is not set: pulumi config set --secret", refused.text
    )
    assert "Traceback" not in refused.text
    assert "  set        crmAcmeComToken, in the config of production\n" in run(secrets, folder)
    assert "to be set" not in run("pulumi-8x8 export --all --to .", folder)
    with account.calls() as calls:
        run(up, folder)
    assert {call.split()[0] for call in calls} == {"GET"}
    assert _versions(account) == before
    assert sorted(each["id"] for each in stack.resources()) == sorted(ids)
    assert stack.preview("--expect-no-changes").counts == {"unchanged": len(ids) + 1}
    everything = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"pa55word" not in everything
    assert b"4f5b6f2986dc4b0e" not in everything

    (edited,) = (each for each in account.definitions() if each["definition"]["name"] == "Sub-account 12345")
    edited["definition"]["steps"][0]["inputs"]["text"] = "Edited in the browser"
    account.call("PUT", f"/{edited['definition']['id']}", json=edited)
    assert "steps.say.inputs.text changed" in stack.preview().text
    assert "--force" in run("pulumi-8x8 export --all --to .", folder, code=1)
    assert "1 update" not in run("pulumi-8x8 export --all --to . --force", folder)
    with account.calls() as calls:
        assert stack.up().counts == {"updated": 1, "unchanged": len(ids)}, "the state learns of it"
    assert {call.split()[0] for call in calls} == {"GET"}
    assert stack.preview("--expect-no-changes").counts == {"unchanged": len(ids) + 1}


PYTHON = [
    *(corpus.BODIES[name] for name in corpus.BODIES if name[:2] in ("03", "05", "08", "09", "34")),
    calling("Secret", url="https://crm.acme.com/?token=4f5b6f2986dc4b0e", body={"a": None, "b": 2**53 + 1}),
    sms("Menu", text="Say \"{{data.payload.body}}\"\n{{data.a + 'x'}}"),
]


def test_journey_in_python(tmp_path: Path, emulator: str, account: Account, environ: dict[str, str]) -> None:
    """Modules: `pulumi up` changes nothing. An edit in the browser comes in beside a change by hand. The same project
    deploys to another account, whose digests are the same."""
    ids = [account.call("POST", json=body)["definition"]["id"] for body in PYTHON]
    before = _versions(account)
    _run("pulumi-8x8 export --all --to out --as python", tmp_path, {**environ, **_named(account)})
    folder = tmp_path / "out"
    assert len([*folder.glob("workflows/*.py")]) == len(PYTHON) + 1
    stack = Stack(folder, account, environ)
    for line in _commands(folder, "Begin")[:-1]:
        _run(line, folder, environ)
    with account.calls() as calls:
        stack.up()
    assert {call.split()[0] for call in calls} == {"GET"}
    assert _versions(account) == before
    assert all(each["protect"] for each in stack.resources())
    digests = stack.outputs()["digests"]
    assert len(digests) == len(PYTHON)

    menu = folder / "workflows/menu.py"
    by_hand = menu.read_text("utf-8").replace("    say = ", "    # Ours.\n    say = ").replace("say", "greet")
    menu.write_text(by_hand.replace('"greet"', '"say"'), "utf-8")
    (edited,) = (each for each in account.definitions() if each["definition"]["name"] == "Menu")
    edited["definition"]["steps"][0]["inputs"]["encoding"] = "UCS2"
    account.call("PUT", f"/{edited['definition']['id']}", json=edited)
    assert "workflows/menu.py (Menu)\n" in _run("pulumi-8x8 export --all --to .", folder, environ, code=1)
    assert "  updated    workflows/menu.py  Menu" in _run("pulumi-8x8 export --all --to . --force", folder, environ)
    assert "    # Ours.\n    greet = automation.SMS(" in menu.read_text("utf-8")
    assert '        encoding="UCS2",\n' in menu.read_text("utf-8")
    assert stack.up().counts == {"updated": 1, "unchanged": len(ids)}, "the state learns of it"
    assert stack.preview("--expect-no-changes").counts == {"unchanged": len(ids) + 1}

    other = Account(emulator, f"{account.id}-staging")
    values = {
        "<account>": other.id,
        "subAccounts.<name> <sub-account>": "subAccounts.sms other_sms",
        "<name>": "crmAcmeComToken",
    }
    *commands, _ = _commands(folder, "Deploy to another account")
    for line in (*commands, f"pulumi config set 8x8:baseUrl {other.base_url}"):
        for name, value in values.items():
            line = line.replace(name, value)
        _run(line, folder, environ)
    assert stack.up().counts == {"created": len(PYTHON) + 1}
    assert sorted(each["definition"]["name"] for each in other.definitions()) == sorted(
        body["definition"]["name"] for body in PYTHON
    )
    assert {**stack.outputs()["digests"], "menu": ""} == {**digests, "menu": ""}
    assert f"  {len(PYTHON)} unchanged\n" in _run("pulumi-8x8 export --all --to . --force", folder, environ)
