"""The settings for all workflows of a stack: the config keys ``8x8:*`` except the account's (``api/settings.py``)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, fields
from typing import Annotated, get_type_hints

from pulumi_8x8.bounded import parse_json
from pulumi_8x8.definition import read_sub_accounts
from pulumi_8x8.definition.checked import wrong_id
from pulumi_8x8.definition.reconcile import OnDrift
from pulumi_8x8.errors import SettingsError
from pulumi_8x8.lint import read_levels
from pulumi_8x8.phrasing import camel_case, show_path
from pulumi_8x8.resources.options import ON_DRIFT, read_pin
from pulumi_8x8.validation import Invalid, Must, Parsed, surely, validated


def parsed(value: object) -> object:
    """Returns a setting; Pulumi passes an object or a list as JSON."""
    try:
        return parse_json(value) if isinstance(value, str) and value[:1] in ("{", "[") else value
    except ValueError:
        return value


def _truth(value: object) -> bool:
    if (text := str(value).lower()) not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def _id(value: object) -> str:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if why := wrong_id(text):
        raise ValueError(why)
    return str(text)


@dataclass(frozen=True)
class StackConfig:
    """The settings of a stack; each is a key of its config, such as ``8x8:onDrift``.

    :param lint: the levels of lint rules: ``off``, ``warning`` or ``error``.
    :param sub_accounts: the sub-accounts of this stack, by the logical names in the program.
    :param requires_digest_from: the stack that has to run a definition before this one.
    :param pins: versions, or digests, that workflows go back to, by resource name.
    :param adopt: ids of existing definitions that workflows take over, by resource name.
    :param on_drift: what to do about an edit outside Pulumi: store the program's value, leave the edit, or refuse.
    :param adopt_equal: whether this stack takes over a definition that is equal to the program's.
    """

    lint: Annotated[dict[str, str], Parsed(read_levels)] = field(default_factory=dict)
    sub_accounts: Annotated[dict[str, str], Parsed(read_sub_accounts)] = field(default_factory=dict)
    requires_digest_from: Annotated[str | None, Must("be the name of a stack")] = None
    pins: dict[str, Annotated[int | str, Parsed(read_pin)]] = field(default_factory=dict)
    adopt: dict[str, Annotated[str, Parsed(_id)]] = field(default_factory=dict)
    on_drift: Annotated[OnDrift, Must(f"be {ON_DRIFT}")] = "overwrite"
    adopt_equal: Annotated[bool, Parsed(_truth)] = False

    @classmethod
    def read(cls, config: Callable[[str], object]) -> StackConfig:
        """Reads the settings.

        :param config: the value of a key such as ``8x8:onDrift``, ``None`` if it isn't set.
        :raises SettingsError: a setting isn't valid. The message names every wrong one, and how to set it; a wrong
            ``8x8:lint`` or ``8x8:subAccounts`` is reported alone.
        """
        values = {each.name: parsed(config(f"8x8:{camel_case(each.name)}")) for each in fields(cls)}
        values = {name: value for name, value in values.items() if value not in (None, "")}
        hints = get_type_hints(cls, include_extras=True)
        with suppress(ValueError):
            return cls(**{name: surely(hints[name], value) for name, value in values.items()})
        try:
            return validated(cls, values)
        except Invalid as error:
            raise SettingsError("\n".join(_wrong(*each) for each in error.misfits)) from None


def _wrong(path: tuple[str | int, ...], message: str) -> str:
    key, *rest = path
    place = show_path((camel_case(str(key)), *rest))
    command = f"--path '8x8:{key}.<resource>'" if key in ("pins", "adopt") else f"8x8:{camel_case(str(key))}"
    return f"8x8:{place} {message}. Nothing was changed. Set it with: pulumi config set {command} <value>"
