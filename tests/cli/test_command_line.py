"""The command line: its help, its examples, and how it ends. ``test_generated.py`` checks docs/cli.md."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from cli_kit import FAULTY, MENU, Workflows, run

from kit import BIN
from pulumi_8x8.cli.support.vocabulary import ExitCode
from tools.docs import ROOT
from tools.docs.blocks import own_calls, parse
from tools.docs.commands import PROGRAM, Command, commands

COMMANDS = {each.words: each for each in commands()}
TESTS = "\n".join(path.read_text("utf-8") for path in Path(__file__).parents[1].rglob("test_*.py"))


@pytest.mark.parametrize("each", COMMANDS.values(), ids=COMMANDS)
def test_every_command_is_explained(each: Command) -> None:
    """Its help describes what it does, has an example, and lists the exit codes."""
    assert each.text, "no help"
    assert each.text[0].endswith((".", ":")), "its first paragraph is no sentence"
    if isinstance(each.command, click.Group):
        return
    assert each.examples, "no example: a line that begins with $ in a block after \\b"
    assert each.exits.startswith("Exits with 0"), 'no paragraph "Exits with 0 …"'
    result = run(*each.path, "--help")
    assert (result.exit_code, result.stderr) == (0, "")
    assert max(map(len, result.stdout.splitlines())) <= 100


@pytest.mark.parametrize("each", COMMANDS.values(), ids=COMMANDS)
def test_every_option_is_explained(each: Command) -> None:
    """Each option has help, except for options with self-explanatory choices."""
    silent = [
        param.name
        for param in each.command.params
        if isinstance(param, click.Option) and not param.help and not isinstance(param.type, click.Choice)
    ]
    assert not silent


FORMATS = {"text", "json", "markdown", "html", "sarif", "github", "file", "body", "mermaid", "svg"}


@pytest.mark.parametrize("each", COMMANDS.values(), ids=COMMANDS)
def test_options_have_one_vocabulary(each: Command) -> None:
    """``--format`` is always a format, ``--output`` a file, and what has a format is called nothing else."""
    options = {param.opts[-1]: param for param in each.command.params if isinstance(param, click.Option)}
    choices = {name: set(option.type.choices) for name, option in options.items() if hasattr(option.type, "choices")}
    if "--format" in options:
        assert choices["--format"] <= FORMATS
        assert options["--format"].default == ("mermaid" if each.path == ("graph",) else "text")
    others = {name: values for name, values in choices.items() if name not in ("--format", "--ci")}  # of new: a forge
    assert not [name for name, values in others.items() if values & FORMATS]
    if "--output" in options:
        assert isinstance(options["--output"].type, click.Path)
        assert not options["--output"].type.dir_okay
    short = {"-C": "--cwd", "-f": "--follow", "-o": "--output", "-s": "--stack", "-v": "--verbose", "-y": "--yes"}
    for name, option in options.items():
        assert [short[given] for given in option.opts if not given.startswith("--")] in ([], [name])
        assert not option.secondary_opts


def test_what_shows_data_has_formats() -> None:
    """All other commands have ``--format``."""
    without = {
        words.removeprefix("pulumi-8x8 ")
        for words, each in COMMANDS.items()
        if "format" not in {param.name for param in each.command.params} and not isinstance(each.command, click.Group)
    }
    assert without == {"new", "test", "emulator", "docs", "schema", "completion"}


def test_an_option_is_the_same_everywhere() -> None:
    """Options of one name take the same kind of value in every command, and have one metavar."""
    kinds: dict[str, set[str]] = {}
    for each in COMMANDS.values():
        for param in each.command.params:
            if isinstance(param, click.Option) and not isinstance(param.type, click.Choice):
                value = "flag" if param.is_flag else param.metavar or param.type.name
                kinds.setdefault(param.opts[-1], set()).add(value)
    several = {name: values for name, values in kinds.items() if len(values) > 1}
    # Whether an instance's data is shown; which versions are looked through.
    assert several == {"--data": {"FILE|-", "flag"}, "--version": {"N", "N|newest"}}


@pytest.mark.parametrize("each", COMMANDS.values(), ids=COMMANDS)
def test_exit_codes_have_one_vocabulary(each: Command) -> None:
    """The help of a command names only exit codes that there are, in their order; 2 is always that it cannot."""
    codes = [int(number) for number in re.findall(r"\bwith (\d+)\b", each.exits)]
    assert codes == sorted(codes)
    assert set(codes) <= set(ExitCode)


def test_exit_codes_are_listed_once() -> None:
    """The help of the program and docs/cli.md list them."""
    printed = " ".join(run("--help").stdout.split())
    for code in ExitCode:
        assert f"{code.value} {code.meaning}" in printed
        assert f"| {code.value} | {code.meaning}".replace("| head", "\\| head") in (ROOT / "docs/cli.md").read_text(
            "utf-8"
        )


def test_former_spellings(workflows: Workflows) -> None:
    """What scripts for 0.1.0 use still works, and no help shows it."""
    menu = workflows.store("menu", MENU)
    for former, now in (
        (["usage", "--output", "json"], ["usage", "--format", "json"]),
        (["versions", "diff", menu, "1", "--output=json"], ["versions", "diff", menu, "1", "--format=json"]),
        (["versions", "show", menu, "--as", "body"], ["versions", "show", menu, "--format", "body"]),
    ):
        assert run(*former).stdout == run(*now).stdout != ""
        assert run(*former).exit_code == 0
    assert run("versions", "show", menu, "--to", "menu.yaml").exit_code == 0
    assert Path("menu.yaml").read_text() == run("versions", "show", menu).stdout
    # The option --as of export is new, and means the form of workflows.
    shown = "".join(run(*each.path, "--help").stdout for each in COMMANDS.values() if each.path != ("export",))
    assert not re.findall(r" --(?:as|trace|markdown)\b", shown)


EXAMPLES = [(words, line) for words, each in COMMANDS.items() for line in each.examples]


@pytest.mark.parametrize(("words", "line"), EXAMPLES)
def test_examples_are_command_lines(words: str, line: str) -> None:
    """Each example calls its command, with arguments and options that the command takes."""
    (arguments,) = own_calls(line)
    assert parse(arguments) == words


@pytest.mark.parametrize("each", COMMANDS.values(), ids=COMMANDS)
def test_every_command_is_tested(each: Command) -> None:
    """Some test runs it."""
    if isinstance(each.command, click.Group):
        return
    called = r'",\s*"'.join(each.path)
    assert re.search(rf'"{called}"|import {each.path[-1]}\b|{each.words}', TESTS)


def test_help_is_light() -> None:
    """The help of all commands needs nothing that takes long to load."""
    code = (
        "import sys\nfrom pulumi_8x8.cli import main\n"
        "main(['--help'], standalone_mode=False)\nprint(*sys.modules, file=sys.stderr)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stderr.split()
    heavy = {"pydantic", "httpx", "tenacity", "yaml", "deepdiff", "flask", "pulumi", "tree_sitter", "quickjs"}
    assert not heavy & set(loaded)
    ours = {each for each in loaded if each.startswith("pulumi_8x8.") and not each.startswith("pulumi_8x8.cli")}
    assert ours == {f"pulumi_8x8.{each}" for each in ("errors", "phrasing", "styling", "bounded", "installation")}


def piped(*arguments: str) -> tuple[int, str]:
    """Exit code and standard error of a command whose output nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    process = subprocess.run(
        [str(BIN / PROGRAM), *arguments], stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60
    )
    os.close(writing)
    return process.returncode, process.stderr


