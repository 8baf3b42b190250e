"""``docs/configuration.md`` has every setting that the code reads, and its examples are valid."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import fields

import pytest

from pulumi_8x8.api import Settings
from pulumi_8x8.api.unknown_settings import KEYS, VARIABLES
from pulumi_8x8.phrasing import camel_case
from pulumi_8x8.resources.config import StackConfig
from tools.docs import ROOT
from tools.docs.configuration import Row, config_keys, project_keys, pytest_options, variables

PACKAGE = ROOT / "provider" / "pulumi_8x8"
TREES = {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}

#: What a WSGI server calls "environ" has these names.
_OF_A_REQUEST = re.compile("REQUEST_METHOD|PATH_INFO|QUERY_STRING|HTTP_[A-Z_]+|wsgi\\..*")
#: What begins like a key and isn't one: the type of the resource, a mark in digests, beginnings of keys.
_NO_KEYS = {"8x8:Workflow", "8x8:secret"}
#: What Pulumi or a library reads; the code names it only in a message, or sets it for `pulumi`.
_ONLY_NAMED = {"PULUMI_SKIP_UPDATE_CHECK", "PULUMI_ENABLE_STREAMING_JSON_PREVIEW"}


def literals(tree: ast.Module) -> Iterator[str]:
    """The literals of a module, without docstrings."""
    prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node.value


def read_variables(tree: ast.Module) -> Iterator[str]:
    """The variables of the environment that a module reads: ``environ.get(NAME)``, ``environ[NAME]``, ``getenv``."""
    constants = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        name: ast.expr | None = None
        if isinstance(node, ast.Call) and node.args:
            called = ast.unparse(node.func)
            name = node.args[0] if re.search(r"(environ\.(get|pop|setdefault)|getenv)$", called) else None
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("environ"):
            name = node.slice
        match name:
            case ast.Constant(value=str(text)):
                yield text
            case ast.Name(id=each) if each in constants:
                yield str(constants[each])
            case None:
                pass
            case ast.Name(id="variable"):
                pass  # api/settings.py: a literal of the module
            case _:
                raise AssertionError(f"the name of this variable can't be found: {ast.unparse(name)}")


def named(rows: list[Row]) -> set[str]:
    return {name for row in rows for name in row.names}


def test_environment() -> None:
    """Each variable that the code reads or names has a row. Each row is one of these."""
    read = {name for tree in TREES.values() for name in read_variables(tree) if not _OF_A_REQUEST.fullmatch(name)}
    words = {
        word
        for tree in TREES.values()
        for text in literals(tree)
        for word in re.findall(r"\b(?:_?PULUMI_[A-Z0-9_]+|[A-Z]+_PROXY|SSL_CERT_[A-Z]+|[A-Z]+_COLOR)\b", text)
    }
    assert {"PULUMI_8X8_LOG", "PULUMI_HOME", "NO_COLOR"} <= read
    assert read | words - _ONLY_NAMED == named(variables())


def test_config_keys() -> None:
    """Each key ``8x8:…`` that the code reads or names has a row, and no other key has one."""
    words = {
        key for tree in TREES.values() for text in literals(tree) for key in re.findall(r"8x8:[A-Za-z]\w+", text)
    } - _NO_KEYS
    words |= {f"8x8:{camel_case(each.name)}" for each in fields(StackConfig)}
    assert words == named(config_keys())


def test_known_settings() -> None:
    """A setting has a row exactly if a warning of unknown settings doesn't name it."""
    assert {*KEYS} == named(config_keys())
    assert {*VARIABLES} == {name for name in named(variables()) if name.startswith("PULUMI_8X8_")}


def test_project_keys() -> None:
    """Each key of ``[tool.pulumi-8x8]`` that the code reads has a row."""
    tree = TREES[PACKAGE / "lint" / "own_rules.py"]
    read = re.findall(r"\btable\.get\('(\w+)'", ast.unparse(tree))
    assert {*read} == named(project_keys()) != set()


def test_pytest_options() -> None:
    """Each option that the plugin reads has a row."""
    read = {name for tree in TREES.values() for name in re.findall(r"getini\('(\w+)'\)", ast.unparse(tree))}
    assert read == named(pytest_options()) != set()


@pytest.mark.parametrize("row", config_keys(), ids=lambda row: row.names[0])
def test_an_example(row: Row) -> None:
    """The example of a key is a command that sets this key to a valid value, by its path if the key holds an object."""
    *options, place, value = row.example.split()
    key, _, member = place.partition(".")
    assert ((key,), options) == (row.names, ["--path"] if member else ["--secret"] if key == "8x8:apiKey" else [])
    held = json.dumps({member: value}) if member else value
    text = held.replace("<id>", "9f323e9e-0000-4000-8000-000000000001").replace("<key>", "key")
    config = {"8x8:accountId": "acme", "8x8:apiKey": "key", key: text}
    settings, stack = Settings.resolve(config.get, {}), StackConfig.read(config.get)
    assert settings != Settings("acme", "key") or stack != StackConfig() or key in ("8x8:accountId", "8x8:apiKey")


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import os\nos.environ.get('A')\nos.environ['B']\nos.getenv('C')", ["A", "B", "C"]),
        ("from os import environ\nNAME = 'A'\nenviron.get(NAME, '')", ["A"]),
        ("x.get('A')", []),
    ],
)
def test_what_reads_a_variable(code: str, names: list[str]) -> None:
    """Each way to read a variable is found, also by a constant's name."""
    assert sorted(read_variables(ast.parse(code))) == names


def test_where_the_page_is() -> None:
    """The page has each row, and the README links the page."""
    text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    for rows in (config_keys(), variables(), project_keys(), pytest_options()):
        for name in named(rows):
            assert f"| `{name}`" in text or f", `{name}`" in text
    assert "docs/configuration.md" in (ROOT / "README.md").read_text("utf-8")
