"""A definition as inputs of a Pulumi resource, and back, without losing anything.

The inputs are the canonical form: ``name``, ``trigger``, ``status``, ``subAccountId``, ``start``, ``steps`` by id.
The engine drops nulls and turns every number into a float (measured with engine 3.259.0), so nulls, and integers that
a float cannot hold, are written as strings in parentheses: ``(null)``, ``(int 12345678901234567890)``. A string that
happens to look like one gets a further pair of parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from pulumi_8x8.definition.model import Definition
from pulumi_8x8.definition.values import Hole, Json, is_whole_number, map_leaves

_MARK = re.compile(r"\((?:null|int -?\d+|\(.*\))\)", re.DOTALL)
_LARGEST_EXACT = 2**53

#: Inputs that are not steps, and the attributes that hold them.
_PARTS = {"name": "name", "trigger": "trigger", "status": "status", "subAccountId": "sub_account_id"}


def to_inputs(definition: Definition, encode_hole: Callable[[Hole], Json] = lambda hole: hole) -> dict[str, Json]:
    """Inputs for the engine.

    :param encode_hole: what to make of a value that is not known yet; it must apply :func:`encode` to the value
        once it is known.
    """
    inputs: dict[str, Json] = {}
    for key, attribute in _PARTS.items():
        value = getattr(definition, attribute)
        if value is not None:
            inputs[key] = encode(value, encode_hole)
    more = dict(definition.more)
    inputs["steps"] = encode(more.pop("steps", definition.steps), encode_hole)
    if definition.start is not None:
        inputs["start"] = encode(definition.start)
    if more:
        inputs["more"] = encode(more, encode_hole)
    return inputs


def from_inputs(inputs: Mapping[str, Json]) -> Definition:
    """The definition that :func:`to_inputs` made ``inputs`` from; unknown values must be holes.

    Values that were Outputs when the inputs were made are put into canonical form here.
    """
    values = {key: decode(inputs.get(key)) for key in (*_PARTS, "steps", "start", "more")}
    parts = {attribute: values[key] for key, attribute in _PARTS.items()}
    return Definition.of(**parts, steps=values["steps"], start=values["start"], more=values["more"])


def encode(value: Json, encode_hole: Callable[[Hole], Json] = lambda hole: hole) -> Json:
    """``value`` with what the engine would lose written as marked strings."""

    def leaf(value: Json) -> Json:
        if isinstance(value, str):
            return f"({value})" if value[:1] == "(" and _MARK.fullmatch(value) else value
        if value is None:
            return "(null)"
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _LARGEST_EXACT:
            return f"(int {value})"
        return encode_hole(value) if isinstance(value, Hole) else value

    return map_leaves(value, leaf)


def decode(value: Json) -> Json:
    """The inverse of :func:`encode`, after the engine."""

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
        return inner

    return map_leaves(value, leaf)
