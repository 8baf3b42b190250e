"""Faults of all kinds on the real engine and the real emulator. ``SOAK_SECONDS=600`` runs for longer than two rounds.

A round changes the program, runs an operation while things go wrong, and checks that nothing is lost, doubled,
overwritten unasked or leaked. Then the faults end, and one ``pulumi up`` must bring the account to the program.
``SOAK_SEED`` chooses another history.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import Popen

import pytest

from engine.conftest import pulumi_home
from kit import PRINTED

from .world import FAULTS, HOUR, NAMES, World

__all__ = ["pulumi_home"]
pytestmark = pytest.mark.engine

SECONDS = float(os.environ.get("SOAK_SECONDS", "0"))
SEED = int(os.environ.get("SOAK_SEED", "0"))
_ROUNDS = 2
_OPERATIONS = (
    ("up", "--yes", "--skip-preview"),
    ("up", "--yes", "--skip-preview"),
    ("up", "--yes", "--skip-preview"),
    ("up", "--yes", "--skip-preview", "--refresh"),
    ("up", "--yes", "--skip-preview", "--parallel", "1"),
    ("preview",),
    ("refresh", "--yes", "--skip-preview"),
)

#: What may happen while an operation runs.
_MEANWHILE: list[Callable[[World, Popen[str]], object]] = [
    lambda world, _: world.converse(),
    lambda world, _: world.edit(),
    lambda world, _: world.jump(world.random.choice((1, HOUR // 2, 2 * HOUR))),
    lambda world, _: world.kill_emulator(),
    lambda world, _: world.fill_disk(),
    lambda world, running: world.kill_engine(running),
    lambda world, running: world.kill_plugin(running),
]


def change(world: World) -> None:
    """Changes the program: workflows come, go and get another text."""
    for name in NAMES:
        match world.random.randrange(4):
            case 0:
                world.program.pop(name, None)
            case 1:
                world.program[name] = world.random.choice(("one", "two", f"text {world.random.random()}"))
    world.program.setdefault("a", "one")


def disturb(world: World) -> list[str]:
    """Runs one operation while things go wrong. Returns what happened, for the report."""
    random, happened = world.random, []
    rules = [world.draw("fault", FAULTS) for _ in range(random.choice((0, 1, 1, 2)))]
    if random.random() < 0.3 and (rule := world.stale()):
        rules.append(rule)
    if rules:
        world.order(*rules)
        happened.append(f"faults {[{**rule, 'body': None} for rule in rules]}")
    operation = world.draw("operation", _OPERATIONS)
    happened.append(" ".join(operation))
    running = world.operation(*operation)
    for _ in range(random.choice((1, 1, 2, 3))):
        time.sleep(random.uniform(0, 3))
        if running.poll() is None:
            which = world.draw("meanwhile", range(len(_MEANWHILE)))
            # What somebody does is answered, so that the driver knows whether it was done.
            if which < 3:
                world.no_faults()
            happened.append(str(which))
            _MEANWHILE[which](world, running)
    code, _ = world.end(running)
    happened.append(f"exit code {code}")
    world.no_faults()
    return happened


def recover(world: World) -> list[str]:
    """After the faults, all conversations end, the edit is undone, and one deployment must do."""
    world.jump(2 * HOUR)
    world.undo_edit()
    if world.is_locked:
        world.stack.run("cancel", "--yes", code=-1)
    code, out = world.end(world.operation("up", "--yes", "--skip-preview"))
    return [f"the next up failed: {out[-3000:]}"] if code else [*world.deployed(), *world.lost()]


def test_soak(tmp_path: Path, pulumi_home: Path, record_property: Callable[[str, object], None]) -> None:
    """Whatever goes wrong, nothing is lost, doubled, overwritten unasked or leaked, and the next deployment works."""
    world = World.make(SEED, tmp_path, pulumi_home)
    end, rounds = time.monotonic() + SECONDS, 0
    try:
        while time.monotonic() < end if SECONDS else rounds < _ROUNDS:
            rounds += 1
            change(world)
            for _ in range(world.random.choice((0, 1, 2))):
                world.converse()
            happened = disturb(world)
            wrong = world.violations() + recover(world) + world.violations()
            assert not wrong, f"SOAK_SEED={SEED}, round {rounds}: {happened}\n" + "\n".join(wrong)
        figures = ", ".join(f"{count} × {what}" for what, count in sorted(world.done.items()))
        record_property(PRINTED, f"soak: {rounds} rounds, 0 violations; {figures}")
    finally:
        world.emulator.kill()
