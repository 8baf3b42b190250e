"""Logical names of sub-accounts: a definition says ``chat``, and each stack's config what that is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from pulumi_8x8.definition.model import Definition
from pulumi_8x8.definition.values import Json


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
