"""Whatever a service holds comes back equal: file, program, the way through the engine, against the service."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import corpus
from definition.test_encoding import engine
from pulumi_8x8.api import means
from pulumi_8x8.definition import from_inputs, parse_source
from pulumi_8x8.exporting import Export, Form
from pulumi_8x8.lint import find
from resources.harness import Service

from .export_kit import SUB_ACCOUNTS, filled, generated, outcomes, planned, stored, written

#: Runs the program in the current folder with Pulumi's mocks, and prints the inputs of its resources.
RUN = """
import json, runpy, sys
import pulumi
from pulumi.runtime.rpc import is_rpc_secret, unwrap_rpc_secret

found = {}

def plain(value):
    value = unwrap_rpc_secret(value) if is_rpc_secret(value) else value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value

class Recorder(pulumi.runtime.Mocks):
    def new_resource(self, args):
        found[args.name] = plain(args.inputs)
        return args.name, {}

    def call(self, args):
        return {}

pulumi.runtime.set_mocks(Recorder(), project="project", preview=False)
pulumi.runtime.set_all_config(json.load(sys.stdin))
pulumi.runtime.test(lambda: runpy.run_path("__main__.py", run_name="__main__") and None)()
print("\\n" + json.dumps(found))
"""


def run(made: Export) -> dict[str, Any]:
    """The inputs of each resource of the exported program, as the engine gets them."""
    config = {f"project:{name}": value for name, value in made.secrets.values.items()}
    config["8x8:subAccounts"] = json.dumps(dict(made.sub_accounts))
    settings = yaml.safe_load((made.project.folder / f"Pulumi.{made.project.stack}.yaml").read_text("utf-8"))
    config["8x8:adopt"] = json.dumps(settings["config"]["8x8:adopt"])
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=made.project.folder,
        input=json.dumps(config),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    inputs: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return inputs


def all_equal(service: Service, folder: Path, form: Form = "yaml") -> Export:
    """Exports, and holds every workflow of the program against the service."""
    made = written(service, folder, form=form)
    inputs = run(made)
    held = {each.id: each for each in stored(service)}
    assert len(made.workflows) == len(inputs) == len(held)
    for each in made.workflows:
        assert inputs[each.resource]["adopt"] == each.id
        assert means(held[each.id], from_inputs(engine(inputs[each.resource]))), (each, made.texts[str(each.file)])
    return made


@pytest.mark.parametrize("form", ["yaml", "python"])
def test_the_corpus_comes_back(tmp_path: Path, form: Form) -> None:
    """Every published definition."""
    all_equal(filled(corpus.BODIES.values()), tmp_path / "out", form)


def test_no_other_errors(tmp_path: Path) -> None:
    """Lint finds the same errors in the files as in what the service holds, and no secrets."""
    service = filled(corpus.BODIES.values())
    made = planned(service, tmp_path / "out")
    held = {each.id: each.definition for each in stored(service)}
    for each in made.workflows:
        found = find(parse_source("flow.yaml", made.texts[str(each.file)].encode()).definition)
        before = [problem for problem in find(held[each.id]) if problem.rule != "secret-in-plain-text"]
        assert [(each.rule, each.path) for each in found] == [(each.rule, each.path) for each in before]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> tuple[Service, Export]:
    service = filled(generated(500))
    return service, all_equal(service, tmp_path_factory.mktemp("many") / "out")


def test_500_generated_definitions_come_back(many: tuple[Service, Export]) -> None:
    """Odd names, nulls, big integers, YAML's traps, unknown step types and members, repeated and missing ids."""
    _, made = many
    assert len({str(each.file).lower() for each in made.workflows}) == 500
    assert set(made.sub_accounts.items()) == {
        ("chat", "acme_dev_chat"),
        ("sms", "acme_dev_sms"),
        ("voice_2", SUB_ACCOUNTS[2]),
    }


def test_no_secret_is_written(many: tuple[Service, Export]) -> None:
    """No file has what lint reports as a secret."""
    _, made = many
    texts = "".join(path.read_text("utf-8") for path in made.project.folder.rglob("*") if path.is_file())
    assert "<secret:" in texts
    for value in ("4f5b6f2986dc4b0e", "dXNlcjpwYXNzd29yZA==", "9f8e7d6c5b4a", "pa55word"):
        assert value in made.secrets.values.values()
        assert value not in texts


def test_again_nothing_is_written(many: tuple[Service, Export]) -> None:
    """A second export of the same leaves every file byte for byte."""
    service, made = many
    again = planned(service, made.project.folder)
    assert (again.texts, outcomes(again), again.secrets.values) == ({}, {}, made.secrets.values)


def test_the_same_text_each_time(tmp_path: Path) -> None:
    """Two exports of the same have the same files."""
    service = filled(corpus.BODIES.values())
    assert planned(service, tmp_path / "one").texts == planned(service, tmp_path / "two").texts


def test_files_read_as_they_are_written(many: tuple[Service, Export]) -> None:
    """Each file is a workflow file on its own: JSON's shape of the service inside, no tags, no anchors."""
    _, made = many
    for each in made.workflows[::5]:
        source = parse_source(str(each.file), made.texts[str(each.file)].encode())
        assert {"trigger", "status", "definition"} <= source.body.keys()
