"""Logical names of sub-accounts: a definition has ``chat``, and each stack's config has its sub-account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pulumi_8x8.bounded import parse_json
from pulumi_8x8.definition.model import Definition
from pulumi_8x8.definition.places import map_places, places
from pulumi_8x8.definition.values import Json, Path
from pulumi_8x8.errors import SettingsError


def read_sub_accounts(setting: Json) -> dict[str, str]:
    """Sub-accounts by logical name, from ``8x8:subAccounts``: an object, as a mapping or as its JSON text.

    :raises SettingsError: it is something else.
    """
    try:
        names = parse_json(setting) if isinstance(setting, str) else setting
    except ValueError:
        names = setting
    if names is None:
        return {}
    if not (isinstance(names, Mapping) and all(isinstance(each, str) and each for each in names.values())):
        raise SettingsError(
            '8x8:subAccounts is not an object of texts, {"chat": "<sub-account>"}. Nothing was changed. Set it with: '
            "pulumi config set --path 8x8:subAccounts.chat <sub-account>"
        )
    return dict(names)


def logical_names(names: Mapping[str, str]) -> dict[str, str]:
    """What :func:`rename_sub_accounts` needs to lead back to logical names.

    A name stays itself, as a program may still have it; a sub-account that has several gets the first by the alphabet.
    """
    back = {names[name]: name for name in sorted(names, reverse=True)}
    return {**back, **{name: name for name in names}}


def find_sub_accounts(definition: Definition) -> Iterator[tuple[Path, Json]]:
    """Every ``subAccountId`` of ``definition``, at any depth, with its place."""
    return ((place, value) for place, value in places(definition) if _is_sub_account(place) and value is not None)


def rename_sub_accounts(definition: Definition, names: Mapping[str, str]) -> Definition:
    """``definition`` with every ``subAccountId`` that is a key of ``names``, at any depth, replaced by its value.

    From logical names to sub-accounts with ``{"chat": "acme_dev_chat"}``, and back with the inverse of that.
    """
    if not names:
        return definition

    def renamed(place: Path, value: Json) -> Json:
        return names.get(value, value) if isinstance(value, str) and _is_sub_account(place) else value

    return map_places(definition, renamed)


def _is_sub_account(place: Path) -> bool:
    return str(place[-1]).lower() == "subaccountid"
