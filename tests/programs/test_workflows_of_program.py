"""Workflows that a Pulumi program declares, without deploying it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pulumi_8x8.cli import main
from pulumi_8x8.errors import ProgramError
from pulumi_8x8.programs.loading import workflow_of_program, workflows_of_program

PROGRAM = """
import pulumi
import pulumi_8x8 as automation

config = pulumi.Config()
for name in config.require_object("names"):
    automation.Workflow(
        name,
        trigger="http_request",
        steps=[
            automation.HttpRequest(
                "call",
                method="POST",
                url=config.require("url"),
                headers={"Authorization": pulumi.Output.concat("Bearer ", config.require_secret("token"))},
                select_next_step={"ask": "{{step.responseCode == 200}}", "stop": None},
            ),
            automation.WaitForReply("ask", from_="{{data.phone}}", channel="sms", outputs={"said": "{{step.reply}}"}),
            automation.Wait("stop", duration=pulumi.Config("other").get("pause") or "00:00:01"),
        ],
    )
"""
PROJECT = """
name: shop
runtime: python
config:
  names: {type: array, items: {type: string}, default: [one]}
  url: https://example.com
  token: {type: string, default: from Pulumi.yaml}
"""


#: An Output that turns out to be bytes.
LATE = """
import pulumi
import pulumi_8x8 as automation

text = pulumi.Output.from_input("s3cr3t").apply(lambda text: text.encode())
automation.Workflow("menu", trigger="http_request", steps=[automation.Wait("pause", duration=text)])
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "__main__.py").write_text(PROGRAM)
    (tmp_path / "Pulumi.yaml").write_text(PROJECT)
    return tmp_path / "program"


def test_a_value_that_turns_out_wrong(tmp_path: Path) -> None:
    """Without the plugin's check(), running the program reports a wrong value of an Output."""
    (tmp_path / "__main__.py").write_text(LATE)
    with pytest.raises(ProgramError) as raised:
        workflows_of_program(tmp_path)
    assert 'workflow "menu": steps.pause.inputs.duration: bytes; write a text' in str(raised.value)
    assert "Traceback" not in str(raised.value)
    assert "s3cr3t" not in str(raised.value)


def test_config(program: Path) -> None:
    """The defaults of Pulumi.yaml count, then what is given; keys without a namespace are the project's own."""
    name, body = workflow_of_program(program)
    call, _, stop = body["definition"]["steps"]
    assert (name, call["inputs"]["url"], stop["inputs"]["duration"]) == ("one", "https://example.com", "00:00:01")
    assert call["inputs"]["headers"] == {"Authorization": "Bearer from Pulumi.yaml"}
    assert call["selectNextStep"] == {"ask": "{{step.responseCode == 200}}", "stop": None}
    declared = workflows_of_program(
        program, {"names": ["a", "b"], "shop:url": "https://x.example", "other:pause": "1", "token": "secret"}
    )
    call, _, stop = declared["b"]["definition"]["steps"]
    assert (sorted(declared), call["inputs"]["url"], stop["inputs"]["duration"]) == (
        ["a", "b"],
        "https://x.example",
        "1",
    )
    assert call["inputs"]["headers"] == {"Authorization": "Bearer secret"}


def test_an_edited_program(program: Path) -> None:
    """A program that was edited is run again."""
    assert workflow_of_program(program)[1]["trigger"] == "http_request"
    (program / "__main__.py").write_text(PROGRAM.replace('"http_request"', '"inbound_sms"'))
    assert workflow_of_program(program)[1]["trigger"] == "inbound_sms"


def test_no_project(tmp_path: Path) -> None:
    """Without a Pulumi.yaml there are no defaults, and the project is called as Pulumi's mocks call it."""
    (tmp_path / "__main__.py").write_text("import pulumi\nassert pulumi.get_project() == 'project'\n")
    assert workflows_of_program(tmp_path) == {}
    with pytest.raises(ProgramError, match="declares no workflows"):
        workflow_of_program(tmp_path)


def test_no_program(tmp_path: Path) -> None:
    """Reports a folder without a program, a program that fails, and a wrong Pulumi.yaml."""
    with pytest.raises(ProgramError, match=r"the program .*__main__\.py doesn't exist; the current folder is /"):
        workflows_of_program(tmp_path)
    (tmp_path / "__main__.py").write_text("1 / 0")
    with pytest.raises(ProgramError, match="ZeroDivisionError"):
        workflows_of_program(tmp_path)
    (tmp_path / "__main__.py").write_text("import pulumi\npulumi.Config('shop').require('number')")
    with pytest.raises(ProgramError) as caught:
        workflows_of_program(tmp_path)
    assert "Missing required configuration variable 'shop:number'" in str(caught.value)
    assert "Traceback" not in str(caught.value)
    (tmp_path / "Pulumi.yaml").write_text("- name")
    with pytest.raises(
        ProgramError, match=r"Pulumi\.yaml: not a Pulumi project: .*:1: the file of a project holds an object"
    ):
        workflows_of_program(tmp_path)


TABLE = """
program: program
workflow: two
config: {names: [one, two]}
http: [{url: https://example.com, method: POST}]
tests:
  - do: [{start: {phone: "+6581968289"}}, {message: Hi}, {data: {said: {payload: {body: Hi}}}}, {status: Complete}]
"""


def test_table(program: Path) -> None:
    """A table tests a workflow of a program; a message is a reply on the channel that the workflow waits for."""
    (program.parent / "shop.test.yaml").write_text(TABLE)
    result = CliRunner().invoke(main, ["test", str(program.parent), "--coverage"])
    assert result.exit_code == 0, result.output
    assert "program: two: 60% of 3 steps, 2 edges" in result.stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("program: 5", ":1: program must be the folder of a Pulumi program"),
        ("workflow: {}\nconfig: {}", ":2: config needs program; it has the settings of a program"),
        ("program: program\nconfig: 5", ":2: config must be an object with the settings of a program"),
        ("program: program\nworkflow: {}", ":2: workflow must be the name of a resource of the program"),
        ("program: program\nworkflow: three", "program declares one; name one of them"),
        ("program: nowhere", ":1: the program "),
    ],
)
def test_tables_that_cannot_be_read(program: Path, text: str, message: str) -> None:
    """A wrong table about a program is refused with file and line, and exit code 2."""
    (program.parent / "x.test.yaml").write_text(f"{text}\ntests: [{{do: []}}]")
    result = CliRunner().invoke(main, ["test", str(program.parent)])
    assert (result.exit_code, message in result.stderr) == (2, True), result.output
