"""The content of docs/python.md, made from the docstrings of the public names; the site has a page for each group."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pulumi_8x8
from pulumi_8x8 import lint, testing
from pulumi_8x8.definition.members import Anything

_HEAD = """\
# Python names

For whoever writes a program: every public name, and what it is. `make docs` writes this page from the docstrings.
`help(pulumi_8x8.Workflow)` and editors show them in full, and so does the [documentation site](index.md).

A program imports the names of the first groups with `import pulumi_8x8 as automation`. All other names of the package
are its own, and can change in every version.
"""
#: What own rules may use, as docs/own-rules.md describes it. All else in the package is for the package.
_FOR_RULES = ("rule", "Context", "Found", "at", "is_script", "lint_source", "load_own_rules")
_NAMES = {
    "pulumi_8x8": tuple(pulumi_8x8.__all__),
    "pulumi_8x8.testing": tuple(testing.__all__),
    "pulumi_8x8.lint": _FOR_RULES,
}


@dataclass(frozen=True)
class Group:
    """Names that belong together.

    :param page: the name of the site's page: ``steps``.
    :param package: what they are imported from.
    :param modules: the modules that define them, as patterns.
    """

    page: str
    title: str
    package: str = "pulumi_8x8"
    modules: str = ".*"

    @property
    def names(self) -> list[str]:
        """The names of the group, in the order of the alphabet."""
        return [name for name in _NAMES[self.package] if next(each for each in GROUPS if each.has(name)) is self]

    def has(self, name: str) -> bool:
        """Whether a name is of this group, if no earlier one has it."""
        if name not in _NAMES[self.package]:
            return False
        thing = getattr(pulumi_8x8, name) if self.package == "pulumi_8x8" else None
        return re.fullmatch(self.modules, getattr(thing, "__module__", "")) is not None


GROUPS = (
    Group("resources", "Workflows, and what to look up", modules=r"pulumi_8x8\.resources\..*"),
    Group("steps", "Steps", modules=r"pulumi_8x8\.definition\.steps\..*"),
    Group("flows", "Links, triggers and expressions", modules=r"pulumi_8x8\.definition\.\w+"),
    Group("messages", "Messages", modules=r".*\.contents\.chat_apps"),
    Group("interactions", "Buttons, lists and requests", modules=r".*\.contents\.interactions"),
    Group("templates", "Templates", modules=r".*\.contents\.template"),
    Group("cards", "Cards and suggestions", modules=r".*\.contents\.(cards|rcs)"),
    Group("calls", "Calls", modules=r".*\.contents\.calls"),
    Group("testing", "Tests of workflows", package="pulumi_8x8.testing"),
    Group("rules", "Own rules", package="pulumi_8x8.lint"),
)


def thing_of(group: Group, name: str) -> Any:
    """What a name stands for."""
    return getattr(
        {"pulumi_8x8": pulumi_8x8, "pulumi_8x8.testing": testing, "pulumi_8x8.lint": lint}[group.package], name
    )


#: Values, which have no docstrings of their own.
_VALUES = {
    "data": "What a running workflow has in `data`, for members that no trigger or result declares: `data.attempts`.",
    "step": "What a running workflow has in `step`, for a step type that isn't published: `step.pages`.",
}


def page() -> str:
    """``docs/python.md``."""
    return _HEAD + "".join(f"\n## {group.title}\n\n" + "\n".join(_rows(group)) + "\n" for group in GROUPS)


def _rows(group: Group) -> Iterator[str]:
    if group.package != "pulumi_8x8":
        yield f"From `{group.package}`:\n"
    yield "| name | what it is |\n|---|---|"
    for name in group.names:
        yield f"| `{name}` | {about(group, name)} |"


def about(group: Group, name: str) -> str:
    """The first sentences of a name's docstring, in Markdown."""
    thing = thing_of(group, name)
    if isinstance(thing, Anything):
        return _VALUES[name]
    first = re.split(r"\n\s*\n", inspect.getdoc(thing) or "")[0]
    plain = re.sub(r":\w+:`~?([^`]+)`|``([^`]+)``", r"`\1\2`", " ".join(first.split()))
    plain = plain.removesuffix("::").rstrip().removesuffix(":").replace("|", "\\|")
    return plain if plain.endswith(".") else f"{plain}."
