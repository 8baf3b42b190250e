"""The pytest plugin, in a pytest of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import corpus

MENU = corpus.FILES["05-docs-menu-waitforreply"]
PROGRAM = """
import pulumi
import pulumi_8x8 as automation
from texts import HELLO

number = pulumi.Config("shop").get("number") or "+6581968289"
for name in ("one", "two"):
    automation.Workflow(name, trigger="http_request", steps=[
        automation.SMS("say", sub_account_id="s", destination=pulumi.Output.from_input(number), text=HELLO + name),
    ])
"""
TESTS = """
import pytest
from pulumi_8x8.definition import read_source
from pulumi_8x8.testing import ProgramError, workflows_of_program

def test_good(workflow):
    menu = workflow("menu.json", at="2026-03-01T20:00+08:00")
    menu.message("Hi")
    assert menu.path() == ["Hello", "wait1"] and menu.status == "Runnable"
    menu.wait("00:05:00")
    assert menu.path() == ["Hello", "wait1", "failure"]
    assert menu.data["reply1"] is None and menu.status == "Complete" and menu.errors == []
    assert menu.sent_texts()[1].startswith("Ok if you")
    assert menu.sent[1].body["user"] == {"msisdn": "6581968289"}

def test_taps(workflow):
    booking = workflow(read_source("booking.yaml").body["workflow"])
    booking.message("Hi")
    assert booking.sent_words() == ["Trattoria\\nWelcome!\\nOpen daily\\n[Book a table]\\n[Send a photo]"]
    assert booking.sent_texts() == ["Welcome!"]
    with pytest.raises(AssertionError, match="isn't offered"):
        booking.tap("faq")
    booking.tap("Book a table")
    assert booking.data["tapped"] == "book"
    booking.tap(id="t20")
    assert booking.data["row"] == {"id": "t20", "title": "20:00"}
    booking.message("Hi")
    booking.tap("photo")
    booking.send("image", "https://example.com/a.jpg", "Me")
    assert booking.data["content"] == {"url": "https://example.com/a.jpg", "text": "Me"}
    booking.refuse(429)
    booking.message("Hi")
    assert booking.sent[-1].refused.code == 429

def test_bad(workflow):
    menu = workflow("menu.json")
    menu.message("Hi", sender="+6591234567", channel="whatsapp")
    assert menu.status == "Complete"

def test_program(workflow):
    two = workflow(program="program", name="two", config={"shop:number": "+6591234567"})
    two.start()
    assert two.sent_texts() == ["Hello, two"]
    assert two.sent[0].body["destination"] == "+6591234567"
    with pytest.raises(ProgramError, match="program declares one, two; name one of them"):
        workflow(program="program")

def test_broken_program(tmp_path):
    (tmp_path / "__main__.py").write_text("1 / 0")
    with pytest.raises(ProgramError, match="ZeroDivisionError"):
        workflows_of_program(tmp_path)

def test_inline(workflow):
    keys = workflow({"trigger": "http_request", "definition": {"name": "keys", "steps": [
        {"id": "w", "stepType": "WaitForDTMF", "inputs": {"dtmfRequestId": "r"}, "nextStepId": "h"},
        {"id": "h", "stepType": "HttpRequest", "inputs": {"url": "https://x.example/", "method": "GET"}}]}},
        http=[{"url": "https://x.example/", "times": 1}])
    with pytest.raises(AssertionError, match="no instance has started"):
        keys.status
    with pytest.raises(AssertionError, match="nothing waits for keys"):
        keys.press("1")
    keys.start()
    keys.press("1")
    assert keys.status == "Complete"
    assert "h got 200 OK" in str(keys)
"""
TABLE = """
workflow: menu.json
tests:
  - name: chooses
    do: [{message: Hi}, {sent: {step: Hello}}, {message: "1"}, {sent: {step: branch1}}]
  - name: fails
    do: [{message: Hi}]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "menu.json").write_bytes(MENU.read_bytes())
    (tmp_path / "booking.yaml").write_bytes((Path(__file__).parents[1] / "scenarios" / "taps.yaml").read_bytes())
    (tmp_path / "test_workflows.py").write_text(TESTS)
    (tmp_path / "program").mkdir()
    (tmp_path / "program" / "__main__.py").write_text(PROGRAM)
    (tmp_path / "program" / "texts.py").write_text('HELLO = "Hello, "')
    return tmp_path


