"""The content of docs/lint.md, made from the rules, why.toml, and examples (``<rule>.fails.yaml``, ``.passes.yaml``).

A first line ``# levels: rule=off`` sets levels of rules.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from pulumi_8x8.definition import read_source
from pulumi_8x8.lint import RULES, Problem, Rule, lint_source, read_levels

_ROOT = Path(__file__).resolve().parents[2]
FOLDER = _ROOT / "tests" / "lint" / "fixtures"
PAGE = _ROOT / "docs" / "lint.md"
_LEVELS = "# levels: "
_WHY = tomllib.loads(Path(__file__).with_name("why.toml").read_text("utf-8"))

#: Headings of the page, by the module that a rule is in.
TITLES = {
    "structure": "The parts of a definition",
    "inputs": "The inputs of a step",
    "message_contents": "What messages contain",
    "sending": "What steps send, and where",
    "flow": "The way through the steps",
    "timing": "Time",
    "scripting": "Scripts",
    "data": "What scripts read",
    "comparing": "Comparisons",
    "levels": "Levels",
}


def example(rule: str, kind: str) -> Path:
    """The file of ``rule`` that ``fails`` or ``passes``."""
    return FOLDER / f"{rule}.{kind}.yaml"


def problems_of(path: Path, levels: bool = True) -> tuple[Problem, ...]:
    """The problems that lint finds in an example, with the ``levels`` that its first line sets."""
    source = read_source(path)
    first = source.text.partition("\n")[0]
    has_levels = levels and first.startswith(_LEVELS)
    return lint_source(source, read_levels(first.removeprefix(_LEVELS)) if has_levels else None)


def page() -> str:
    """``docs/lint.md``: the part above the first rule is kept, the rest is made from the rules and the files."""
    head = PAGE.read_text(encoding="utf-8").partition("\n## ")[0] if PAGE.exists() else "# Lint"
    parts = [head.rstrip() + "\n"]
    for module, rules in groups().items():
        parts.append(f"## {TITLES[module]}\n")
        parts += [f"- [{rule.id}](#{rule.id}) ({rule.severity})" for rule in rules]
        parts.append("")
        parts += [section(rule) for rule in rules]
    return "\n".join(parts)


def groups() -> dict[str, list[Rule]]:
    """The rules by the module that they are in."""
    found: dict[str, list[Rule]] = {module: [] for module in TITLES}
    for rule in RULES.values():
        found[rule.check.__module__.rpartition(".")[2]].append(rule)
    return found


def section(rule: Rule) -> str:
    """What the page has about a rule."""
    fails, passes = example(rule.id, "fails"), example(rule.id, "passes")
    found = "\n".join(_described(problem) for problem in problems_of(fails))
    return (
        f"### {rule.id}\n\n{rule.about} ({rule.severity.capitalize()})\n\nWhy: {_WHY[rule.id]}\n\n"
        f"Fails:\n\n```yaml\n{_shown(fails)}```\n\n"
        f"```text\n{found}\n```\n\nPasses:\n\n```yaml\n{_shown(passes)}```\n"
    )


def _described(problem: Problem) -> str:
    line = f"line {problem.line}: " if problem.line else ""
    text = str(problem).removeprefix(problem.place)
    return "\n".join([line + text, *(f"    {each}" for each in problem.excerpt.splitlines())])


def _shown(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    return "".join(f"{line if len(line) <= 160 else line[:159] + '…'}\n" for line in lines)
