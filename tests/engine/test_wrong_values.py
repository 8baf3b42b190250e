"""Wrong values on the real engine: one message each, with the line and without the value, and nothing is sent."""

from __future__ import annotations

import re

import pytest

from .conftest import Stack

pytestmark = pytest.mark.engine

SECRET = "s3cr3t-v4lue"

#: The arguments of a workflow or its step, and the message about them.
WRONG = {
    "name=f'Hello {name}'": "name: a text that was made of an Output before its value was known",
    "steps=[wait(secret.encode())]": "steps.a.inputs.duration: bytes; write a text: value.decode()",
    "steps=[wait(datetime.now())]": "steps.a.inputs.duration: a date or time; write a text: value.isoformat()",
    "steps=[call({secret})]": "steps.a.inputs.body: a set (it has no order)",
    "steps=[call(1e400)]": "steps.a.inputs.body: NaN or an infinity",
    "steps=[call({1: secret})]": "steps.a.inputs.body: key number 1 is a number",
    "steps=[call(secret + chr(0xd800))]": "steps.a.inputs.body: a text with half a character",
    "steps=[call(endless)]": "steps.a.inputs.body.again: a list or mapping that contains itself",
    "steps=[call({'4dabf18193072939515e22adb298388d': secret})]": "steps.a.inputs.body: key number 1 is reserved",
    "steps=[call(coroutine())]": "steps.a.inputs.body: a coroutine or Future",
    "steps=(wait('1') for _ in range(1))": "steps: a generator; write a list",
    "steps=[[wait('1')]]": 'steps["#0"]: a list instead of a step',
    "adopt=name": "adopt: an Output, and this id must be known when the program runs; write the id itself",
    "adopt='..'": "adopt: it can't be an id, because a URL reads dots as a folder",
    "pin_version=name": "pin_version: an Output, and this must be known when the program runs",
    "account=automation.Account('')": "account.id: it is empty",
    "opts=pulumi.ResourceOptions(id='x')": (
        "opts.id: with this option, Pulumi only reads the resource; to read a definition, write"
    ),
    "opts=pulumi.ResourceOptions(import_='x')": "opts.import_: Pulumi cannot import resources of dynamic providers",
}

PROGRAM = f"""
    from datetime import datetime

    secret, endless = "{SECRET}", {{}}
    endless["again"] = endless
    name = pulumi.Output.from_input(secret)

    async def coroutine():
        return secret

    def wait(duration, **more):
        return automation.Wait("a", duration=duration, **more)

    def call(body):
        return automation.HttpRequest("a", url="https://example.com", method="POST", body=body)

    def menu(**arguments):
        return {{"trigger": "inbound_sms", "steps": [wait("1")], **arguments}}

    def attempt(make):
        try:
            make()
        except pulumi.RunError as error:
            print("refused:", error)
"""

#: What Outputs turn out to be.
LATE = {
    "secret.encode()": "bytes; write a text: value.decode()",
    "{1: secret}": "key number 1 is a number",
    "endless": "again: a list or mapping that contains itself",
    "float('nan')": "NaN or an infinity",
    "secret + chr(0xd800)": "a text with half a character",
    "'04da6b54-80e4-46f7-96ec-b56ff0331ba9'": "the engine's placeholder for a value that isn't known yet",
    "wait('1')": "a step; write its id",
}


def test_refused_by_the_program(stack: Stack) -> None:
    """Each constructor refuses with one message: the workflow, the line, the place, what to write instead."""
    attempts = [f'attempt(lambda: automation.Workflow("menu", **menu({arguments})))' for arguments in WRONG]
    stack.write("\n    ".join([PROGRAM, *attempts, 'automation.get_workflow("..")', ""]))
    with stack.account.calls() as calls:
        refused = stack.up(code=1)
    found = re.sub(r"\n +", "\n", refused.diagnostics)
    program = (stack.folder / "__main__.py").read_text().splitlines()
    for attempt, message in zip(attempts, WRONG.values(), strict=True):
        # A step has its own line: where the program calls the function that makes it.
        line = program.index(f"{attempt}") + 1
        head = 'refused: workflow "menu": not sent, because these values are wrong:'
        helper = r"( \(in \w+, __main__\.py:\d+\))?"
        assert re.search(rf"{re.escape(head)}\n__main__.py:{line}{helper}: {re.escape(message)}", found), message
    assert found.count("refused:") == len(WRONG)
    head = "error: get_workflow: not sent, because these values are wrong:"
    assert f"{head}\n__main__.py:{len(program)}: id: it can't be an id, because a URL reads dots as a folder\n" in found
    assert "Traceback" not in refused.text
    assert SECRET not in refused.text
    assert calls == []


def test_refused_when_it_is_known(stack: Stack) -> None:
    """Values of Outputs are refused at preview, all with places and lines, instead of a traceback of the SDK."""
    body = ", ".join(f'"v{number}": name.apply(lambda _: {value})' for number, value in enumerate(LATE))
    stack.write(f'{PROGRAM}\n    automation.Workflow("late", trigger="http_request", steps=[call({{{body}}})])\n')
    with stack.account.calls() as calls:
        refused = stack.preview(code=1)
    for number, message in enumerate(LATE.values()):
        place = rf"error: .* resource 'late' has a problem: __main__.py:\d+: steps.a.inputs.body.v{number}"
        assert re.search(rf"{place}(?:: |\.){re.escape(message)}", refused.diagnostics), message
    assert "Traceback" not in refused.text
    assert SECRET not in refused.text
    assert not [call for call in calls if not call.startswith("GET")]
