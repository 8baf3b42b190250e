"""A definition, in the one form that everything else works on: canonical, and keyed by step id.

Two bodies mean the same workflow exactly when their canonical forms are equal. What a visual builder adds
(``do: []``, ``nextStepId: null``), what the service adds (ids, versions, times), the spelling of step types and of
``subaccountId``, and the order of steps after the first are gone; everything else is kept, known or not.
Making the canonical form never judges: it takes any JSON, and whatever is wrong in it is still there for lint.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pulumi_8x8.definition.steps import Step, published_step_type, step_to_api
from pulumi_8x8.definition.values import Json, has_holes, is_whole_number, map_leaves

#: What starts an instance, and whether anything does (OpenAPI file).
TRIGGER_NAMES = ("inbound_sms", "inbound_chat_apps", "http_request")
STATUS_NAMES = ("enabled", "disabled")

#: Members that the service adds to what it stores; both on the envelope and inside ``definition`` (the OpenAPI
#: schema puts ``id`` and ``version`` on the envelope, every published example inside ``definition``).
_ADDED_BY_SERVICE = {"id", "version", "createdAt", "accountId"}

_ENVELOPE = {"trigger", "status", "subAccountId", "definition"}
_STEP = ("id", "stepType", "inputs", "outputs", "nextStepId", "selectNextStep", "do")


@dataclass(frozen=True)
class Definition:
    """A workflow definition in canonical form. Values are JSON; any of them may be a hole.

    :param name: what people call the workflow; it need not be unique in the account.
    :param trigger: ``inbound_sms``, ``inbound_chat_apps`` or ``http_request``.
    :param status: ``enabled`` or ``disabled``; the service takes an absent one as disabled.
    :param sub_account_id: whose messages trigger it; ``None`` is any sub-account of the account.
    :param start: key of the first step in ``steps``; ``None`` when there is none.
    :param steps: steps by id. A step that has no id of its own, or that of an earlier one, is kept under a key
        with ``#`` and its position, and says its ``id`` (if it has one) itself.
    :param more: members of the body that the model does not know, kept for the service; those inside
        ``definition`` stand under the key ``definition``.
    """

    name: Json = None
    trigger: Json = None
    status: Json = None
    sub_account_id: Json = None
    start: str | None = None
    steps: Mapping[str, Json] = field(default_factory=dict)
    more: Mapping[str, Json] = field(default_factory=dict)

    @classmethod
    def from_body(cls, body: Mapping[str, Json]) -> Self:
        """The definition in ``body``: the API's shape, an answer of the API, or a builder's export."""
        inner = body.get("definition")
        inner = inner if isinstance(inner, Mapping) else {}
        envelope = {_envelope_spelling(key): value for key, value in body.items() if value is not None}
        more = {key: value for key, value in envelope.items() if key not in _ENVELOPE | _ADDED_BY_SERVICE}
        inner_more = {
            key: value
            for key, value in inner.items()
            if value is not None and key not in {"name", "steps"} | _ADDED_BY_SERVICE
        }
        if inner_more:
            more["definition"] = inner_more
        return cls.of(
            name=inner.get("name"),
            trigger=envelope.get("trigger"),
            status=envelope.get("status"),
            sub_account_id=envelope.get("subAccountId"),
            steps=inner.get("steps") or (),
            more=more,
        )

    @classmethod
    def of(
        cls,
        *,
        name: Json,
        trigger: Json,
        status: Json,
        sub_account_id: Json,
        steps: Json,
        start: str | None = None,
        more: Mapping[str, Json] | None = None,
    ) -> Self:
        """The definition with these parts.

        :param steps: a list of steps (typed, or in the service's shape), the first of which is the start, or steps by
            key as :attr:`steps` has them, together with ``start``; anything else (a hole among it) is kept as it is
            under ``more["steps"]``, for lint to judge.
        """
        more = dict(more or {})
        keyed: dict[str, Json] = {}
        if isinstance(steps, list | tuple):
            for position, step in enumerate(steps):
                _add(keyed, position, _canonical_step(step_to_api(step)))
            start = next(iter(keyed), None)
        elif isinstance(steps, Mapping) and (start is not None or not steps):
            keyed = {key: _canonical_step(step) for key, step in steps.items()}
        else:
            more["steps"] = steps
        return cls(
            name=name,
            trigger=trigger,
            status=status,
            sub_account_id=sub_account_id,
            start=start,
            steps={key: _whole_numbers(step) for key, step in keyed.items()},
            more={key: _whole_numbers(value) for key, value in more.items()},
        )

    def body(self) -> dict[str, Json]:
        """What POST and PUT send: the API's shape, the start first, the other steps in the order of the flow."""
        more = dict(self.more)
        inner_more = more.pop("definition", {})
        steps = more.pop("steps", None)
        if steps is None:
            steps = [_step_body(key, self.steps[key]) for key in self.flow_order()]
        body: dict[str, Json] = {}
        if self.sub_account_id is not None:
            body["subAccountId"] = self.sub_account_id
        body["trigger"] = self.trigger
        if self.status is not None:
            body["status"] = self.status
        return {**body, **more, "definition": {"name": self.name, **inner_more, "steps": steps}}

    def has_holes(self) -> bool:
        """Whether any value is not known yet."""
        return has_holes([self.name, self.trigger, self.status, self.sub_account_id, self.steps, self.more])

    def flow_order(self) -> list[str]:
        """Keys of all steps: the start, then depth first along the edges; what nothing reaches comes last."""
        order: dict[str, None] = {}
        waiting = sorted(self.steps, reverse=True)
        if self.start is not None:
            waiting.append(self.start)
        while waiting:
            key = waiting.pop()
            if key in order or key not in self.steps:
                continue
            order[key] = None
            waiting.extend(reversed([target for target in next_ids(self.steps[key]) if target in self.steps]))
        return list(order)

    def digest(self) -> str:
        """SHA-256 of the canonical form, in hex: equal exactly for definitions that mean the same."""
        import hashlib  # not above: lint has no use for it, and it takes its time
        import json

        canonical = json.dumps(self.body(), sort_keys=True, ensure_ascii=False, default=str)
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def next_ids(step: Json) -> Iterator[str]:
    """Ids that the edges of ``step`` lead to, conditions in the order of their ids, the default edge last."""
    if not isinstance(step, dict):
        return
    edges = step.get("selectNextStep")
    if isinstance(edges, dict):
        yield from sorted((str(key) for key in edges), key=lambda key: (edges.get(key) is None, key))
    if isinstance(step.get("nextStepId"), str):
        yield step["nextStepId"]


def step_id(key: str, step: Json) -> Json:
    """The id of the step kept under ``key``; ``None`` for a step without one."""
    if isinstance(step, Mapping) and "id" in step:
        return step["id"]
    return None if key.startswith("#") else key


def _envelope_spelling(key: str) -> str:
    # "subaccountId" is what the vendor's examples and answers have, "subAccountId" what its schema has.
    return "subAccountId" if key.lower() == "subaccountid" else key


def _canonical_step(step: Json) -> Json:
    if not isinstance(step, Mapping):
        return step
    # A null or empty member of a step means that it is absent; inside them, null has a meaning of its own.
    kept = {key: value for key, value in step.items() if value is not None}
    for noise in ("inputs", "outputs", "selectNextStep", "do"):
        if noise in kept and _is_empty(kept[noise]):
            del kept[noise]
    if "stepType" in kept:
        kept["stepType"] = published_step_type(kept["stepType"])
    if isinstance(kept.get("do"), list | tuple):
        # Sequences stay lists: whether their order has a meaning is not published (docs/api-facts.md).
        kept["do"] = [
            [_ordered(_canonical_step(step_to_api(each))) for each in sequence]
            if isinstance(sequence, list | tuple)
            else sequence
            for sequence in kept["do"]
        ]
    return kept


def _is_empty(value: Json) -> bool:
    return isinstance(value, Mapping | list | tuple) and not value


def _add(keyed: dict[str, Json], position: int, step: Json) -> None:
    own_id = step.get("id") if isinstance(step, Mapping) else None
    if isinstance(own_id, str) and own_id and not own_id.startswith("#") and own_id not in keyed:
        keyed[own_id] = {key: value for key, value in step.items() if key != "id"}
    else:
        keyed[f"#{position}"] = step


def _step_body(key: str, step: Json) -> Json:
    if not isinstance(step, Mapping):
        return step
    return _ordered({**({} if key.startswith("#") else {"id": key}), **step})


def _ordered(step: Json) -> Json:
    if not isinstance(step, Mapping):
        return step
    return {key: step[key] for key in (*_STEP, *_rest(step, _STEP)) if key in step}


def _rest(mapping: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    return [key for key in mapping if key not in set(known)]


def _whole_numbers(value: Json) -> Json:
    # JSON does not tell 1 from 1.0, and the engine turns every number into a float.
    return map_leaves(value, lambda leaf: int(leaf) if is_whole_number(leaf) else leaf)


__all__ = ["Definition", "Step", "next_ids", "step_id"]
