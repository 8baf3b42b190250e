"""Settings of the account, the service's address and the key, from a stack's config or the environment."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NoReturn
from urllib.parse import urlsplit

from pulumi_8x8.definition.checked import wrong_id
from pulumi_8x8.errors import SettingsError

#: Source: the vendor's getting-started page and OpenAPI file.
DEFAULT_BASE_URL = "https://automation.8x8.com"

#: The setting's name, its key in the stack's config, its environment variable, and how to set it.
_ACCOUNT_ID = ("account id", "8x8:accountId", "PULUMI_8X8_ACCOUNT_ID", "pulumi config set 8x8:accountId <id>")
_API_KEY = ("API key", "8x8:apiKey", "PULUMI_8X8_API_KEY", "pulumi config set --secret 8x8:apiKey <key>")
_BASE_URL = ("base URL", "8x8:baseUrl", "PULUMI_8X8_BASE_URL", f"pulumi config set 8x8:baseUrl {DEFAULT_BASE_URL}")


def _account_id(text: str) -> str:
    if text and (why := wrong_id(text)):
        raise ValueError(f"the account id of the 8x8 Automation API {why}: {_ACCOUNT_ID[3]}")
    return text or _not_set(_ACCOUNT_ID)


def _api_key(text: str) -> str:
    if not (text.isascii() and text.isprintable()):
        raise ValueError("the API key has characters that no HTTP header can carry; copy it again from 8x8 Connect")
    return text or _not_set(_API_KEY)


def _not_set(setting: tuple[str, str, str, str]) -> NoReturn:
    what, _, variable, command = setting
    variable = f"(or the environment variable {variable})"
    raise ValueError(f"the {what} of the 8x8 Automation API is not set: {command}   {variable}")


def _base_url(text: str) -> str:
    with suppress(ValueError):  # a port that isn't a number, a host that isn't a domain name
        url = urlsplit(text)
        str(url.hostname).encode("idna").decode("idna")
        plain = text.isprintable() and " " not in text and not (url.query or url.fragment or "@" in url.netloc)
        if plain and url.scheme in ("http", "https") and url.hostname and url.port != 0:
            return text.rstrip("/")
    _, key, variable, command = _BASE_URL
    shown = re.sub("//.*@", "//…@", text)  # the part before the host may be a password
    raise ValueError(f'{key} (or {variable}) is "{shown}", not a plain http(s) address: {command}')


_CHECKS = {"account_id": _account_id, "api_key": _api_key, "base_url": _base_url}


@dataclass(frozen=True)
class Settings:
    """How to reach one account.

    :param account_id: the account's id in 8x8 Connect.
    :param api_key: sent as ``Authorization: Bearer``; never shown, not even in ``repr``.
    :param base_url: scheme and host of the service, without a slash at the end.
    :param timeout: seconds to wait for a connection, and for each part of an answer.
    """

    account_id: str
    api_key: str = field(repr=False)
    base_url: str = DEFAULT_BASE_URL
    timeout: float = 30.0

    @classmethod
    def resolve(
        cls,
        config: Callable[[str], object] = lambda _key: None,
        environ: Mapping[str, str] = os.environ,
        *,
        account_id: str | None = None,
        base_url: str | None = None,
        api_key: str | None = None,
    ) -> Settings:
        """Returns the settings from the stack's config, or else from the environment.

        :param config: returns the config's value for a key such as ``8x8:accountId``, ``None`` if it isn't set.
        :param account_id: overrides the configured account.
        :param base_url: overrides the configured address.
        :param api_key: the config key that holds the API key, if it isn't ``8x8:apiKey``. The environment isn't used
            for it then.
        :raises SettingsError: names everything that is missing or malformed, and how to set it.
        """

        def value(setting: tuple[str, str, str, str]) -> str:
            _, key, variable, _ = setting
            return str(config(key) or environ.get(variable) or "").strip()

        given = {
            "account_id": account_id or value(_ACCOUNT_ID),
            "api_key": str(config(api_key) or "").strip() if api_key else value(_API_KEY),
            "base_url": base_url or value(_BASE_URL) or DEFAULT_BASE_URL,
        }
        wrong: dict[str, str] = {}
        for name, check in _CHECKS.items():  # without pydantic: every program reads settings for its first workflow
            try:
                given[name] = check(given[name])
            except ValueError as error:
                wrong[name] = str(error)
        if not wrong:
            return cls(given["account_id"], given["api_key"], given["base_url"])
        if api_key and not given["api_key"]:
            command = f"pulumi config set --secret {api_key} <key>"
            wrong["api_key"] = f"the API key of the account {given['account_id']} is not set: {command}"
        end = "Nothing was sent. The key is shown at https://connect.8x8.com/."
        raise SettingsError("\n".join([*wrong.values(), end]))
