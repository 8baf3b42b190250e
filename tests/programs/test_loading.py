"""Workflows at a path: what counts as one, what a program gets, and how a program that fails is reported."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from programs_kit import PROJECT, make_program, make_shop

from pulumi_8x8.definition.masking import Secret
from pulumi_8x8.errors import SourceError
from pulumi_8x8.programs import execution
from pulumi_8x8.programs.loading import ProgramSettings, load, load_one
from pulumi_8x8.programs.pulumi_yaml import read_project

FILE = """\
trigger: inbound_sms
status: enabled
definition: {name: File, steps: [{id: pause, stepType: Wait, inputs: {duration: "00:00:01"}}]}
"""
ONE_STEP = 'import pulumi_8x8 as a\na.Workflow("{}", trigger="inbound_sms", steps=[a.Wait("w", duration="00:00:01")])\n'


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def failure(folder: Path, settings: ProgramSettings | None = None) -> str:
    """The only message about what is in ``folder``."""
    (message,) = load([os.path.relpath(folder)], settings or ProgramSettings()).failures
    return message


def test_a_folder_has_everything(tmp_path: Path) -> None:
    """A folder has files and programs, each once; not what is hidden or installed, nor other languages."""
    make_program(tmp_path / "one", ONE_STEP.format("one"), PROJECT)
    # The root's project has the same program, and another project has its program elsewhere.
    (tmp_path / "Pulumi.yaml").write_text("name: root\nruntime: {name: python}\nmain: one\n")
    make_program(tmp_path / "deep/src", ONE_STEP.format("two"))
    (tmp_path / "deep/Pulumi.yml").write_text("name: deep\nruntime: python\nmain: src/\n")
    (tmp_path / "deep/flow.yaml").write_text(FILE)
    (tmp_path / "node").mkdir()
    (tmp_path / "node/Pulumi.yaml").write_text("name: node\nruntime: nodejs\n")
    # Other people's infrastructure doesn't run.
    make_program(tmp_path / "aws", "import pulumi\n1 / 0", PROJECT)
    for left_out in (".hidden", "node_modules/x", "venv/lib/site-packages/x"):
        make_program(tmp_path / left_out, "1 / 0", PROJECT)
        (tmp_path / left_out / "flow.yaml").write_text("trigger: definition: no YAML")
    loaded = load(["."])
    assert [each.label for each in loaded.workflows] == ["one: one", "deep/src: two", "deep/flow.yaml"]
    assert (loaded.failures, loaded.files) == ((), 3)


def test_a_program_that_was_named(tmp_path: Path) -> None:
    """A project's folder that has nothing else runs, since its workflows may come from another package."""
    make_program(tmp_path / "p", "import pulumi\n1 / 0", PROJECT)
    assert failure(tmp_path / "p").startswith("p/__main__.py:2: ZeroDivisionError")


def test_a_file_of_a_program(tmp_path: Path) -> None:
    """A file that a program uses is a part of it: its levels of rules count, and the file is there once."""
    text = 'import pulumi_8x8 as a\na.Workflow("x", source="flow.yaml", lint={"unreachable-step": "off"})\n'
    make_program(tmp_path / "p", text, PROJECT, flow_yaml=FILE)
    (only,) = load(["p"]).workflows
    assert (only.label, only.source and only.source.path) == ("p: x", os.path.join("p", "flow.yaml"))
    assert only.levels == {"unreachable-step": "off"}
    assert [each.label for each in load(["p/flow.yaml"]).workflows] == ["p/flow.yaml"]


def test_a_program_without_a_project(tmp_path: Path) -> None:
    """A .py file is a program; so is a folder whose __main__.py uses Pulumi. No other file runs."""
    make_program(tmp_path / "p", ONE_STEP.format("x"), other_py="1 / 0")
    make_program(tmp_path / "tool", "import os; os.remove('flow.yaml')", flow_yaml=FILE)
    assert [each.label for each in load(["p", "p/__main__.py", "tool"]).workflows] == ["p: x", "tool/flow.yaml"]
    assert failure(tmp_path / "p/other.py").startswith("p/other.py:1: ZeroDivisionError")


def test_names(tmp_path: Path) -> None:
    """A workflow has the names of its resource, its file, and its own; a wrong name shows those that there are."""
    make_shop(tmp_path / "shop")
    (tmp_path / "menu.yaml").write_text(FILE)
    loaded = load(["."])
    for name, label in (("menu", "shop: menu"), ("Auto reply", "shop: reply"), ("menu.yaml", "menu.yaml")):
        assert loaded.named(name).label == label
    with pytest.raises(SourceError, match=r"there are 3 workflows here.*--workflow.*menu, reply, menu\.yaml"):
        loaded.named(None)
    with pytest.raises(SourceError, match='no workflow has the name "mneu"'):
        loaded.named("mneu")
    make_program(tmp_path / "none", "import pulumi", PROJECT)
    with pytest.raises(SourceError, match="the program declares no workflow"):
        load_one("none")


