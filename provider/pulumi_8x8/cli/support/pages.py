"""The documents and examples that come with the package."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

from pulumi_8x8.cli.support.output import columns, print_document
from pulumi_8x8.cli.support.vocabulary import Failed
from pulumi_8x8.phrasing import did_you_mean

_PACKAGE = Path(__file__).resolve().parents[2]

#: Characters of the shortest piece of a message that counts for a section.
_PIECE = 8


class _Section(NamedTuple):
    """A part of a page, with what is below it.

    :param anchor: its name in links: ``1-a-first-reply``.
    """

    anchor: str
    text: str


def shipped(name: str) -> Path:
    """The folder ``docs`` or ``examples``, in an installed package or in a checkout of the project."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _PACKAGE.parent.parent / name


def pages() -> dict[str, Path]:
    """All pages by name, such as ``authoring``."""
    return {path.stem: path for path in sorted(shipped("docs").glob("*.md"))}


def read_page(name: str) -> str:
    """The text of a page, in Markdown. :raises Failed: there is no such page."""
    known = pages()
    wanted = name.removeprefix("docs/").removesuffix(".md")
    if wanted not in known:
        near = did_you_mean(wanted, known)
        raise Failed(f'the documentation has no page "{name}". {near or "The pages are " + ", ".join(known)}')
    return known[wanted].read_text("utf-8")


def print_page(text: str) -> None:
    """Prints Markdown. On a terminal, paragraphs fit its width, and code stays unchanged, to be copied."""
    width = columns()
    if width is None:
        print_document(text)
        return
    from pulumi_8x8.cli.support.wrapping import wrapped_text  # only for terminals

    for is_code, block in _blocks(text):
        print_document(block if is_code else wrapped_text(block, width, hanging=0 if block[:1].isalnum() else 2))


def _blocks(text: str) -> Iterator[tuple[bool, str]]:
    """The paragraphs, items, rows and headings of Markdown, each on one line, and lines of code; whether it is code."""
    block, fence = "", ""
    for line in text.splitlines():
        mark = re.match(r"\s*(`{3,}|~{3,})", line)
        begins = mark or fence or not line.strip() or re.match(r"\s*([#|<>*+-]|\d+\.)", line)
        if block and (begins or re.match(r"\s*[#|<]", block)):
            yield False, block
            block = ""
        if mark or fence:
            fence = "" if mark and line.strip() == fence else fence or (mark[1] if mark else "")
            yield True, line
        elif not line.strip():
            yield False, ""
        else:
            block = f"{block} {line.strip()}" if block else line
    if block:
        yield False, block


def title_of(text: str) -> str:
    """The title of a page."""
    return text.partition("\n")[0].lstrip("# ")


def find_section(page: str, wanted: str) -> str:
    """The section of a page, in Markdown: the one with this title, with these words, or with the most like these words.

    :raises Failed: there is no such section.
    """
    every, anchor = list(_sections(read_page(page))), _anchor(wanted)
    found = [each for each in every if each.anchor == anchor] or [each for each in every if anchor in each.anchor]
    found = found or sorted(
        (each for each in every if wanted.lower() in each.text.lower()), key=lambda it: len(it.text)
    )
    found = found or _most_like(wanted, every)
    if not anchor or not found:
        near = did_you_mean(anchor, [each.anchor for each in every])
        raise Failed(
            f'the page {page} has no section "{wanted}". {near or "To see all of it: pulumi-8x8 docs " + page}'
        )
    return found[0].text


def _most_like(message: str, every: Sequence[_Section]) -> list[_Section]:
    """The section with the line that has most of a message, whose names and numbers are the reader's."""
    words = " ".join(message.lower().split())

    def likeness(section: _Section) -> int:
        lines = section.text.lower().splitlines()
        compared = (SequenceMatcher(None, words, line, autojunk=False).get_matching_blocks() for line in lines)
        return max(sum(each.size for each in blocks if each.size >= _PIECE) for blocks in compared)

    liked = {each: likeness(each) for each in every}
    best = max(every, key=lambda each: (liked[each], -len(each.text)), default=None)
    return [best] if best and liked[best] > max(2 * _PIECE, len(words) / 3) else []


def explain_rule(rule: str, others: Mapping[str, str]) -> str:
    """What the page of the lint rules has about one of them, in Markdown.

    :param others: what rules find that aren't on the page.
    :raises Failed: there is no such rule.
    """
    rules = {name: f"### {name}\n\n{about}\n" for name, about in others.items()}
    rules |= {each.anchor: each.text for each in _sections(read_page("lint")) if each.text.startswith("### ")}
    if rule not in rules:
        near = did_you_mean(rule, rules)
        raise Failed(f'pulumi-8x8 has no lint rule "{rule}". {near or "To see all rules: pulumi-8x8 docs lint"}')
    return rules[rule]


def _sections(text: str) -> Iterator[_Section]:
    """The sections of a page; a line of an example isn't a heading."""
    lines = text.splitlines(keepends=True)
    heads, fence = [], ""
    for number, line in enumerate(lines):
        mark = re.match(r"\s*(`{3,}|~{3,})", line)
        if mark and (not fence or (mark[1].startswith(fence) and not line.strip(" \n`~"))):
            fence = "" if fence else mark[1]
        elif not fence and (head := re.match(r"(#{2,6}) +(.*)", line)):
            heads.append((number, len(head[1]), head[2].strip()))
    for position, (start, depth, title) in enumerate(heads):
        end = next((number for number, other, _ in heads[position + 1 :] if other <= depth), len(lines))
        yield _Section(_anchor(title), "".join(lines[start:end]).rstrip() + "\n")


def _anchor(title: str) -> str:
    return re.sub(r"[^\w -]", "", title.strip().lower()).replace(" ", "-")
