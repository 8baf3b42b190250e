"""Pictures of the steps, and where everything in them goes."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import corpus
from changes_kit import MENU, Body, changed, step
from pulumi_8x8.definition import Definition
from pulumi_8x8.review import layout as layout_of
from pulumi_8x8.review.edits import compare_steps
from pulumi_8x8.review.layout import LABEL_LETTER, BoxShape, lay_out
from pulumi_8x8.review.pictures import Arrow, Box, Picture, Tally, pictures_of


def _pictures(before: Definition, after: Definition) -> tuple[Picture, Picture]:
    old, new = pictures_of(compare_steps(before, after))
    assert old is not None
    assert new is not None
    return old, new


def test_what_changed_is_marked() -> None:
    """Added, removed and changed steps and paths are marked on their side; a renamed step keeps its paths."""

    def change(body: Body) -> None:
        step(body, "hello")["inputs"]["text"] = "Hello"
        step(body, "bye")["nextStepId"] = "log"
        step(body, "call").update(id="log")  # renamed
        step(body, "choice")["selectNextStep"]["nowhere"] = step(body, "choice")["selectNextStep"].pop("sales")
        body["definition"]["steps"].remove(step(body, "sales"))

    old, new = _pictures(*changed(change))
    assert {box.name: box.state for box in old.boxes if box.state != "same"} == {
        "hello": "changed",
        "choice": "changed",
        "sales": "removed",
        "call": "changed",
    }
    assert {box.name: box.state for box in new.boxes if box.state != "same"} == {
        "hello": "changed",
        "choice": "changed",
        "log": "changed",
        "nowhere": "missing",
    }
    assert [old.boxes[each.target].name for each in old.arrows if each.state != "same"] == ["sales"]
    assert [(new.boxes[each.target].name, each.label) for each in new.arrows if each.state != "same"] == [
        ("nowhere", "answer 1")
    ]


def test_around_changes() -> None:
    """Of a long workflow, what changed and its neighbours are left; two boxes show how many steps they replace."""
    steps = [
        {"id": f"s{n:02}", "stepType": "Wait", "inputs": {"duration": "1"}, "nextStepId": f"s{n + 1:02}"}
        for n in range(50)
    ]
    body: Body = {"trigger": "http_request", "definition": {"name": "long", "steps": steps[:-1]}}
    _, picture = _pictures(*changed(lambda body: step(body, "s20")["inputs"].update(duration="2"), body))
    near = picture.around_changes()
    assert [box.name for box in near.boxes] == ["47 more steps", "s19", "s20", "s21", "47 more steps"]
    assert [(arrow.source, arrow.target) for arrow in near.arrows] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    small, _ = _pictures(*changed(lambda body: step(body, "hello")["inputs"].update(text="x"), MENU))
    assert small.around_changes().boxes[-1].name == "4 more steps"


def test_around_a_change_of_a_step_with_many_ways() -> None:
    """Of a step that leads to fifty others, those show that have to do with the change."""
    ways = {f"s{n:02}": f"{{{{data.payload.body == '{n}'}}}}" for n in range(50)}
    waits = [{"id": id, "stepType": "Wait", "inputs": {"duration": "1"}} for id in ways]
    steps = [{"id": "menu", "stepType": "Branch", "selectNextStep": ways}, *waits]
    body: Body = {"trigger": "http_request", "definition": {"name": "wide", "steps": steps}}

    def change(body: Body) -> None:
        step(body, "s20")["inputs"]["duration"] = "2"
        del step(body, "menu")["selectNextStep"]["s30"]

    old, new = _pictures(*changed(change, body))
    assert [box.name for box in old.around_changes().boxes] == ["menu", "s20", "s30", "48 more steps"]
    assert [box.name for box in new.around_changes().boxes] == ["menu", "s20", "49 more steps"]


@pytest.mark.parametrize("name", corpus.BODIES)
def test_published_definitions_can_be_drawn(name: str) -> None:
    """Every step and every path of a published definition is in its picture."""
    definition = Definition.from_body(corpus.BODIES[name])
    _, picture = pictures_of(compare_steps(None, definition))
    assert picture is not None
    assert {box.name for box in picture.boxes} >= set(definition.steps) - {
        key for key in definition.steps if "#" in key
    }
    _check(picture)


@st.composite
def _any_pictures(draw: st.DrawFn) -> Picture:
    number = draw(st.integers(1, 25))
    boxes = tuple(Box(draw(st.sampled_from(["a", "step", "x" * 60])), "SMS", "same") for _ in range(number))
    ends = st.integers(0, number - 1)
    tallies = st.sampled_from([None, Tally(412, 500), Tally(1_412, 5_000, 88)])
    labels = st.sampled_from(["", "answer 1"])
    arrows = draw(st.lists(st.builds(Arrow, ends, ends, labels, st.just("same"), tally=tallies), max_size=40))
    return Picture(boxes, tuple(arrows))


@given(_any_pictures())
def test_nothing_lies_on_anything(picture: Picture) -> None:
    """No box lies on a box and no label on a label, whatever the arrows are: loops, to itself, twice."""
    _check(picture)


def _check(picture: Picture) -> None:
    layout = lay_out(picture)
    assert layout == lay_out(picture)
    labels = [
        BoxShape(
            middle[0] - len(arrow.caption) * LABEL_LETTER / 2, middle[1] - 7, len(arrow.caption) * LABEL_LETTER, 14
        )
        for arrow, middle in zip(picture.arrows, layout.labels, strict=True)
        if middle is not None
    ]
    for one, other in (*combinations(layout.boxes, 2), *combinations(labels, 2)):
        apart = (
            one.x + one.width <= other.x
            or other.x + other.width <= one.x
            or one.y + one.height <= other.y
            or other.y + other.height <= one.y
        )
        assert apart, (one, other)
    for shape in layout.boxes:
        assert shape.x >= 0
        assert shape.x + shape.width <= layout.width
        assert shape.y >= 0
        assert shape.y + shape.height <= layout.height


def test_what_nothing_leads_to_stands_where_it_leads() -> None:
    """Steps that nothing leads to are drawn right above the step that they lead to, however far down that is."""
    chain = [Arrow(n, n + 1, "", "same") for n in range(9)]
    boxes = tuple(Box(f"s{n}", "SMS", "same") for n in range(12))
    layout = lay_out(Picture(boxes, (*chain, Arrow(10, 11, "", "same"), Arrow(11, 9, "", "same"))))
    heights = [shape.y for shape in layout.boxes]
    assert heights[:10] == sorted(set(heights[:10]))
    assert (heights[11], heights[10]) == (heights[8], heights[7])


def test_a_wide_picture_lies_on_its_side() -> None:
    """Sixty ways out of one step are drawn below each other, where side by side no screen would hold them."""
    boxes = (Box("menu", "Branch", "same"), *(Box(f"city_{n}", "SMS", "same") for n in range(60)))
    layout = lay_out(Picture(boxes, tuple(Arrow(0, n + 1, f"answer {n}", "same") for n in range(60))))
    assert layout.sideways
    assert layout.width < 500


@pytest.mark.parametrize("target", [0, 299], ids=["back to the start", "on to the end"])
def test_the_points_of_long_arrows_are_limited(target: int) -> None:
    """A chain of 300 steps with a long way out of each has points by the number of its arrows, not by their product."""
    boxes = tuple(Box(f"s{n}", "SMS", "same") for n in range(300))
    chain = [Arrow(n, n + 1, "", "same") for n in range(299)]
    picture = Picture(boxes, (*chain, *(Arrow(n, target, f"answer {n}", "same") for n in range(1, 299))))
    items, paths = layout_of._items(picture)
    assert len(items) <= len(boxes) + layout_of._MOST_POINTS + 3 * len(picture.arrows)
    assert [(path[0], path[-1]) for path in paths] == [(arrow.source, arrow.target) for arrow in picture.arrows]
    _check(picture)
