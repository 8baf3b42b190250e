"""``pulumi-8x8 graph``: the steps of a workflow as Mermaid and as SVG."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Literal

import pytest
from cli_kit import MENU, body, run
from hypothesis import example, given
from hypothesis import strategies as st
from playwright.sync_api import Browser

from pulumi_8x8.definition import UNKNOWN, Definition
from pulumi_8x8.phrasing import printable_lines
from pulumi_8x8.review.formats.markdown import to_mermaid
from pulumi_8x8.review.pictures import Arrow, Box, Picture, picture_of

DRAWN = """\
flowchart TD
  s0["ask<br/>ChatAppsMessage"]
  s1["wait<br/>WaitForReply"]
  s2["bye<br/>ChatAppsMessage"]
  s0 --> s1
  s1 --> s2
"""


@pytest.fixture
def menu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workflow file in the current folder."""
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "menu.json"
    file.write_text(json.dumps(body("Menu", MENU)))
    return file


def test_mermaid(menu: Path) -> None:
    """Mermaid is the default; --output writes it to a file."""
    assert (run("graph", "menu.json").stdout, run("graph", ".").stdout) == (DRAWN, DRAWN)
    assert run("graph", "menu.json", "--output", "menu.mmd").output == ""
    assert (menu.parent / "menu.mmd").read_text() == DRAWN


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_svg(menu: Path, browser: Browser, scheme: Literal["light", "dark"]) -> None:
    """The SVG is a file of its own that loads nothing, and is readable in light and in dark mode."""
    run("graph", "menu.json", "--format", "svg", "-o", "menu.svg")
    root = ET.parse(menu.parent / "menu.svg").getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    page = browser.new_page(color_scheme=scheme)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"file://{menu.parent}/menu.svg")
    names = page.locator("text.name").all_text_contents()
    paint = "(selector) => getComputedStyle(document.querySelector(selector)).fill"
    letters, ground = (
        sum(map(int, re.findall(r"\d+", page.evaluate(paint, each))[:3])) for each in ("text.name", "rect.plate")
    )
    page.close()
    assert (names, len(asked)) == (["ask", "wait", "bye"], 1)
    assert (ground > 600 > 200 > letters) if scheme == "light" else (letters > 600 > 200 > ground)


def test_what_cannot_be_drawn(menu: Path) -> None:
    """Steps that aren't known have no picture, and a missing file and an unknown workflow are messages."""
    assert picture_of(Definition.of(name="x", trigger=None, status=None, sub_account_id=None, steps=UNKNOWN)) is None
    for arguments, message in (
        (["no.json"], "no.json: the file doesn't exist"),
        (["menu.json", "--workflow", "x"], 'no workflow has the name "x". The workflows are menu.json'),
    ):
        result = run("graph", *arguments)
        assert (result.exit_code, message in result.stderr) == (2, True)


def test_a_large_one(menu: Path) -> None:
    """A picture that GitHub and GitLab refuse is printed, with a note."""
    steps = [{"id": f"s{each}", "stepType": "Wait", "nextStepId": f"s{each + 1}"} for each in range(500)]
    menu.write_text(json.dumps(body("Large", steps)))
    result = run("graph", "menu.json")
    assert (result.exit_code, "too large for GitHub" in result.stderr, "s499" in result.stdout) == (0, True, True)


def read(text: str) -> str:
    """The text that Mermaid shows."""
    return re.sub(r"#(\d+);", lambda found: chr(int(found[1])), text.replace("\u2060", ""))


@given(st.text(max_size=30))
@example("")
@example("ﬂ°34¶ß")
@example("1. end]--> `**#quot;")
@example("0000000" + "\x1f" * 6 + "\U0002ebe1" * 9)
def test_any_text(text: str) -> None:
    """Any text is shown, and none is a part of Mermaid's language or empty, which Mermaid refuses.

    A text of many characters that can't be shown becomes longer, and is shortened. Checked with Mermaid 11, which shows
    each of these texts but the last one, and with 150 random ones.
    """
    shown = " ".join(printable_lines(text).split()).replace("\u2060", "")
    shown = shown if len(shown) <= 120 else f"{shown[:119]}…"
    drawn = to_mermaid(Picture((Box(text, text, "same"), Box("b", "", "same")), (Arrow(0, 1, text, "same"),)))
    found = re.fullmatch(
        r'flowchart TD\n  s0\["([\w #;\u0080-\U0010ffff]*?)(<br/>[^"<]*)?"\]\n  s1\["b"\]\n'
        r'  s0 -->(?:\|"([\w #;\u0080-\U0010ffff]+)"\|)? s1\n',
        drawn,
    )
    assert found, drawn
    assert "ﬂ°" not in drawn
    assert "¶ß" not in drawn
    assert read(found[1] + (found[2] or "")) == (f"{shown}<br/>{shown}" if text else " ")
    assert read(found[3] or "") == shown
