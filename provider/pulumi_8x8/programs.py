"""Reads the workflows that a Pulumi program declares, without deploying it. Runs the program in a subprocess."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from pulumi_8x8.definition.checked import wrong_values
from pulumi_8x8.definition.encoding import from_inputs
from pulumi_8x8.definition.values import Json
from pulumi_8x8.errors import ProgramError

_MARK = "\x1fworkflows:"


def workflows_of_program(program: str | Path, config: Mapping[str, Json] | None = None) -> dict[str, dict[str, Json]]:
    """The workflows that a Pulumi program declares, in the service's shape, by resource name.

    :param program: the program's folder, or its file. It runs in its own process, with Pulumi's mocks. The nearest
        ``Pulumi.yaml`` in its folder or a parent folder provides the project's name and the defaults of the config.
    :param config: the stack's config. A key without a namespace belongs to the project. A value that isn't a text is
        converted to JSON: ``{"subAccountId": "acme", "8x8:subAccounts": {"support": "acme_support"}}``.
    :raises ProgramError: the program fails. The message has the program's output.
    """
    path = Path(program) / "__main__.py" if Path(program).is_dir() else Path(program)
    if not path.is_file():
        raise ProgramError(f"there is no program {path}; the current folder is {Path.cwd()}")
    project, defaults = _project(path.resolve())
    values = {
        key if ":" in key else f"{project}:{key}": value if isinstance(value, str) else json.dumps(value)
        for key, value in {**defaults, **(config or {})}.items()
    }
    changed = path.stat().st_mtime_ns
    found: dict[str, dict[str, Json]] = json.loads(_run(path, project, json.dumps(values), changed))
    return found


def workflow_of_program(
    program: str | Path, name: str | None = None, config: Mapping[str, Json] | None = None
) -> tuple[str, dict[str, Json]]:
    """One workflow of a program, with its name. ``name`` is optional if the program declares only one.

    :raises ProgramError: the program fails, or declares no such workflow.
    """
    declared = workflows_of_program(program, config)
    if name is None and len(declared) == 1:
        (name,) = declared
    if name not in declared:
        raise ProgramError(
            f"the program {program} declares {', '.join(sorted(declared)) or 'no workflows'}; name one of them"
        )
    return name, declared[name]


@lru_cache(maxsize=64)  # a run takes half a second, and a test suite reads the same workflow many times
def _run(path: Path, project: str, config: str, changed: int) -> str:
    code = "from pulumi_8x8.programs import _record; _record()"
    command = [sys.executable, "-c", code, str(path.resolve()), project, config]
    done = subprocess.run(command, cwd=path.parent, capture_output=True, text=True, check=False)
    if _MARK not in done.stdout:
        raise ProgramError(f"the program {path} fails:\n{done.stdout}{done.stderr}")
    return done.stdout.rpartition(_MARK)[2]


def _project(path: Path) -> tuple[str, dict[str, Json]]:
    """Name and config defaults of a program's project. Without one, the name is ``project``, as in Pulumi's mocks."""
    for file in (folder / "Pulumi.yaml" for folder in path.parents):
        if file.is_file():
            try:
                settings = yaml.safe_load(file.read_text(encoding="utf-8"))
                config = (settings.get("config") or {}).items()
                declared = {key: each if isinstance(each, Mapping) else {"default": each} for key, each in config}
                members = ("default", "value")
                values = {key: each[name] for key, each in declared.items() for name in members if name in each}
                return str(settings["name"]), values
            except (yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError, AttributeError) as error:
                raise ProgramError(f"{file}: not a Pulumi project: {error}") from None
    return "project", {}


def _record() -> None:
    """Runs a program with mocks and prints the workflows that it declares, after a marker."""
    import pulumi
    from pulumi.runtime import Mocks, set_all_config, set_mocks, test
    from pulumi.runtime.rpc import is_rpc_secret, unwrap_rpc_secret

    script, project, config = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    found: dict[str, dict[str, Json]] = {}
    wrong: list[str] = []  # values that become known too late for the constructor to refuse them

    def plain(value: Any) -> Any:
        value = unwrap_rpc_secret(value) if is_rpc_secret(value) else value
        if isinstance(value, dict):
            return {key: plain(item) for key, item in value.items()}
        return [plain(item) for item in value] if isinstance(value, list) else value

    class Recorder(Mocks):
        def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
            if args.typ == "pulumi-python:dynamic/8x8:Workflow":
                definition = from_inputs(plain(args.inputs))
                wrong.extend(f'workflow "{args.name}": {each}' for each in wrong_values(definition))
                found[args.name] = {} if wrong else definition.body()
            return f"{args.name}-id", dict(args.inputs)

        def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
            return {}

    set_mocks(Recorder(), project=project, preview=False)
    set_all_config(config)
    sys.path.insert(0, str(Path(script).parent))
    sys.argv = [script]
    try:
        test(lambda: runpy.run_path(script, run_name="__main__") and None)()  # type: ignore[no-untyped-call]  # waits for all resources
    except pulumi.RunError as error:  # the engine shows these without a traceback too
        sys.exit(str(error))
    if wrong:
        sys.exit("\n".join(wrong))
    # Resources register in no particular order.
    print(_MARK + json.dumps(dict(sorted(found.items()))))
