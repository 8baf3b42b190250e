"""Files: whatever somebody's editor, tool or malice leaves where the commands read."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from random import Random

import yaml

from fuzz.harness import Case, Outcome
from fuzz.mutations import mutated
from pulumi_8x8.cli import main
from pulumi_8x8.definition import read_source
from pulumi_8x8.definition.files import MOST_VALUES
from pulumi_8x8.errors import SourceError
from pulumi_8x8.lint import formats, lint_source  # noqa: F401 - before the fork
from pulumi_8x8.simulator import Simulation  # noqa: F401 - before the fork

# Before the fork, so that no case has to import it.
for _name in ("lint", "review", "run", "test"):
    import_module(f"pulumi_8x8.cli.commands.{_name}")
for _name in ("evidence.formats", "programs.loading", "review.reviews", "review.sources.sides", "testing.tables"):
    import_module(f"pulumi_8x8.{_name}")

_TESTS = Path(__file__).parents[2]
_JSON = [path.read_bytes() for path in sorted((_TESTS / "corpus").glob("[0-9]*.json"))]
_YAML = [path.read_bytes() for path in sorted((_TESTS / "lint" / "fixtures").glob("*.yaml"))]
_TABLES = [path.read_bytes() for path in sorted((_TESTS / "scenarios").glob("*.yaml")) if "hostile" not in path.name]

#: Steps of a file that has nearly as many values as it may have.
_MOST_STEPS = MOST_VALUES // 6 - 2

#: What is put into a text somewhere.
_PIECES = [
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"9" * 5_000,
    b"\\ud83d",
    b'"\\ude00"',
    b"\0",
    b"\x7f",
    b"\x1b[31m",
    b"\r",
    b"\f",
    b"\v",
    b"\xff",
    b"\xef\xbb\xbf",
    "\x85".encode(),
    "\u2028".encode(),
    "\U0001f600".encode(),
    "\U0010ffff\ufffe".encode(),
    b"<<: *a",
    b"&a ",
    b"*a",
    b"!!timestamp ",
    b"!!python/object:os.system ",
    b"---\n",
    b"...\n",
    b"%YAML 1.1\n",
    b"? ",
    b": ",
    b"- ",
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b"'",
    b"|\n",
    b"\t",
    b"# ",
    b"null",
    b"{}",
    b"{{",
    b"}}",
    b"stepType",
]


def _text(random: Random, _: str) -> bytes:
    return mutated(random, random.choice(random.choice((_JSON, _YAML, _TABLES))), _PIECES)


def _encoded(random: Random, _: str) -> bytes:
    text = random.choice(_JSON + _YAML).decode()
    encoding = random.choice(("utf-16", "utf-16-le", "utf-32", "utf-8-sig", "latin-1", "cp037"))
    return random.choice(("", "\n", "é")).join((text, "")).encode(encoding, "replace")


def _line_ends(random: Random, _: str) -> bytes:
    return random.choice(_JSON + _YAML).replace(b"\n", random.choice((b"\r\n", b"\r", b"\n\n", b"\r\r\n")))


def _number(random: Random) -> int:
    return int(10 ** random.uniform(0, 5.3))


def _large(random: Random, kind: str) -> bytes:
    number = _number(random)
    pad = random.choice((b"x", b"\xc3\xa9", b"\xf0\x9f\x98\x80", b"{{x}}", b"\\", b"{{", b"'", b" ", b"a.b.c "))
    shapes: list[Callable[[], bytes]] = [
        lambda: b"[" * number,
        lambda: b"[" * number + b"]" * number,
        lambda: b'{"a":' * number + b"1" + b"}" * number,
        lambda: b"- " * number + b"x",
        lambda: b"{a: " * number,
        lambda: b"? " * number,
        lambda: b"{" + b",".join(b'"a":1' for _ in range(number)) + b"}",
        lambda: b"{" + b",".join(b'"a%d":1' % each for each in range(number)) + b"}",
        lambda: b"[" + b",".join([b"[]"] * number) + b"]",
        lambda: b"\n".join(b"a%d: 1" % each for each in range(number)),
        lambda: b"a: 1\n---\n" * number,
        lambda: b'{"definition": {"name": "' + pad * number + b'"}, "trigger": 1}',
        lambda: b'{"' + pad.replace(b"\\", b"") * number + b'": 1, "trigger": 1, "definition": 1}',
        lambda: b"trigger: " + pad * number + b"\ndefinition: {}\n",
        lambda: b"trigger: 1" + b"0" * number + b"\ndefinition: {}\n",
        lambda: b'{"trigger": -1' + b"0" * number + b".5, " + b'"definition": 1}',
        lambda: b'"' + b'\\"' * number,
        lambda: b"\0" * number,
        lambda: b"\n" * number + b"a: !!set {b}",
        lambda: b"&a [" + b"*a, " * number + b"]",
        lambda: b"a: &a [" + b"x," * number + b"]\nb: [" + b"*a," * 40 + b"]",
        lambda: b"a: &a " + b"x" * number + b"\nb: [" + b"*a," * number + b"]",
        lambda: b"# " + b"x" * number + b"\ntrigger: definition",
        lambda: (
            b"a: &a [x, x]\n"
            + b"".join(
                b"a%d: &a%d [*a%s, *a%s]\n" % (n, n, t, t)
                for n in range(number % 60)
                for t in [b"%d" % (n - 1) if n else b""]
            )
        ),
        lambda: (
            b"a: &a {b: 1}\n"
            + b"".join(
                b"a%d: &a%d {<<: [*a%s, *a%s]}\n" % (n, n, t, t)
                for n in range(number % 60)
                for t in [b"%d" % (n - 1) if n else b""]
            )
        ),
        lambda: json.dumps(_steps(random, min(number, _MOST_STEPS))).encode(),
        lambda: yaml.safe_dump(_steps(random, min(number, 300))).encode(),
    ]
    return random.choice(shapes)()


def _steps(random: Random, number: int) -> dict[str, object]:
    text = random.choice(("{{data.a}}", "x" * 50, "{{", "{{1 + data.payload.b[0]}} und {{step.c}}"))
    steps = [
        {
            "id": f"s{index}",
            "stepType": random.choice(("SMS", "Wait", "If", "x")),
            "inputs": {"text": text},
            "nextStepId": f"s{random.randrange(number)}",
        }
        for index in range(number)
    ]
    return {"trigger": "inbound_sms", "definition": {"name": "x", "steps": steps}}


_CONTENTS = [_text, _text, _text, _encoded, _line_ends, _large, _large]


def _special(path: Path, random: Random) -> None:
    """Something that isn't a file, under the name of one."""
    match random.randrange(6):
        case 0:
            os.mkfifo(path)
        case 1:
            path.mkdir()
        case 2:
            path.symlink_to(path.name)
        case 3:
            path.symlink_to(random.choice(("nowhere", "/dev/zero", "/dev/null", ".")))
        case 4:
            with socket.socket(socket.AF_UNIX) as made:
                before = os.getcwd()
                os.chdir(path.parent)
                made.bind(path.name)
                os.chdir(before)
        case 5:
            with path.open("wb") as file:
                file.truncate(1 << random.randrange(20, 40))