def run(project: Path, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-p", "pulumi_8x8.testing", "-p", "no:cacheprovider", *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_python_tests(project: Path) -> None:
    """Workflows from files, programs and dictionaries can be tested; a failure shows the trace; gaps are listed."""
    code, printed = run(project)
    assert "1 failed, 5 passed" in printed, printed
    assert code == 1
    assert "FAILED test_workflows.py::test_bad" in printed
    assert "- workflow -" in printed
    assert "waits for reply whatsapp 6591234567 until" in printed
    assert "workflow coverage" in printed
    assert "menu.json: 29% of 9 steps, 8 edges" in printed
    assert "never taken: wait1 -> success" in printed
    assert "program: two: 100% of 1 steps, 0 edges" in printed


def test_tables_and_the_minimum(project: Path) -> None:
    """Tables are collected, fail with the trace, and count for the minimum, which fails a run that is too thin."""
    (project / "menu.test.yaml").write_text(TABLE)
    code, printed = run(project, "menu.test.yaml")
    assert code == 1
    assert "menu.test.yaml:7: fails: this message isn't expected: 'Hello, " in printed
    assert "wait1 (WaitForReply)" in printed
    assert "Traceback" not in printed
    (project / "menu.test.yaml").write_text(TABLE[: TABLE.index("  - name: fails")])
    assert run(project, "menu.test.yaml", "-o", "workflow_coverage_minimum=40")[0] == 0
    code, printed = run(project, "menu.test.yaml", "-o", "workflow_coverage_minimum=50")
    assert (code, "the coverage is below workflow_coverage_minimum (50%)" in printed) == (1, True)


def test_bad_settings_and_tables(project: Path) -> None:
    """A minimum that isn't a percentage, or a table that can't be read, is reported without a traceback."""
    code, printed = run(project, "-o", "workflow_coverage_minimum=most")
    assert (code, "must be a percentage from 0 to 100, not 'most'" in printed) == (4, True), printed
    (project / "x.test.yaml").write_text("workflow: menu.json\ntests: 5")
    code, printed = run(project, "x.test.yaml")
    assert (code, "x.test.yaml:2: tests must be a list of tests" in printed) == (2, True), printed
    assert "Traceback" not in printed


FOREIGN = {
    "alerts.test.yaml": "rule_files: [alerts.yaml]\ntests:\n  - interval: 1m\n    alert_rule_test: [{eval_time: 5m}]",
    "web.test.json": '{"name": "web", "tests": [{"url": "/", "status": 200}]}',
    "list.test.json": '[{"do": 1}]',
    "empty.test.yaml": "",
    "broken.test.yaml": "key: [",
    "broken.test.json": "{",
    "tabs.test.yml": "\tworkflow",
    "steps.test.yaml": "pipeline: x\nsteps:\n  - do: something",
    "templates.test.yaml": "a: !Ref x\nb: {{ value }}",
    "ci.test.yaml": "name: ci\njobs: {workflow: {do: []}}",
}


def test_files_of_other_tools(project: Path) -> None:
    """The plugin ignores files that only end like a table, whatever they hold; ``pulumi-8x8 test`` names them."""
    (project / "test_workflows.py").write_text("def test_own(): pass")
    for name, text in FOREIGN.items():
        (project / name).write_text(text)
    (project / "binary.test.json").write_bytes(b"\xff\xfe\x00workflow")
    (project / "folder.test.yaml").mkdir()
    (project / "nowhere.test.yaml").symlink_to("nothing")
    code, printed = run(project)
    assert (code, "1 passed" in printed, "warning" in printed) == (0, True, False), printed
    (project / "menu.test.yaml").write_text(TABLE[: TABLE.index("  - name: fails")])
    command = [Path(sys.executable).with_name("pulumi-8x8"), "test", "."]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout[:8]) == (0, "1 passed"), done
    assert all(name in done.stderr for name in FOREIGN)


