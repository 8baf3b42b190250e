"""Published definitions lint as in their index, and every way to break one shows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

import corpus
from kit import PRINTED
from pulumi_8x8.definition import Definition, read_source, show_path
from pulumi_8x8.lint import lint, lint_source

#: ``corpus/INDEX.md`` in numbers: files by the problems that they must have, and may have.
CLEAN = {"01", "02", "03", "06", "13", "15", "16", "24"}
ERRORS = {
    "11": {
        ("duplicate-step-id", "steps.step6.do[0].step9"),
        ("missing-input", "steps.step6.inputs.condition"),
        ("unknown-step", "steps.step9.selectNextStep.dtmf_1"),
        ("unknown-step", "steps.step9.selectNextStep.dtmf_2"),
        ("unknown-step", "steps.step9.selectNextStep.dtmf_3"),
        ("unknown-step", "steps.step9.selectNextStep.no_dtmf"),
        ("unknown-step", "steps.step9.selectNextStep.invalid_dtmf"),
    },
    "12": {("unknown-step", "steps.step2.nextStepId")},
}
WARNINGS = {
    "04": {
        ("unknown-default-step", "steps.keyword.selectNextStep.others"),
        ("unusual-spelling", "steps.keyword.stepType"),
        ("trigger-path", "steps.keyword.selectNextStep.register_flow_1"),
        ("trigger-path", "steps.register_flow_2.inputs.user.msisdn"),
        ("trigger-path", "steps.register_flow_fail.inputs.user.msisdn"),
        ("outputs-in-inputs", "steps.register_flow_1.inputs.outputs"),
        ("secret-in-plain-text", "steps.register_flow_1.inputs.headers.Authorization"),
    },
    "11": {
        *(("unreachable-step", f"steps.step{number}") for number in range(3, 10)),
        ("unknown-name", "steps.step5.selectNextStep.step7"),
    },
    "14": {("trigger-path", "steps.step2.inputs.user.msisdn")},
    "27": {("missing-status", "status")},
}

DEFINITIONS = {name: body for name, body in corpus.BODIES.items() if int(name[:2]) < 29}
#: The rules whose warnings the index leaves open ("no errors").
OPEN = set(DEFINITIONS) - {name for name in DEFINITIONS if name[:2] in CLEAN | ERRORS.keys() | WARNINGS.keys()}

Body = dict[str, Any]


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_corpus_lints_as_in_its_index(name: str) -> None:
    """Exactly the errors, and the warnings where they are listed."""
    found = lint_source(read_source(corpus.FILES[name]))
    of = {
        severity: {(each.rule, show_path(each.path)) for each in found if each.severity == severity}
        for severity in ("error", "warning")
    }
    assert of["error"] == ERRORS.get(name[:2], set())
    if name not in OPEN:
        assert of["warning"] == WARNINGS.get(name[:2], set())


def _noisy(body: Body) -> Body:
    body = deepcopy(body)
    for step in _all_steps(body):
        for member, empty in (
            ("do", []),
            ("inputs", {}),
            ("outputs", {}),
            ("selectNextStep", {}),
            ("nextStepId", None),
        ):
            step.setdefault(member, empty)
    return body


def _renamed(body: Body) -> Body:
    text = json.dumps(body)
    for number, id in enumerate(sorted(Definition.from_body(body).steps, key=len, reverse=True)):
        text = text.replace(json.dumps(id), f'"renamed {number}"')
    renamed: Body = json.loads(text)
    return renamed


def _reordered(body: Body) -> Body:
    body = deepcopy(body)
    first, *rest = body["definition"]["steps"]
    body["definition"]["steps"] = [first, *reversed(rest)]
    return body


@pytest.mark.parametrize("same", [_noisy, _renamed, _reordered])
@pytest.mark.parametrize("name", DEFINITIONS)
def test_what_means_the_same_lints_the_same(name: str, same: Callable[[Body], Body]) -> None:
    """A builder's empty members, other ids and another order of the steps make no problem and hide none."""

    def rules(body: Body) -> list[str]:
        return sorted(problem.rule for problem in lint(Definition.from_body(body)))

    assert rules(same(DEFINITIONS[name])) == rules(DEFINITIONS[name])


# -- breaking them: each function yields copies of a body, broken in one place --------------------------------------


def _all_steps(body: Body) -> list[Body]:
    steps = list(body["definition"]["steps"])
    for step in steps:
        steps.extend(each for sequence in step.get("do") or [] for each in sequence)
    return steps


def _by_step(change: Callable[[Body], bool | None]) -> Callable[[Body], Iterator[Body]]:
    def mutants(body: Body) -> Iterator[Body]:
        for index in range(len(_all_steps(body))):
            broken = deepcopy(body)
            if change(_all_steps(broken)[index]) is not False:
                yield broken

    return mutants


