"""The pages of the site, made of the documents of the repository, which are plain Markdown for forges and terminals.

- ``docs/index.md`` is the landing page. Its sections with lists of links are the navigation.
- Documents outside ``docs`` (``SECURITY.md``, the READMEs of examples) become pages beside the others. Links follow.
- Each group of lint rules, and each group of Python names, gets a page of its own.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from pathlib import Path
from types import FunctionType

from pulumi_8x8.definition import Definition
from pulumi_8x8.definition.members import Anything
from pulumi_8x8.lint import RULES, Rule
from pulumi_8x8.review.formats.svg import to_standalone_svg
from pulumi_8x8.review.pictures import picture_of
from tools.docs import ROOT, names, readmes, rules

#: What is a page of the site: its file in the sources, by the document's path in the repository.
PAGES = {
    **{f"docs/{path.name}": path.name for path in sorted((ROOT / "docs").glob("*.md"))},
    **{f"{name}.md": f"{name.lower()}.md" for name in ("ARCHITECTURE", "CHANGELOG", "CONTRIBUTING", "SECURITY")},
    **{
        f"examples/{path.parent.name}/README.md": f"examples/{path.parent.name}.md"
        for path in sorted((ROOT / "examples").glob("*/README.md"))
    },
}

#: What a class offers; and what steps offer to this package alone.
_MEMBERS = (FunctionType, property, classmethod)
_INTERNAL = {"where", "goes_on", "to_api", "given", "result_of", "parts_of", "to_input"}

_FENCE = re.compile(r"^( *)(`{3,}|~{3,}).*?^\1\2`*[ ]*$\n?", re.MULTILINE | re.DOTALL)
_PICTURE = re.compile(r"^```mermaid\n.*?^```\n", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?P<target>[^)#\s]*)(?P<anchor>#[^)\s]*)?\)")
_ITEM = re.compile(r"^- \[(?P<title>[^]]+)\]\((?P<page>[^)#]+)\.md\)", re.MULTILINE)


def write_sources(folder: Path, draw: bool = True) -> None:
    """Writes the sources of all pages into a new folder.

    :param draw: draw the workflows of the examples, whose programs run for that. Otherwise they are left out.
    """
    made = {page: _converted(document, page, folder) for document, page in PAGES.items()}
    for page in made:
        if page.startswith("examples/"):
            pictures = _pictures(Path(page).stem, folder) if draw else repeat("")
            parts = _PICTURE.split(made[page])
            made[page] = parts[0] + "".join(next(pictures) + part for part in parts[1:])
    made["index.md"] = _with_navigation(made["index.md"])
    made["lint.md"] = _overview_of_rules(made["lint.md"])
    made |= {f"rules/{module}.md": _rules(rules.TITLES[module], found) for module, found in rules.groups().items()}
    made["python.md"] += _toctree(f"python/{group.page}" for group in names.GROUPS)
    made |= {f"python/{group.page}.rst": "\n".join(_reference(group)) for group in names.GROUPS}
    made["examples.md"] += _toctree(
        page.removesuffix(".md") for page in PAGES.values() if page.startswith("examples/") and page != "examples/ci.md"
    )
    for page, text in made.items():
        (folder / page).parent.mkdir(parents=True, exist_ok=True)
        (folder / page).write_text(text, "utf-8")


def _converted(document: str, page: str, folder: Path) -> str:
    """The text of a document, with links to other pages of the site."""

    def relinked(part: str) -> str:
        return _LINK.sub(lambda link: f"]({_target(link, document, page, folder)})", part)

    return _outside_fences((ROOT / document).read_text("utf-8"), relinked)


def _outside_fences(text: str, change: Callable[[str], str]) -> str:
    made, done = "", 0
    for fence in _FENCE.finditer(text):
        made += change(text[done : fence.start()]) + fence[0]
        done = fence.end()
    return made + change(text[done:])


def _target(link: re.Match[str], document: str, page: str, folder: Path) -> str:
    """Where a link of a document leads on the site. A file that isn't a page is downloaded."""
    target, anchor = link["target"], link["anchor"] or ""
    if ":" in target:
        return target + anchor
    path = os.path.normpath(Path(document).parent / target) if target else document
    if (ROOT / path).is_dir():
        path += "/README.md"
    if path == "docs/lint.md" and anchor.removeprefix("#") in RULES:
        module = next(module for module, group in rules.groups().items() if RULES[anchor.removeprefix("#")] in group)
        found = f"rules/{module}.md"
    elif path == document:
        return anchor
    elif path in PAGES:
        found = PAGES[path]
    elif not (ROOT / path).is_file():
        raise ValueError(f"{document}: the link to {target} leads nowhere")
    else:
        found = f"files/{path}"
        (folder / found).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / found)
    return os.path.relpath(found, Path(page).parent) + anchor


