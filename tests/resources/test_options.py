"""Options: property paths, deletions, drift, pins."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields
from datetime import timedelta
from typing import Any, get_type_hints

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pulumi_8x8.api import OnDelete
from pulumi_8x8.definition import Path
from pulumi_8x8.errors import SettingsError
from pulumi_8x8.resources.config import StackConfig
from pulumi_8x8.resources.options import check_paths, parse_path, parse_paths, read_on_delete, read_on_drift, read_pin
from pulumi_8x8.validation import surely, validated

#: The engine's grammar of property paths (sdk/go/common/resource/property_path.go); ``None``: not a path.
PATHS: dict[str, Path | None] = {
    "name": ("name",),
    "steps.say": ("steps", "say"),
    "steps.say.inputs.text": ("steps", "say", "inputs", "text"),
    'steps["say"]': ("steps", "say"),
    'steps["a.b"].inputs': ("steps", "a.b", "inputs"),
    'steps["a b"]["inputs"]': ("steps", "a b", "inputs"),
    'steps["a\\"b"]': ("steps", 'a"b'),
    'steps["a\\\\b"]': ("steps", "a\\b"),
    'steps["a]b[0]"]': ("steps", "a]b[0]"),
    'steps[""]': ("steps", ""),
    '["steps"].say': ("steps", "say"),
    "steps[0]": ("steps", 0),
    "steps[12][3]": ("steps", 12, 3),
    "steps.say.inputs.list[0].x": ("steps", "say", "inputs", "list", 0, "x"),
    "*": ("*",),
    "steps.*": ("steps", "*"),
    "steps[*].inputs": ("steps", "*", "inputs"),
    "steps.*.inputs.*": ("steps", "*", "inputs", "*"),
    "steps.say-it_now": ("steps", "say-it_now"),
    "steps.schritt-ä": ("steps", "schritt-ä"),
    "": None,
    "steps.": None,
    "steps..say": None,
    "steps[": None,
    "steps[]": None,
    "steps[a]": None,
    "steps[-1]": None,
    'steps["a]': None,
    'steps["a"': None,
    "steps]": ("steps]",),
}


@pytest.mark.parametrize("text", PATHS)
def test_property_paths(text: str) -> None:
    """Names after dots, anything in brackets and quotation marks, indices, wildcards; anything else isn't a path."""
    assert parse_path(text) == PATHS[text]


@given(st.lists(st.text(min_size=1) | st.integers(0, 99), min_size=1, max_size=4))
def test_quoted_paths(parts: list[str | int]) -> None:
    """Any name comes through brackets and quotation marks unchanged."""
    text = "".join(
        f"[{part}]" if isinstance(part, int) else '["' + part.replace("\\", "\\\\").replace('"', '\\"') + '"]'
        for part in parts
    )
    assert parse_path(text) == tuple(parts)


@pytest.mark.parametrize(
    ("texts", "paths"),
    [
        (["name", "steps."], [("name",)]),
        (("name",), [("name",)]),
        ([1.0, None, ["name"]], []),
        ("name", []),
        (None, []),
        ({}, []),
    ],
    ids=repr,
)
def test_paths_from_the_state(texts: Any, paths: list[Path]) -> None:
    """Other values than paths and lists of texts are left out: states hold what other versions wrote."""
    assert parse_paths(texts) == paths


@pytest.mark.parametrize(
    "text",
    [
        "name", "trigger", "subAccountId", "status", "start", "steps", "more", "more.definition.x", "*", "*.say",
        "steps.say", "steps.later", "steps.*.inputs.text", "steps[*]", 'steps["say"].inputs',
        "steps.say.inputs.list[0]",
    ],
)  # fmt: skip
def test_ignored_paths(text: str) -> None:
    """What names a part of a workflow is taken, whether or not the step is there now."""
    check_paths("ignore_changes", [text], ["say"])


HAS = "a workflow has name, trigger, subAccountId, status, start, steps, more"