def test_lines(tmp_path: Path) -> None:
    """Lines are named from the reader's folder, the helpers' lines too; not from the program's folder."""
    make_shop(tmp_path / "shop")
    _, reply = load(["shop"]).workflows
    assert reply.where == {"": "shop/__main__.py:9", "say": "shop/__main__.py:9 (in say, shop/helper.py:5)"}


CONFIG = """\
import pulumi
import pulumi_8x8 as a

config = pulumi.Config()
assert pulumi.get_stack() == config.get("stack")
assert pulumi.Config("8x8").get("apiKey") is None
token = pulumi.Output.concat("Bearer ", config.require_secret("token"))
limit = config.require_object("limits")["sms"][0]
a.Workflow(
    "x",
    trigger="http_request",
    steps=[a.HttpRequest("call", method="GET", url=config.require("url"), body={"limit": limit}, headers={"A": token})],
)
"""
STACK = """\
config:
  shop:stack: {name}
  shop:url: https://{name}.example.com
  shop:limits: {{sms: [5]}}
  shop:token: {{secure: AAABAM}}
  8x8:apiKey: {{secure: AAABAN}}
"""


def test_config(tmp_path: Path) -> None:
    """A program gets the config of the only stack, or of --stack; encrypted values are secrets, with a placeholder."""
    make_program(tmp_path, CONFIG, PROJECT + "config: {url: https://default.example.com}\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(STACK.format(name="dev"))
    dev = load_one(".")
    call = dev.definition.steps["call"]["inputs"]
    assert (call["url"], call["body"], call["headers"]) == ("https://dev.example.com", {"limit": 5}, {"A": Secret()})
    assert dev.body["definition"]["steps"][0]["inputs"]["headers"] == {"A": "Bearer <secret:token>"}
    (tmp_path / "Pulumi.production.yaml").write_text(STACK.format(name="production"))
    settings = ProgramSettings("acme/shop/production", {"token": "given"})
    inputs = load_one(".", settings=settings).body["definition"]["steps"][0]["inputs"]
    assert (inputs["url"], inputs["headers"]) == ("https://production.example.com", {"A": "Bearer given"})
    assert 'the stack "prod" has no settings: . has settings of dev, production' in failure(
        tmp_path, ProgramSettings("prod")
    )
    # Neither stack is chosen, so nothing is.
    (tmp_path / "__main__.py").write_text("import pulumi\npulumi.Config().require('token')")
    message = failure(tmp_path)
    assert message.startswith("__main__.py:2: Missing required configuration variable 'shop:token'")
    assert "It has settings of dev, production: --stack dev" in message


UNKNOWN = """\
import pulumi
import pulumi_8x8 as a


class Bucket(pulumi.CustomResource):
    arn: pulumi.Output[str]

    def __init__(self, name):
        super().__init__("aws:s3:Bucket", name, {"arn": None, "region": "x"})


bucket = Bucket("b")
other = pulumi.StackReference("acme/x/dev").require_output("url")
a.Workflow(
    "x",
    trigger="http_request",
    steps=[a.HttpRequest("call", method="GET", url=other, headers={"A": bucket.arn.apply(lambda arn: arn.split()[1])})],
)
pulumi.export("digests", a.digests())
"""


def test_unknown_values(tmp_path: Path) -> None:
    """What only a deployment knows is a hole, and a text where the workflow runs; nothing computes with it."""
    make_program(tmp_path, UNKNOWN, PROJECT)
    only = load_one(".")
    assert only.unknown == ("steps.call.inputs.url", "steps.call.inputs.headers.A")
    assert only.definition.has_holes()
    inputs = only.body["definition"]["steps"][0]["inputs"]
    assert inputs == {"method": "GET", "url": "<unknown>", "headers": {"A": "<unknown>"}}


def test_what_a_program_does(tmp_path: Path) -> None:
    """It may print, log, end with sys.exit(), hide a module of Python's, and use workflows in components."""
    text = (
        "import sys\nimport pulumi\nimport pulumi_8x8 as a\n"
        "print('pri', 'nted')\npulumi.log.warn('careful')\n"
        "component = pulumi.ComponentResource('my:it:Component', 'c')\n"
        "a.Workflow('x', trigger='http_request', steps=[a.Wait('w', duration='1')],\n"
        "           opts=pulumi.ResourceOptions(parent=component))\n"
        "a.Workflow.get('old', '5f0c5d5e-3a0e-4c9a-8f3e-1a2b3c4d5e6f')\n"
        "sys.exit()\n"
    )
    loaded = load([make_program(tmp_path, text, PROJECT, types_py="1 / 0", json_py="1 / 0")])
    assert loaded.failures == ()
    assert [each.resource for each in loaded.workflows] == ["x"]
    assert loaded.printed.split() == ["pri", "nted", "careful"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "from helper import say\n\ndef main():\n    say(*[])\n\nmain()\n",
            "p/__main__.py:4: TypeError: say() missing 1 required positional argument: 'text'\n"
            "    say(*[])\n    main is called at p/__main__.py:6",
        ),
        ("x = = 1\n", "p/__main__.py:1: SyntaxError: invalid syntax\n    x = = 1"),
        ("import sys\nsys.exit('no way')", "p/__main__.py:2: the program ends with sys.exit('no way')"),
        ("import os\nprint('half')\nos._exit(3)", "the program p/__main__.py fails: its process ended early"),
        ("x = input()", "p/__main__.py:1: EOFError: EOF when reading a line"),
        ("import pulumi_aws_of_ours", "p/__main__.py:1: ModuleNotFoundError: No module named 'pulumi_aws_of_ours'"),
        (
            "import pulumi\n\npulumi.Output.from_input(1).apply(\n    lambda number: number.nothing\n)",
            "p/__main__.py:4: AttributeError: 'int' object has no attribute 'nothing'",
        ),
        ("import pulumi_8x8 as a\na.Workflow('x', steps={1: 2})", "p/__main__.py:2: workflow "),
        ("import pulumi_8x8 as a\na.get_usage()", "p/__main__.py:2: the program reads from the service"),
        (ONE_STEP.format("x") * 2, 'fails: two workflows have the resource name "x"'),
    ],
)
def test_programs_that_fail(tmp_path: Path, text: str, message: str) -> None:
    """The message has the program's line, the calls that lead there, and what it printed; never a traceback."""
    make_program(tmp_path / "p", text, PROJECT, helper_py="def say(text): ...\n")
    found = failure(tmp_path / "p")
    assert message in found
    assert "Traceback" not in found
    assert "pulumi_8x8/" not in found.replace(sys.prefix, "")
    assert ("half" in found) == ("half" in text)


