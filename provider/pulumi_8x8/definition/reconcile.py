"""Three-way comparison: what to store, what that changes, and what somebody else changed.

A definition has up to four forms here. ``declared``: what the program declared at the last deployment. ``answered``:
what the service made of it then. ``live``: what the service holds now. ``wanted``: what the program declares now. They
show who changed a place: the program (``wanted`` differs from ``declared``), the service when it stored (``answered``
differs from ``declared``), or somebody else (``live`` differs from both).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple, TypeAlias

from pulumi_8x8.definition import Definition, Json, Path, model
from pulumi_8x8.definition.compare import Change, compare, same
from pulumi_8x8.definition.model import ABSENT_STATUS, PARTS, STEP_MEMBERS
from pulumi_8x8.definition.steps import inputs_of

#: What to do about a place that somebody else changed: store the program's value, leave theirs, or refuse.
OnDrift = Literal["overwrite", "warn", "stop"]

#: In an ignored path: any member.
ANY = "*"


@dataclass(frozen=True)
class Plan:
    """What an update stores, and why.

    :param target: what to send: what the program declares, together with what stays as the service holds it.
    :param changes: what storing ``target`` changes on the service; empty when there is nothing to do.
    :param drift: what somebody else changed since the last deployment, unless the program declares the same now.
    :param conflicts: the changes in ``drift`` at places that the program changed too.
    :param declared: what counts as declared then: ``wanted``, except for ignored places; ``None``: ``target``.
    """

    target: Definition
    changes: tuple[Change, ...]
    drift: tuple[Change, ...] = ()
    conflicts: tuple[Change, ...] = ()
    declared: Definition | None = None


def reconcile(
    wanted: Definition,
    live: Definition,
    declared: Definition | None = None,
    answered: Definition | None = None,
    ignored: Sequence[Path] = (),
    on_drift: OnDrift = "overwrite",
    *,
    restores: bool = False,
) -> Plan:
    """What to store so that the service holds what the program declares, and keeps what the program doesn't know.

    :param declared: what the program declared last; ``None`` when that isn't known, or it never declared anything.
    :param answered: what the service made of it; ``None`` is ``declared`` itself.
    :param ignored: places that stay unchanged on the service; :data:`ANY` in one stands for any member.
    :param on_drift: with ``warn`` a place that somebody else changed, and the program did not, is left alone.
    :param restores: whether ``wanted`` is an older version. What only the service or other people wrote in it doesn't
        become the program's, as long as the service still has it.
    """
    merge = _Merge(ignored, on_drift, history=not (declared is None and answered is None), restores=restores)
    forms = _Forms(*map(_tree, (declared, declared if answered is None else answered, live, wanted)))
    if (
        same(forms.live, forms.wanted)
        and same(forms.declared, forms.wanted)
        and (answered is live or same(forms.answered, forms.wanted))
    ):
        # Nobody changed anything, as in most operations: to merge would take ten times as long.
        return Plan(wanted, compare(live, wanted) if model.ORDER_COUNTS else (), declared=wanted)
    merged = merge.value((), "definition", forms)
    target, expected, declared_now = (replace(_definition(each), layout=wanted.layout) for each in merged)
    return Plan(target, compare(live, expected), tuple(merge.drift), tuple(merge.conflicts), declared_now)


def undo(definition: Definition, changes: Sequence[Change]) -> Definition:
    """``definition`` as it was before ``changes``."""
    tree = _tree(definition)
    for change in changes:
        tree = _put(tree, change.path, _MISSING if change.kind == "added" else change.old)
    return _definition(tree)


def covers(pattern: Path, path: Path) -> bool:
    """Whether the place ``path`` is ``pattern`` or inside it."""
    return len(pattern) <= len(path) and all(part in (ANY, each) for part, each in zip(pattern, path, strict=False))


def _put(value: Json, path: Path, leaf: Json) -> Json:
    if not path:
        return leaf
    items: dict[Any, Json] = dict(enumerate(value)) if isinstance(value, list) else dict(value)
    below = _put(items.get(path[0], {}), path[1:], leaf)
    if below is _MISSING:
        items.pop(path[0], None)
    else:
        items[path[0]] = below
    return list(items.values()) if isinstance(value, list) else items


def without_additions(stored: Definition, declared: Definition) -> Definition:
    """``stored`` without members that neither the model nor ``declared`` knows: the service's own."""
    if same(_tree(stored), _tree(declared)):
        return stored  # as in most operations

    def kept(kind: str, value: Json, known: Json) -> Json:
        if isinstance(value, Mapping):
            if kind.startswith("inputs") and not isinstance(known, Mapping):
                return value  # of a step that isn't declared at all
            others: Mapping[str, Json] = known if isinstance(known, Mapping) else {}
            below = ((key, item, _below(kind, key, item)) for key, item in value.items())
            return {
                key: kept(under, item, others.get(key))
                for key, item, under in below
                if under != _FOREIGN or key in others
            }
        if isinstance(value, list) and kind in _STRUCTURE:
            same_length = isinstance(known, list) and len(known) == len(value)
            partners = known if same_length else [None] * len(value)
            return [kept(_below(kind, 0, item), item, each) for item, each in zip(value, partners, strict=True)]
        return value

    return replace(_definition(kept("definition", _tree(stored), _tree(declared))), layout=stored.layout)


