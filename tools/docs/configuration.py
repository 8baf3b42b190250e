"""The tables of docs/configuration.md: every setting, with what the code has about it, and an example.

Names, types, defaults and descriptions come from the code. Examples are here, and so is what a library reads.
``tests/documents/test_configuration.py`` finds settings that the code reads and that have no row.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from dataclasses import MISSING, Field, fields
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_origin, get_type_hints

import pytest

from pulumi_8x8.api.settings import LIMITS, Settings
from pulumi_8x8.phrasing import camel_case
from pulumi_8x8.resources.config import StackConfig
from pulumi_8x8.resources.workflow import Workflow
from pulumi_8x8.testing import plugin
from tools.docs.authoring import DOCS, filled

PAGE = DOCS / "configuration.md"


class Row(NamedTuple):
    """A setting.

    :param names: a key of a config, or a variable.
    :param default: how it is written; ``-`` for one that isn't set.
    """

    names: tuple[str, ...]
    type: str
    default: str
    about: str
    example: str


#: An example of each key of the config; what follows ``pulumi config set``.
_EXAMPLES = {
    "8x8:accountId": "8x8:accountId acme",
    "8x8:apiKey": "--secret 8x8:apiKey <key>",
    "8x8:baseUrl": "8x8:baseUrl http://127.0.0.1:8088",
    "8x8:callTimeout": "8x8:callTimeout 60",
    "8x8:answerLimit": "8x8:answerLimit 64",
    "8x8:pageLimit": "8x8:pageLimit 1000",
    "8x8:lint": "8x8:lint unreachable-step=off",
    "8x8:subAccounts": "--path 8x8:subAccounts.chat acme_dev_chat",
    "8x8:requiresDigestFrom": "8x8:requiresDigestFrom staging",
    "8x8:pins": "--path 8x8:pins.menu 7",
    "8x8:adopt": "--path 8x8:adopt.menu <id>",
    "8x8:onDrift": "8x8:onDrift stop",
    "8x8:adoptEqual": "8x8:adoptEqual true",
}
_OF_THE_ACCOUNT = ("8x8:accountId", "8x8:apiKey", "8x8:baseUrl", *(key for _, key, *_ in LIMITS))
_TYPES = {str: "text", bool: "true or false", dict: "object"}
#: The options of a workflow that aren't parts of its definition.
_OPTIONS = (
    *("lint", "adopt", "overwrite", "on_drift", "on_delete"),
    *("account", "pin_version", "requires_digest_from"),
)

#: Variables of the environment that aren't settings of the account.
VARIABLES = (
    Row(
        ("PULUMI_8X8_LOG",),
        "debug or info",
        "-",
        "Shows the calls of the service, or only their sums ([debugging](debugging.md)).",
        "PULUMI_8X8_LOG=debug",
    ),
    Row(
        ("PULUMI_HOME",),
        "folder",
        "~/.pulumi",
        "Where Pulumi keeps its files. The provider keeps notes of writes in `pulumi-8x8/creations` there.",
        "PULUMI_HOME=/srv/pulumi",
    ),
    Row(
        ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"),
        "address; hosts",
        "-",
        "The proxy, and hosts that are called directly ([proxies](network.md)).",
        "HTTPS_PROXY=http://proxy.acme.example:3128",
    ),
    Row(
        ("SSL_CERT_FILE", "SSL_CERT_DIR"),
        "file; folder",
        "-",
        "Certificates of authorities ([certificates](network.md#certificates)).",
        "SSL_CERT_FILE=/etc/ssl/acme.pem",
    ),
    Row(("TERM",), "a terminal's name", "-", "With `dumb`, commands print without styles.", "TERM=dumb"),
    Row(("NO_COLOR",), "any text", "-", "Commands print without colours.", "NO_COLOR=1"),
    Row(("FORCE_COLOR",), "any text", "-", "Commands print colours to files and pipes, too.", "FORCE_COLOR=1"),
    Row(("COLUMNS",), "a number", "-", "In a terminal, commands wrap text at this width.", "COLUMNS=100"),
    Row(
        ("_PULUMI_8X8_COMPLETE",),
        "a shell's name",
        "-",
        "Set by the script of `pulumi-8x8 completion`, when the shell asks for completions.",
        "-",
    ),
)


def page() -> str:
    """The page with new tables between its markers."""
    text = PAGE.read_text("utf-8")
    for name, lines in (
        ("config", _table(config_keys(), "key", "`pulumi config set …`")),
        ("environment", _table(variables(), "variable", "example")),
        ("options", _options()),
        ("pyproject", _table(project_keys(), "key", "example")),
        ("pytest", _table(pytest_options(), "option", "example")),
    ):
        text = filled(text, name, "\n".join(lines))
    return text


def config_keys() -> list[Row]:
    """The keys ``8x8:*`` of a stack's config."""
    about = _params(Settings)
    limits = {key: f"whole number of {unit}, 1 to {most:,}" for _, key, _, unit, most in LIMITS}
    members = {camel_case(each.name): each for each in fields(Settings)}
    rows = []
    for key in _OF_THE_ACCOUNT:
        member = members[key.removeprefix("8x8:")]
        rows.append(_row(key, limits.get(key, "text"), member, about[member.name]))
    hints, about = get_type_hints(StackConfig, include_extras=True), _params(StackConfig)
    for member in fields(StackConfig):
        rows.append(_row(f"8x8:{camel_case(member.name)}", _type(hints[member.name]), member, about[member.name]))
    return rows