def _pictures(example: str, folder: Path) -> Iterator[str]:
    """The pictures of an example's workflows, which its README has as Mermaid."""
    for number, (name, body) in enumerate(readmes.workflows(example).items()):
        picture = picture_of(Definition.from_body(body))
        assert picture is not None
        file = folder / "examples" / f"{example}-{number}.svg"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(to_standalone_svg(picture, f"The steps of {name}"), "utf-8")
        yield f"![The steps of {name}]({file.name})\n"


def _with_navigation(text: str) -> str:
    """The landing page: each of its sections is a part of the navigation, with the pages of its list."""
    head, *sections = re.split(r"^(?=## )", text, flags=re.MULTILINE)
    for number, section in enumerate(sections):
        pages = [f"{found['title']} <{found['page']}>" for found in _ITEM.finditer(section)]
        if pages:
            caption = section.partition("\n")[0].removeprefix("## ")
            sections[number] = section.rstrip() + "\n" + _toctree(pages, caption) + "\n"
    return head + "".join(sections)


def _overview_of_rules(text: str) -> str:
    """The page of the lint rules without the rules, which are on pages of their own."""
    parts = [text.partition("\n## ")[0].rstrip() + "\n"]
    for module, found in rules.groups().items():
        rows = (f"| [{rule.id}](rules/{module}.md#{rule.id}) | {rule.severity} | {rule.about} |" for rule in found)
        parts.append(f"## {rules.TITLES[module]}\n\n| rule | level | |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    return "\n".join(parts) + _toctree(f"rules/{module}" for module in rules.groups())


def _rules(title: str, found: Sequence[Rule]) -> str:
    """A page with the lint rules of a group."""
    about = "For whoever reads what lint reports: each rule, a workflow that it refuses, and one that it lets pass."
    sections = (rules.section(rule).removeprefix("#") for rule in found)
    return "\n".join([f"# {title}\n", f"{about} [Lint](../lint.md) lists all rules.\n", *sections])


def _reference(group: names.Group) -> Iterator[str]:
    """A page of the reference: autodoc makes its content of the docstrings."""
    yield f"{group.title}\n{'=' * len(group.title)}\n"
    yield f"For whoever writes programs and tests. Names from ``{group.package}``; :doc:`../python` lists all groups.\n"
    for name in group.names:
        thing = names.thing_of(group, name)
        kind = "data" if isinstance(thing, Anything) else "class" if isinstance(thing, type) else "function"
        yield f".. {'py:data' if kind == 'data' else f'auto{kind}'}:: {group.package}.{name}"
        if kind == "class" and (members := _members(thing)):
            yield f"   :members: {', '.join(members)}"
        yield f"\n   {names.about(group, name)}\n" if kind == "data" else ""


def _members(kind: type) -> list[str]:
    """The methods and properties of a class that users need, its base classes in this package included."""
    own = (each for each in kind.__mro__ if each.__module__.startswith("pulumi_8x8."))
    members = (name for each in own for name, value in vars(each).items() if isinstance(value, _MEMBERS))
    return [name for name in dict.fromkeys(members) if not name.startswith("_") and name not in _INTERNAL]


def _toctree(pages: Iterable[str], caption: str = "") -> str:
    about = ":hidden:\n" + (f":caption: {caption}\n" if caption else "")
    return f"\n```{{toctree}}\n{about}\n" + "\n".join(pages) + "\n```\n"
