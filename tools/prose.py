"""The prose linter behind ``make prose``. It reads files and writes none. ``prose.toml`` holds its rules and reasons.

    python tools/prose.py [FILE or FOLDER…]    # by default every file under version control that isn't ``unfinished``

proselint does the matching. This module extracts the prose of a file and keeps its lines. In Python, prose is comments,
docstrings and, outside tests and examples, literals of several words. In Markdown, it is all but code and addresses.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

from proselint.checks import __register__
from proselint.config import Config
from proselint.registry import CheckRegistry
from proselint.registry.checks import Check, CheckFlags, CheckResult, Padding, types
from proselint.registry.checks.engine import Fancy
from proselint.tools import LintFile

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = tomllib.loads((ROOT / "tools" / "prose.toml").read_text(encoding="utf-8"))
#: Replaces code. Phrases and sentences end there, since it is neither white space nor part of a word.
CODE = "¦"
#: Names that a rule would find, but that users know.
KEPT = {name for rule in SETTINGS["rule"] for name in rule.get("kept", ())}
#: What counts as one word: inline code, and the field of a formatted literal.
INLINE = r"``[^`]+``|`[^`\n]+(\n[^`\n]+)?`|\{[^{}]*\}"
#: Code in a docstring: indented lines after ``::``.
BLOCK = r"(?m)^( *)(?:\S.*)?::\n\n((?:\1 +\S.*\n| *\n)+)"
MARKDOWN = r"(?ms)^ *```.*?^ *```$|(?<=\])\([^)]*\)|<[^>]*>|\||^ *([-*]|\d+\.) |^#+ "
FLAGS = CheckFlags(allow_quotes=True)


def main(names: list[str]) -> int:
    """Prints what the rules find as ``file:line: …``, and returns 1 if they find anything."""
    paths = [str(Path(name).resolve()) for name in names]
    tracked = subprocess.check_output(["git", "ls-files", "--", *paths], cwd=ROOT, text=True).splitlines()
    skipped = () if names else (*SETTINGS["unfinished"], *SETTINGS["excluded"])
    found = 0
    for path in tracked:
        if path.endswith((".py", ".md")) and not path.startswith(skipped):
            for line in findings(path, (ROOT / path).read_text(encoding="utf-8")):
                found += 1
                print(line)
    print(f"prose: {found} found" if found else "prose: nothing found", file=sys.stderr)
    return int(bool(found))


def findings(path: str, text: str) -> Iterator[str]:
    """What the rules find in a file with content ``text``, a line each."""
    passes = [(text, "prose")]
    if path.endswith(".md"):
        passes = [(re.sub(MARKDOWN, lambda found: re.sub(r"\S", CODE, found[0]), text), "prose")]
    elif path.endswith(".py"):
        literals, names = python(text, only_docstrings=path.startswith(("tests/", "examples/")))
        passes = [(literals, "prose"), (names, "names")]
    for content, scope in passes:
        content = re.sub(BLOCK, lambda found: re.sub(r"\S", CODE, found[0]), content)
        content = re.sub(INLINE, lambda found: re.sub(r"[^\n]", "x", found[0]), content)
        content = re.sub(rf"[{CODE} ]*{CODE}[{CODE} ]*", CODE, content)
        wanted = {scope: True} | dict.fromkeys(SETTINGS["proselint"] if scope == "prose" else (), True)
        for result in LintFile(path, content or "\n").lint(Config(max_errors=1000, checks=wanted)):
            message = " ".join(result.check_result.message.split())
            yield f"{path}:{result.pos[0]}: {message} [{result.check_result.check_path}]"


def own_checks() -> Iterator[Check]:
    for rule in SETTINGS["rule"]:
        items, exceptions = (
            tuple(each.replace(" ", r"\s+") for each in rule.get(key, ())) for key in ("avoid", "unless")
        )
        pattern = types.Existence(items, Padding.RAW, exceptions)
        for scope in ("prose", "names")[: 1 + rule.get("names", False)]:
            message = f"“{{}}”: write {rule['write']} ({rule['why']})"
            yield Check(pattern, Fancy(), f"{scope}.{rule['name']}", message, FLAGS)
    yield Check(too_long, Fancy(), "prose.long-sentence", "", FLAGS)


def too_long(text: str, check: Check) -> Iterator[CheckResult]:
    limit = SETTINGS["longest_sentence"]
    for found in re.finditer(rf"(?s)[^\s{CODE}](?:(?![.!?…]\s|\n[ ]*\n|{CODE}).)*", text):
        words = len(re.findall(r"\w\S*", found[0]))
        if words > limit and not re.search("=>|CREATE TABLE|SELECT ", found[0]):  # JavaScript, SQL
            yield CheckResult(check.path, f"a sentence of {words} words: at most {limit}", found.span(), None)


def python(text: str, only_docstrings: bool) -> tuple[str, str]:
    """The prose of a file of Python, and the names in it as words (``a b`` for ``a_b``), each once; lines stay.

    :param only_docstrings: of literals. Other literals are data in tests, and texts for customers in examples.
    """
    lines = text.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))
    blank = re.sub(r"\S", CODE, text)
    out, names, seen = list(blank), list(blank), set(KEPT)
    opened: list[int] = []  # Python 3.12 and later: a formatted literal is many tokens
    joined, fresh = False, True  # to the literal before it; at the beginning of a statement
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        begin, end = (starts[row - 1] + column for row, column in (token.start, token.end))
        kind = tokenize.tok_name[token.type]
        if kind == "NAME" and token.string not in seen:
            seen.add(token.string)
            names[begin:end] = token.string.replace("_", " ")
        elif kind == "FSTRING_START":
            opened.append(begin)
        elif kind in ("STRING", "FSTRING_END"):
            begin = opened.pop() if kind == "FSTRING_END" else begin
            literal = text[begin:end].replace(r"\n", CODE + " ")
            if not opened and (fresh or (not only_docstrings and (joined or re.search(r"\w\W*\s\W*\w", literal)))):
                edges = r"^\w*(\"\"\"|'''|\"|')|(\"\"\"|'''|\"|')$"
                out[begin:end] = re.sub(edges, lambda found: " " * len(found[0]), literal)
        elif kind == "COMMENT" and not re.match(r"#\s*(noqa|type:|mypy:|ruff:)", token.string):
            out[begin:end] = re.sub(r"^#+:?", lambda found: " " * len(found[0]), token.string)
        joined = kind in ("STRING", "FSTRING_END") or (joined and bool(opened or kind in ("NL", "COMMENT")))
        fresh = kind in ("NEWLINE", "INDENT", "DEDENT") or (fresh and kind in ("NL", "COMMENT"))
    return "".join(out), "".join(names)


CheckRegistry().register_many((*__register__, *own_checks()))

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