def test_a_closed_pipe(workflows: Workflows) -> None:
    """Commands whose reader is gone end silently, with the code of SIGPIPE, whatever they print with."""
    menu = workflows.store("menu", FAULTY)
    workflows.store("menu", MENU)
    started = workflows.start("menu")
    for version, name in (("1", "old.json"), ("2", "new.json")):
        run("versions", "show", menu, version, "--format", "file", "--output", name)
    for arguments in (
        ["--help"],
        ["instances", "--help"],
        ["instances", "list", menu],
        ["instances", "list", menu, "--format", "json"],
        ["instances", "show", menu, started],
        ["instances", "logs", menu, started, "--follow"],
        ["versions", menu],
        ["versions", "show", menu],
        ["versions", "diff", menu, "1"],
        ["usage", "--history"],
        ["completion", "bash"],
        ["review", "old.json", "new.json"],
        ["lint", "old.json", "new.json"],
    ):
        assert piped(*arguments) == (141, ""), arguments


@pytest.mark.parametrize("width", [40, 80, 200])
def test_tables_at_any_width(workflows: Workflows, width: int) -> None:
    """On a terminal ids are never cut or broken; what does not fit beside each other stands below each other."""
    menu = workflows.store("menu", MENU)
    started = workflows.start("menu")
    ours, theirs = os.openpty()
    environment = {**os.environ, "COLUMNS": str(width), "TERM": "xterm"}
    command = [str(BIN / PROGRAM), "instances", "list", menu]
    subprocess.run(command, stdout=theirs, env=environment, check=True, timeout=60)
    os.close(theirs)
    printed = re.sub(r"\x1b\[[0-9;]*m", "", os.read(ours, 100_000).decode())
    os.close(ours)
    rows = printed.splitlines()
    assert sum(menu in row for row in rows) == sum(started in row for row in rows) == 1
    assert any(menu in row and "Runnable" in row for row in rows) == (width == 200)


@pytest.mark.parametrize(("terminal", "environment", "coloured"), [(True, {}, True), (True, {"NO_COLOR": "1"}, False)])
def test_colours(workflows: Workflows, terminal: bool, environment: dict[str, str], coloured: bool) -> None:
    """A terminal gets colours, unless they are disabled."""
    menu = workflows.store("menu", MENU)
    workflows.start("menu")
    ours, theirs = os.openpty()
    command = [str(BIN / PROGRAM), "instances", "list", menu]
    every = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200", **environment}
    subprocess.run(command, stdout=theirs, env=every, check=True, timeout=60)
    os.close(theirs)
    printed = os.read(ours, 100_000).decode()
    os.close(ours)
    assert ("\x1b[32m" in printed) == coloured


@pytest.mark.parametrize(
    "line",
    ["lint X", "lint X --format json", "review X", "review X X", "run X", "graph X", "test X", "new auto_reply X",
     "export --all --to X", "backtest X"],
)  # fmt: skip
def test_paths_that_no_system_has(line: str, workflows: Workflows) -> None:
    """A path that can't be looked at, such as one that is too long, is one message and exit code 2."""
    path = "a" * 300 + ".yaml"
    result = run(*line.replace("X", path).split())
    assert result.exit_code == 2
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert result.stderr.strip(), "no message"
    assert "Traceback" not in result.stderr
