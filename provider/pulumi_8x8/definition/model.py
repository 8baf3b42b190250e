"""A definition, in the one form that everything else works on: canonical, and keyed by step id.

Two bodies mean the same workflow exactly when their canonical forms are equal. What a visual builder adds
(``do: []``, ``nextStepId: null``), what the service adds (ids, versions, times), the spelling of step types and of
``subaccountId`` are gone; everything else is kept, known or not. The order of steps, edges and members is kept too, and
has no part in equality (:data:`ORDER_COUNTS`).
Making the canonical form checks nothing: it takes any JSON, and keeps what is wrong in it for lint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from pulumi_8x8.definition.steps import published_step_type, step_to_api
from pulumi_8x8.definition.values import Json, Path, has_holes, is_whole_number, map_leaves

ORDER_COUNTS = False
"""Whether a difference in order alone makes two definitions different.

It is about the order of the steps after the first, of edges and of members. Nothing is published about it
(docs/api-facts.md). The comparison, the review and the digest read this one constant each time that they are asked. The
order is kept and sent in either case.
"""

#: What starts an instance, and whether anything does (OpenAPI file).
TRIGGER_NAMES = ("inbound_sms", "inbound_chat_apps", "http_request")
STATUS_NAMES = ("enabled", "disabled")

#: What a definition has besides its steps: the service's names, and the attributes of :class:`Definition`.
PARTS = {"name": "name", "trigger": "trigger", "status": "status", "subAccountId": "sub_account_id"}
#: The members of a step, in reading order.
STEP_MEMBERS = ("id", "stepType", "inputs", "do", "outputs", "nextStepId", "selectNextStep")

#: What the service stores for an absent status.
ABSENT_STATUS = "disabled"

#: Members that the service adds to what it stores; both on the envelope and inside ``definition`` (the OpenAPI
#: schema puts ``id`` and ``version`` on the envelope, every published example inside ``definition``).
ADDED_BY_SERVICE = {"id", "version", "createdAt", "accountId"}

_ENVELOPE = {"trigger", "status", "subAccountId", "definition"}

#: The usual positions of the members of a body, and of the ``definition`` in it; others are at 0.
_OUTSIDE = {"subAccountId": -3, "trigger": -2, "status": -1, "definition": 1}
_INSIDE = {"name": -1, "steps": 1}


@dataclass(frozen=True)
class Definition:
    """A workflow definition in canonical form. Values are JSON; any of them may be a hole.

    :param name: what people call the workflow; it need not be unique in the account.
    :param trigger: ``inbound_sms``, ``inbound_chat_apps`` or ``http_request``.
    :param status: ``enabled`` or ``disabled``; the service takes an absent one as disabled.
    :param sub_account_id: whose messages trigger it; ``None`` is any sub-account of the account.
    :param start: key of the first step in ``steps``; ``None`` when there is none.
    :param steps: steps by id, in the order of their source. A step without an id of its own is under a key with ``#``
        and its position, and has its ``id`` (if it has one) among its members.
    :param more: members of the body that the model does not know, kept for the service; the members inside
        ``definition`` are under the key ``definition``.
    :param layout: names of members in the order of their source, if it isn't the usual one. By place: ``()`` is the
        body, then ``("definition",)``, and ``("steps", id)`` for a step whose ``id`` does not come first.
    """

    name: Json = None
    trigger: Json = None
    status: Json = None
    sub_account_id: Json = None
    start: str | None = None
    steps: Mapping[str, Json] = field(default_factory=dict)
    more: Mapping[str, Json] = field(default_factory=dict)
    layout: Mapping[Path, Sequence[str]] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def from_body(cls, body: Mapping[str, Json]) -> Self:
        """The definition in ``body``: the API's shape, an answer of the API, or a builder's export."""
        inner = body.get("definition")
        inner = inner if isinstance(inner, Mapping) else {}
        # "subaccountId" is what the vendor's examples and answers have, "subAccountId" what its schema has.
        envelope = {
            "subAccountId" if key.lower() == "subaccountid" else key: value
            for key, value in body.items()
            if value is not None
        }
        more = {key: value for key, value in envelope.items() if key not in _ENVELOPE | ADDED_BY_SERVICE}
        inner_more = {
            key: value
            for key, value in inner.items()
            if value is not None and key not in {"name", "steps"} | ADDED_BY_SERVICE
        }
        if inner_more:
            more["definition"] = inner_more
        outside = [key for key in envelope if key not in ADDED_BY_SERVICE]
        inside = [key for key in inner if key in _INSIDE or key in inner_more]
        layout: dict[Path, Sequence[str]] = {}
        if outside != sorted(outside, key=lambda name: _OUTSIDE.get(name, 0)):
            layout[()] = tuple(outside)
        if inside != sorted(inside, key=lambda name: _INSIDE.get(name, 0)):
            layout["definition",] = tuple(inside)
        return cls.of(
            name=inner.get("name"),
            trigger=envelope.get("trigger"),
            status=envelope.get("status"),
            sub_account_id=envelope.get("subAccountId"),
            steps=inner.get("steps") or (),
            more=more,
            layout=layout,
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
        layout: Mapping[Path, Sequence[str]] | None = None,
    ) -> Self:
        """The definition with these parts.

        :param steps: a list of steps (typed, or in the service's shape), which begins with the start, or steps by key
            as :attr:`steps` has them, together with ``start``. Anything else, such as a hole, is kept unchanged under
            ``more["steps"]``, for lint to check.
        :param layout: see :attr:`layout`; a list of steps brings its own for them.
        """
        more, layout = dict(more or {}), dict(layout or {})
        keyed: dict[str, Json] = {}
        if isinstance(steps, list | tuple):
            if layout:
                layout = {place: names for place, names in layout.items() if place[:1] != ("steps",)}
            for position, step in enumerate(steps):
                key = _add(keyed, position, step := _canonical_step(step_to_api(step)))
                if keyed[key] is not step and next(iter(step)) != "id":
                    layout["steps", key] = tuple(step)
            start = next(iter(keyed), None)
        elif isinstance(steps, Mapping) and (start is not None or not steps):
            first = [start] if isinstance(start, str) and start in steps else []
            keyed = {key: _canonical_step(step_to_api(steps[key])) for key in dict.fromkeys((*first, *steps))}
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
            layout=layout,
        )

    def body(self, order: Sequence[str] | None = None) -> dict[str, Json]:
        """What POST and PUT send: the API's shape.

        :param order: keys of all steps; without them, the start comes first and the others as the source has them.
        """
        body, inner = self.outside(), self.inside()
        body["definition"] = inner
        if inner["steps"] is None:
            keys = order or sorted(self.steps, key=lambda key: key != self.start)
            inner["steps"] = [self.step_body(key) for key in keys]
        return body

    def parts(self) -> dict[str, Json]:
        """What it has besides its steps, by the service's names (:data:`PARTS`)."""
        return {key: getattr(self, attribute) for key, attribute in PARTS.items()}

    def outside(self) -> dict[str, Json]:
        """The members of the body; its ``definition`` is left empty."""
        body = {"subAccountId": self.sub_account_id, "trigger": self.trigger, "status": self.status}
        body = {key: value for key, value in body.items() if value is not None or key == "trigger"}
        body |= {key: value for key, value in self.more.items() if key not in ("definition", "steps")}
        return arrange({**body, "definition": {}}, self.layout.get((), ()))

    def inside(self) -> dict[str, Json]:
        """The members of ``definition`` in the body; its ``steps`` are the source's if they aren't a list."""
        inner = {"name": self.name, **self.more_inside(), "steps": self.more.get("steps")}
        return arrange(inner, self.layout.get(("definition",), ()))

    def more_inside(self) -> Mapping[str, Json]:
        """The members of ``definition`` that the model does not know."""
        inner = self.more.get("definition")
        return inner if isinstance(inner, Mapping) else {}

    def step_body(self, key: str) -> Json:
        """The step kept under ``key``, in the service's shape."""
        step = self.steps[key]
        if key.startswith("#") or not isinstance(step, Mapping):
            return step
        return arrange({"id": key, **step}, self.layout.get(("steps", key), ()))

    def compared_members(self) -> dict[str, Json]:
        """What it is besides its steps, by the service's names, for comparing.

        The case of trigger and status doesn't count, and an absent status is the one that the service stores.
        """
        trigger, status = (each.lower() if isinstance(each, str) else each for each in (self.trigger, self.status))
        return {
            "name": self.name,
            "status": status or ABSENT_STATUS,
            "trigger": trigger,
            "subAccountId": self.sub_account_id,
        }

    def has_holes(self) -> bool:
        """Whether any value is not known yet."""
        return has_holes([self.parts(), self.steps, self.more])

    def flow_order(self, rank: Callable[[str], Any] = str) -> list[str]:
        """Keys of all steps: the start, then depth first along the edges; what nothing reaches comes last.

        :param rank: the key by which the steps are sorted that the flow doesn't. What is stored has the default.
        """
        order: dict[str, None] = {}
        waiting = sorted(self.steps, key=rank, reverse=True)
        if isinstance(self.start, str):
            waiting.append(self.start)
        while waiting:
            key = waiting.pop()
            if key in order or key not in self.steps:
                continue
            order[key] = None
            waiting.extend(reversed([target for target in next_ids(self.steps[key], rank) if target in self.steps]))
        return list(order)

    def digest(self) -> str:
        """SHA-256 of the canonical form, in hex: equal exactly for definitions that mean the same."""
        import hashlib  # not above: lint has no use for it, and it takes its time
        import json

        body = self.body(None if ORDER_COUNTS else self.flow_order())
        canonical = json.dumps(body, sort_keys=not ORDER_COUNTS, ensure_ascii=False, default=str)
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def next_ids(step: Json, rank: Callable[[str], Any] = str) -> Iterator[str]:
    """Ids that the edges of ``step`` lead to, conditions in the order of their ids, the default edge last."""
    if not isinstance(step, dict):
        return
    edges = step.get("selectNextStep")
    if isinstance(edges, dict):
        yield from sorted((str(key) for key in edges), key=lambda key: (edges.get(key) is None, rank(key)))
    if isinstance(step.get("nextStepId"), str):
        yield step["nextStepId"]


def arrange(mapping: Mapping[str, Json], names: Iterable[str]) -> dict[str, Json]:
    """``mapping`` with what ``names`` name in their order, and the others after that in their own."""
    return {**{name: mapping[name] for name in names if name in mapping}, **mapping}


def step_id(key: str, step: Json) -> Json:
    """The id of the step kept under ``key``; ``None`` for a step without one."""
    if isinstance(step, Mapping) and "id" in step:
        return step["id"]
    return None if key.startswith("#") else key


def _canonical_step(step: Json) -> Json:
    if not isinstance(step, Mapping):
        return step
    # A null or empty member of a step means that it is absent; inside them, null has a meaning of its own.
    kept = {key: value for key, value in step.items() if value is not None}
    for noise in ("inputs", "outputs", "selectNextStep", "do"):
        if isinstance(kept.get(noise), Mapping | list | tuple) and not kept[noise]:
            del kept[noise]
    if "stepType" in kept:
        kept["stepType"] = published_step_type(kept["stepType"])
    if isinstance(kept.get("do"), list | tuple):
        # Sequences stay lists: whether their order has a meaning is not published (docs/api-facts.md).
        kept["do"] = [
            [_canonical_step(each) for each in sequence] if isinstance(sequence, list | tuple) else sequence
            for sequence in kept["do"]
        ]
    return kept


def _add(keyed: dict[str, Json], position: int, step: Json) -> str:
    own_id = step.get("id") if isinstance(step, Mapping) else None
    if isinstance(own_id, str) and own_id and not own_id.startswith("#") and own_id not in keyed:
        keyed[own_id] = {key: value for key, value in step.items() if key != "id"}
        return own_id
    key = f"#{position}"
    keyed[key] = step
    return key


def _whole_numbers(value: Json) -> Json:
    # JSON does not distinguish 1 from 1.0, and the engine turns every number into a float.
    return map_leaves(value, lambda leaf: int(leaf) if is_whole_number(leaf) else leaf)
