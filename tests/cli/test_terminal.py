"""What people see in a terminal of any width: words wrap, problems are grouped, names are in natural order.

Every command runs in real terminals. The claims hold for all that they show.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import unicodedata
from collections.abc import Iterator
from io import StringIO
from itertools import pairwise
from pathlib import Path

import pytest
from cli_kit import FAULTY, MENU, Workflows, run
from rich.cells import cell_len
from rich.text import Text
from terminals import Run, Shown, in_terminals

from kit import API_KEY, BIN, Account
from pulumi_8x8.cli.support import output
from pulumi_8x8.cli.support.wrapping import wrapped_text
from pulumi_8x8.phrasing import natural
from pulumi_8x8.styling import only_styles, styled, styled_letters, unstyled, width_of

TESTS = Path(__file__).parents[1]
WIDTHS = (40, 80)
NAME = "Menu of the restaurant in the harbour"
AT = ("--at", "2026-03-01T20:00+08:00")

#: By name: arguments, with the names of workflows and instances for their ids. Commands whose output is a document for
#: programs or for copying (JSON, YAML, Mermaid, Markdown, a script) aren't here: no line of it is ever broken.
COMMANDS: dict[str, tuple[str, ...]] = {
    "help": ("--help",),
    "help of run": ("run", "--help"),
    "help of instances": ("instances", "--help"),
    "a wrong command": ("lnt",),
    "a wrong option": ("run", "--mesage", "x"),
    "a missing file": ("run", "nowhere/at/all/there/is/a/very/long/path/to/a/file/that/does/not/exist.json"),
    "lint, a changed trigger": ("lint", "changed.json"),
    "lint, a renamed step": ("lint", "renamed.json"),
    "lint, a folder": ("lint", str(TESTS / "lint/fixtures")),
    "lint, a broken file": ("lint", "broken.json"),
    "lint, no problem": ("lint", str(TESTS / "lint/fixtures/unreachable-step.passes.yaml")),
    "run": ("run", "menu.json", "--message", "Hi", "--reply", "1", *AT),
    "run, a fault": ("run", "faulty.json", "--message", "Hi", *AT),
    "run, no start": ("run", "menu.json"),
    "test": ("test", "wrong.test.yaml"),
    "review": ("review", "menu.json", "changed.json"),
    "compare": ("compare", "dev", "staging"),
    "list": ("list",),
    "versions": ("versions", NAME),
    "versions diff": ("versions", "diff", NAME, "1", "2"),
    "instances list": ("instances", "list", NAME),
    "instances show": ("instances", "show", "faulty", "FAULTY"),
    "instances logs": ("instances", "logs", NAME, "RUNNING"),
    "instances errors": ("instances", "errors", "faulty"),
    "instances stats": ("instances", "stats", NAME),
    "instances terminate": ("instances", "terminate", NAME, "--all"),
    "trigger": ("trigger", "--data", "data.json"),
    "usage": ("usage", "--history"),
    "export": ("export", "--all", "--to", "out"),
    "new": ("new",),
    "new, a folder that exists": ("new", "auto_reply", "."),
    "docs": ("docs",),
    "docs, no such page": ("docs", "nothing"),
    "emulator, a wrong port": ("emulator", "--port", "99999"),
}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def shown(emulator: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[tuple[str, int], Shown]]:
    """What each command shows, by its name and the width of the terminal."""
    workflows = Workflows(Account(emulator, "terminals"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("terminals"))
        for name, value in {"ACCOUNT_ID": "terminals", "API_KEY": API_KEY, "BASE_URL": emulator}.items():
            patch.setenv(f"PULUMI_8X8_{name}", value)
        _files()
        workflows.store(NAME, MENU[:1], subAccountId="acme_corp_chatapps_production")
        workflows.store(NAME, MENU)
        for number in (10, 2):
            workflows.store(f"menu {number}", MENU)
        workflows.store("faulty", FAULTY)
        ids = {**workflows.ids, "RUNNING": workflows.start(NAME), "FAULTY": workflows.start("faulty")}
        each = [(name, width) for name in COMMANDS for width in WIDTHS]
        runs = [Run([ids.get(part, part) for part in COMMANDS[name]], width) for name, width in each]
        yield dict(zip(each, in_terminals(runs), strict=True))


def _files() -> None:
    menu = (TESTS / "corpus/05-docs-menu-waitforreply.json").read_text()
    body = json.loads(menu)
    Path("menu.json").write_text(menu)
    Path("changed.json").write_text(json.dumps({**body, "trigger": "inbound_sms"}, indent=1))
    Path("renamed.json").write_text(json.dumps(body, indent=1).replace('"id": "success"', '"id": "other"'))
    faulty = {"trigger": "inbound_chat_apps", "definition": {"name": "faulty", "steps": FAULTY}}
    Path("faulty.json").write_text(json.dumps(faulty))
    Path("broken.json").write_text("{\n  oops")
    Path("data.json").write_text("{}")
    table = {"workflow": faulty, "tests": [{"name": "hello", "do": [{"message": "Hi"}, {"sent": "Good morning"}]}]}
    Path("wrong.test.yaml").write_text(json.dumps(table))


def _lines(text: str) -> Iterator[str]:
    """Its lines without styles."""
    for line in text.split("\n"):
        yield Text.from_ansi(line).plain if line else ""


def _is_unbreakable(line: str) -> bool:
    """Whether a line has one word, with the mark or the title of the column before it, or a command to copy."""
    words = re.sub(r"^([→•~+-]|[A-Z -]+(?= )|Error:)? *", "", line.strip()).split()
    return len(words) == 1 or re.match(r"[($'\" ]*(pulumi-8x8|pulumi|pip)\b", line.strip()) is not None


def test_no_line_is_wider(shown: dict[tuple[str, int], Shown]) -> None:
    """No line is wider than the terminal unless one word or command is, none ends in blanks, and nothing fails."""
    wrong = []
    for (name, width), each in shown.items():
        assert each.code in (0, 1, 2), (name, width, each)
        assert "Traceback" not in each.text, (name, each.text)
        for line in _lines(each.text):
            # click prints help and usage for at least 50 columns.
            room = max(width, 50) if name.startswith("help") or line.startswith(("Usage: ", "Try ")) else width
            line, question, _ = line.partition(" [y/N]: ")  # the terminal shows the answer earlier
            if (cell_len(line + question) > room and not _is_unbreakable(line)) or line != line.rstrip():
                wrong.append((name, width, line))
    assert wrong == []


def test_words_survive(shown: dict[tuple[str, int], Shown]) -> None:
    """A terminal of 40 columns shows the same words as one of 80, except in tables and traces, whose form differs."""
    for name in ("lint, a changed trigger", "lint, a renamed step", "review", "a missing file", "new", "help of run"):
        narrow, wide = (shown[name, width].text for width in WIDTHS)
        one, other = (" ".join(" ".join(_lines(each)).split()) for each in (narrow, wide))
        assert re.sub(r"…|\S*\^", "", one).split()[-20:] == re.sub(r"…|\S*\^", "", other).split()[-20:], name


def test_the_remedy_has_its_own_line(shown: dict[tuple[str, int], Shown]) -> None:
    """Lint shows what to do below each problem, on a terminal of any width, and in a pipe."""
    _files()
    texts = [shown["lint, a changed trigger", width].text for width in WIDTHS]
    for text in (*texts, run("lint", "changed.json").stdout):
        assert any(line == '    → write "data.payload.source"' for line in _lines(text))
        assert all(line.index("→") == 4 for line in _lines(text) if "→" in line)


def test_one_cause_is_one_problem() -> None:
    """A changed trigger is one problem, with each member that no longer arrives, its remedy, and each of its places."""
    user = {"msisdn": "{{data.payload.user.msisdn}}"}
    inputs = {"subAccountId": "a", "user": user, "type": "text", "content": {"text": "{{data.payload.content.text}}"}}
    steps = [{"id": f"a{number}", "stepType": "ChatAppsMessage", "inputs": inputs} for number in range(1, 8)]
    for step, following in pairwise(steps):
        step["nextStepId"] = following["id"]
    flow = {"trigger": "inbound_sms", "status": "enabled", "definition": {"name": "x", "steps": steps}}
    Path("one.json").write_text(json.dumps(flow, indent=1))
    problems = json.loads(run("lint", "one.json", "--format", "json").stdout)
    assert [each["rule"] for each in problems] == ["trigger-path"] * 14
    text = run("lint", "one.json").stdout
    head, *others, counts = text.splitlines()
    assert re.fullmatch(
        r"one\.json:\d+: warning: the trigger inbound_sms doesn't provide what scripts read \(14 places\) "
        r"\[trigger-path\]",
        head,
    )
    assert [each.strip() for each in others if "→" in each] == [
        '→ write "data.payload.source"',
        '→ write "data.payload.body"',
    ]
    for problem in problems:  # no place is hidden
        assert text.count(f"one.json:{problem['line']}: {problem['path']}\n") == 1
    assert counts == "1 file: 0 errors, 1 warning in 14 places"


def test_colours() -> None:
    """Styles are on terminals, unless ``NO_COLOR`` or ``TERM=dumb`` forbids them; else only with ``FORCE_COLOR``."""
    _files()
    environments = [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}]
    commands = [COMMANDS[name] for name in ("lint, a changed trigger", "run", "review")]
    runs = [Run(each, 80, environment) for environment in environments for each in commands]
    styled = ["\x1b[" in each.text for each in in_terminals(runs)]
    assert styled == [True] * 3 + [False] * 9
    for variables, expected in (
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
    ):
        for command in commands:
            assert ("\x1b[" in _piped(command, **variables)) is expected, (variables, command)


def _piped(command: tuple[str, ...], **variables: str) -> str:
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    environment = {**kept, "COLUMNS": "40", "TERM": "xterm", **variables}
    done = subprocess.run([str(BIN / "pulumi-8x8"), *command], capture_output=True, text=True, env=environment)
    return done.stdout


def test_whole_lines_in_a_pipe() -> None:
    """Without a terminal no line is broken, styled or not, so that each problem and path can be found by grep."""
    _files()
    plain = _piped(COMMANDS["lint, a changed trigger"])
    assert Text.from_ansi(_piped(COMMANDS["lint, a changed trigger"], FORCE_COLOR="1")).plain.rstrip(
        "\n"
    ) == plain.rstrip("\n")
    assert any(len(line) > 120 for line in plain.splitlines())


#: A text, a width, and the lines.
WRAPPED = {
    "words": ("one two three", 8, ["one two", "  three"]),
    "indented": ("  • one two", 9, ["  • one", "    two"]),
    "a long word stays whole": ("see https://a.example/b/c", 10, ["see", "  https://a.example/b/c"]),
    "wide characters": ("你好 你好 你好", 10, ["你好 你好", "  你好"]),
    "no blanks between words": ("你好，你好你好你好", 10, ["你好，你好", "  你好你好"]),
    "a path with wide characters": ("in 数据/流程.json it", 12, ["in", "  数据/流程.json", "  it"]),
    "emoji": ("👍👍 👍👍 👍👍", 9, ["👍👍 👍👍", "  👍👍"]),
    "a joined emoji": ("👩\u200d👩\u200d👧 a b", 6, ["👩\u200d👩\u200d👧 a b"]),
    "a command": (
        "Encrypt it: pulumi config set --secret 8x8:apiKey <key>, then go on",
        50,
        ["Encrypt it:", "  pulumi config set --secret 8x8:apiKey <key>,", "  then go on"],
    ),
    "a command longer than the line": (
        "do pip install git+https://a.example/b now",
        20,
        [
            "do",
            "  pip install git+https://a.example/b",
            "  now",
        ],
    ),
    "a sentence about a command": (
        "pulumi up stops and shows all of it",
        20,
        ["pulumi up stops and", "  shows all of it"],
    ),
    "very narrow": ("one two", 1, ["one", "two"]),
    "lines": ("one\n\ntwo", 3, ["one", "", "two"]),
    "tabs": ("a\tb c", 10, ["a       b", "  c"]),
}


@pytest.mark.parametrize(("text", "width", "lines"), WRAPPED.values(), ids=WRAPPED)
def test_wrapping(text: str, width: int, lines: list[str]) -> None:
    """Lines end between words only, and count the cells of a character."""
    assert wrapped_text(text, width).split("\n") == lines


@pytest.mark.parametrize(("text", "width", "lines"), WRAPPED.values(), ids=WRAPPED)
def test_wrapping_styles(text: str, width: int, lines: list[str]) -> None:
    """Styles change no line, each letter keeps its style, and a style ends with its line."""
    for cut in range(len(text) + 1):
        given = styled(text[:cut], "bold red") + styled(text[cut:], "green")
        shown = wrapped_text(given, width).split("\n")
        assert [unstyled(line) for line in shown] == lines
        assert [only_styles(line) for line in shown] == shown
        assert [each for line in shown for each in _letters(line)] == _letters(given)


def test_styles_of_a_program() -> None:
    """Styles that a program sets one by one hold for each of the lines."""
    assert wrapped_text("\x1b[1m\x1b[31mone two\x1b[0m", 3) == "\x1b[1m\x1b[31mone\x1b[0m\n \x1b[1m\x1b[31mtwo\x1b[0m"


def _letters(text: str) -> list[tuple[str, str]]:
    """Its letters with their styles, without blanks."""
    return [each for each in styled_letters(text) if not each[1].isspace()]


#: Signs of several characters.
SIGNS = "e\u0301 संख्या ที่ ｶﾞ 한국어 \u1112\u1161\u11ab ❤️ ❤️\u200d🔥 ✈\ufe0e 1️⃣ 👍🏽 👩🏽\u200d🚀 🇩🇪 👁️\u200d🗨️ 🏳️\u200d🌈"


def test_columns_of_a_text() -> None:
    """An independent library counts the same columns for each character, and for signs of several characters."""
    texts = [*SIGNS.split(), SIGNS, *filter(str.isprintable, map(chr, range(0x110000)))]
    version = unicodedata.unidata_version
    wrong = [(text, width_of(text)) for text in texts if width_of(text) != cell_len(text, version)]
    assert wrong == []
    assert width_of(styled("你好", "bold red") + "!") == 5


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("width", "bar"), [(80, f" {'█' * 10:20}"), (40, " ")], ids=["wide", "narrow"])
def test_progress(width: int, bar: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Long work shows its progress in one line of a terminal, which is empty at the end; nothing appears elsewhere."""
    monkeypatch.setattr(output, "_NOTICEABLE", 0.01)
    monkeypatch.setattr(output, "_REDRAWN", 0.01)
    monkeypatch.setenv("COLUMNS", str(width))
    terminal, file = _Terminal(), StringIO()
    for stream in (terminal, file):
        monkeypatch.setattr(sys, "stderr", stream)

        def work(number: int) -> int:
            for _ in range(3_000 if number == 2 and sys.stderr is terminal else 0):
                if " 1/2, " in terminal.getvalue():
                    break
                time.sleep(0.01)  # until the terminal shows that the first is done
            if number == 2:
                output.echo("waits", err=True)
            return number

        assert output.in_parallel(work, [1, 2], "reading \x1b]0;a\x07 你好") == [1, 2]
    pictures = terminal.getvalue().split("\r")
    assert pictures[-2].isspace()
    assert f"reading \\x1b]0;a\\x07 你好{bar} 1/2, " in terminal.getvalue()
    assert max(width_of(each.rstrip("\n")) for each in pictures) < width
    assert "\x1b" not in terminal.getvalue()
    assert f"{'waits':{width - 1}}\n" in pictures, "a message leaves nothing of the line"
    assert file.getvalue() == "waits\n"


def test_natural_order() -> None:
    """People read a2 before a10, also if files, steps and numbers of any length are sorted."""
    names = ["a", "a0", "a01", "a1", "a2", "a2b", "a10", "a" + "9" * 5000, "b", "b.1", "b.10", "ü"]
    assert sorted(sorted(names, reverse=True), key=natural) == names
    assert len({natural(name) for name in names}) == len(names)
    flow = {"trigger": "inbound_sms", "definition": {"name": "x", "steps": []}}
    Path("flows").mkdir()
    for number in (10, 1, 2):
        Path(f"flows/a{number}.json").write_text(json.dumps(flow))
    for format in ("json", "sarif", "github", "text"):
        found = re.findall(r"flows/a\d+", run("lint", "flows", "--format", format).stdout)
        assert list(dict.fromkeys(found)) == ["flows/a1", "flows/a2", "flows/a10"], format
