"""The checks of the soak notice each kind of violation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.conftest import pulumi_home

from .world import KEPT, SECRET, World, steps

__all__ = ["pulumi_home"]
pytestmark = pytest.mark.engine


def test_each_violation_is_noticed(tmp_path: Path, pulumi_home: Path) -> None:
    """What is lost, doubled, overwritten or leaked is named; without that, nothing is."""
    world = World.make(0, tmp_path, pulumi_home)

    def create(name: str, text: str) -> dict[str, Any]:
        body = {"trigger": "http_request", "status": "enabled", "definition": {"name": name, "steps": steps(text)}}
        made: dict[str, Any] = world.account.call("POST", json=body)
        return made

    def found() -> str:
        return "\n".join(world.violations())

    try:
        kept = create(KEPT, "kept")
        create("a", "one")
        world.program = {"a": "one"}
        assert (found(), world.deployed(), world.lost()) == ("", [], [])

        world.edited = kept
        world.account.call("PUT", f"/{kept['definition']['id']}", json=kept)
        assert found() == "somebody's edit was overwritten unasked"
        world.edited = None

        create("a", "two")
        assert found() == "a is there 2 times"

        gone, changed = world.theirs
        world.account.call("DELETE", f"/{gone}")
        world.jump(1)
        world.account.call("PUT", f"/{changed}", json=world.theirs[changed])
        for id in (gone, changed):
            assert f"somebody else's definition {id} was changed" in found()

        world.started = [7]
        world.account.call("POST", f"/{kept['definition']['id']}/workflows", json={"n": 7})
        assert world.lost() == ["message 7:2 was lost"]
        world.account.call("POST", f"/{kept['definition']['id']}/workflows", json={"n": 7})
        assert "message 7:1 was sent 2 times" in found()

        (world.stack.folder / "left").write_text(SECRET)
        assert f"{world.stack.folder / 'left'} has the secret" in found()
        world.shown.append("emulator-key")
        assert "the screen has the API key" in found()
        world.program = {"a": "another text"}
        assert world.deployed()
    finally:
        world.emulator.kill()
