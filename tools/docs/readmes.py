"""The parts of the examples' READMEs that follow from the examples: pictures and commands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from pulumi_8x8.definition import Definition
from pulumi_8x8.programs.loading import workflows_of_program
from pulumi_8x8.review.formats.markdown import to_mermaid
from pulumi_8x8.review.pictures import picture_of

FOLDER = Path(__file__).resolve().parents[2] / "examples"
EXAMPLES = sorted(path.parent.name for path in FOLDER.glob("*/__main__.py"))

TRY = """\
With `pulumi` on PATH, and `pulumi-8x8[emulator]` installed:

```console
$ pulumi-8x8 new {example} my-workflows
$ cd my-workflows
$ pulumi-8x8 test . --coverage
```

In a second terminal, in the same folder, `{emulator}` is the service. Deploy to it:

```console
$ export PULUMI_BACKEND_URL=file://. PULUMI_CONFIG_PASSPHRASE=
$ pulumi stack init dev
$ pulumi up
```
"""
ACCOUNT = """\
In your own Pulumi backend, with your own passphrase:

```console
$ unset PULUMI_BACKEND_URL PULUMI_CONFIG_PASSPHRASE
$ pulumi stack init production
$ pulumi config set 8x8:accountId <id>
$ pulumi config set --secret 8x8:apiKey <key>
{settings}
$ pulumi up
```
"""


def workflows(example: str) -> dict[str, dict[str, Any]]:
    """What the example declares, with the config of its stack ``dev``."""
    stack = FOLDER / example / "Pulumi.dev.yaml"
    config = yaml.safe_load(stack.read_text("utf-8"))["config"] if stack.exists() else {}
    return workflows_of_program(FOLDER / example, config)


def commands(example: str) -> list[str]:
    """The commands under "Try it" in the example's README."""
    text = (FOLDER / example / "README.md").read_text("utf-8")
    part = text.partition("<!-- try -->\n")[2].partition("<!-- /try -->\n")[0]
    return [line.removeprefix("$ ") for line in part.splitlines() if line.startswith("$ ")]


def filled(example: str) -> str:
    """The example's README as it should be: its text, with new content between the markers."""
    text = (FOLDER / example / "README.md").read_text("utf-8")
    for name, content in (
        ("picture", "\n".join(_pictures(example))),
        ("try", TRY.format(example=example, emulator=_emulator(example))),
        ("account", ACCOUNT.format(settings="\n".join(_settings(example)))),
    ):
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->\n"
        if begin in text:
            text = text[: text.index(begin) + len(begin)] + content + text[text.index(end) :]
    return text


def _pictures(example: str) -> Iterator[str]:
    for body in workflows(example).values():
        picture = picture_of(Definition.from_body(body))
        assert picture is not None
        yield f"```mermaid\n{to_mermaid(picture)}```\n"


def _emulator(example: str) -> str:
    stubs = (FOLDER / example / "stubs.yaml").exists()
    return "pulumi-8x8 emulator --http stubs.yaml" if stubs else "pulumi-8x8 emulator"


def _settings(example: str) -> Iterator[str]:
    program = (FOLDER / example / "__main__.py").read_text("utf-8")
    project = yaml.safe_load((FOLDER / example / "Pulumi.yaml").read_text("utf-8"))
    for key, declared in project.get("config", {}).items():
        secret = "--secret " if f'require_secret("{key}")' in program else ""
        yield f"$ pulumi config set {secret}{key} <{declared['description']}>"
