"""A definition as inputs of a Pulumi resource, and back, without losing anything.

The inputs are the canonical form: ``name``, ``trigger``, ``status``, ``subAccountId``, ``start``, ``steps`` by id.
The engine drops nulls and turns every number into a float (measured with engine 3.259.0), so nulls, and integers that
a float cannot hold, are written as strings in parentheses: ``(null)``, ``(int 12345678901234567890)``. A string that
happens to look like one gets a further pair of parentheses. It also loses the order of keys, which :data:`ORDER` has.
What became known late and cannot be sent (:class:`~pulumi_8x8.definition.checked.Wrong`) is written as ``(wrong …)``,
for the plugin to refuse.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pulumi_8x8.definition.checked import Wrong
from pulumi_8x8.definition.model import PARTS, Definition, arrange
from pulumi_8x8.definition.order import Order
from pulumi_8x8.definition.values import Hole, Json, is_whole_number, map_leaves

_MARK = re.compile(r"\((?:null|int -?\d+|wrong \[\[.*\]\]|\(.*\))\)", re.DOTALL)
_LARGEST_EXACT = 2**53

#: The input that records the order of steps, edges and members. The engine hides keys that begin with two underscores.
ORDER = "__order"


def to_inputs(definition: Definition, encode_hole: Callable[[Hole], Json] = lambda hole: hole) -> dict[str, Json]:
    """Inputs for the engine, with the order of all that is known now; see :func:`record_order` for what is not.

    :param encode_hole: what to make of a value that is not known yet; it must apply :func:`encode` to the value
        once it is known.
    """
    inputs = to_inputs_without_order(definition, encode_hole)
    inputs[ORDER] = Order.of(definition).text
    return inputs


def to_inputs_without_order(
    definition: Definition, encode_hole: Callable[[Hole], Json] = lambda hole: hole
) -> dict[str, Json]:
    """:func:`to_inputs` without :data:`ORDER`, which takes as much time as all the others."""
    parts = definition.parts().items()
    inputs = {key: encode(value, encode_hole) for key, value in parts if value is not None}
    more = dict(definition.more)
    inputs["steps"] = encode(more.pop("steps", definition.steps), encode_hole)
    if definition.start is not None:
        inputs["start"] = encode(definition.start)
    if more:
        inputs["more"] = encode(more, encode_hole)
    return inputs


def record_order(definition: Definition) -> str:
    """The input :data:`ORDER` of a definition whose holes have been filled; of holes that are left it records nothing.

    It holds no values, but names of members: whoever calls it masks secrets first.
    """
    more = dict(definition.more)
    canonical = Definition.of(
        **{PARTS[key]: value for key, value in definition.parts().items()},
        steps=more.pop("steps", definition.steps),
        start=definition.start,
        more=more,
        layout=definition.layout,
    )
    return Order.of(canonical).text


def from_inputs(inputs: Mapping[str, Json]) -> Definition:
    """The definition that :func:`to_inputs` made ``inputs`` from; unknown values must be holes.

    Values that were Outputs when the inputs were made are put into canonical form here. Names that the record
    lacks are in the order of the alphabet, after the names that it has. Without a record, as in the inputs that older
    versions made, steps are in the order of the flow.
    """
    order = Order.read(inputs.get(ORDER))
    rank = (order or Order()).rank
    values = {key: decode(inputs.get(key), rank) for key in (*PARTS, "steps", "start", "more")}
    parts = {attribute: values[key] for key, attribute in PARTS.items()}
    definition = Definition.of(**parts, steps=values["steps"], start=values["start"], more=values["more"])
    if order is not None:
        return order.restore(definition)
    if isinstance(values["steps"], Mapping):
        return replace(definition, steps=arrange(definition.steps, definition.flow_order()))
    return definition


def encode(value: Json, encode_hole: Callable[[Hole], Json] = lambda hole: hole) -> Json:
    """``value`` with what the engine would lose written as marked strings."""

    def leaf(value: Json) -> Json:
        if isinstance(value, str):
            return f"({value})" if value[:1] == "(" and _MARK.fullmatch(value) else value
        if value is None:
            return "(null)"
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST_EXACT:
            return f"(int {value})"
        if isinstance(value, Wrong):
            return f"(wrong {value})"
        return encode_hole(value) if isinstance(value, Hole) else value

    return map_leaves(value, leaf)


def decode(value: Json, rank: Callable[[str], Any] | None = None) -> Json:
    """The inverse of :func:`encode`, after the engine.

    :param rank: sort the keys of all mappings by it.
    """

    def leaf(value: Json) -> Json:
        if not isinstance(value, str):
            return int(value) if is_whole_number(value) else value
        if value[:1] != "(" or not _MARK.fullmatch(value):
            return value
        inner = value[1:-1]
        if inner == "null":
            return None
        if inner.startswith("int "):
            return int(inner[4:])
        if inner.startswith("wrong "):
            return Wrong.read(inner[6:]) or value
        return inner

    return map_leaves(value, leaf, rank)
