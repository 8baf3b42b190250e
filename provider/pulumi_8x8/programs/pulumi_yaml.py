"""Reads ``Pulumi.yaml`` and ``Pulumi.<stack>.yaml``: where a project's program is, and the config that it runs with.

Nothing here needs the engine, so encrypted values stay unknown: a placeholder stands for each of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pulumi_8x8.definition.values import Json
from pulumi_8x8.errors import ProgramError, SourceError
from pulumi_8x8.phrasing import natural

_NAMES = ("Pulumi.yaml", "Pulumi.yml")
#: The key of the account, which a program that isn't deployed doesn't get.
_KEY = "8x8:apiKey"


@dataclass(frozen=True)
class Config:
    """The config that a program runs with.

    :param values: texts by key, such as ``shop:number``.
    :param secret_keys: the keys whose values are secrets.
    :param stack: the stack's name; ``None`` without a stack.
    """

    values: Mapping[str, str]
    secret_keys: tuple[str, ...]
    stack: str | None = None


@dataclass(frozen=True)
class PulumiProject:
    """A Pulumi project.

    :param name: without a ``Pulumi.yaml`` it is ``project``, as in Pulumi's mocks.
    :param folder: of its ``Pulumi.yaml``; ``None`` without one.
    :param settings: the content of that file.
    """

    name: str = "project"
    folder: Path | None = None
    settings: Mapping[str, Json] = field(default_factory=dict)

    @property
    def is_python(self) -> bool:
        """Whether its program is in Python."""
        runtime = self.settings.get("runtime")
        return (runtime.get("name") if isinstance(runtime, Mapping) else runtime) == "python"

    @property
    def program(self) -> Path:
        """The file of its program."""
        assert self.folder is not None
        main = self.settings.get("main")
        path = self.folder / main if isinstance(main, str) else self.folder
        return path / "__main__.py" if path.is_dir() else path

    def stacks(self) -> list[str]:
        """The names of the stacks that have a file with settings."""
        return sorted(
            (path.name.removeprefix("Pulumi.").rpartition(".")[0] for path in self._stack_files()), key=natural
        )

    @property
    def only_stack(self) -> str | None:
        """The name of the stack with settings, if there is one only."""
        stacks = self.stacks()
        return stacks[0] if len(stacks) == 1 else None

    def _stack_files(self) -> Iterator[Path]:
        if self.folder is not None:
            for ending in ("yaml", "yml"):
                yield from self._config_folder.glob(f"Pulumi.*.{ending}")

    @property
    def _config_folder(self) -> Path:
        assert self.folder is not None
        other = self.settings.get("stackConfigDir")
        return self.folder / other if isinstance(other, str) else self.folder

    def config(self, stack: str | None, given: Mapping[str, Json]) -> Config:
        """The config of a stack: the defaults of the project, then the stack's, then what is ``given``.

        :param stack: ``None`` for no stack.
        :param given: a key without a namespace belongs to the project.
        :raises ProgramError: the stack has no file with settings, or it can't be read.
        """
        values: dict[str, str] = {}
        secret: set[str] = set()
        name = None if stack is None else stack.rpartition("/")[2]
        for source in (self._defaults(), {} if name is None else self._of_stack(name), given):
            for key, value in source.items():
                full = key if ":" in key else f"{self.name}:{key}"
                shown = full.removeprefix(f"{self.name}:")
                plain = _without_ciphers(value, shown)
                values[full] = plain if isinstance(plain, str) else json.dumps(plain)
                # What replaces a secret of the stack is a secret too.
                secret |= {full} if plain != value else set()
        values.pop(_KEY, None)
        return Config(values, tuple(sorted(secret & values.keys())), name)

    def _defaults(self) -> dict[str, Json]:
        declared = self.settings.get("config") or {}
        found: dict[str, Json] = {}
        for key, each in declared.items():
            members = each if isinstance(each, Mapping) else {"default": each}
            found.update((key, members[name]) for name in ("default", "value") if name in members)
        return found

    def _of_stack(self, name: str) -> Mapping[str, Json]:
        files = [path for path in self._stack_files() if path.stem == f"Pulumi.{name}"]
        if not files:
            where = "the program isn't in a Pulumi project" if self.folder is None else f"{self._config_folder} has"
            known = "" if self.folder is None else f" {_listed(self.stacks())}"
            raise ProgramError(f'the stack "{name}" has no settings: {where}{known}')
        config = _read(files[0]).get("config") or {}
        if not isinstance(config, Mapping):
            raise ProgramError(f"{files[0]}: not the settings of a stack: config must be an object")
        return config


def find_project(program: Path) -> PulumiProject:
    """The project of a program: the nearest ``Pulumi.yaml`` in its folder or a parent folder.

    :raises ProgramError: the file isn't a project.
    """
    for folder in program.resolve().parents:
        for file in (folder / name for name in _NAMES):
            if file.is_file():
                return read_project(file)
    return PulumiProject()


def read_project(file: Path) -> PulumiProject:
    """The project whose ``Pulumi.yaml`` is ``file``.

    :raises ProgramError: it isn't a project.
    """
    settings = _read(file)
    name = settings.get("name")
    if not isinstance(name, str) or not isinstance(settings.get("config") or {}, Mapping):
        raise ProgramError(f"{file}: not a Pulumi project: it needs a name, and config must be an object")
    return PulumiProject(name, file.parent, settings)


def project_file(folder: Path) -> Path | None:
    """The ``Pulumi.yaml`` that is directly in ``folder``, if any."""
    return next((folder / name for name in _NAMES if (folder / name).is_file()), None)


def _read(file: Path) -> Mapping[str, Json]:
    from pulumi_8x8.definition import read_source

    try:
        return read_source(file, "the file of a project holds an object").body
    except SourceError as error:
        raise ProgramError(f"{file}: not a Pulumi project: {error}") from None


def _without_ciphers(value: Json, name: str) -> Json:
    """``value`` with ``<secret:name>`` instead of what Pulumi encrypted."""
    if isinstance(value, Mapping):
        if value.keys() == {"secure"}:
            return f"<secret:{name}>"
        return {key: _without_ciphers(each, f"{name}.{key}") for key, each in value.items()}
    if isinstance(value, list):
        return [_without_ciphers(each, f"{name}[{position}]") for position, each in enumerate(value)]
    return value


def _listed(names: Iterable[str]) -> str:
    return f"settings of {', '.join(names)}" if names else "no file Pulumi.<stack>.yaml"