#: A path that names nothing; ids of steps; the message.
REFUSED: dict[str, tuple[str, list[str], str]] = {
    "Python's spelling": (
        "sub_account_id",
        [],
        'doesn\'t match a property, so it has no effect; write "subAccountId"',
    ),
    "a member of it": (
        "sub_account_id.x",
        [],
        'doesn\'t match a property, so it has no effect; write "subAccountId.x"',
    ),
    "another name": ("text", [], f"doesn't match a property, so it has no effect; {HAS}"),
    "an output": ("version", [], f"doesn't match a property, so it has no effect; {HAS}"),
    "no path": ("steps.", [], f"doesn't match a property, so it has no effect; {HAS}"),
    "empty": ("", [], f"doesn't match a property, so it has no effect; {HAS}"),
    "an index first": ("[0]", [], f"doesn't match a property, so it has no effect; {HAS}"),
    "a step by its position": (
        "steps[1].inputs.text",
        ["hello", "say"],
        'doesn\'t match a property, because steps have ids, not positions; write steps["say"] instead of steps[1]',
    ),
    "a position that no step has": (
        "steps[7]",
        ["hello"],
        'doesn\'t match a property, because steps have ids, not positions; write steps["<id of the step>"] instead '
        "of steps[7]",
    ),
    "steps that aren't known yet": (
        "steps[0]",
        [],
        'doesn\'t match a property, because steps have ids, not positions; write steps["<id of the step>"] instead '
        "of steps[0]",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_paths(case: str) -> None:
    """A path that the engine would pass over is refused, with what to write."""
    text, step_ids, wanted = REFUSED[case]
    with pytest.raises(SettingsError) as raised:
        check_paths("ignore_changes", ["name", text], step_ids)
    assert str(raised.value) == f'ignore_changes: "{text}" {wanted}'


@pytest.mark.parametrize(
    ("option", "read"),
    [
        (None, OnDelete()),
        ("terminate", OnDelete("terminate")),
        ({"wait": "1.00:00:00"}, OnDelete("wait", timedelta(days=1))),
    ],
    ids=repr,
)
def test_deletions(option: Any, read: OnDelete) -> None:
    """Refuse, terminate, or wait so long."""
    assert read_on_delete(option) == read


@pytest.mark.parametrize(
    "option", ["wait", "refuse", {}, {"wait": 1.0}, {"wait": "soon"}, {"wait": "1", "x": 1}], ids=repr
)
def test_deletions_that_make_no_sense(option: Any) -> None:
    """Anything else is refused, with the option's name."""
    with pytest.raises(SettingsError, match=r"^on_delete"):
        read_on_delete(option)


@pytest.mark.parametrize("option", ["", "Warn", None, True, ["warn"]], ids=repr)
def test_drift_that_makes_no_sense(option: Any) -> None:
    """There are three ways to treat drift; the message has the place of any other value."""
    assert [read_on_drift(each) for each in ("overwrite", "warn", "stop")] == ["overwrite", "warn", "stop"]
    with pytest.raises(SettingsError, match=r'^on_drift must be "overwrite", "warn" or "stop", not '):
        read_on_drift(option)
    if option:
        with pytest.raises(SettingsError, match=r"^8x8:onDrift must be .* pulumi config set 8x8:onDrift <value>$"):
            StackConfig.read({"8x8:onDrift": option}.get)


@pytest.mark.parametrize(
    ("pin", "read"),
    [(1, 1), ("7", 7), ("a" * 64, "a" * 64), ("0123456789abcdef" * 4, "0123456789abcdef" * 4)],
)
def test_pins(pin: Any, read: int | str) -> None:
    """A version, from a config as a text, or a digest."""
    assert read_pin(pin) == read
    assert StackConfig.read({"8x8:pins": json.dumps({"menu": pin})}.get).pins == {"menu": read}


@pytest.mark.parametrize("pin", [0, -1, True, 1.0, "", "0", "-1", "1.0", "v1", "A" * 64, "a" * 63, "²", []], ids=repr)
def test_pins_that_make_no_sense(pin: Any) -> None:
    """Anything else is refused, with its place."""
    with pytest.raises(ValueError, match=r"^must be the number of a version, 1 or more"):
        read_pin(pin)
    with pytest.raises(SettingsError, match=r"^8x8:pins\.menu must be the number of a version, 1 or more"):
        StackConfig.read({"8x8:pins": json.dumps({"menu": pin})}.get)


def test_all_that_is_wrong_with_a_config() -> None:
    """One message names each wrong setting, and how to set it; none of their values."""
    config = {"8x8:pins": "s3cr3t", "8x8:adopt": '["s3cr3t"]', "8x8:adoptEqual": "s3cr3t", "8x8:onDrift": "s3cr3t"}
    with pytest.raises(SettingsError) as raised:
        StackConfig.read(config.get)
    tail = "Nothing was changed. Set it with: pulumi config set"
    assert str(raised.value).splitlines() == [
        f"8x8:pins must be an object. {tail} --path '8x8:pins.<resource>' <value>",
        f"8x8:adopt must be an object. {tail} --path '8x8:adopt.<resource>' <value>",
        f'8x8:onDrift must be "overwrite", "warn" or "stop". {tail} 8x8:onDrift <value>',
        f"8x8:adoptEqual must be true or false. {tail} 8x8:adoptEqual <value>",
    ]


SETTING = (
    st.none() | st.booleans() | st.integers(-1, 9) | st.floats() | st.sampled_from(["", "true", "warn", "a" * 64, "7"])
)
SETTINGS = SETTING | st.lists(SETTING, max_size=2) | st.dictionaries(st.text(max_size=2) | st.integers(), SETTING)


@given(st.sampled_from([each.name for each in fields(StackConfig)]), SETTINGS)
@example("adopt", {1: "id"})
@example("requires_digest_from", True)
@example("pins", {"menu": True})
def test_what_is_read_without_pydantic_is_what_pydantic_reads(name: str, value: Any) -> None:
    """A valid setting doesn't need pydantic; nothing that pydantic refuses passes, and nothing is read differently."""
    hint = get_type_hints(StackConfig, include_extras=True)[name]
    try:
        read = surely(hint, value)
    except (ValueError, SettingsError):
        return
    assert repr(getattr(validated(StackConfig, {name: value}), name)) == repr(read)


CONFIG = {
    "8x8:lint": "unreachable-step=off",
    "8x8:subAccounts": '{"chat": "acme_dev_chat"}',
    "8x8:requiresDigestFrom": "staging",
    "8x8:pins": '{"menu": 7, "survey": "' + "a" * 64 + '"}',
    "8x8:adopt": '{"menu": "3f0c2f4e"}',
    "8x8:onDrift": "stop",
    "8x8:adoptEqual": "true",
}


@pytest.mark.parametrize("key", CONFIG)
def test_a_valid_setting_loads_no_pydantic(key: str) -> None:
    """Each program starts a third faster without it."""
    code = (
        "import sys; from pulumi_8x8.resources.config import StackConfig\n"
        f"StackConfig.read({{{key!r}: {CONFIG[key]!r}}}.get); print('pydantic.main' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "False\n"
