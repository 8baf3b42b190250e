from __future__ import annotations

from pathlib import Path

import pytest

import corpus
from pulumi_8x8.testing.tables import Play, Scenario, read_scenarios

FOLDER = Path(__file__).parents[1] / "scenarios"
SCENARIOS = {
    f"{path.stem}: {scenario.name}": scenario
    for path in sorted(FOLDER.glob("*.yaml"))
    for scenario in read_scenarios(path)
}


@pytest.mark.parametrize("scenario", SCENARIOS.values(), ids=SCENARIOS)
def test_scenario(scenario: Scenario) -> None:
    """Workflows behave as the facts about the service describe."""
    Play(scenario).run()


def test_every_published_definition_has_scenarios() -> None:
    """Each definition of the corpus is played, in one way that works and in one that fails."""
    definitions = {name for name in corpus.FILES if int(name[:2]) < 29}
    kinds: dict[str, set[str]] = {}
    for scenario in SCENARIOS.values():
        played = {item.kind for item in scenario.script}
        ends = {end for kind, end in (("fault", "fails"), ("refused", "fails"), ("sent", "works")) if kind in played}
        kinds.setdefault(Path(scenario.workflow).stem, set()).update(ends)
    assert {name for name in definitions if kinds.get(name) == {"fails", "works"}} == definitions
