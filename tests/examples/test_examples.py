"""What each example must have: a README with a picture, tests that reach everything, and no findings of lint."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pulumi_8x8.definition import Definition, read_source
from pulumi_8x8.lint import lint, lint_source
from pulumi_8x8.simulator import read_stubs
from pulumi_8x8.testing.coverage import Coverage
from pulumi_8x8.testing.tables import Play, Scenario, read_scenarios
from tools.docs.readmes import EXAMPLES, FOLDER, workflows

#: The use cases of the vendor's getting-started page, by its words.
PROMISED = {
    "auto_reply": (
        "**Auto Reply**: for each incoming message (SMS or ChatApps) I want to send an automatic reply to the user. It "
        "can be to acknowledge reception or to share a link for support enquiries."
    ),
    "out_of_office": (
        "**Out of Office**: outside of business hours, I want to send an automatic reply to the users, to let them "
        "know when I will get back to them."
    ),
    "fallback": (
        "**Fallback**: for each undelivered outbound message, I want to call another API to make sure my message got "
        "delivered through another channel."
    ),
    "split_messages": (
        "**Split messages**: for all messages coming from a +1 (US) number, I want to send them to a CRM using a "
        "custom API call. For all other messages, I want to send them to a different CRM."
    ),
    "custom_integration": (
        "**Custom integration**: I want some of the incoming messages to be pushed to my ordering system, for this I "
        "will use the Automation service to make a custom API call to my system."
    ),
    "content_rule": (
        "**Content based rule**: I'm running a campaign where users need to send a specific message to my number. I "
        "can filter only the message with this content, to confirm customers they are enrolled and push the "
        "registered user numbers to my system, using an API call."
    ),
    "mix_and_match": (
        "**Mix and match**: mix any of the examples above. For example, for messages outside of business hours coming "
        "from a +44 (UK) number, I want to send an auto reply. For all messages coming from +65 (Singapore) number, I "
        "want to do a custom API call and for all the other messages do nothing."
    ),
}
HARDER = {"booking", "environments", "from_builder", "survey", "voice_menu"}


def _tables(example: str) -> Iterator[Path]:
    yield from sorted((FOLDER / example).glob("*.test.yaml"))


def _played(example: str) -> Iterator[tuple[str, Scenario, Play]]:
    """Each test, by the name of the resource whose workflow it is for."""
    for table in _tables(example):
        for scenario in read_scenarios(table):
            play = Play(scenario)
            play.run()
            yield scenario.workflow.rpartition(": ")[2], scenario, play


#: What each example declared when it was written as dictionaries and scripts.
BODIES = json.loads((Path(__file__).parent / "bodies.json").read_text(encoding="utf-8"))
#: Lines and characters of those programs.
BEFORE = {
    "auto_reply": (45, 1199), "content_rule": (49, 1701), "custom_integration": (64, 2398), "environments": (42, 1299),
    "fallback": (54, 1948), "mix_and_match": (62, 2160), "out_of_office": (51, 1776), "split_messages": (49, 1470),
    "survey": (62, 2475), "voice_menu": (63, 2397),
}  # fmt: skip
#: The names of results that travel, and the names that those programs wrote by hand.
NAMED = {
    "place_order__responseBody": "order",
    "find_message__responseBody": "message",
    "call__response__clientRequestId": "call_id",
}


@pytest.mark.parametrize("example", BODIES)
def test_flows_are_what_dictionaries_were(example: str) -> None:
    """Written as a flow, an example declares the same workflow, apart from names of outputs, and is shorter."""
    text = json.dumps(workflows(example))
    for name, before in NAMED.items():
        text = text.replace(name, before)
    declared = {name: Definition.from_body(body) for name, body in json.loads(text).items()}
    assert declared == {name: Definition.from_body(body) for name, body in BODIES[example].items()}
    program = (FOLDER / example / "__main__.py").read_text(encoding="utf-8")
    if example in BEFORE:  # the other one is a file
        lines, characters = BEFORE[example]
        assert (program.count("\n") < lines, len(program) < characters) == (True, True)


@pytest.mark.parametrize("example", EXAMPLES)
def test_no_scripts(example: str) -> None:
    """Python writes the scripts of an example."""
    assert "{{" not in (FOLDER / example / "__main__.py").read_text(encoding="utf-8")


def test_everything_promised_is_there() -> None:
    """The examples are the page's use cases and the harder ones; what is a program has a project file and a README."""
    assert {*EXAMPLES} == {*PROMISED, *HARDER}
    for example in EXAMPLES:
        assert {"Pulumi.yaml", "README.md"} <= {path.name for path in (FOLDER / example).iterdir()}, example


