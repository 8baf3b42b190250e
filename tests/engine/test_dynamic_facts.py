"""What the provider relies on in the engine and the SDK: a small provider records it (``probe.py``, ``probed.py``).

The numbers of rows refer to the table in ``docs/dynamic-provider.md``. One history of six operations runs once;
every test checks a part of it.
"""

from __future__ import annotations

import json
import signal
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from kit import BIN, Account, made_once

from .conftest import Run, Stack, make_stack
from .probe import IGNORED, SIGNATURE

pytestmark = pytest.mark.engine

TYPE = "pulumi-python:dynamic/8x8:Probe"
URN = f"urn:pulumi:test::project::{TYPE}::"
INNER = f"urn:pulumi:test::project::probe:index:Group$probe:index:Group${TYPE}::"


@dataclass(frozen=True)
class Done:
    """What one operation did: what it printed, which calls it made, the state that it left."""

    run: Run
    calls: list[dict[str, Any]]
    resources: list[dict[str, Any]] = field(default_factory=list)

    def of(self, name: str) -> list[dict[str, Any]]:
        """The calls for the resources of this name, in their order."""
        return [call for call in self.calls if call["request"]["urn"].endswith(f"::{name}")]

    def sequence(self, name: str) -> str:
        return " ".join(
            "check-as-new" if call["method"] == "check" and not call["request"].get("olds") else call["method"]
            for call in self.of(name)
        )

    def request(self, name: str, method: str) -> dict[str, Any]:
        """The first one."""
        return next(call["request"] for call in self.of(name) if call["method"] == method)

    def resource(self, name: str) -> dict[str, Any]:
        return next(each for each in self.resources if each["urn"].endswith(f"::{name}"))

    @property
    def outputs(self) -> dict[str, Any]:
        """The stack's; a secret is the engine's mapping for one."""
        return dict(self.resource("project-test")["outputs"])


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory, pulumi_home: Path) -> dict[str, Done]:
    """The six operations, by name."""
    folder = tmp_path_factory.mktemp("facts")
    return made_once(tmp_path_factory, "facts", lambda: _history(folder, pulumi_home))


def _history(folder: Path, pulumi_home: Path) -> dict[str, Done]:
    log = folder / "log"
    stack = make_stack(folder, Account("http://nowhere.invalid", "nobody"), pulumi_home)
    stack.environ["PROBE_LOG"] = str(log)
    (stack.folder / "__main__.py").write_text("import engine.probed\n")
    stack.run("config", "set", "--path", "8x8:subAccounts.chat", "acme", "--secret")

    def done(run: Run) -> Done:
        calls = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
        log.unlink()
        deployment = json.loads(stack.run("stack", "export", "--show-secrets").out)["deployment"]
        return Done(run, calls, deployment.get("resources", []))

    forced = f"{URN}forced"
    made = {"first": done(stack.up(PROGRAM="1"))}
    made["preview"] = done(stack.preview("--json", PROGRAM="2"))
    made["second"] = done(stack.up("--diff", "--replace", forced, PROGRAM="2"))
    made["refresh"] = done(stack.run("refresh", "--yes", "--skip-preview", "--diff"))
    made["cancelled"] = done(cancelled(stack, log))
    destroy = ("destroy", "--yes", "--skip-preview", "--continue-on-error")
    made["destroy"] = done(stack.run(*destroy, code=1))
    return made


