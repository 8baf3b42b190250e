"""Settings of the account, the service's address and the key, from a stack's config or the environment."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from pulumi_8x8.api.unknown_settings import set_instead
from pulumi_8x8.definition.checked import wrong_id
from pulumi_8x8.errors import SettingsError

#: Source: the vendor's getting-started page and OpenAPI file.
DEFAULT_BASE_URL = "https://automation.8x8.com"

#: The path of the trigger ``http_request``, below the account's.
HTTP_TRIGGER = "/triggers/http_request"

#: The setting's name, its key in the stack's config, its environment variable, and how to set it.
_ACCOUNT_ID = ("account id", "8x8:accountId", "PULUMI_8X8_ACCOUNT_ID", "pulumi config set 8x8:accountId <id>")
_API_KEY = ("API key", "8x8:apiKey", "PULUMI_8X8_API_KEY", "pulumi config set --secret 8x8:apiKey <key>")
_BASE_URL = ("base URL", "8x8:baseUrl", "PULUMI_8X8_BASE_URL", f"pulumi config set 8x8:baseUrl {DEFAULT_BASE_URL}")


#: The limits of a call: the setting's member, its key and environment variable, its unit, and the largest value.
LIMITS = (
    ("call_timeout", "8x8:callTimeout", "PULUMI_8X8_CALL_TIMEOUT", "seconds", 3600),
    ("answer_limit", "8x8:answerLimit", "PULUMI_8X8_ANSWER_LIMIT", "MiB", 1024),
    ("page_limit", "8x8:pageLimit", "PULUMI_8X8_PAGE_LIMIT", "pages", 100_000),
)


@dataclass(frozen=True)
class Settings:
    """How to reach one account.

    :param account_id: the account's id in 8x8 Connect.
    :param api_key: the account's key, sent as ``Authorization: Bearer``; never shown, not even in ``repr``.
    :param base_url: scheme and host of the service, without a slash at the end.
    :param timeout: seconds to wait for a connection, and for each part of an answer.
    :param call_timeout: seconds for an entire try of a call, from the connection to the last byte of the answer.
    :param answer_limit: the largest answer, in MiB, packed and unpacked.
    :param page_limit: the largest number of pages in a list, of 500 items each.
    """

    account_id: str
    api_key: str = field(repr=False)
    base_url: str = DEFAULT_BASE_URL
    timeout: float = 30.0
    call_timeout: float = 120.0
    answer_limit: int = 32
    page_limit: int = 400

    @classmethod
    def resolve(
        cls,
        config: Callable[[str], object] = lambda _key: None,
        environ: Mapping[str, str] = os.environ,
        *,
        account_id: str | None = None,
        base_url: str | None = None,
        api_key: str | None = None,
        names: Callable[[], Iterable[str]] = tuple,
    ) -> Settings:
        """Returns the settings from the stack's config, or else from the environment.

        :param config: returns the config's value for a key such as ``8x8:accountId``, ``None`` if it isn't set.
        :param account_id: overrides the configured account.
        :param base_url: overrides the configured address.
        :param api_key: the config key that holds the API key, if it isn't ``8x8:apiKey``. The environment isn't used
            for it then.
        :param names: returns the keys of the config, to find one that the user set instead of one that is missing. A
            key of the project itself has no namespace.
        :raises SettingsError: names everything that is missing or malformed, and how to set it.
        """

        def value(key: str, variable: str) -> str:
            return str(config(key) or environ.get(variable) or "").strip()

        # What overrides a setting is never replaced by it: an empty account id would select another account.
        account_id = value(*_ACCOUNT_ID[1:3]) if account_id is None else account_id
        key = value(*_API_KEY[1:3]) if api_key is None else str(config(api_key) or "").strip()
        base_url = value(*_BASE_URL[1:3]) or DEFAULT_BASE_URL if base_url is None else base_url
        required = ((account_id, _ACCOUNT_ID), (key or api_key, _API_KEY))
        missing = [setting for found, setting in required if not found]
        wrong = [
            f"the {what} of the 8x8 Automation API is not set: {command}   (or the environment variable {variable})"
            for what, _, variable, command in missing
        ]
        if api_key and not key:
            wrong.append(
                f"the API key of the account {account_id} is not set: pulumi config set --secret {api_key} <key>"
            )
        if wrong:
            wrong += set_instead([setting[1] for setting in missing], names(), environ)
        if account_id and (why := wrong_id(account_id)):
            wrong.append(f"the account id of the 8x8 Automation API {why}: {_ACCOUNT_ID[3]}")
        if not _is_base_url(base_url):
            _, config_key, variable, command = _BASE_URL
            wrong.append(f"{config_key} (or {variable}) isn't a plain http(s) address. Set it: {command}")
        if not (key.isascii() and key.isprintable()):
            wrong.append("the API key has characters that no HTTP header can carry; copy it again from 8x8 Connect")
        limits, wrong_limits = _read_limits(value)
        wrong += wrong_limits
        if wrong:
            raise SettingsError("\n".join([*wrong, "Nothing was sent. The key is shown at https://connect.8x8.com/."]))
        return cls(account_id=account_id, api_key=key, base_url=base_url.rstrip("/"), **limits)


def account_url(base_url: str, account_id: str) -> str:
    """Returns the URL of an account, which all its calls begin with.

    >>> account_url("https://automation.8x8.com/", "acme")
    'https://automation.8x8.com/api/v1/accounts/acme'
    """
    return f"{base_url.rstrip('/')}/api/v1/accounts/{quote(account_id, safe='')}"


def trigger_url(base_url: str, account_id: str, sub_account_id: str | None = None) -> str:
    """Returns the URL that a system posts to, to start the workflows with the trigger ``http_request``.

    :param sub_account_id: the sub-account that the call is for. Without it, the call starts only workflows without one.

    It has no key: the caller sends the header ``Authorization: Bearer <key>``.
    """
    query = f"?subAccountId={quote(sub_account_id, safe='')}" if sub_account_id else ""
    return f"{account_url(base_url, account_id)}{HTTP_TRIGGER}{query}"


def _read_limits(value: Callable[[str, str], str]) -> tuple[dict[str, int], list[str]]:
    """Returns the limits that are set, and what is wrong with the others.

    :param value: returns the text of a setting, by its key and its environment variable.
    """
    limits: dict[str, int] = {}
    wrong = []
    for member, key, variable, unit, most in LIMITS:
        text = value(key, variable)
        if text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= most:
            limits[member] = int(text)
        elif text:
            wrong.append(
                f"{key} (or {variable}) must be a whole number of {unit} from 1 to {most:,}. Set it: pulumi config "
                f"set {key} <number>"
            )
    return limits, wrong


def _is_base_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        named = bool(url.hostname) and url.port != 0
        str(url.hostname).encode("idna").decode("idna")
    except ValueError:  # a port that isn't a number, a host that isn't a domain name
        return False
    plain = text.isprintable() and " " not in text and not (url.query or url.fragment or "@" in url.netloc)
    return url.scheme in ("http", "https") and named and plain
