"""A Sphinx extension: the reference shows the declared parameters of steps and of parts of messages.

Python shows the constructor of a part as ``(*given, **named)``, and an input's description inside its annotation.
"""

from __future__ import annotations

from dataclasses import MISSING, fields
from typing import Any, NamedTuple, get_type_hints

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from pulumi_8x8.definition.contents.limits import Count, Length, Range
from pulumi_8x8.definition.contents.part import Part, slots_of
from pulumi_8x8.definition.steps import Step
from pulumi_8x8.definition.steps.base import Info


class _Parameter(NamedTuple):
    name: str
    required: bool
    positional: bool
    notes: tuple[Any, ...]

    def described(self) -> str:
        """What the declaration states, in sentences; empty if it states nothing."""
        return " ".join(filter(None, (_sentence(note) for note in self.notes)))


def setup(app: Sphinx) -> ExtensionMetadata:
    app.connect("autodoc-process-signature", _signature)
    app.connect("autodoc-process-docstring", _docstring)
    app.connect("doctree-read", _dashes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _parameters(kind: Any) -> list[_Parameter]:
    if not isinstance(kind, type):
        return []
    if issubclass(kind, Part):
        return [_Parameter(each.name, each.required, each.positional, each.notes) for each in slots_of(kind)]
    if not issubclass(kind, Step) or kind is Step:
        return []
    hints = get_type_hints(kind, include_extras=True)
    shared = [each.name for each in fields(Step)]
    every = {
        each.name: _Parameter(
            each.name, each.default is MISSING, not each.kw_only, getattr(hints[each.name], "__metadata__", ())
        )
        for each in fields(kind)
    }
    own = [each for name, each in every.items() if name not in shared]
    own.sort(key=lambda each: not each.required)
    return [every["id"], *own, *(every[name] for name in shared if name != "id")]


def _signature(_app: Sphinx, what: str, _name: str, thing: Any, *_: Any) -> tuple[str, str] | None:
    if what != "class" or not (parameters := _parameters(thing)):
        return None
    shown = [each.name if each.required else f"{each.name}=None" for each in parameters]
    positional = sum(each.positional for each in parameters)
    return f"({', '.join([*shown[:positional], '*', *shown[positional:]])})", ""


def _docstring(_app: Sphinx, what: str, _name: str, thing: Any, _options: Any, lines: list[str]) -> None:
    if what == "class" and (parameters := _parameters(thing)):
        lines += ["", *(f":param {each.name}: {text}" for each in parameters if (text := each.described())), ""]


def _dashes(_app: Sphinx, tree: nodes.document) -> None:
    """Sphinx writes two hyphens after a parameter, which only its typographic quotes would make a dash."""
    for text in list(tree.findall(nodes.Text)):
        if text == " -- ":
            text.parent.replace(text, nodes.Text(" – "))


def _sentence(note: Any) -> str:
    if isinstance(note, Info):
        values = f"Published: {', '.join(f'``{each}``' for each in note.values)}." if note.values else ""
        default = f"Without it: ``{note.default}``." if note.default is not None else ""
        return " ".join(filter(None, (_capital(note.text), values, default)))
    if isinstance(note, Length) and note.most:
        return f"At most {note.most:,} characters{'' if note.settled else f' on {note.channel}'}."
    if isinstance(note, Count):
        return f"{note.least} to {note.most} of them."
    if isinstance(note, Range) and note.most < 10**9:
        return f"{note.least:,g} to {note.most:,g}."
    return ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
