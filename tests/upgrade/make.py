"""Makes a fixture: ``python tests/upgrade/make.py VERSION`` (see README.md).

It deploys ``program/`` with the provider that Python finds, through a history, and writes ``fixtures/VERSION``.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from engine.conftest import Stack
from kit import API_KEY, Account, emulator_on
from upgrade.upgrade_kit import (
    ACCOUNTS,
    BASE_URL,
    FIXTURES,
    PROGRAM,
    Service,
    project,
    without_machine,
)

#: What a builder adds when somebody saves a workflow without a change, and what a service may add.
NOISE = {"stepType": "sms", "do": [], "outputs": {}, "selectNextStep": {}, "nextStepId": None, "addedByService": True}


def sms(name: str, text: str) -> dict[str, Any]:
    """A definition that somebody else makes."""
    inputs = {"subAccountId": "acme_sms", "destination": "{{data.payload.source}}", "text": text}
    step = {"id": "reply", "stepType": "SMS", "inputs": inputs}
    return {"trigger": "inbound_sms", "status": "enabled", "definition": {"name": name, "steps": [step]}}


def by_name(account: Account, name: str) -> dict[str, Any]:
    """The newest version of the only definition of that name."""
    (found,) = (each for each in account.definitions() if each["definition"]["name"] == name)
    return found


def save(account: Account, name: str, change: dict[str, Any], **step: Any) -> None:
    """Somebody else stores another version.

    :param change: of the envelope. :param step: of the first step.
    """
    body = by_name(account, name) | change
    body["definition"]["steps"][0] |= step
    account.call("PUT", f"/{body['definition']['id']}", json=body)


def configure(stack: Stack, service: Service, ids: dict[str, str]) -> None:
    """The stack and its config."""
    stack.run("stack", "init", "test")
    plain = {
        "8x8:accountId": ACCOUNTS[0],
        "8x8:baseUrl": service.base_url,
        "8x8:lint": "secret-in-plain-text=off",
        **ids,
        "greeting": "Hello",
    }
    secret = {"8x8:apiKey": API_KEY, "8x8:otherKey": API_KEY, "crmToken": "t0ken-4711"}
    options = [
        *(f"--plaintext={key}={value}" for key, value in plain.items()),
        *(f"--secret={key}={value}" for key, value in secret.items()),
    ]
    stack.run("config", "set-all", *options)
    for name in ("chat", "sms", "voice"):
        stack.run("config", "set", "--path", f"8x8:subAccounts.{name}", f"acme_{name}")


def deploy(stack: Stack, account: Account) -> None:
    """The history of the fixture: two versions, a pin, and what somebody else stores before the last refresh."""
    stack.up()
    stack.run("config", "set", "greeting", "Good day")
    stack.up()
    stack.run("config", "set", "pin", "1")
    stack.up()
    (step,) = sms("edited", "Edited in the builder")["definition"]["steps"]
    inputs = {**step["inputs"], "source": None}
    save(account, "edited", {"status": "disabled"}, inputs=inputs, outputs={"umid": "{{step.umid}}"})
    save(account, "touched", {}, **NOISE)
    save(account, "ignoring", {"status": "disabled"})
    stack.run("refresh", "--yes", "--skip-preview")


def make(name: str, work: Path) -> None:
    """Writes the fixture ``name``.

    :param work: an empty folder.
    """
    with emulator_on(work / "emulator.sqlite") as base_url:
        service = Service(base_url)
        account = service.account()
        ids = {
            theirs: account.call("POST", json=sms(theirs, "Somebody else's"))["definition"]["id"]
            for theirs in ("adopted", "foreign")
        }
        stack = project(work, PROGRAM, service, work / "home")
        configure(stack, service, ids)
        deploy(stack, account)
        state = without_machine(json.loads(stack.run("stack", "export").out))
        texts = {
            "state.json": json.dumps(state, indent=1) + "\n",
            "service.json": json.dumps(service.versions(), indent=1) + "\n",
            "stack.yaml": (stack.folder / "Pulumi.test.yaml").read_text("utf-8"),
        }
    shutil.rmtree(FIXTURES / name, ignore_errors=True)
    shutil.copytree(PROGRAM, FIXTURES / name / "program")
    for file, text in texts.items():
        (FIXTURES / name / file).write_text(text.replace(base_url, BASE_URL), "utf-8")


if __name__ == "__main__":
    version = sys.argv[-1]
    if not re.fullmatch(r"[0-9][0-9.]*[0-9]", version):
        sys.exit("the fixture's name is the provider's version: python tests/upgrade/make.py 0.1.0")
    with tempfile.TemporaryDirectory() as folder:
        make(version, Path(folder))
