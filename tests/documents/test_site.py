"""The documentation site is built without a warning, has a page for everything, and asks no other host for anything."""

from __future__ import annotations

import re
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html import unescape
from pathlib import Path

import click
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, expect

import pulumi_8x8
from pulumi_8x8 import testing
from pulumi_8x8.lint import RULES
from tools.docs import ROOT
from tools.docs.commands import commands
from tools.site.__main__ import build, run_sphinx
from tools.site.sources import PAGES, write_sources

#: What a page could load from elsewhere.
LOADS = re.compile(
    r"<(?:script|img|iframe|source|link)\b[^>]*?\b(?:src|href)=\"((?:https?:)?//[^\"]*)|url\(['\"]?(https?:[^)]*)"
)
#: Keys of the config, and variables of the environment, as the code reads them.
SETTING = re.compile(r"(?<=[\"'` ])(?:8x8:[a-z]+[a-zA-Z]*|PULUMI_8X8_[A-Z_]*[A-Z])(?=[\"'` =.,])")

#: Names in the first column of tables that take more than one line, though they have no space.
BROKEN_NAMES = """() => [...document.querySelectorAll("table.docutils td:first-child code")]
    .filter(code => !code.textContent.includes(" ") && code.getClientRects().length > 1)
    .map(code => code.textContent)"""

#: What only looks like a setting: the mark of a secret in a digest.
NO_SETTING = {"8x8:secret"}


@dataclass(frozen=True)
class Site:
    """What the site has.

    :param names: Python names with an entry in the reference.
    :param sections: the text of each section, by the address that leads to it.
    """

    names: frozenset[str]
    sections: dict[str, str]

    @property
    def text(self) -> str:
        return "\n".join(self.sections.values())


def read_site(folder: Path) -> Site:
    """Reads the inventory and the pages of a site."""
    packed = (folder / "objects.inv").read_bytes().split(b"\n", 4)[4]
    names = (line.split()[0] for line in zlib.decompress(packed).decode().splitlines() if " py:" in line)
    sections: dict[str, str] = {}
    for page in sorted(folder.rglob("*.html")):
        for part in re.split(r"(?=<section id=)", page.read_text("utf-8")):
            if anchor := re.match(r'<section id="([^"]+)"', part):
                sections[f"{page.relative_to(folder)}#{anchor[1]}"] = unescape(re.sub(r"<[^>]+>", "", part))
    return Site(frozenset(names), sections)


def missing(site: Site) -> Iterator[str]:
    """Each public name, command, option, lint rule, setting and document that the site has nothing about."""
    public = {"pulumi_8x8": pulumi_8x8.__all__, "pulumi_8x8.testing": testing.__all__}
    yield from (
        f"{package}.{name}" for package, all in public.items() for name in all if f"{package}.{name}" not in site.names
    )
    for each in commands():
        section = site.sections.get(f"cli.html#{each.words.replace(' ', '-')}")
        if section is None:
            yield each.words
            continue
        options = (param for param in each.command.params if isinstance(param, click.Option) and not param.hidden)
        yield from (f"{each.words} {option.opts[-1]}" for option in options if option.opts[-1] not in section)
    rules = {address.partition("#")[2] for address in site.sections if address.startswith("rules/")}
    yield from (f"rule {rule}" for rule in RULES if rule not in rules)
    sources = "\n".join(path.read_text("utf-8") for path in (ROOT / "provider").rglob("*.py"))
    yield from (f"setting {name}" for name in sorted({*SETTING.findall(sources)} - NO_SETTING) if name not in site.text)
    pages = {address.partition(".html#")[0] for address in site.sections}
    yield from (f"document {name}" for name, page in PAGES.items() if page.removesuffix(".md") not in pages)


def loaded_from_elsewhere(folder: Path) -> list[str]:
    """What pages and styles load from other hosts."""
    files = [path for kind in ("html", "css", "svg") for path in folder.rglob(f"*.{kind}")]
    return [f"{path.name}: {found[0]}" for path in files for found in LOADS.finditer(path.read_text("utf-8"))]