def make(random: Random) -> Case:
    """A few files, and a command that reads them."""
    return random.choice((_command, _command, _folder, _place))(random)


def _command(random: Random) -> Case:
    suffix = random.choice((".json", ".yaml", ".yml", ".txt", ".test.yaml", ".test.json"))
    contents = [random.choice(_CONTENTS)(random, suffix) for _ in range(2)]
    special = random.randrange(12) == 0
    names = (f"a{suffix}", f"b{suffix}")
    lint_format = random.choice(("text", "json", "sarif", "github"))
    command = random.choice(
        (
            ["lint", "--format", lint_format, *names],
            ["run", names[0], "--message", "Hi", "--format", random.choice(("text", "json"))],
            ["run", str(_TESTS / "corpus" / "01-docs-chatapps-auto-reply.json"), "--data", names[0]],
            ["test", names[0]],
            ["review", *names, "--format", random.choice(("text", "json", "markdown", "html"))],
            ["review", names[0]],
        )
    )

    def prepare(folder: Path) -> None:
        for name, content in zip(names, contents, strict=True):
            (folder / name).write_bytes(content)
        if special:
            (folder / names[0]).unlink()
            _special(folder / names[0], random)

    def check(outcome: Outcome) -> str:
        if outcome.code not in (0, 1, 2):
            return f"exit code {outcome.code}"
        if outcome.code == 2 and not outcome.stderr.strip():
            return "exit code 2 without a message"
        if command[0] == "lint" and lint_format in ("json", "sarif"):
            json.loads(outcome.stdout)
        return ""

    return Case(f"{command} on {contents[0][:60]!r}", lambda: main(command), check, prepare)


