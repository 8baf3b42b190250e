"""Where the settings come from, and the messages if they are wrong."""

from __future__ import annotations

import re

import httpx
import pytest
from api_kit import KEY, SETTINGS, THRICE

from pulumi_8x8.api import DEFAULT_BASE_URL, Client, Settings
from pulumi_8x8.errors import Pulumi8x8Error, SettingsError

CONFIG = {"8x8:accountId": "from-config", "8x8:apiKey": "config-key", "8x8:baseUrl": "http://config.example"}
ENVIRON = {
    "PULUMI_8X8_ACCOUNT_ID": "from-environ",
    "PULUMI_8X8_API_KEY": "environ-key",
    "PULUMI_8X8_BASE_URL": "http://environ.example",
}

RESOLVED: dict[str, tuple[dict[str, object], dict[str, str], dict[str, str], tuple[str, str, str]]] = {
    "config first": (CONFIG, ENVIRON, {}, ("from-config", "config-key", "http://config.example")),
    "environment": ({}, ENVIRON, {}, ("from-environ", "environ-key", "http://environ.example")),
    "some of each": (
        {"8x8:accountId": "from-config"},
        {"PULUMI_8X8_API_KEY": "environ-key"},
        {},
        ("from-config", "environ-key", DEFAULT_BASE_URL),
    ),
    "empty is not set": (
        {**CONFIG, "8x8:accountId": "", "8x8:baseUrl": None},
        ENVIRON,
        {},
        ("from-environ", "config-key", "http://environ.example"),
    ),
    "white space and slashes": (
        {"8x8:accountId": " acme\n", "8x8:apiKey": "key\n", "8x8:baseUrl": " https://h/api/ "},
        {},
        {},
        ("acme", "key", "https://h/api"),
    ),
    "a number as account": ({**CONFIG, "8x8:accountId": 12}, {}, {}, ("12", "config-key", "http://config.example")),
    "another account": (
        {**CONFIG, "8x8:other": "other-key"},
        ENVIRON,
        {"account_id": "other", "api_key": "8x8:other", "base_url": "http://other.example"},
        ("other", "other-key", "http://other.example"),
    ),
}


@pytest.mark.parametrize(("config", "environ", "given", "expected"), RESOLVED.values(), ids=RESOLVED)
def test_where_settings_come_from(
    config: dict[str, object], environ: dict[str, str], given: dict[str, str], expected: tuple[str, str, str]
) -> None:
    """Arguments count before the stack's config, that before the environment, and the service's address is known."""
    settings = Settings.resolve(config.get, environ, **given)
    assert (settings.account_id, settings.api_key, settings.base_url) == expected


NO_ACCOUNT = (
    "the account id of the 8x8 Automation API is not set: pulumi config set 8x8:accountId <id>   "
    "(or the environment variable PULUMI_8X8_ACCOUNT_ID)"
)
NO_KEY = (
    "the API key of the 8x8 Automation API is not set: pulumi config set --secret 8x8:apiKey <key>   "
    "(or the environment variable PULUMI_8X8_API_KEY)"
)
ODD_KEY = "the API key has characters that no HTTP header can carry; copy it again from 8x8 Connect"
END = "Nothing was sent. The key is shown at https://connect.8x8.com/."


def no_address(shown: str) -> str:
    return (
        "8x8:baseUrl (or PULUMI_8X8_BASE_URL) isn't a plain http(s) address. Set it: pulumi config set 8x8:baseUrl "
        "https://automation.8x8.com"
    )


WRONG: dict[str, tuple[dict[str, object], dict[str, str], list[str]]] = {
    "nothing": ({}, {}, [NO_ACCOUNT, NO_KEY]),
    "no account": ({"8x8:apiKey": KEY}, {}, [NO_ACCOUNT]),
    "no key": ({"8x8:accountId": "acme"}, {}, [NO_KEY]),
    "all at once": ({"8x8:baseUrl": "x"}, {}, [NO_ACCOUNT, NO_KEY, no_address("x")]),
    "no key for another account": (
        CONFIG,
        {"account_id": "other", "api_key": "8x8:otherKey"},
        ["the API key of the account other is not set: pulumi config set --secret 8x8:otherKey <key>"],
    ),
    "an account that is a folder": (
        {**CONFIG, "8x8:accountId": ".."},
        {},
        [
            "the account id of the 8x8 Automation API can't be an id, because a URL reads dots as a folder: pulumi "
            "config set 8x8:accountId <id>"
        ],
    ),
    "a key over two lines": ({**CONFIG, "8x8:apiKey": f"{KEY}\n{KEY}"}, {}, [ODD_KEY]),
    "a key with a dash from a document": ({**CONFIG, "8x8:apiKey": f"{KEY}–"}, {}, [ODD_KEY]),
} | {
    f"address {address}": ({**CONFIG, "8x8:baseUrl": address}, {}, [no_address(shown)])
    for address, shown in {
        **{
            plain: plain
            for plain in (
                "ftp://h",
                "automation.8x8.com",
                "http://",
                "http://[::1",
                "http://h:0x",
                "http://h:99999",
                "http://a b",
                "http://xn--/",
                "https://h?x=1",
                "https://h/#x",
            )
        },
        "https://user:password@h": "https://…@h",
        "https://p@ss@h": "https://…@h",
    }.items()
}


