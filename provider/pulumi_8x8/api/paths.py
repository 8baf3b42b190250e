"""The paths and queries of calls. Each id and number is checked here, before it becomes part of a URL.

``""`` or ``".."`` as an id would make another call. The service answers 400 to an id that it can't read, so these
count as refused by it.
"""

from __future__ import annotations

from urllib.parse import quote

from pulumi_8x8.definition.checked import wrong_id
from pulumi_8x8.errors import Rejected

#: No version has this number, or a larger one.
_VERSIONS = 1 << 31

#: Characters. A query takes any character, unlike a path.
_LONGEST_SUB_ACCOUNT = 1000


def definition_path(definition_id: str) -> str:
    """:raises Rejected: it isn't an id."""
    return f"/definitions/{_segment(definition_id)}"


def instances_path(definition_id: str) -> str:
    """:raises Rejected: it isn't an id."""
    return f"{definition_path(definition_id)}/workflows"


def instance_path(definition_id: str, instance_id: str) -> str:
    """:raises Rejected: one of them isn't an id."""
    return f"{instances_path(definition_id)}/{_segment(instance_id)}"


def version_query(version: int) -> int:
    """:raises Rejected: no version can have this number."""
    if type(version) is not int or not 1 <= version < _VERSIONS:
        raise Rejected("no definition has a version of this number. Nothing was sent.", call="")
    return version


def sub_account_query(id: str) -> str:
    """:raises Rejected: no sub-account has this id: an empty one would mean the workflows without a sub-account."""
    if not id or len(id) > _LONGEST_SUB_ACCOUNT or any("\ud800" <= letter <= "\udfff" for letter in id):
        raise Rejected("no sub-account has this id. Nothing was sent.", call="")
    return id


def _segment(id: str) -> str:
    if wrong := wrong_id(id):
        raise Rejected(f"no definition or instance has this id: it {wrong}. Nothing was sent.", call="")
    return quote(id, safe="")