def _folder(random: Random) -> Case:
    """Every file that must be in the answer is."""
    broken = random.choice(
        (
            b"trigger: inbound_sms\ndefinition: [",
            "trigger: inbound_sms\ndefinition: {name: x, steps: []}\n".encode("utf-16"),
            b"\xff trigger definition",
            b'{"triger": "inbound_sms", "definition": {"name": "x", "steps": []}}',
            b'{"trigger": "inbound_sms", "defintion": {"name": "x", "steps": [{"id": "a", "stepType": "Wait"}]}}',
        )
    )
    good = random.choice(_YAML)
    deep = "/".join(random.choice("abc") for _ in range(random.randrange(1, 40)))

    def prepare(folder: Path) -> None:
        inner = folder / "flows" / deep
        inner.mkdir(parents=True)
        (inner / "good.yaml").write_bytes(good)
        (inner / "broken.yaml").write_bytes(broken)
        (inner / "other.json").write_bytes(b'{"a": 1, // a comment\n}')
        (inner / "round").symlink_to(folder / "flows")
        if random.randrange(2):
            _special(inner / "special.yaml", random)

    def check(outcome: Outcome) -> str:
        found = {Path(each["file"]).name for each in json.loads(outcome.stdout) if each["file"]}
        return "" if "broken.yaml" in found and "other.json" not in found else f"the answer has only {found}"

    return Case(
        f"lint of a folder with {broken[:40]!r}", lambda: main(["lint", "flows", "--format", "json"]), check, prepare
    )


def _place(random: Random) -> Case:
    """A wrong value is reported in its line, whatever is around it."""
    odd = "".join(
        random.choice("x \x7f\x85\xa0\u2028\u2029\ufeffé😀\\\"'{}[],:#&*!|>%@`-?") for _ in range(random.randrange(20))
    )
    members = [
        f"{json.dumps(f'{odd}{index}', ensure_ascii=False)}: {json.dumps(odd * index, ensure_ascii=False)}"
        for index in range(random.randrange(8))
    ]
    wrong = '"wrong": 1e400'
    at = random.randrange(len(members) + 1)
    parts = [*members[:at], wrong, *members[at:]]
    suffix, end = random.choice((".json", ".yaml")), random.choice(("\n", "\r\n"))
    blank = random.choice(("", " ", end, end * 3))
    text = "{" + blank + f",{blank}{end}".join(parts) + blank + "}"
    line = text[: text.index(wrong)].count("\n") + 1

    def run() -> None:
        try:
            read_source(f"a{suffix}")
        except SourceError as error:
            print(error)

    def check(outcome: Outcome) -> str:
        shown = outcome.stdout.decode()
        return "" if shown.startswith(f"a{suffix}:{line}: wrong: NaN or an infinity") else f"line {line}: {shown}"

    def prepare(folder: Path) -> None:
        (folder / f"a{suffix}").write_bytes(text.encode())

    return Case(f"the place in {text[:100]!r}", run, check, prepare)
