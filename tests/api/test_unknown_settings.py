"""Names of settings that nothing reads: which count, what is suggested, and what must not count."""

from __future__ import annotations

import pytest

from pulumi_8x8.api import Settings
from pulumi_8x8.api.unknown_settings import KEYS, VARIABLES, misspelled_variables, unknown_keys
from pulumi_8x8.errors import SettingsError

#: A key of the config, and what is suggested; ``None`` if it isn't described.
NAMES: dict[str, str | None] = {
    "8x8:acountId": 'did you mean "8x8:accountId"?',
    "8x8:account_id": 'did you mean "8x8:accountId"?',
    "8X8:accountId": 'did you mean "8x8:accountId"?',
    "pulumi-8x8:accountId": 'did you mean "8x8:accountId"?',
    "8x8:apikey": 'did you mean "8x8:apiKey"?',
    "8x8:requireDigestFrom": 'did you mean "8x8:requiresDigestFrom"?',
    "8x8:adopt.menu": "did you mean: pulumi config set --path '8x8:adopt.menu' <value>",
    "8x8:region": "The settings: pulumi-8x8 docs configuration",
    "8x8:a\x1b[31mb": "The settings: pulumi-8x8 docs configuration",
    **dict.fromkeys(KEYS),
    # The project's own, and other providers'.
    "acountId": None,
    "aws:accountId": None,
    "acme-8x8:acountId": None,
}


@pytest.mark.parametrize(("name", "hint"), NAMES.items(), ids=map(ascii, NAMES))
def test_keys(name: str, hint: str | None) -> None:
    """A key that the package doesn't read is one message, which suggests the nearest."""
    found = unknown_keys([name, "shop"])
    assert len(found) == (hint is not None)
    for message in found:
        assert message.endswith(hint or "")
        assert message.isprintable()


def test_the_key_of_another_account() -> None:
    """A key that the user gave a meaning isn't described."""
    names = ["8x8:eastApiKey", "8x8:apiKye"]
    assert unknown_keys(names, ["8x8:eastApiKey"]) == [
        "8x8:apiKye isn't a setting of pulumi-8x8, which doesn't read it; did you mean \"8x8:apiKey\"?"
    ]


def test_variables() -> None:
    """A variable that is almost a setting is described. One that is far from all may be the user's own."""
    own = [
        "PULUMI_8X8_VERSION",
        "PULUMI_8X8_API_KEY_DEV",
        "PULUMI_8X8_API_KEY_STAGING",
        "_PULUMI_8X8_COMPLETE",
        "PULUMI_HOME",
    ]
    wrong = {
        "PULUMI_8X8_API_KYE": "PULUMI_8X8_API_KEY",
        "PULUMI_8x8_API_KEY": "PULUMI_8X8_API_KEY",
        "PULUMI_8X8_ACCOUNT": "PULUMI_8X8_ACCOUNT_ID",
        "PULUMI_8X8_LGO": "PULUMI_8X8_LOG",
    }
    assert misspelled_variables([*own, *VARIABLES]) == []
    for name, right in wrong.items():
        (message,) = misspelled_variables([name, *own])
        assert message == f"{name} isn't a setting of pulumi-8x8, which doesn't read it; did you mean \"{right}\"?"


def test_what_was_set_instead() -> None:
    """If a setting is missing, the error names what may have been meant: keys, variables, and values of the project."""
    config = {"8x8:acountId": "1-secret", "apiKey": "2-secret", "text": "3-secret"}
    environ = {"PULUMI_8X8_API_KEY_STAGING": "4-secret"}
    with pytest.raises(SettingsError) as raised:
        Settings.resolve(config.get, environ, names=lambda: config)
    _, _, key, own, variable, end = str(raised.value).splitlines()
    assert key.startswith("8x8:acountId isn't a setting")
    assert own == 'apiKey is a value of the project, not of pulumi-8x8; did you mean "8x8:apiKey"?'
    assert variable.startswith("PULUMI_8X8_API_KEY_STAGING isn't a setting")
    assert end.startswith("Nothing was sent.")
    assert "secret" not in str(raised.value).replace("--secret", "")


def test_nothing_is_missing() -> None:
    """An error about another setting doesn't name them."""
    config = {"8x8:accountId": "acme", "8x8:apiKey": "key", "8x8:baseUrl": "x", "8x8:acountId": "acme"}
    with pytest.raises(SettingsError) as raised:
        Settings.resolve(config.get, {"PULUMI_8X8_API_KYE": "key"}, names=lambda: config)
    assert "isn't a setting" not in str(raised.value)