def variables() -> list[Row]:
    """The variables of the environment."""
    made = []
    for key in config_keys():
        name = key.names[0].removeprefix("8x8:")
        if key.names[0] in _OF_THE_ACCOUNT:
            variable = "PULUMI_8X8_" + re.sub(r"(?=[A-Z])", "_", name).upper()
            value = key.example.split()[-1]
            made.append(Row((variable,), key.type, key.default, f"As `{key.names[0]}`.", f"{variable}={value}"))
    return [*made, *VARIABLES]


def project_keys() -> list[Row]:
    """The keys of ``[tool.pulumi-8x8]``."""
    about = "Files, from this folder, and modules with rules of a team."
    return [Row(("rules",), "list of texts", "[]", about, 'rules = ["rules.py"]')]


def pytest_options() -> list[Row]:
    """What the pytest plugin adds to pytest's settings."""
    found: list[Row] = []

    class Options:
        """Notes what the plugin adds."""

        def addini(self, name: str, help: str, default: str) -> None:
            found.append(Row((name,), "0 to 100", default, f"{help[0].upper()}{help[1:]}.", f"{name} = 90"))

    plugin.pytest_addoption(_as_parser(Options()))
    return found


def _as_parser(options: Any) -> pytest.Parser:
    return options  # type: ignore[no-any-return]


def _row(key: str, kind: str, member: Field[Any], about: str) -> Row:
    return Row((key,), kind, _default(member), _sentence(about), _EXAMPLES[key])


def _type(hint: Any) -> str:
    if get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    if get_origin(hint) is Literal:
        *names, last = get_args(hint)
        return f"{', '.join(names)} or {last}"
    alternatives = [each for each in get_args(hint) if each is not type(None)]
    kind = get_origin(hint) if get_origin(hint) is dict else (alternatives or [hint])[0]
    return _TYPES[kind]


def _default(member: Field[Any]) -> str:
    match member.default:
        case bool(value):
            return str(value).lower()
        case float(value):
            return f"{value:g}"
        case None:
            return "-"
        case value if value is MISSING:
            return "-" if member.default_factory is MISSING else "{}"
        case value:
            return str(value)


def _params(kind: type[Any]) -> dict[str, str]:
    """What a class's docstring has about its members, in Markdown."""
    text = inspect.getdoc(kind) or ""
    found = re.findall(r"^:param (\w+): (.+(?:\n {4}.+)*)", text, re.MULTILINE)
    return {name: _markdown(about) for name, about in found}


def _markdown(text: str) -> str:
    return re.sub(r":\w+:`~?([^`]+)`", r"`\1`", " ".join(text.split())).replace("``", "`")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _table(rows: Sequence[Row], first: str, last: str) -> Iterator[str]:
    yield f"| {first} | type | default | what it does | {last} |\n|---|---|---|---|---|"
    for row in rows:
        names = ", ".join(f"`{name}`" for name in row.names)
        cells = (names, row.type, _code(row.default), row.about, _code(row.example))
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _code(text: str) -> str:
    return text if text == "-" else f"`{text}`"


def _options() -> Iterator[str]:
    signature, about = inspect.signature(Workflow), _params(Workflow)
    yield "| option | default | what it does |\n|---|---|---|"
    for name in _OPTIONS:
        default = signature.parameters[name].default
        yield f"| `{name}` | {_code('-' if default is None else str(default))} | {_sentence(about[name])} |"