#: Stands for a member that a form does not have.
_MISSING: Any = object()


class _Forms(NamedTuple):
    """One place in each form; :data:`_MISSING` where there is none."""

    declared: Json
    answered: Json
    live: Json
    wanted: Json


#: The kinds of places: ``definition``, ``steps``, ``step <type>``, ``inputs <type>``, ``sequences`` and ``sequence``
#: (inside ``do``); content, of which every member is a program's or a person's; and what the model does not know. The
#: last kind is the inputs of a step whose type the program changes: the service has no member of its own there yet.
_Kind: TypeAlias = str
_CONTENT, _FOREIGN, _RETYPED = "content", "foreign", "retyped"
_STRUCTURE = ("sequences", "sequence")


def _below(kind: _Kind, key: str | int, value: Json) -> _Kind:
    """The kind of the member ``key`` with this ``value`` (of which only a step's type counts)."""
    match kind.split(" ", 1):
        case ["definition"]:
            return {"steps": "steps", "more": _FOREIGN}.get(str(key), _CONTENT)
        case ["steps"] | ["sequence"]:
            return f"step {value.get('stepType')}" if isinstance(value, Mapping) else _CONTENT
        case ["sequences"]:
            return "sequence"
        case ["step", step_type]:
            structure = {"inputs": f"inputs {step_type}", "do": "sequences"}
            return structure.get(str(key)) or (_CONTENT if key in STEP_MEMBERS else _FOREIGN)
        case ["inputs", step_type]:
            return _CONTENT if key in inputs_of(step_type) else _FOREIGN
    return kind