def cancelled(stack: Stack, log: Path) -> Run:
    """An ``up`` that is interrupted while ``slow`` is being created."""
    process = subprocess.Popen(
        [str(BIN / "pulumi"), "up", "--yes", "--skip-preview", "--non-interactive", "--color", "never"],
        cwd=stack.folder,
        env={**stack.environ, "PROGRAM": "3"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not (log.exists() and '"create"' in log.read_text("utf-8")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    return Run(process.returncode, out, "")


@pytest.mark.parametrize(
    ("operation", "name", "calls"),
    [
        ("first", "same", "check-as-new create"),
        ("preview", "same", "check diff"),
        ("second", "same", "check diff"),
        ("second", "timed", "check diff update"),
        ("preview", "late", "check-as-new"),
        ("second", "late", "check-as-new create"),
        ("refresh", "same", "read diff"),
        # Replacements.
        ("second", "forced", "check-as-new create delete"),
        ("second", "triggered", "check check-as-new create delete"),
        ("second", "replaced", "check diff check-as-new create delete"),
        ("second", "deleted_first", "check diff check-as-new delete create"),
        ("preview", "deleted_first", "check diff check-as-new"),
        ("second", "on_changes", "check diff update"),
        ("second", "on_changes_unsure", "check diff check-as-new create delete"),
        ("second", "quiet", "check diff"),
        # Moves.
        ("second", "moved", "check-as-new create delete"),
        ("second", "aliased", "check diff"),
        # Deletions.
        ("second", "retained", ""),
        ("second", "dropped", "delete"),
        ("destroy", "same", "delete"),
        # What is only read.
        ("first", "external", "read"),
        ("preview", "external", "read"),
        ("destroy", "external", ""),
        # A cancellation.
        ("cancelled", "after", ""),
    ],
)
def test_calls(history: dict[str, Done], operation: str, name: str, calls: str) -> None:
    """Rows 1-5: the engine makes these calls for a resource, in this order."""
    assert history[operation].sequence(name) == calls


def test_deletions_come_last(history: dict[str, Done]) -> None:
    """Row 3: the old ones are deleted when all new ones are created, with the same URN and the old id."""
    first, second = history["first"], history["second"]
    kinds = [call["method"] for call in second.calls if not call["request"]["urn"].endswith("::deleted_first")]
    assert kinds.index("delete") > len(kinds) - 1 - kinds[::-1].index("create")
    for name in ("forced", "triggered", "replaced", "on_changes_unsure"):
        delete, create = second.request(name, "delete"), second.request(name, "create")
        assert delete["urn"] == create["urn"] == URN + name
        assert delete["id"] == first.resource(name)["id"] != second.resource(name)["id"]


KEPT = {
    "title": "one",
    "steps": {
        "pause": {"duration": "one", "note": "one"},
        "a b": {"text": "one"},
        "last": {"note": "one", "text": "two"},
    },
}


@pytest.mark.parametrize(
    ("operation", "name", "method", "member", "value"),
    [
        ("second", "moved", "create", "urn", f"{INNER}moved"),
        ("second", "moved", "delete", "urn", f"{URN}moved"),
        ("second", "aliased", "diff", "urn", f"{INNER}aliased"),
        ("first", "timed", "create", "timeout", 30.0),
        ("second", "timed", "update", "timeout", 120.0),
        ("first", "same", "create", "timeout", None),
        ("first", "same", "create", "preview", None),
        ("second", "ignoring", "check", "ignoreChanges", None),
        ("second", "ignoring", "check", "news", KEPT),
        ("second", "ignoring", "diff", "ignoreChanges", IGNORED),
        ("second", "ignoring", "update", "ignoreChanges", IGNORED),
        ("second", "ignoring", "update", "news", KEPT),
        ("refresh", "ignoring", "diff", "ignoreChanges", IGNORED),
        ("first", "secret", "create", "properties", "secret-title"),
        ("second", "secret", "check", "olds", "secret-title"),
        ("second", "secret", "diff", "old_inputs", "secret-title"),
        ("second", "secret", "diff", "news", "secret-title"),
    ],
)
def test_requests(history: dict[str, Done], operation: str, name: str, method: str, member: str, value: object) -> None:
    """Rows 1, 2, 6, 7 and 8: this is in the engine's request; of secrets the plain value."""
    found = history[operation].request(name, method).get(member)
    assert (found["title"] if name == "secret" else found) == value


def test_without_changes_the_new_inputs_are_kept(history: dict[str, Done]) -> None:
    """Row 4: after ``changes=False`` the state has the new inputs and the old outputs."""
    quiet = history["second"].resource("quiet")
    assert (quiet["inputs"]["title"], quiet["outputs"]["title"]) == ("two", "one")


MARKED = {"steps/p/text", "title"}


@pytest.mark.parametrize("part", ["inputs", "outputs"])
@pytest.mark.parametrize(
    ("operation", "name", "places"),
    [
        ("first", "secret", MARKED),
        ("second", "secret", MARKED),
        ("refresh", "secret", MARKED),
        ("refresh", "mover", {"title"}),
        ("refresh", "marker", {"title", "steps/q/text"}),
    ],
)
def test_secrets_in_the_state(history: dict[str, Done], operation: str, name: str, places: set[str], part: str) -> None:
    """Row 8: what check() or read() marks is secret in the state, there and nowhere else."""
    assert set(secret_places(history[operation].resource(name)[part])) == places


def secret_places(value: Any, path: str = "") -> list[str]:
    if not isinstance(value, dict):
        return []
    if SIGNATURE in value:
        return [path]
    return [found for key, item in value.items() for found in secret_places(item, f"{path}/{key}" if path else key)]


@pytest.mark.parametrize(
    ("output", "secret"), [("title of secret", True), ("steps of secret", True), ("title of same", False)]
)
def test_secrets_in_the_program(history: dict[str, Done], output: str, secret: bool) -> None:
    """Row 8: the program sees a property with something secret in it as a secret Output."""
    assert (SIGNATURE in history["first"].outputs[output]) == secret


@pytest.mark.parametrize(
    ("operation", "word", "shown"),
    [
        ("second", "hidden-top", False),
        ("second", "hidden-below", False),
        ("preview", "hidden-top", True),
        ("preview", "hidden-below", True),
        ("second", "secret-t", False),
        ("preview", "secret-t", False),
        ("refresh", "moved-text", True),
        ("refresh", "marked-text", False),
    ],
)
def test_what_is_shown(history: dict[str, Done], operation: str, word: str, shown: bool) -> None:
    """Rows 8 and 9: ``--diff`` hides keys with two underscores, ``--json`` doesn't; marked values show in neither."""
    assert (word in history[operation].run.text) == shown


def test_the_state_is_readable_in_the_program(history: dict[str, Done]) -> None:
    """Row 10: by URN type and outputs, secrets with their marks, no ids; as the operation before left them."""
    first, second = (
        json.loads(json.loads(history[each].outputs["before"]["plaintext"])) for each in ("first", "second")
    )
    assert not [urn for urn in first if TYPE in urn]
    assert {f"{URN}same", f"{URN}dropped", f"{URN}external"} <= set(second)
    assert second[f"{URN}same"].keys() == {"type", "outputs"}
    assert set(secret_places(second[f"{URN}secret"]["outputs"])) == MARKED
    assert second[f"{URN}secret"]["outputs"]["title"]["value"] == "secret-title"
    assert second[f"{URN}timed"]["outputs"]["title"] == "one"
    assert history["first"].resource("same")["id"] not in json.dumps(second[f"{URN}same"])


@pytest.mark.parametrize("operation", ["first", "second"])
def test_urns_without_waiting(history: dict[str, Done], operation: str) -> None:
    """Row 11: the types of the parents, the own type and the name make the URN."""
    outputs = history[operation].outputs
    assert outputs["computed"] == outputs["urns"]
    assert outputs["urns"]["inside"] == f"{INNER}inside"


@pytest.mark.parametrize(("name", "type_"), [("untyped", "pulumi-python:dynamic:Resource"), ("typed", TYPE)])
def test_the_type_of_a_subclass(history: dict[str, Done], name: str, type_: str) -> None:
    """Row 12: a subclass has the type of its own class arguments, or none of this package's."""
    assert history["first"].resource(name)["type"] == type_


def test_a_warning_beside_a_resource(history: dict[str, Done]) -> None:
    """Row 13: a warning sent to the engine has its URN, also of what isn't created yet, in a preview's JSON."""
    found = json.loads(history["preview"].run.out)["diagnostics"]
    assert {"urn": f"{INNER}late", "message": "warning: mind the gap\n", "severity": "warning"} in found


def test_errors(history: dict[str, Done]) -> None:
    """Row 14: a shim of ``traceback`` shows this package's errors as text, and keeps the traceback of others."""
    found = history["destroy"].run.diagnostics
    assert f"{TYPE} (stays):\n    error: it stays\n" in found
    assert found.count("Traceback") == 1
    assert "ValueError: a defect" in found


def test_a_cancellation(history: dict[str, Done]) -> None:
    """Row 15: the plugin gets the cancellation while create() runs, the engine waits, and the id is in the state."""
    done = history["cancelled"]
    assert done.run.code == 1
    assert [call["cancelled"] for call in done.of("slow") if call["method"] == "create ends"] == [True]
    assert done.resource("slow")["id"]
    assert not [each for each in done.resources if each["urn"].endswith("::after")]


def test_texts_of_an_output(history: dict[str, Done]) -> None:
    """Row 16: these texts stand for an Output that was put into a text."""
    *texts, plain, listed = history["first"].outputs["texts"]
    for text in texts:
        assert text.startswith("Calling __str__ on an Output[T] is not supported.\n")
        assert text.endswith("\nThis function may throw in a future version of Pulumi.")
    assert plain.startswith("<pulumi.output.Output object at 0x")
    assert listed == f"[{plain}]"


def test_secret_config(history: dict[str, Done]) -> None:
    """Row 17: a whole key of the config counts as secret; its members have no mark of their own."""
    assert history["first"].outputs["config"] == [True, False, False]
