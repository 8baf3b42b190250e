"""What the tests of the commands share: running one, and workflows and instances to run it on."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from click.testing import CliRunner, Result

from kit import BIN, Account
from pulumi_8x8.cli import main

#: See the fixture ``make_stack``.
MakeStack = Callable[..., Path]

PAYLOADS = Path(__file__).parents[1] / "payloads"


def run(*arguments: object, stdin: str | bytes | None = None) -> Result:
    """One run of ``pulumi-8x8`` in this process, where there is no terminal."""
    return CliRunner().invoke(main, [str(each) for each in arguments], prog_name="pulumi-8x8", input=stdin)


def begin(*arguments: object) -> subprocess.Popen[str]:
    """``pulumi-8x8`` as a process of its own, which heeds Ctrl-C also where the tests themselves do not."""

    def heed() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    command = [str(BIN / "pulumi-8x8"), *(str(each) for each in arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=heed)


def lines(result: Result) -> list[str]:
    """Its standard output; it succeeded without any other output."""
    assert (result.exit_code, result.stderr) == (0, ""), result.output
    return result.stdout.splitlines()


def pulumi(*arguments: str, given: str | None = None) -> str:
    """What ``pulumi`` prints; it succeeds."""
    command = [str(BIN / "pulumi"), *arguments, "--non-interactive"]
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def say(id: str, text: str, next: str | None = None) -> dict[str, Any]:
    user = {"msisdn": "{{data.payload.user.msisdn}}"}
    inputs = {"subAccountId": "s", "user": user, "type": "text", "content": {"text": text}}
    return {"id": id, "stepType": "ChatAppsMessage", "inputs": inputs, "nextStepId": next}


#: Asks, and waits for the answer.
MENU = [
    say("ask", "1 or 2?", "wait"),
    {
        "id": "wait",
        "stepType": "WaitForReply",
        "inputs": {"from": "{{data.payload.user.msisdn}}", "channel": "whatsapp", "timeout": "1.00:00:00"},
        "nextStepId": "bye",
    },
    say("bye", "Bye"),
]
#: Stops at an error.
FAULTY = [
    say("ask", "Hello", "call"),
    {"id": "call", "stepType": "HttpRequest", "inputs": {"url": "https://crm.example/", "method": "GET"}},
]


def body(name: str, steps: list[dict[str, Any]], **envelope: Any) -> dict[str, Any]:
    inner = {"name": name, "steps": steps}
    return {"trigger": "inbound_chat_apps", "status": "enabled", **envelope, "definition": inner}


@dataclass
class Workflows:
    """Workflows of one account of the emulator, and their instances.

    :ivar ids: of the definitions, by name.
    """

    account: Account
    ids: dict[str, str] = field(default_factory=dict)

    def store(self, name: str, steps: list[dict[str, Any]], **envelope: Any) -> str:
        """A definition of that name, or its next version; its id."""
        known = self.ids.get(name)
        stored = self.account.call(
            "PUT" if known else "POST", f"/{known}" if known else "", json=body(name, steps, **envelope)
        )
        return self.ids.setdefault(name, stored["definition"]["id"])

    def start(self, name: str, msisdn: str = "+6581968289", version: int | None = None) -> str:
        """An instance; its id."""
        headers = {"Authorization": "Bearer emulator-key"}
        answer = httpx.post(
            f"{self.account.url}/{self.ids[name]}/workflows",
            params={} if version is None else {"version": version},
            json={"payload": {"user": {"msisdn": msisdn}}},
            headers=headers,
        ).raise_for_status()
        return answer.headers["Location"].rpartition("/")[2]

    def reply(self, msisdn: str = "+6581968289") -> None:
        """The customer answers."""
        message = json.loads((PAYLOADS / "inbound_chat_apps_v2_text.json").read_text())
        message["payload"]["user"] = {"msisdn": msisdn, "channelUserId": msisdn.lstrip("+")}
        url = f"{self.account.base_url}/_emulator/inbound"
        httpx.post(url, params={"accountId": self.account.id}, json=message).raise_for_status()

    def status(self, name: str, instance: str) -> str:
        found: str = self.account.call("GET", f"/{self.ids[name]}/workflows/{instance}")["status"]
        return found