class _Merge:
    def __init__(self, ignored: Sequence[Path], on_drift: OnDrift, history: bool, restores: bool) -> None:
        self._ignored = ignored
        self._on_drift = on_drift
        self._history = history
        self._restores = restores
        self.drift: list[Change] = []
        self.conflicts: list[Change] = []

    def value(self, path: Path, kind: _Kind, forms: _Forms) -> tuple[Json, Json, Json]:
        """What to send, what the service is expected to hold then, and what counts as declared by the program."""
        if self._ignored and any(covers(pattern, path) for pattern in self._ignored):
            return forms.live, forms.live, forms.live
        may_be_theirs = self._restores and kind == _FOREIGN and len(path) > 1 and forms.declared is _MISSING
        if may_be_theirs and same(forms.wanted, forms.live):
            return forms.wanted, forms.live, _MISSING
        if isinstance(forms.wanted, Mapping) and isinstance(forms.live, Mapping):
            send, hold, say = self._members(path, kind, forms)
            return send, hold, _MISSING if may_be_theirs and not say else say
        if path == ("more", "definition") and forms.wanted is _MISSING and isinstance(forms.live, Mapping):
            # The service always has this object: what others wrote in it doesn't go with the program's last member.
            send, hold, say = self._members(path, kind, forms._replace(wanted={}))
            return send or _MISSING, hold or _MISSING, say or _MISSING
        if isinstance(forms.wanted, list) and isinstance(forms.live, list):
            aligned = list(_aligned(kind, forms))
            if aligned or not forms.wanted:
                items = [
                    self.value((*path, position), _below(kind, position, each.wanted), each)
                    for position, each in enumerate(aligned)
                ]
                if len(forms.live) == len(items):
                    send, hold, declare = (list(each) for each in zip(*items, strict=True)) if items else ([], [], [])
                    return send, hold, declare
        return self._leaf(path, kind, forms)

    def _members(self, path: Path, kind: _Kind, forms: _Forms) -> tuple[Json, Json, Json]:
        retyped = kind.startswith("step ") and forms.wanted.get("stepType") != forms.live.get("stepType")
        results: tuple[dict[str, Json], dict[str, Json], dict[str, Json]] = ({}, {}, {})
        for key in (*forms.wanted, *(key for key in forms.live if key not in forms.wanted)):
            each = _Forms(*(form.get(key, _MISSING) if isinstance(form, Mapping) else _MISSING for form in forms))
            below = _below(kind, key, each.live if each.wanted is _MISSING else each.wanted)
            below = _RETYPED if retyped and key == "inputs" else below
            for result, value in zip(results, self.value((*path, key), below, each), strict=True):
                if value is not _MISSING:
                    result[key] = value
        return results

    def _leaf(self, path: Path, kind: _Kind, forms: _Forms) -> tuple[Json, Json, Json]:
        declared, answered, live, wanted = forms
        if _same(path, wanted, live):
            return wanted, live, wanted
        # What the program declared last is its own, even if the state doesn't have the service's answer yet.
        by_somebody = self._history and not _same(path, live, answered) and not _same(path, live, declared)
        is_own = kind == _FOREIGN or (kind != _RETYPED and self._history and not by_somebody)
        if wanted is _MISSING and declared is _MISSING and is_own:
            return live, live, _MISSING  # the service's own
        by_program = not _same(path, wanted, declared)
        if by_somebody:
            change = _change(path, answered, live)
            self.drift.append(change)
            if by_program:
                self.conflicts.append(change)
            elif self._on_drift == "warn":
                return live, live, wanted
        # If the program declares the same as before, the service makes the same of it.
        return wanted, wanted if by_program else answered, wanted


def _aligned(kind: _Kind, forms: _Forms) -> Iterator[_Forms]:
    """The items of lists side by side; nothing when it isn't clear which of them belong together."""
    lists = [form for form in forms if isinstance(form, list)]
    if kind == "sequence" and all(map(_have_ids, lists)):
        keyed = [{item["id"]: item for item in form} if isinstance(form, list) else None for form in forms]
        wanted = keyed[-1] or {}
        if all(each is None or each.keys() == wanted.keys() for each in keyed):
            for key in wanted:
                yield _Forms(*(_MISSING if each is None else each[key] for each in keyed))
            return
    if len({len(form) for form in lists}) == 1:
        for position in range(len(forms.wanted)):
            yield _Forms(*(form[position] if isinstance(form, list) else _MISSING for form in forms))


def _have_ids(steps: Sequence[Json]) -> bool:
    ids = [item.get("id") if isinstance(item, Mapping) else None for item in steps]
    return all(isinstance(each, str) for each in ids) and len(set(ids)) == len(ids)


def _same(path: Path, one: Json, other: Json) -> bool:
    if path == ("status",):
        one, other = (ABSENT_STATUS if each is _MISSING else each for each in (one, other))
    if path in (("status",), ("trigger",)):
        one, other = (each.lower() if isinstance(each, str) else each for each in (one, other))
    return same(one, other)


def _change(path: Path, old: Json, new: Json) -> Change:
    if old is _MISSING:
        return Change("added", path, new=new)
    return Change("removed", path, old) if new is _MISSING else Change("changed", path, old, new)


def _tree(definition: Definition | None) -> Json:
    if definition is None:
        return _MISSING
    parts = {**definition.parts(), "start": definition.start}
    known = {key: value for key, value in parts.items() if value is not None}
    return {**known, "steps": definition.steps, "more": definition.more}


def _definition(tree: Mapping[str, Json]) -> Definition:
    parts: dict[str, Any] = {attribute: tree.get(key) for key, attribute in PARTS.items()}
    return Definition(**parts, start=tree.get("start"), steps=tree["steps"], more=tree["more"])
