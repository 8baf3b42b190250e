"""Programs for the tests of what runs them."""

from __future__ import annotations

from pathlib import Path

#: Declares a menu whose second step isn't reached, and a reply. A helper makes the reply's step.
SHOP = """\
import pulumi
import pulumi_8x8 as automation
from helper import say

config = pulumi.Config()
pause = automation.Wait("pause", duration="00:00:01")
lost = automation.Wait("lost", duration="00:00:01")
automation.Workflow("menu", trigger="inbound_sms", steps=[pause, lost])
automation.Workflow("reply", name="Auto reply", trigger="inbound_sms", steps=[say(config.get("text") or "Hello")])
"""
HELPER = """\
import pulumi_8x8 as automation


def say(text):
    return automation.SMS("say", sub_account_id="acme", destination="{{data.payload.source}}", text=text)
"""
PROJECT = "name: shop\nruntime: python\n"


def make_program(folder: Path, text: str, project: str | None = None, **files: str) -> Path:
    """Writes a program into ``folder``. :param files: further files by name, with ``_`` for a dot."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "__main__.py").write_text(text)
    if project is not None:
        (folder / "Pulumi.yaml").write_text(project)
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_text(content)
    return folder


def make_shop(folder: Path, text: str = SHOP) -> Path:
    """Writes the program :data:`SHOP` into ``folder``."""
    return make_program(folder, text, PROJECT, helper_py=HELPER)
