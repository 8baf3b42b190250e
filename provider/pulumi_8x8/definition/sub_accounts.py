"""Logical names of sub-accounts: a definition says ``chat``, and each stack's config what that is there."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pulumi_8x8.definition.model import Definition
from pulumi_8x8.definition.values import Json, Path
from pulumi_8x8.errors import SettingsError


def read_sub_accounts(setting: Json) -> dict[str, str]:
    """Sub-accounts by logical name, from ``8x8:subAccounts``: an object, as a mapping or as its JSON text.

    :raises SettingsError: it is something else.
    """
    try:
        names = json.loads(setting) if isinstance(setting, str) else setting
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
    if definition.sub_account_id is not None:
        yield ("subAccountId",), definition.sub_account_id
    for key, value in definition.more.items():
        yield from _found(value, (key,))
    for key, step in definition.steps.items():
        yield from _found(step, ("steps", key))


def _found(value: Json, path: Path) -> Iterator[tuple[Path, Json]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key.lower() == "subaccountid":
                yield (*path, key), item
            else:
                yield from _found(item, (*path, key))
    elif isinstance(value, list | tuple):
        sequence = len(path) > 1 and path[-2] == "do"
        for position, item in enumerate(value):
            # As paths name the steps inside of a `do`.
            own = item.get("id") if sequence and isinstance(item, Mapping) else None
            yield from _found(item, (*path, own if isinstance(own, str) else position))


def rename_sub_accounts(definition: Definition, names: Mapping[str, str]) -> Definition:
    """``definition`` with every ``subAccountId`` that is a key of ``names``, at any depth, replaced by its value.

    From logical names to sub-accounts with ``{"chat": "acme_dev_chat"}``, and back with the inverse of that.
    """
    if not names:
        return definition
    own = definition.sub_account_id
    return replace(
        definition,
        sub_account_id=names.get(own, own) if isinstance(own, str) else own,
        steps={key: _renamed(step, names) for key, step in definition.steps.items()},
        more={key: _renamed(value, names) for key, value in definition.more.items()},
    )


def _renamed(value: Json, names: Mapping[str, str]) -> Json:
    if isinstance(value, Mapping):
        return {
            key: names.get(item, item)
            if isinstance(item, str) and key.lower() == "subaccountid"
            else _renamed(item, names)
            for key, item in value.items()
        }
    return [_renamed(item, names) for item in value] if isinstance(value, list | tuple) else value
