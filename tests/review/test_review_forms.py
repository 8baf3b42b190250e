"""Markdown for a comment, and HTML: nothing in a definition gets out of its place; a comment keeps to its limit."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from review_kit import workflow

from pulumi_8x8.definition import Definition
from pulumi_8x8.review.formats import to_html, to_json, to_markdown
from pulumi_8x8.review.formats.markdown import LONGEST_COMMENT, MARKER, to_mermaid
from pulumi_8x8.review.reviews import Pair, Review, Side, review

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style></title><b>",
    "```\n# Heading",
    "@everyone, see #1 and [link](javascript:alert(1)) ![x](http://x.test/y.png)",
    "a|b\n- list\n\n<!-- comment",
    '"]:::added\n click s0 "https://x.test"',
    "\x1b[31mred\u202e\ud800",
    ":smile: $x^2$ ~~no~~ **bold** \\",
]


def _side(body: dict[str, Any]) -> Side:
    return Side(Definition.from_body(body))


def _hostile(text: str) -> Review:
    """A review in which ``text`` stands wherever a definition can have it."""

    def body(suffix: str) -> dict[str, Any]:
        made = workflow(text, text + suffix, **{text: text + suffix})
        step = made["definition"]["steps"][0]
        step |= {"id": text, "selectNextStep": {text + suffix: f"{{{{data.x == '{text}{suffix}'}}}}"}}
        step["outputs"] = {text: text + suffix}
        made["definition"]["steps"].append({"id": text + suffix + "2", "stepType": text})
        return made

    pair = Pair(text, _side(body("a")), _side(body(" b")), old_label=text + "old")
    return review(text, [pair, Pair(f"{text}2", None, _side(body("c")))], notes=[text])


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]
        if tag not in ("meta", "path", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)


@pytest.mark.parametrize("text", HOSTILE)
def test_html_is_harmless(text: str) -> None:
    """Only the page's own elements and attributes, every element closed, no script, nothing loaded."""
    html = to_html(_hostile(text))
    html.encode()
    page = _Page()
    page.feed(html.removeprefix("<!DOCTYPE html>\n"))
    assert page.open == []
    assert page.tags <= {
        *("html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "nav", "ul", "li", "a", "section"),
        *("span", "code", "em", "del", "ins", "div", "figure", "figcaption", "svg", "path", "text", "g", "rect"),
    }
    assert not {name for name in page.attributes if name.startswith("on") or name in ("src", "style")}
    assert all(re.fullmatch(r"#w\d+", link) for link in page.links)
    assert "default-src 'none'" in html
    assert "\x1b" not in html
    assert "\u202e" not in html


@pytest.mark.parametrize("text", HOSTILE)
def test_markdown_is_harmless(text: str) -> None:
    """Only the comment's own HTML and code, nobody called, every block that is opened closed."""
    markdown = to_markdown(_hostile(text))
    markdown.encode()
    outside = re.sub(r"```mermaid\n.*?```", "", markdown.removeprefix(MARKER), flags=re.DOTALL)
    outside = re.sub(r"`[^`\n]*`", "", outside)
    tags = set(re.findall(r"<(/?[!\w-]*)", outside))
    ours = {"details", "summary", "b", "code", "del", "ins", "br"}
    assert tags <= ours | {f"/{name}" for name in ours}
    assert markdown.count("<details") == markdown.count("</details>")
    assert not re.search(r"@\w|!\[|\]\(|\*\*bold|~~|:smile:", outside)
    # No text of a workflow is at the beginning of a line.
    for line in outside.splitlines():
        assert re.match(r"|### |> |- |  - |<details|</details>|\*\*|1 workflow|2 workflows", line)
    for drawn in re.findall(r"```mermaid\n(.*?)```", markdown, flags=re.DOTALL):
        for line in drawn.splitlines():
            assert re.fullmatch(
                r'flowchart TD|  s\d+\["[\w #;<br/>…−\u0080-\U0010ffff]*"\](:::\w+)?'
                r'|  s\d+ -->(\|"[\w #;\u0080-\U0010ffff]*"\|)? s\d+|  (classDef|linkStyle) [\w ,:#-]+',
                line,
            ), line


def test_mermaid_of_a_small_workflow() -> None:
    """Boxes, paths and what changed, as Mermaid writes them."""
    before, after = workflow(), workflow(text="Hi all")
    after["definition"]["steps"][0]["nextStepId"] = "bye"
    after["definition"]["steps"].append({"id": "bye", "stepType": "Wait", "inputs": {"duration": "1"}})
    (changed,) = review("", [Pair("x", _side(before), _side(after))]).workflows
    assert changed.after is not None
    assert to_mermaid(changed.after) == (
        "flowchart TD\n"
        '  s0["hello<br/>SMS"]:::changed\n'
        '  s1["bye<br/>Wait"]:::added\n'
        "  s0 --> s1\n"
        "  classDef added fill:#dafbe1,stroke:#1a7f37,color:#0f3d1c,stroke-width:2px\n"
        "  classDef changed fill:#fff8c5,stroke:#9a6700,color:#3f2b00,stroke-width:2px\n"
        "  linkStyle 0 stroke:#1a7f37,stroke-width:3px\n"
    )


def _many(number: int, steps: int) -> Review:
    def body(which: int, text: str) -> dict[str, Any]:
        made = workflow(f"Workflow {which}")
        message = made["definition"]["steps"][0]["inputs"]
        made["definition"]["steps"] = [
            {
                "id": f"step{n}",
                "stepType": "SMS",
                "inputs": {**message, "text": f"{text} 👋 number {n}"},
                "nextStepId": f"step{n + 1}" if n + 1 < steps else None,
            }
            for n in range(steps)
        ]
        return made

    pairs = [Pair(f"flow-{n:04}", _side(body(n, "Hello")), _side(body(n, "Bye"))) for n in range(number)]
    return review("", pairs)


@pytest.mark.parametrize(
    ("workflows", "steps", "left_out"),
    [
        (3, 3, None),
        (40, 10, "pictures of "),
        (3, 300, "pictures of 3 workflows"),
        (400, 8, "changes by step of "),
        (3000, 1, ". The HTML format is complete."),
    ],
)
def test_a_comment_keeps_to_its_limit(workflows: int, steps: int, left_out: str | None) -> None:
    """What is too long is folded, then left out, longest first; the output names each workflow that it leaves out."""
    markdown = to_markdown(_many(workflows, steps))
    assert len(markdown.encode("utf-16-le")) // 2 <= LONGEST_COMMENT
    if left_out is None:
        assert "Left out" not in markdown
    else:
        assert left_out in markdown.splitlines()[-1]
    if workflows <= 400:
        assert all(f"`flow-{n:04}`" in markdown or f">flow-{n:04}<" in markdown for n in range(workflows))


@given(st.integers(1_000, 20_000))
def test_any_limit(longest: int) -> None:
    """The limit is kept, whatever it is."""
    assert len(to_markdown(_many(12, 4), longest).encode("utf-16-le")) // 2 <= longest


@pytest.mark.parametrize("text", HOSTILE)
def test_json_is_valid(text: str) -> None:
    """Any text comes through JSON, lone surrogates among it."""
    to_json(_hostile(text)).encode()