@pytest.mark.parametrize(("config", "given", "lines"), WRONG.values(), ids=WRONG)
def test_wrong_settings(config: dict[str, object], given: dict[str, str], lines: list[str]) -> None:
    """One message has everything that is missing or malformed, with the command that sets it; no key is in it."""
    with pytest.raises(SettingsError) as raised:
        Settings.resolve(config.get, {}, **given)
    assert str(raised.value).splitlines() == [*lines, END]


def test_the_key_is_in_no_text() -> None:
    """Neither settings nor any error that a call can end in show the key."""
    assert KEY not in repr(SETTINGS) + str(SETTINGS)

    def refuse(request: httpx.Request) -> httpx.Response:
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        raise httpx.LocalProtocolError(f"Illegal header of {request.url}", request=request)

    for transport in (httpx.MockTransport(refuse), httpx.MockTransport(lambda _: httpx.Response(401))):
        with pytest.raises(Pulumi8x8Error) as raised:
            Client(SETTINGS, transport, THRICE, print).usage()
        error: BaseException | None = raised.value
        while error is not None:
            assert KEY not in repr(error) + str(error) + str(vars(error))
            error = error.__context__ if not error.__suppress_context__ else error.__cause__


ENVIRONMENTS = {
    "HTTPS_PROXY=foo:bar": "Invalid port: 'bar'",
    "HTTPS_PROXY=ftp://user:secret@h": "Unknown scheme for proxy URL URL('ftp://user:[secure]@h')",
    "SSL_CERT_FILE=/nowhere": "[Errno 2] No such file or directory",
}


@pytest.mark.parametrize(("assignment", "detail"), ENVIRONMENTS.items(), ids=ENVIRONMENTS)
def test_unusable_environment(monkeypatch: pytest.MonkeyPatch, assignment: str, detail: str) -> None:
    """A wrong proxy or certificate file is one message that names the variables to check."""
    monkeypatch.setenv(*assignment.split("=", 1))
    with pytest.raises(SettingsError, match=re.escape(detail)) as raised:
        Client(SETTINGS)
    assert str(raised.value) == (
        f"the connection can't be set up: {detail}. Nothing was sent. It depends on the environment variables "
        "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR; check them."
    )


LIMITS = [
    ("8x8:callTimeout", "PULUMI_8X8_CALL_TIMEOUT", "call_timeout", 120.0, 3600),
    ("8x8:answerLimit", "PULUMI_8X8_ANSWER_LIMIT", "answer_limit", 32, 1024),
    ("8x8:pageLimit", "PULUMI_8X8_PAGE_LIMIT", "page_limit", 400, 100_000),
]


@pytest.mark.parametrize(("key", "variable", "member", "default", "most"), LIMITS)
def test_limits(key: str, variable: str, member: str, default: float, most: int) -> None:
    """Each limit is a whole number in the config, or else in the environment; anything else names the setting."""
    assert getattr(Settings.resolve(CONFIG.get, {}), member) == default
    assert getattr(Settings.resolve({**CONFIG, key: "7"}.get, {variable: "8"}), member) == 7
    assert getattr(Settings.resolve(CONFIG.get, {variable: str(most)}), member) == most
    for wrong in ("0", "-1", "1.5", "1e3", "nan", "many", "9" * 5000, str(most + 1), "１", "1_000"):
        with pytest.raises(SettingsError, match=rf"^{key} .* must be a whole number of .* from 1 to {most:,}\. Set it"):
            Settings.resolve({**CONFIG, key: wrong}.get, {})


@pytest.mark.parametrize("override", ["account_id", "base_url", "api_key"])
def test_an_empty_override(override: str) -> None:
    """An override that is empty isn't replaced by the stack's setting: that is another account, or another's key."""
    with pytest.raises(SettingsError, match="Nothing was sent"):
        Settings.resolve(CONFIG.get, ENVIRON, **{override: ""})