@pytest.mark.parametrize("loop", ["while True:\n        pass", "import time\n    time.sleep(1000)"])
def test_a_program_without_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loop: str) -> None:
    """A program that doesn't end is stopped, and the message has the line that it is at."""
    monkeypatch.setattr(execution, "LIMIT", 1.5)
    make_program(tmp_path, f"def spin():\n    {loop}\n\nspin()\n", PROJECT)
    message = failure(tmp_path)
    assert message.startswith(f"__main__.py:{3 if 'sleep' in loop else 2}: the program still runs after 1.5 seconds")
    assert "spin is called at __main__.py:" in message


def test_ctrl_c(tmp_path: Path) -> None:
    """Ctrl-C ends the command and the program immediately."""
    make_program(tmp_path, "open('begun', 'w')\nwhile True: pass\n", PROJECT)
    code = "from pulumi_8x8.cli import main; main()"
    command = subprocess.Popen(
        [sys.executable, "-c", code, "lint", "."],
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    end = time.monotonic() + 30
    while not (tmp_path / "begun").exists() and time.monotonic() < end:
        time.sleep(0.05)
    command.send_signal(signal.SIGINT)
    assert command.wait(20) == 130


@pytest.mark.parametrize("text", ["- x", "name: 5", "name: x\nconfig: 5", "{", "name: x\nname: y"])
def test_projects_that_cannot_be_read(tmp_path: Path, text: str) -> None:
    """A wrong Pulumi.yaml is one message, and doesn't hide the files beside it."""
    make_program(tmp_path / "p", "", text, flow_yaml=FILE)
    loaded = load(["p"])
    (message,) = loaded.failures
    assert message.startswith("p/Pulumi.yaml: not a Pulumi project: ")
    assert [each.label for each in loaded.workflows] == ["p/flow.yaml"]


def test_project_of_the_readers(tmp_path: Path) -> None:
    """stackConfigDir has the files with settings."""
    (tmp_path / "Pulumi.yaml").write_text(f"{PROJECT}stackConfigDir: stacks\n")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks/Pulumi.dev.yaml").write_text("config: {shop:when: 2026-03-01, shop:on: true}")
    project = read_project(tmp_path / "Pulumi.yaml")
    assert project.config(project.only_stack, {}).values == {"shop:when": "2026-03-01", "shop:on": "true"}