@pytest.mark.parametrize("example", EXAMPLES)
def test_tests_reach_everything(example: str) -> None:
    """The tests of an example pass, and take every step and every edge of every workflow that it declares."""
    covered = {name: Coverage(name, body) for name, body in workflows(example).items()}
    for name, _, play in _played(example):
        covered[name].add(play.simulation.trace)
    assert [str(each) for each in covered.values() if each.taken < each.total] == []


@pytest.mark.parametrize("example", EXAMPLES)
def test_tests_reach_failures(example: str) -> None:
    """A workflow that waits for somebody is tested with nobody answering, one that calls an API with one that fails."""
    wanted = {name: _can_fail(Definition.from_body(body)) for name, body in workflows(example).items()}
    for name, _, play in _played(example):
        for event in play.simulation.trace:
            if event.kind == "timeout":
                wanted[name].discard("timeout")
            if event.kind == "answer" and (event.detail["failure"] or event.detail["status"] >= 400):
                wanted[name].discard("answer")
    assert wanted == {name: set() for name in wanted}


def _can_fail(definition: Definition) -> set[str]:
    text = str(definition.body())
    kinds = {"WaitForReply": "timeout", "WaitForDTMF": "timeout", "HttpRequest": "answer"}
    return {failure for kind, failure in kinds.items() if f"'stepType': '{kind}'" in text}


@pytest.mark.parametrize("example", EXAMPLES)
def test_lint(example: str) -> None:
    """Lint finds nothing, not even something to warn of: neither in what the program declares nor in its files."""
    for body in workflows(example).values():
        assert lint(Definition.from_body(body)) == ()
    for source in map(read_source, (FOLDER / example).glob("*.json")):
        assert "definition" not in source.body or lint_source(source) == ()


@pytest.mark.parametrize("example", EXAMPLES)
def test_readme(example: str) -> None:
    """The README is at most a page without comments, has current pictures of the workflows, and quotes the use case."""
    text = (FOLDER / example / "README.md").read_text("utf-8")
    assert text.count("```mermaid") == len(workflows(example)) > 0
    assert "```console\n$ pulumi-8x8 new" in text
    assert len([line for line in text.splitlines() if ": " not in line or not line.startswith("<!-- ")]) <= 75
    quoted = " ".join(line.removeprefix("> ") for line in text.splitlines() if line.startswith("> "))
    assert quoted == PROMISED.get(example, "")


@pytest.mark.parametrize("example", EXAMPLES)
def test_emulator_answers(example: str) -> None:
    """Where a workflow calls an API, there are stubs for the emulator, for every address that it calls."""
    text = "".join(str(body) for body in workflows(example).values())
    stubs = FOLDER / example / "stubs.yaml"
    assert stubs.exists() == ("HttpRequest" in text)
    for stub in read_stubs(stubs) if stubs.exists() else ():
        assert stub.url.removesuffix("/*") in text


def test_mix_and_match_does_what_the_page_describes() -> None:
    """UK after hours: a reply and no call; Singapore, at any time: a call and no reply; others: neither."""
    seen: dict[str, set[Any]] = {}
    for _, _, play in _played("mix_and_match"):
        kinds = {event.kind for event in play.simulation.trace} & {"message", "call"}
        number = play.simulation.instances[0].data["payload"]["user"]["msisdn"]
        seen.setdefault(number[:3], set()).add(tuple(kinds))
    assert seen == {"+44": {("message",), ()}, "+65": {("call",)}, "+15": {()}}


def test_page_of_examples() -> None:
    """The page of examples links each use case by the sentence that it fulfils; the README links the page."""
    assert "](docs/examples.md)" in (FOLDER.parent / "README.md").read_text("utf-8")
    text = " ".join((FOLDER.parent / "docs" / "examples.md").read_text("utf-8").split())
    for example, sentence in PROMISED.items():
        name, rest = sentence.removeprefix("**").split("**")
        assert f"[{name}](../examples/{example}){rest}" in text
    for example in HARDER:
        assert f"](../examples/{example}):" in text
