"""The HTML form in the Chromium of this machine: harmless, readable, printable. SCREENSHOTS=folder keeps pictures."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from review_kit import run, workflow, write

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=https://evil.test/x onerror=alert(2)>',
    "</style></title></svg><iframe src=https://evil.test></iframe>",
    "[x](javascript:alert(3)) ![y](https://evil.test/y)",
    "url(https://evil.test/z); }} * {{ display: none }}",
)


def _large(menus: int = 40) -> dict[str, Any]:
    """A survey: ``menus`` times a question with two answers, and a reminder for who does not answer."""
    steps: list[dict[str, Any]] = []
    sms = workflow()["definition"]["steps"][0]
    for number in range(menus):
        reply = "data.reply.payload.body"
        ways = {f"yes_{number}": f"{{{{{reply} == '1'}}}}", f"no_{number}": None, f"ask_{number}": "{{!data.reply}}"}
        steps += [
            {**sms, "id": f"ask_{number}", "nextStepId": f"answer_{number}"},
            {"id": f"answer_{number}", "stepType": "WaitForReply", "inputs": {"from": "x"}, "selectNextStep": ways},
            {**sms, "id": f"yes_{number}", "nextStepId": f"ask_{number + 1}"},
            {**sms, "id": f"no_{number}", "nextStepId": f"store_{number}"},
            {"id": f"store_{number}", "stepType": "HttpRequest", "nextStepId": f"ask_{number + 1}"},
        ]
    steps[-1]["nextStepId"] = steps[-3]["nextStepId"] = None
    return _with(steps)


def _wide(answers: int = 199) -> dict[str, Any]:
    """A branch that leads to ``answers`` messages."""
    sms = workflow()["definition"]["steps"][0]
    ways = {f"city_{number}": f"{{{{data.payload.body == '{number}'}}}}" for number in range(answers)}
    return _with([{"id": "start", "stepType": "Branch", "selectNextStep": ways}, *({**sms, "id": id} for id in ways)])


def _with(steps: list[dict[str, Any]]) -> dict[str, Any]:
    return {"trigger": "inbound_sms", "status": "enabled", "definition": {"name": "Large", "steps": steps}}


def _changed(body: dict[str, Any]) -> dict[str, Any]:
    """Another text in the middle."""
    body = json.loads(json.dumps(body))  # so that the steps share nothing
    step = next(each for each in body["definition"]["steps"][100:] if each["stepType"] == "SMS")
    step["inputs"]["text"] = "Hello again"
    return body


#: Before and after.
REVIEWS: dict[str, tuple[list[dict[str, Any]], list[dict[str, Any]]]] = {
    "hostile": (
        [workflow(name, text=name) for name in HOSTILE],
        [_with([{**step, "id": name, "stepType": name} for name in HOSTILE]) for step in ({"nextStepId": HOSTILE[0]},)]
        + [workflow(name, text=f"{name} {HOSTILE[0]}") for name in HOSTILE[1:]],
    ),
    "large": ([_large()], [_changed(_large())]),
    "wide": ([_wide()], [_changed(_wide())]),
}

Opened = Callable[[str], Page]


@pytest.fixture(params=["light", "dark"])
def opened(browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Opened]:
    """Opens a review; in the end only the file was loaded, nothing ran, and there was no complaint."""
    context = browser.new_context(color_scheme=request.param, viewport={"width": 1360, "height": 860})
    page = context.new_page()
    asked: list[str] = []
    problems: list[str] = []
    page.on("request", lambda each: asked.append(each.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda line: problems.append(line.text))
    page.on("dialog", lambda dialog: problems.append(dialog.message))

    def open(name: str) -> Page:
        for side, bodies in zip(("before", "after"), REVIEWS[name], strict=True):
            for number, body in enumerate(bodies):
                write(tmp_path / side / f"{number}.json", body)
        result = run(tmp_path / "before", tmp_path / "after", "--format", "html", "-o", tmp_path / "review.html")
        assert result.exit_code == 0, result.output
        page.goto((tmp_path / "review.html").as_uri())
        return page

    yield open
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=str(Path(folder) / f"{request.node.name}.png"), full_page=True)
    context.close()
    assert problems == []
    assert asked == [(tmp_path / "review.html").as_uri()]


def test_hostile_names(opened: Opened) -> None:
    """What looks like markup, a script, a style or a link is shown as the text that it is."""
    page = opened("hostile")
    assert page.locator("script, iframe, img, object, embed, [onerror], link").count() == 0
    assert page.locator("a:not([href^='#'])").count() == 0
    text = page.locator("body").inner_text()
    for name in HOSTILE[1:]:
        assert f"“{name}”" in text
    assert page.locator("svg title", has_text=HOSTILE[0]).count() > 0
    assert page.locator("h1").is_visible()


@pytest.mark.parametrize("name", ["large", "wide"])
def test_two_hundred_steps(opened: Opened, name: str) -> None:
    """All of 200 steps can be read: no box lies on another, no name leaves its box, the page never scrolls sideways."""
    page = opened(name)
    for when in ("before", "after"):
        boxes: list[list[float]] = page.evaluate(
            """when => Array.from(document.querySelectorAll(`#w0-${when} .step`), step => {
                const box = step.querySelector('rect').getBBox();
                for (const text of step.querySelectorAll('text')) {
                    const inner = text.getBBox();
                    if (inner.x < box.x || inner.x + inner.width > box.x + box.width) throw text.textContent;
                }
                return [box.x, box.y, box.x + box.width, box.y + box.height];
            })""",
            when,
        )
        assert len(boxes) == 200
        boxes.sort(key=lambda box: box[1])
        for number, (left, _, right, bottom) in enumerate(boxes):
            for other in boxes[number + 1 :]:
                if other[1] >= bottom:
                    break
                assert other[2] <= left or other[0] >= right
    # What changed comes first, and is small enough to be seen without scrolling.
    first = page.locator("figure").first.locator("svg")
    assert first.bounding_box()["height"] < 700  # type: ignore[index]
    assert first.locator(".step.changed").count() == 1
    assert first.locator(".step").count() < 12
    for width in (1360, 390):
        page.set_viewport_size({"width": width, "height": 860})
        assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("name", ["large", "wide"])
def test_bands(opened: Opened, name: str) -> None:
    """A tall picture is made of bands without a gap, none as high as half a page; none cuts a box or a label."""
    page = opened(name)
    for figure, id in zip(page.locator("figure").all()[2:], ("#w0-before", "#w0-after"), strict=True):
        views = [each.get_attribute("viewBox") for each in figure.locator("svg[viewBox]").all()]
        bands = [[float(number) for number in (view or "").split()] for view in views]
        places = [each.bounding_box() for each in figure.locator("svg[viewBox]").all()]
        assert len(bands) > 5
        cuts = {top for _, top, _, _ in bands[1:]}
        for (_, top, _, height), below, place, next_place in zip(bands, bands[1:], places, places[1:], strict=False):
            assert (top + height, height < 500) == (below[1], True)
            assert place is not None
            assert next_place is not None
            assert abs(place["y"] + place["height"] - next_place["y"]) < 0.1
        extents: list[list[float]] = page.evaluate(
            """id => Array.from(document.querySelectorAll(`${id} .step rect, ${id} text.label`), each => {
                const box = each.getBBox();
                return [box.y, box.y + box.height];
            })""",
            id,
        )
        assert [(cut, extent) for cut in cuts for extent in extents if extent[0] < cut < extent[1]] == []


def test_on_paper(opened: Opened) -> None:
    """Printed, nothing is cut off at the side or hidden behind a scroll bar, and it is dark on white."""
    page = opened("large")
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 without its margins
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("document.documentElement.scrollWidth") == 718
    for frame in page.locator(".frame").all():
        assert frame.evaluate("each => each.scrollWidth <= each.clientWidth && each.scrollHeight <= each.clientHeight")
    pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
    assert 4 < pages < 40


def test_contrast(opened: Opened) -> None:
    """Every colour of a text stands out from what is behind it (WCAG AA: 4.5 to 1), in light and dark."""
    page = opened("hostile")
    low = page.evaluate(
        """() => {
            const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
            const rgb = colour => {
                canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
                return Array.from(canvas.getImageData(0, 0, 1, 1).data);
            };
            const light = colour => rgb(colour).slice(0, 3).map(c => c / 255)
                .map(c => c <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
                .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0);
            const behind = each => {
                const shape = each.closest('g.step')?.querySelector('rect');
                if (shape) return getComputedStyle(shape).fill;
                for (; each; each = each.parentElement) {
                    const colour = getComputedStyle(each).backgroundColor;
                    if (rgb(colour)[3]) return colour;
                }
                return 'white';
            };
            const bad = [];
            for (const each of document.querySelectorAll('h1, h2, h3, p, li, a, code, ins, del, figcaption, text')) {
                const style = getComputedStyle(each);
                const [a, b] = [each instanceof SVGElement ? style.fill : style.color, behind(each)].map(light);
                const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
                if (ratio < 4.5) bad.push([each.tagName, each.getAttribute('class'), ratio]);
            }
            return bad;
        }"""
    )
    assert low == []
