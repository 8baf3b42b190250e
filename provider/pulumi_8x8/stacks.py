"""Reads Pulumi stacks through the ``pulumi`` command line. Changes nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pulumi_8x8.bounded import DEEPEST_STATE, parse_json
from pulumi_8x8.errors import StackError
from pulumi_8x8.validation import Invalid, validated

# Functions import what reads definitions when they need it, so that completion in a shell is fast.
if TYPE_CHECKING:
    from pulumi_8x8.definition import Definition, Json

_T = TypeVar("_T")

_WORKFLOW = "pulumi-python:dynamic/8x8:Workflow"

#: Concurrent calls of ``pulumi``, each of which takes much memory.
_AT_ONCE = 4

#: The seconds that completion in a shell waits for the state.
_SOON = 3.0


@dataclass(frozen=True)
class _Resource:
    urn: str
    type: str = ""
    id: str = ""
    outputs: dict[str, Any] | None = None
    delete: bool = False
    external: bool = False


@dataclass(frozen=True)
class _Named:
    name: str


@dataclass(frozen=True)
class ManagedWorkflow:
    """A workflow in a stack's state.

    :param name: the name of its resource, such as ``auto-reply``.
    :param id: the service's id of the definition.
    :param account: the value of ``account=``: ``id``, ``baseUrl``, ``apiKey`` (a config key); empty for the stack's.
    :param outputs: the deployed definition (``from_inputs`` reads it), ``version``, ``createdAt``, ``accountId``, …; a
        secret is a mapping with the key :data:`~.values.SIGNATURE`.
    :param is_read: the program only reads the definition (``Workflow.get``).
    """

    name: str
    urn: str
    id: str
    account: Mapping[str, str]
    outputs: Mapping[str, Any] = field(repr=False)
    is_read: bool = False

    @property
    def project(self) -> str:
        """The name of its Pulumi project."""
        return self.urn.split("::")[1]

    @property
    def version(self) -> int | None:
        """The version that the last deployment stored, or that a refresh found."""
        version = self.outputs.get("version")
        return int(version) if isinstance(version, int | float) else None

    @cached_property
    def definition(self) -> Definition:
        """The deployed definition, with a :class:`~pulumi_8x8.definition.masking.Secret` for each secret."""
        from pulumi_8x8.definition import from_inputs
        from pulumi_8x8.definition.masking import read_marks

        return from_inputs(read_marks(dict(self.outputs)))

    def mask(self, versions: Sequence[Definition], config: Iterable[str] = ()) -> list[Definition]:
        """Versions of this definition without the secrets that the state marks.

        A value at the place of a secret in any version is masked wherever it appears, since the step may have another
        id in another version.

        :param config: secret values of the stack's config, which may be parts of texts.
        """
        from pulumi_8x8.definition.masking import COMMON, SHORT, Secret, SecretValues, mask
        from pulumi_8x8.definition.places import places

        secret = {path for path, leaf in places(self.definition) if isinstance(leaf, Secret)}
        leaves = [(path, leaf) for each in versions for path, leaf in places(each)]
        found = [leaf for path, leaf in leaves if any(path[:length] in secret for length in range(1, len(path) + 1))]
        long = (text for text in config if len(text) >= SHORT)  # a short one may be a common word
        values = SecretValues(frozenset({*map(_text, found), *long} - COMMON))

        def hide(definition: Definition) -> Definition:
            hidden = set(secret)
            for path, leaf in places(definition):
                key = next((at for at, part in enumerate(path) if at and values.are_in(str(part))), None)
                if key is not None:
                    hidden.add(path[:key])
                elif values.are_in(_text(leaf)):
                    hidden.add(path)
            return mask(definition, hidden)

        return [hide(each) for each in versions] if values.texts or secret else list(versions)


@dataclass(frozen=True)
class Stack:
    """The state of a stack after its last deployment.

    :param config: values by full key (``8x8:accountId``), secrets in plain text.
    :param workflows: workflows by resource name, in the order of the state.
    :param secret_keys: the full keys of secret values in ``config``.
    """

    name: str
    config: Mapping[str, Any] = field(repr=False)
    workflows: Mapping[str, ManagedWorkflow]
    secret_keys: frozenset[str] = frozenset()

    def secrets_of(self, project: str) -> dict[str, str]:
        """The secrets that a program of ``project`` finds in ``pulumi.Config()``, by name."""
        keys = {key: key.removeprefix(f"{project}:") for key in sorted(self.secret_keys)}
        return {name: str(self.config[key]) for key, name in keys.items() if name != key}

    def secret_texts(self) -> list[str]:
        """The secret texts in its config, also inside objects and lists."""
        return [text for key in sorted(self.secret_keys) for text in _texts(self.config[key])]


@dataclass(frozen=True)
class Manager:
    """The resource that manages a definition."""

    stack: str
    workflow: ManagedWorkflow

    def __str__(self) -> str:
        """``dev: auto-reply``."""
        return f"{self.stack}: {self.workflow.name}"


@dataclass(frozen=True)
class Managers:
    """The resources of a project's stacks that manage definitions.

    :param stacks: the stacks that were read.
    :param unread: why other stacks of the project couldn't be read, by name.
    """

    stacks: tuple[str, ...]
    unread: Mapping[str, str]
    every: tuple[Manager, ...] = field(repr=False)

    @cached_property
    def _by_id(self) -> Mapping[str, list[Manager]]:
        by_id: dict[str, list[Manager]] = {}
        for each in self.every:
            by_id.setdefault(each.workflow.id.lower(), []).append(each)
        return by_id

    def of(self, definition_id: str) -> tuple[Manager, ...]:
        """Returns the resources that manage a definition: usually one, in several stacks if they adopted it."""
        return tuple(self._by_id.get(definition_id.lower(), ()))


def _text(leaf: Json) -> str:
    return "" if leaf is None or isinstance(leaf, bool) else str(leaf)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)
    else:
        yield _text(value)


def read_stack(name: str | None = None, folder: str | Path = ".") -> Stack:
    """Reads a stack's config and the workflows in its state.

    :param name: the stack, as ``pulumi stack select`` takes it; by default the selected stack.
    :param folder: the project's folder, or a folder below it.
    :raises StackError: there is no project, no such stack, no ``pulumi``, or the passphrase is wrong.
    """
    which = () if name is None else ("--stack", name)
    with ThreadPoolExecutor() as threads:
        named = threads.submit(_pulumi, folder, "stack", "--show-name") if name is None else None
        exported = threads.submit(_pulumi, folder, "stack", "export", *which)
        config = _read(dict[str, dict[str, Any]], _pulumi(folder, "config", "--json", "--show-secrets", *which))
        state = exported.result()
    return Stack(
        name or (named.result().strip() if named else ""),
        {key: each.get("objectValue", each.get("value")) for key, each in config.items()},
        {each.name: each for each in _managed(state)},
        frozenset(key for key, each in config.items() if each.get("secret")),
    )


def read_managers(stack: Stack, folder: str | Path = ".") -> Managers:
    """Reads which resources of the project's stacks manage definitions. One call of ``pulumi`` for each other stack.

    :param stack: a stack of the project, which was read already.
    :raises StackError: the project's stacks can't be listed.
    """
    listed = _read(list[_Named], _pulumi(folder, "stack", "ls", "--json"))
    others = [each.name for each in listed if not _is_same_stack(each.name, stack.name)]
    unread: dict[str, str] = {}

    def managed(name: str) -> list[ManagedWorkflow]:
        try:
            return list(_managed(_pulumi(folder, "stack", "export", "--stack", name)))
        except StackError as error:
            unread[name] = str(error)
            return []

    with ThreadPoolExecutor(_AT_ONCE) as threads:
        found = {
            stack.name: list(stack.workflows.values()),
            **dict(zip(others, threads.map(managed, others), strict=True)),
        }
    every = tuple(Manager(name, each) for name, its in found.items() for each in its if not each.is_read)
    return Managers(tuple(name for name in found if name not in unread), unread, every)


def workflow_names(name: str | None = None, folder: str | Path = ".") -> list[str]:
    """The names of the workflows in a stack's state, for completion in a shell; none if reading takes too long."""
    if find_project(folder) is None:
        return []
    try:
        state = _pulumi(folder, "stack", "export", *(("--stack", name) if name else ()), limit=_SOON)
        return [each.name for each in _managed(state)]
    except (StackError, subprocess.TimeoutExpired):
        return []