def test_site(tmp_path: Path, browser: Browser) -> None:
    """The site is built strictly. It has everything, in both colours, and is searched without a server.

    It is one test, since a build takes long, and a fixture would build it in each process of pytest-xdist.
    """
    folder = tmp_path / "site"
    assert build(folder, draw=False) == 0
    site = read_site(folder)
    assert [*missing(site)] == []
    assert loaded_from_elsewhere(folder) == []

    lacking = replace(site, names=site.names - {"pulumi_8x8.Workflow"}, sections=dict(site.sections))
    lacking.sections["cli.html#pulumi-8x8-list"] = "--format"
    del lacking.sections["cli.html#pulumi-8x8-usage"], lacking.sections["rules/flow.html#unreachable-step"]
    found = [*missing(lacking)]
    others = [each for each in found if not each.startswith("pulumi-8x8 list --")]
    assert others == ["pulumi_8x8.Workflow", "pulumi-8x8 usage", "rule unreachable-step"]
    assert "pulumi-8x8 list --managed-by" in found

    asked: list[str] = []
    with browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce") as context:
        page = context.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.goto((folder / "search.html").as_uri() + "?q=unreachable-step")
        expect(page.locator("#search-results li a").first).to_be_visible()
        for name in ("index", "authoring", "python/resources", "rules/flow"):
            page.goto((folder / f"{name}.html").as_uri())
            page.evaluate(AXE_SCRIPT)
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                violations = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
                assert [(each["id"], each["nodes"][0]["html"][:200]) for each in violations] == [], f"{name}, {scheme}"
        for name in ("configuration", "errors"):
            page.goto((folder / f"{name}.html").as_uri())
            for width in (1280, 390):
                page.set_viewport_size({"width": width, "height": 800})
                assert page.evaluate(BROKEN_NAMES) == [], f"{name}, {width}"
    assert [url for url in asked if not url.startswith(folder.as_uri())] == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[a page](nowhere.md)", "nowhere.md"),
        ("[a heading](lint.md#nowhere)", "nowhere"),
        ("{py:func}`pulumi_8x8.nowhere`", "pulumi_8x8.nowhere"),
    ],
)
def test_what_is_wrong_is_an_error(text: str, message: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A link, an anchor or a name that leads nowhere ends the build."""
    (tmp_path / "lint.md").write_text("# Lint\n")
    (tmp_path / "index.md").write_text(f"# A page\n\n{text}\n\n```{{toctree}}\nlint\n```\n")
    assert run_sphinx(tmp_path, tmp_path / "site") == 1
    assert message in capfd.readouterr().err


def test_a_page_that_nothing_leads_to(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A page that the landing page doesn't list ends the build."""
    for name in ("index", "lonely"):
        (tmp_path / f"{name}.md").write_text("# A page\n")
    assert run_sphinx(tmp_path, tmp_path / "site") == 1
    assert "lonely.md" in capfd.readouterr().err


def test_content_from_elsewhere_is_found(tmp_path: Path) -> None:
    """A font, a script and a picture of another host are found; a link to another page isn't one."""
    (tmp_path / "a.css").write_text("@font-face { src: url(https://fonts.example/a.woff) }")
    (tmp_path / "a.html").write_text(
        '<a href="https://example.com">a</a><script src="//cdn.example/a.js"></script><img alt="" src="https://b.example/">'
    )
    assert loaded_from_elsewhere(tmp_path) == [
        'a.html: <script src="//cdn.example/a.js',
        'a.html: <img alt="" src="https://b.example/',
        "a.css: url(https://fonts.example/a.woff",
    ]


def test_a_link_of_a_document_that_leads_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to a file that doesn't exist is an error with the document's name."""
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    monkeypatch.setattr("tools.site.sources.ROOT", tmp_path)
    monkeypatch.setattr("tools.site.sources.PAGES", {"docs/files.md": "files.md"})
    (tmp_path / "docs" / "files.md").write_text("# Files\n\n[a file](../nowhere.py)\n")
    with pytest.raises(ValueError, match=r"docs/files\.md: the link to \.\./nowhere\.py leads nowhere"):
        write_sources(tmp_path / "sources")


@pytest.mark.parametrize("document", PAGES)
def test_purpose(document: str) -> None:
    """A page begins with whom it is for and what it does; the pages of examples and changes with what they have."""
    text = (ROOT / document).read_text("utf-8")
    title, _, rest = text.partition("\n\n")
    assert re.fullmatch(r"# \S.*", title)
    if not document.startswith(("examples/", "CHANGELOG")):
        assert rest.startswith("For "), rest.partition("\n")[0]
