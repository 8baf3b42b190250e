"""The part of the JSON Schema that describes messages, made of the shapes in ``definition/contents``.

A definition is made once for each class of part. Like the service, it takes any case of a type, a script instead of any
value, members that it doesn't have, and types that aren't published.
"""

from __future__ import annotations

from typing import Any

from pulumi_8x8.definition.contents.chat_apps import ChatFields
from pulumi_8x8.definition.contents.choosing import CONTENT_TYPES, call_parts, content_node, params_node
from pulumi_8x8.definition.contents.nodes import Items, Leaf, Node, Object, OneOf, object_of
from pulumi_8x8.definition.contents.text_messages import SmsFields

Schema = dict[str, Any]

#: A text with a script.
_SCRIPT = r"\{\{"
#: Texts whose length lint doesn't count, or not all of it: with scripts, and placeholders.
_NOT_COUNTED = r"\{\{|^<[^<>]*>$"
_TYPES = {"text": "string", "number": "number", "whole": "integer", "truth": "boolean"}


class MessageSchemas:
    """The schemas of messages.

    :ivar definitions: of all parts that have been referred to, for ``$defs``.
    """

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}
        self._names: dict[Any, str] = {}

    def chat_apps_message(self) -> Schema:
        """Of the inputs of a ChatAppsMessage, beside what the step type has."""
        cases = []
        for kind in CONTENT_TYPES:
            node = content_node(kind)
            assert node is not None
            cases.append(_case(("type",), kind, {"properties": {"content": self.of(node)}}))
        return {"properties": self._members(object_of(ChatFields)), "allOf": cases}

    def voice_message(self) -> Schema:
        """Of the inputs of a VoiceMessage."""
        cases = []
        for kind in call_parts():
            action = kind.brings["action"]
            node = params_node(action)
            assert node is not None
            cases.append(_case(("action",), action, {"properties": {"params": self.of(node)}}))
        return {"allOf": cases}

    def sms(self) -> Schema:
        """Of the inputs of an SMS."""
        return {"properties": self._members(object_of(SmsFields))}

    def of(self, node: Node) -> Schema:
        """The schema of any shape."""
        if isinstance(node, Leaf):
            return _described(_leaf(node), node.info.text)
        if isinstance(node, Items):
            schema: Schema = {**_or_script("array"), "items": self.of(node.item)}
            for limit in node.limits:
                schema |= limit.schema
            return _described(schema, node.info.text)
        if isinstance(node, OneOf):
            return _described(self._named(node, node.called.split()[-1].capitalize()), node.info.text)
        return self._named(node, node.name) if node.name else self._object(node)

    def _named(self, node: Object | OneOf, name: str) -> Schema:
        """A reference to the shape's own definition."""
        key = node.parts if isinstance(node, OneOf) else node.name
        if key not in self._names:
            while name in self.definitions:
                name += "2"
            self._names[key] = name
            self.definitions[name] = {}  # keeps the name while its members are described
            about = node.info.text if isinstance(node, Object) else ""
            self.definitions[name] = _described(
                self._object(node) if isinstance(node, Object) else self._one_of(node), about
            )
        return {"$ref": f"#/$defs/{self._names[key]}"}

    def _one_of(self, node: OneOf) -> Schema:
        cases = []
        for part in node.parts:
            inner = self.of(object_of(part))
            if node.tag:
                cases.append(_case(node.tag, part.fixed[".".join(node.tag)], inner))
            else:
                cases.append({"if": _with(part.mark.split(".")), "then": inner})
        return {**_or_script("object"), "allOf": cases}

    def _object(self, node: Object) -> Schema:
        required = [name for name, member in node.members.items() if member.need == "required"]
        schema = {**_or_script("object"), "properties": self._members(node)}
        return schema | ({"required": required} if required else {})

    def _members(self, node: Object) -> dict[str, Schema]:
        return {name: self.of(member.node) for name, member in node.members.items()}


def _or_script(kind: str) -> Schema:
    return {"type": [kind, "string"], "pattern": _SCRIPT}


def _leaf(node: Leaf) -> Schema:
    if node.kind == "any":
        return {}
    if node.kind == "object":
        return _or_script("object")
    if node.kind == "text" and node.values:
        # They are offered, and other cases and values pass.
        return {"anyOf": [{"enum": list(node.values)}, {"type": "string"}]}
    limits: Schema = {}
    for limit in node.limits:
        limits = {**limit.schema, **limits}
    if node.kind != "text":
        return {"type": [_TYPES[node.kind], "string"], **limits}  # published messages have numbers in quotes
    if "maxLength" in limits:
        least = {key: value for key, value in limits.items() if key != "maxLength"}
        return {"type": "string", **least, "anyOf": [{"maxLength": limits["maxLength"]}, {"pattern": _NOT_COUNTED}]}
    return {"type": "string", **limits}


def _case(tag: tuple[str, ...], value: str, then: Schema) -> Schema:
    """A condition on the text at ``tag``, in the cases that published messages have."""
    spellings = dict.fromkeys((value, value[:1].upper() + value[1:], value[:1].lower() + value[1:]))
    return {"if": _with(tag, {"enum": list(spellings)}), "then": then}


def _with(path: Any, last: Schema | None = None) -> Schema:
    """An object with a member at a path."""
    first, *rest = path
    inner = _with(rest, last) if rest else (last or {})
    return {"required": [first], "properties": {first: inner}} if inner else {"required": [first]}


def _described(schema: Schema, about: str) -> Schema:
    return {"description": about, **schema} if about else schema