def find_project(folder: str | Path = ".") -> Path | None:
    """The folder of the Pulumi project that contains ``folder``; ``None`` if there is none."""
    here = Path(folder).resolve()
    folders = (here, *here.parents)
    return next((each for each in folders if (each / "Pulumi.yaml").is_file() or (each / "Pulumi.yml").is_file()), None)


def _is_same_stack(name: str, other: str) -> bool:
    """Whether two names are of the same stack of a project; either may lack the organization and the project."""
    return name == other or name.endswith(f"/{other}") or other.endswith(f"/{name}")


def _managed(exported: str) -> Iterator[ManagedWorkflow]:
    deployment = _read(dict[str, Any], exported).get("deployment") or {}
    for resource in _valid(list[_Resource], deployment.get("resources") or []):
        # During a replacement, the state has a resource twice.
        if resource.type == _WORKFLOW and not resource.delete:
            outputs = resource.outputs or {}
            account = outputs.get("account")
            yield ManagedWorkflow(
                name=resource.urn.split("::", 3)[3],
                urn=resource.urn,
                id=resource.id,
                account=account if isinstance(account, Mapping) else {},
                outputs=outputs,
                is_read=resource.external,
            )


def _pulumi(folder: str | Path, *arguments: str, limit: float | None = None) -> str:
    """Runs ``pulumi`` and returns its output. :param limit: seconds."""
    command = shutil.which("pulumi")
    if command is None:
        raise StackError(
            "the pulumi command isn't on PATH, and it is needed to read the stack. Install it: "
            "https://www.pulumi.com/docs/install/"
        )
    run = subprocess.run(
        [command, "-C", str(folder), *arguments, "--non-interactive", "--color", "never"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        timeout=limit,
    )
    if run.returncode:
        error = (run.stderr.strip() or run.stdout.strip()).removeprefix("error: ")
        raise StackError(f"pulumi {' '.join(arguments)}: {error}\nNothing was changed.")
    return run.stdout


def _read(kind: type[_T], text: str) -> _T:
    try:
        read = parse_json(text or "{}", DEEPEST_STATE)
    except ValueError:
        # The output may have secrets, so the message doesn't quote it.
        raise StackError("pulumi didn't print JSON; is the pulumi on PATH Pulumi's own?") from None
    return _valid(kind, read)


def _valid(kind: type[_T], read: object) -> _T:
    try:
        return validated(kind, read)
    except Invalid as error:
        raise StackError(f"pulumi printed unexpected JSON: {error}; is the pulumi on PATH Pulumi's own?") from None