TYPOS = {
    "an unknown member": ("worklfow: menu.json\ntests:\n  - do: []", "x.test.yaml:1: worklfow is unknown"),
    "the tests": ("workflow: menu.json\ntets:\n  - do: []", ": tets is unknown"),
    "an item": (
        "workflow: menu.json\ntests:\n  - do:\n    - mesage: Hi",
        "x.test.yaml:4: tests[0].do[0].mesage is unknown",
    ),
    "not YAML": ("workflow: menu.json\ntests:\n  - do: [", "x.test.yaml:3"),
    "no such file": ("workflow: nowhere.json\ntests:\n  - do: []", "nowhere.json: the file doesn't exist"),
    "a broken program": ("program: missing\ntests:\n  - do: []", "x.test.yaml:1: "),
}


@pytest.mark.parametrize(("text", "message"), TYPOS.values(), ids=TYPOS)
def test_typos(project: Path, text: str, message: str) -> None:
    """A mistake in a table is one line with its place, without a traceback, also if the mistake hides what it is."""
    (project / "test_workflows.py").unlink()
    (project / "x.test.yaml").write_text(text)
    code, printed = run(project)
    assert (code, message in printed) == (2, True), printed
    error = printed[printed.index("ERROR collecting") :].split("\n", 1)[1]
    assert len(error[: error.index("=== short")].splitlines()) <= 3, error
    assert "Traceback" not in printed


def test_half_a_table(project: Path) -> None:
    """A file with a part of a table is a warning in a folder, and read if it is named."""
    (project / "test_workflows.py").write_text("def test_own(): pass")
    (project / "x.test.yaml").write_text("workflow: menu.json\ntests:\n  - name: x")
    code, printed = run(project)
    assert (code, "1 passed, 1 warning" in printed, "x.test.yaml has a part of a workflow test" in printed) == (
        0,
        True,
        True,
    )
    code, printed = run(project, "x.test.yaml")
    assert (code, "x.test.yaml:3: tests[0].do is missing" in printed) == (2, True), printed


def test_the_minimum_with_workers(project: Path) -> None:
    """Processes of pytest-xdist add up what their tests took: the same coverage, the same result of the minimum."""
    (project / "test_workflows.py").unlink()
    works = TABLE[: TABLE.index("  - name: fails")]
    late = "  - name: late\n    do: [{message: Hi}, {sent: {step: Hello}}, {wait: '6'}, {sent: {step: failure}}]"
    (project / "menu.test.yaml").write_text(works + late)
    alone = run(project)[1]
    for minimum, wanted in ((52, 0), (53, 1)):
        code, printed = run(project, "-n", "2", "-o", f"workflow_coverage_minimum={minimum}")
        assert code == wanted, printed
        assert (
            printed[printed.index(" workflow coverage ") :].splitlines()[1:9]
            == (alone[alone.index(" workflow coverage ") :].splitlines()[1:9])
        )


@pytest.mark.parametrize(
    "selection", [["menu.test.yaml::chooses"], ["-k", "chooses"], ["-n", "1", "-k", "chooses"], ["--lf"]]
)
def test_the_minimum_of_a_selection(project: Path, selection: list[str]) -> None:
    """The minimum is one of the whole suite: a run of some tests doesn't fail for it, and shows why."""
    (project / "menu.test.yaml").write_text(TABLE)
    if "--lf" in selection:
        run(project, "-p", "cacheprovider")
        (project / "menu.test.yaml").write_text(TABLE.replace("[{message: Hi}]", "[]"))
        (project / "test_workflows.py").write_text("def test_bad(workflow): workflow('menu.json').message('Hi')")
    code, printed = run(project, "-p", "cacheprovider", "-o", "workflow_coverage_minimum=90", *selection)
    assert (code, "(90%) isn't checked: this run selected tests" in printed) == (0, True), printed


def test_the_plugin_is_light() -> None:
    """Pytest loads the plugin in every project, so it imports nothing but itself, pytest and the standard library."""
    program = (
        "import sys, pytest; before = set(sys.modules); import pulumi_8x8.testing.plugin; "
        "print(sorted({name.split('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names), "
        "sorted(name for name in sys.modules if name.startswith('pulumi_8x8')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    names = ["pulumi_8x8", "pulumi_8x8.testing", "pulumi_8x8.testing.plugin", "pulumi_8x8.testing.table_files"]
    assert done.stdout == f"['pulumi_8x8'] {names}\n"