def _by_text(change: Callable[[str], str], scripts: bool = True) -> Callable[[Body], Iterator[Body]]:
    """One text of a step at a time; a text that ``change`` doesn't change makes no mutant."""

    def slots(value: Any) -> Iterator[tuple[Any, Any]]:
        for key in list(value) if isinstance(value, dict) else range(len(value)):
            if isinstance(value[key], str):
                yield value, key
            elif isinstance(value[key], dict | list):
                yield from slots(value[key])

    def mutants(body: Body) -> Iterator[Body]:
        count = len(list(slots(body["definition"]["steps"])))
        for index in range(count):
            broken = deepcopy(body)
            owner, key = list(slots(broken["definition"]["steps"]))[index]
            if scripts and "{{" not in owner[key]:
                continue
            new = change(owner[key])
            if new != owner[key]:
                owner[key] = new
                yield broken

    return mutants


def _top(member: str, value: Any) -> Callable[[Body], Iterator[Body]]:
    def mutants(body: Body) -> Iterator[Body]:
        yield {**body, member: value}

    return mutants


def _input(kind: str, name: str, value: Any) -> Callable[[Body], Iterator[Body]]:
    def change(step: Body) -> bool:
        if step["stepType"] != kind or name not in step.get("inputs", {}):
            return False
        if value is None:
            del step["inputs"][name]
        else:
            step["inputs"][name] = value
        return True

    return _by_step(change)


def _edge(change: Callable[[Body, str], None]) -> Callable[[Body], Iterator[Body]]:
    """One edge of ``selectNextStep`` with a condition at a time."""

    def mutants(body: Body) -> Iterator[Body]:
        for index, step in enumerate(_all_steps(body)):
            for target, condition in (step.get("selectNextStep") or {}).items():
                if condition is not None:
                    broken = deepcopy(body)
                    change(_all_steps(broken)[index]["selectNextStep"], target)
                    yield broken

    return mutants


def _misspell_next(step: Body) -> bool:
    if not step.get("nextStepId"):
        return False
    step["nextStepId"] = step["nextStepId"][:-1] + "~"
    return True


def _retarget(edges: Body, target: str) -> None:
    edges[target + "x"] = edges.pop(target)


def _self_loop(step: Body) -> bool:
    if step["stepType"] not in ("SMS", "ChatAppsMessage", "HttpRequest") or step.get("selectNextStep"):
        return False
    step["nextStepId"] = step["id"]
    return True


def _without_next(body: Body) -> Iterator[Body]:
    # Only where this was the one way to the step after it.
    for index, step in enumerate(_all_steps(body)):
        if step.get("nextStepId"):
            broken = deepcopy(body)
            _all_steps(broken)[index]["nextStepId"] = None
            yield broken


def _second_id(body: Body) -> Iterator[Body]:
    for index in range(1, len(_all_steps(body))):
        broken = deepcopy(body)
        steps = _all_steps(broken)
        steps[index]["id"] = steps[0]["id"]
        yield broken


def _stray_step(body: Body) -> Iterator[Body]:
    wait = {"id": "stray", "stepType": "Wait", "inputs": {"duration": "1"}}
    yield {**body, "definition": {**body["definition"], "steps": [*body["definition"]["steps"], wait]}}


def _without_timeout_edge(step: Body) -> bool:
    edges = step.get("selectNextStep") or {}
    late = [target for target, condition in edges.items() if condition and "== null" in condition]
    if step["stepType"] != "WaitForReply" or not late:
        return False
    for target in late:
        del edges[target]
    return True


def _same_condition(step: Body) -> bool:
    edges = step.get("selectNextStep") or {}
    conditions = [target for target, condition in edges.items() if condition]
    if len(conditions) < 2:
        return False
    edges[conditions[1]] = edges[conditions[0]]
    return True


def _write_beside(step: Body) -> bool:
    if not step.get("outputs"):
        return False
    name = next(iter(step["outputs"]))
    step["outputs"][name + "_x"] = step["outputs"].pop(name)
    return True


def _replace(old: str, new: str) -> Callable[[str], str]:
    return lambda text: text.replace(old, new, 1)


