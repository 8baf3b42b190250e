"""How fast changes are reviewed: ``python benchmarks/review.py``. One core, the best of several runs."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from support import best, best_of

from pulumi_8x8.definition import Definition, to_inputs
from pulumi_8x8.review.formats import to_html, to_markdown
from pulumi_8x8.review.reviews import Pair, Side, review

WORKFLOWS, CHANGED = 500, 20
SIZES = (50, 200, 1_000)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder, "before"), Path(folder, "after")
        preview = Path(folder, "preview.json")
        _write(before, after, preview)
        for what, arguments in (
            ("two folders", [str(before), str(after)]),
            ("two folders, as HTML", [str(before), str(after), "--format", "html"]),
            ("a preview", [str(preview), "--format", "markdown"]),
        ):
            command = [str(Path(sys.executable).with_name("pulumi-8x8")), "review", *arguments]
            seconds = best_of(command, 3)
            print(f"pulumi-8x8 review, {what}: {WORKFLOWS} workflows, {CHANGED} changed: {seconds:.2f} s")
    for size in SIZES:
        made = [Side(Definition.from_body(_workflow(0, size, text))) for text in ("Hello", "Good day")]
        pair = Pair("large", made[0], made[1])
        seconds = best(lambda pair=pair: review("", [pair]), 3)
        done = review("", [pair])
        html = best(lambda done=done: to_html(done), 3)
        markdown = best(lambda done=done: to_markdown(done), 3)
        print(f"review of {size:,} steps: {seconds:.3f} s; HTML {html:.3f} s, Markdown {markdown:.3f} s")


def _workflow(number: int, size: int, text: str) -> dict[str, Any]:
    """A chain of questions: a message, an answer, a branch."""
    steps: list[dict[str, Any]] = []
    message = {"subAccountId": "acme", "destination": "{{data.payload.source}}"}
    for index in range(0, size, 3):
        answer = {"outputs": {f"a{index}": "{{step.reply}}"}, "nextStepId": f"s{index + 2}"}
        more = f"s{index + 3}" if index + 3 < size else "s0"
        ways = {f"s{index}": f"{{{{data.a{index}.payload.body == 'again'}}}}", more: None}
        steps += [
            {"id": f"s{index}", "stepType": "SMS", "inputs": {**message, "text": f"{text} {index}"}},
            {"id": f"s{index + 1}", "stepType": "WaitForReply", "inputs": {"from": "x", "channel": "sms"}, **answer},
            {"id": f"s{index + 2}", "stepType": "Branch", "selectNextStep": ways},
        ]
        steps[-3]["nextStepId"] = f"s{index + 1}"
    definition = {"name": f"Workflow {number}", "steps": steps}
    return {"trigger": "inbound_sms", "status": "enabled", "definition": definition}


def _write(before: Path, after: Path, preview: Path) -> None:
    steps = []
    for number in range(WORKFLOWS):
        old = _workflow(number, 9, "Hello")
        new = _workflow(number, 9, "Good day" if number < CHANGED else "Hello")
        for folder, body in ((before, old), (after, new)):
            folder.mkdir(exist_ok=True)
            (folder / f"{number}.json").write_text(json.dumps(body))
        states = [{"inputs": to_inputs(Definition.from_body(body))} for body in (old, new)]
        urn = f"urn:pulumi:dev::project::pulumi-python:dynamic/8x8:Workflow::w{number}"
        if number < CHANGED:
            steps.append({"op": "update", "urn": urn, "oldState": states[0], "newState": states[1]})
    preview.write_text(json.dumps({"steps": steps}))


if __name__ == "__main__":
    main()
