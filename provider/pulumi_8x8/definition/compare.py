"""The changes between two definitions, place by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pulumi_8x8.definition import Definition, Hole, Json, Path, model, show_path
from pulumi_8x8.definition.order import orders


@dataclass(frozen=True)
class Change:
    """One place that differs.

    :param kind: whether the place is only in the new definition, only in the old one, or in both. A mapping is
        reordered if the members that are in both have another order; the values are their names then.
    :param path: ``("steps", "send_CA", "inputs", "content", "text")``.
    """

    kind: Literal["added", "removed", "changed", "reordered"]
    path: Path
    old: Json = None
    new: Json = None

    def __str__(self) -> str:
        # Values stay out: they may be secret, and this text goes to places that do not know.
        return f"{show_path(self.path)} {self.kind}"


def compare(old: Definition, new: Definition) -> tuple[Change, ...]:
    """What has to change in ``old`` to make it ``new``, sorted by place; empty exactly when they mean the same.

    A value that is not known yet counts as changed, and another order if :data:`~.model.ORDER_COUNTS`.
    """
    found = [*_differences(_parts(old), _parts(new)), *(reordered(old, new) if model.ORDER_COUNTS else ())]
    return tuple(sorted(found, key=lambda change: [str(part) for part in change.path]))


def differ(old: Definition, new: Definition) -> bool:
    """Whether :func:`compare` finds a change, at a small part of the cost."""
    return not same(_parts(old), _parts(new)) or (model.ORDER_COUNTS and any(reordered(old, new)))


def reordered(old: Definition, new: Definition) -> Iterator[Change]:
    """The mappings of both definitions whose common members have another order."""
    before = dict(orders(old))
    for place, names in orders(new):
        was = [name for name in before.get(place, ()) if name in names]
        now = [name for name in names if name in was]
        if was != now:
            yield Change("reordered", place or ("body",), was, now)


def _differences(old: Json, new: Json) -> list[Change]:
    if same(old, new):
        return []  # nearly every comparison ends here, without loading deepdiff
    from deepdiff import DeepDiff

    tree = DeepDiff(
        old,
        new,
        view="tree",
        threshold_to_diff_deeper=0,
        zip_ordered_iterables=True,
        ignore_private_variables=False,  # members of JSON may begin with two underscores
    )
    return [
        Change(kind, tuple(level.path(output_format="list")), _absent(level.t1), _absent(level.t2))
        for report, kind in _KINDS.items()
        for level in tree.get(report, ())
    ]


_KINDS: dict[str, Literal["added", "removed", "changed"]] = {
    "dictionary_item_added": "added",
    "iterable_item_added": "added",
    "dictionary_item_removed": "removed",
    "iterable_item_removed": "removed",
    "values_changed": "changed",
    "type_changes": "changed",
}


def _parts(definition: Definition) -> dict[str, Json]:
    parts = {
        **definition.compared_members(),
        "start": definition.start,
        "steps": definition.steps,
        "more": definition.more,
    }
    return {key: _without_holes(value) for key, value in parts.items()} if definition.has_holes() else parts


def lacking(expected: Json, actual: Json, path: Path = ()) -> Iterator[Change]:
    """The places where ``actual`` lacks something of ``expected``, as changes from ``expected``.

    A mapping may have more members than expected, at any depth; lists must be equally long.
    """
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for key, value in expected.items():
            if key in actual:
                yield from lacking(value, actual[key], (*path, key))
            else:
                yield Change("removed", (*path, key), value)
    elif isinstance(expected, list | tuple) and isinstance(actual, list) and len(expected) == len(actual):
        for position, (value, found) in enumerate(zip(expected, actual, strict=True)):
            yield from lacking(value, found, (*path, position))
    elif expected != actual or isinstance(expected, bool) != isinstance(actual, bool):
        yield Change("changed", path, expected, actual)


def same(old: Json, new: Json) -> bool:
    """Whether two values are equal; unlike in Python, ``True`` is not 1."""
    if old is new:
        return True
    if type(old) is not type(new):  # to Python, True equals 1
        return False
    if type(old) is dict:
        return old.keys() == new.keys() and all(same(value, new[key]) for key, value in old.items())
    if type(old) is list:
        return len(old) == len(new) and all(map(same, old, new))
    return bool(old == new)


def _without_holes(value: Json) -> Json:
    if isinstance(value, Mapping):
        return {key: _without_holes(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_holes(item) for item in value]
    return "(not known yet)" if isinstance(value, Hole) else value


def _absent(value: Json) -> Json:
    from deepdiff.helper import notpresent

    return None if value is notpresent else value