MUTATIONS: dict[str, Callable[[Body], Iterator[Body]]] = {
    "no name": lambda body: iter([{**body, "definition": {"steps": body["definition"]["steps"]}}]),
    "no steps": lambda body: iter([{**body, "definition": {**body["definition"], "steps": []}}]),
    "another trigger": _top("trigger", "inbound_mail"),
    "another status": _top("status", "on"),
    "no status": _top("status", None),
    "a step without an id": _by_step(lambda step: bool(step.pop("id"))),
    "a step without a type": _by_step(lambda step: bool(step.pop("stepType"))),
    "a misspelled step type": _by_step(lambda step: step.update(stepType=step["stepType"][:-1] + "x")),
    "an id used twice": _second_id,
    "a step that nothing reaches": _stray_step,
    "a misspelled nextStepId": _by_step(_misspell_next),
    "no nextStepId": _without_next,
    "a misspelled edge": _edge(_retarget),
    "a step that follows itself": _by_step(_self_loop),
    "no edge for the timeout": _by_step(_without_timeout_edge),
    "two equal conditions": _by_step(_same_condition),
    "an output under another name": _by_step(_write_beside),
    "no receiver": _input("ChatAppsMessage", "user", None),
    "a text for an object": _input("ChatAppsMessage", "user", "+6512345678"),
    "no destination": _input("SMS", "destination", None),
    "a list for a text": _input("SMS", "text", ["Hello"]),
    "no text": _input("SMS", "text", None),
    "no url": _input("HttpRequest", "url", None),
    "a secret in a header": _input("HttpRequest", "headers", {"Authorization": "Bearer 0a1b2c3d4e5f6071"}),
    "a timeout in words": _input("WaitForReply", "timeout", "5m"),
    "a duration in words": _input("Wait", "duration", "an hour"),
    "no channel": _input("WaitForReply", "channel", None),
    "no condition": _input("If", "condition", None),
    "a misspelled data": _by_text(_replace("data.", "dat.")),
    "a misspelled payload": _by_text(_replace("data.payload", "data.paylod")),
    "a misspelled member": _by_text(_replace(".user.", ".usr.")),
    "a misspelled msisdn": _by_text(_replace(".msisdn", ".msidsn")),
    "a misspelled channelUserId": _by_text(_replace(".channelUserId", ".channelUserID")),
    "a misspelled text": _by_text(_replace(".content.text", ".content.txt")),
    "a misspelled result": _by_text(_replace("step.re", "step.er")),
    "a misspelled function": _by_text(_replace("stringContains", "stringContain")),
    "another misspelled function": _by_text(_replace("isCountryCode", "isContryCode")),
    "a missing argument": _by_text(
        lambda text: text.replace(text[text.rfind(",") : text.rfind(")")], "") if "(" in text else text
    ),
    "an unknown country": _by_text(_replace("'PH'", "'XX'")),
    "an unknown time zone": _by_text(_replace("Asia Standard Time", "Asia Time")),
    "a malformed time of day": _by_text(_replace("'09:00:00'", "'9 o'clock'")),
    "one brace too few": _by_text(lambda text: text.replace("}}", "}", 1) if text.endswith("}}") else text),
    "a quote too few": _by_text(_replace("'", "")),
    "a parenthesis too few": _by_text(_replace(")", "")),
    "two dots": _by_text(_replace(".", "..")),
    "an assignment": _by_text(_replace("==", "=")),
    "an operator without its right side": _by_text(lambda text: text.replace("}}", " && }}", 1)),
    "an allocation": _by_text(lambda text: text.replace("{{", "{{new Date() && ", 1)),
    "a condition without braces": _by_text(lambda text: text.strip("{} ") if "==" in text else text),
    "a path without braces": _by_text(lambda text: text.strip("{} ") if text.startswith("{{data.") else text),
}


def test_mutants_are_caught(record_property: Callable[[str, object], None]) -> None:
    """Published definitions without an error, broken in all these ways: at least 95 % show a problem that is new."""
    caught, missed = 0, []
    for name, body in DEFINITIONS.items():
        before = {(each.rule, each.path) for each in lint(Definition.from_body(body))}
        if name[:2] in ERRORS:
            continue
        for way, mutate in MUTATIONS.items():
            for mutant in mutate(body):
                if {(each.rule, each.path) for each in lint(Definition.from_body(mutant))} - before:
                    caught += 1
                else:
                    missed.append(f"{name}: {way}")
    share = caught / (caught + len(missed))
    counts = f"{len(MUTATIONS)} ways to break a definition, {caught + len(missed)} mutants"
    record_property(PRINTED, f"{counts}: {share:.1%} caught")
    assert share >= 0.95, missed
    assert len(MUTATIONS) >= 25


@pytest.mark.parametrize("way", MUTATIONS)
def test_every_way_to_break_a_definition_is_tried(way: str) -> None:
    """Each mutation breaks something in the corpus, so that the share above speaks of all of them."""
    assert any(True for body in DEFINITIONS.values() for _ in MUTATIONS[way](body))
