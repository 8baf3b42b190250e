"""Accounts to export: the emulator in this process, and definitions of every sort, made from a number."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pulumi_8x8.api import StoredDefinition
from pulumi_8x8.exporting import DeployedWorkflow, Export, Form, plan, read_project
from resources.harness import Service

Body = dict[str, Any]


def filled(bodies: Iterable[Body]) -> Service:
    """A service whose account holds ``bodies``."""
    service = Service()
    for body in bodies:
        service.call("POST", json=body)
    return service


def stored(service: Service) -> list[StoredDefinition]:
    return list(service.client().list_definitions())


def planned(
    service: Service, folder: Path, deployed: DeployedWorkflow | None = None, form: Form | None = None
) -> Export:
    """What ``pulumi-8x8 export --all --to folder`` decides."""
    project = read_project(folder, service.client().settings, name="project", stack="test", deployed=deployed)
    return plan(project, stored(service), form)


def written(
    service: Service, folder: Path, deployed: DeployedWorkflow | None = None, form: Form | None = None
) -> Export:
    made = planned(service, folder, deployed, form)
    made.write()
    return made


def outcomes(made: Export) -> dict[str, str]:
    """The outcome of each file that changes."""
    return {str(each.file): each.outcome for each in made.workflows if each.outcome != "unchanged"}


def sms(name: str, text: str = "Hello", sub_account: str = "acme_dev_sms", **parts: Any) -> Body:
    """A workflow of one step."""
    inputs = {"subAccountId": sub_account, "destination": "{{data.payload.source}}", "text": text}
    return {
        "subAccountId": sub_account,
        "trigger": "inbound_sms",
        "status": "enabled",
        **parts,
        "definition": {"name": name, "steps": [{"id": "say", "stepType": "SMS", "inputs": inputs}]},
    }


def calling(name: str, **inputs: Any) -> Body:
    """A workflow that calls an API."""
    step = {"id": "call", "stepType": "HttpRequest", "inputs": {"method": "GET", **inputs}}
    return {"trigger": "inbound_sms", "status": "enabled", "definition": {"name": name, "steps": [step]}}


#: Texts that YAML, Pulumi, placeholders for secrets or a shell might take for something else.
TRAPS = (
    *(
        "no",
        "yes",
        "on",
        "0x1",
        "012",
        "1_000",
        "1.0",
        "1e3",
        "-0",
        "+6512345678",
        "00:05:00",
        "10:30:00",
        "2026-03-01",
    ),
    *(
        "null",
        "~",
        "true",
        "",
        " ",
        "=",
        "<<",
        "#",
        "a #b",
        "a: b",
        "- a",
        "? a",
        "{a}",
        "[a",
        "&a",
        "*a",
        "!a",
        "|",
        ">",
    ),
    *("%a", "@a", "`a", "---", "...", "'", '"', "it's", "\\", "\\n", "(null)", "(int 7)", "((null))", "<secret:none>"),
    *(
        "a\nb",
        "a\nb\n",
        "a\n\nb\n\n",
        " a\nb",
        "a \nb",
        "a\r\nb\r\n",
        "a\r\n b ",
        "\ta",
        "a\tb\n\tc",
        "\n",
        "a\n---\nb",
    ),
    *(
        "\x85",
        "a\u2028b",
        "\ufeffa",
        "\x00",
        "\x1b[31m",
        "Grüße",
        "日本語",
        "👩‍💻",
        "😀\n😀",
        "مرحبا",
        "e\u0301",
        "a" * 300,
    ),
    *("{{data.payload.body == 'no'}}", "{{ step.reply }}", "$HOME", "${x}", "chat", "../../etc/passwd"),
)
NUMBERS = (0, 1, -1, 1.5, -0.25, 1e-7, 1e22, 1e300, 2**53, 2**53 + 1, -(10**30), True, False, None)
NAMES = (
    *TRAPS[:4],
    "Auto Reply",
    "auto reply",
    "AUTO-REPLY",
    "CON",
    "../../etc",
    "Ünïcode",
    "日本語",
    "a" * 200,
    "🤖",
    "x/y",
)
SUB_ACCOUNTS = ("acme_dev_chat", "acme_dev_sms", "acme_dev_voice_2")


def generated(count: int, seed: int = 8) -> Iterator[Body]:
    """Definitions that a service could hold, each another one; the same for the same ``seed``."""
    dice = random.Random(seed)

    def text() -> str:
        return dice.choice(TRAPS) if dice.random() < 0.8 else "".join(dice.choice("ab :#-\n'\"é😀") for _ in range(8))

    def value(depth: int) -> Any:
        kind = dice.random()
        if depth and kind < 0.25:
            return {text(): value(depth - 1) for _ in range(dice.randrange(4))}
        if depth and kind < 0.4:
            return [value(depth - 1) for _ in range(dice.randrange(4))]
        return dice.choice(NUMBERS) if kind < 0.55 else text()

    def sub_account() -> Any:
        return dice.choice((*SUB_ACCOUNTS, "{{data.subAccountId}}", "", None, 5))

    def inputs(kind: str) -> dict[str, Any]:
        if kind == "HttpRequest":
            token = dice.choice(("Bearer 4f5b6f2986dc4b0e", "Basic dXNlcjpwYXNzd29yZA==", "{{data.token}}", "x"))
            url = dice.choice(("https://crm.acme.com/a?token=9f8e7d6c5b4a&b=1", "https://u:pa55word@acme.com", text()))
            return {"url": url, "method": "POST", "headers": {"Authorization": token, "X": text()}, "body": value(3)}
        return {text(): value(2) for _ in range(dice.randrange(4))} | {"subAccountId": sub_account()}

    def step(id: Any, others: list[Any], depth: int) -> Any:
        kind = dice.choice(("SMS", "sms", "HttpRequest", "Branch", "Wait", "If", "WaitForReply", "NotPublished", None))
        made: dict[str, Any] = {"id": id, "stepType": kind, "inputs": inputs(str(kind))}
        if dice.random() < 0.4:
            made["outputs"] = {text(): text() for _ in range(2)}
        if dice.random() < 0.5:
            made["nextStepId"] = dice.choice([*others, None, "nowhere"])
        elif dice.random() < 0.6:
            made["selectNextStep"] = {str(other): dice.choice(("{{true}}", None, True)) for other in others[:3]}
        if kind == "If" and depth:
            made["do"] = [[step(f"in{id}{n}", others, depth - 1) for n in range(2)] for _ in range(2)]
        if dice.random() < 0.2:
            made[dice.choice(("notPublished", "errorBehavior", "é x"))] = value(2)
        if dice.random() < 0.1:
            del made[dice.choice(("id", "stepType", "inputs"))]
        return made

    for number in range(count):
        ids = [f"s{n}" for n in range(dice.randrange(5))] + dice.sample(TRAPS, dice.randrange(3))
        if dice.random() < 0.1:
            ids += [ids[0] if ids else "#1", "#0"]
        inner: dict[str, Any] = {
            "name": dice.choice(NAMES) if dice.random() < 0.7 else f"Workflow {number}",
            "steps": [step(id, ids, 1) for id in ids],
        }
        inner["name"] = inner["name"] or "x"
        if dice.random() < 0.2:
            inner["description"] = value(2)
        body = {"trigger": dice.choice(("inbound_sms", "inbound_chat_apps", "http_request")), "definition": inner}
        body |= {"status": status} if (status := dice.choice(("enabled", "disabled", None))) else {}
        body |= {"subAccountId": owner} if isinstance(owner := sub_account(), str) else {}
        if dice.random() < 0.2:
            body["notPublished"] = value(3)
        yield body
