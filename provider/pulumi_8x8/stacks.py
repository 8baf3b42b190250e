"""What Pulumi stacks hold, asked of the ``pulumi`` command line, which is not made to change anything."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pulumi_8x8.errors import StackError

# What reads definitions is imported where it is used: completing a name in a shell must not wait for it.
if TYPE_CHECKING:
    from pulumi_8x8.definition import Definition, Json
    from pulumi_8x8.definition import Path as Place

_WORKFLOW = "pulumi-python:dynamic/8x8:Workflow"

#: Seconds that completion in a shell waits for the state.
_SOON = 3.0


@dataclass(frozen=True)
class ManagedWorkflow:
    """A workflow in a stack's state.

    :param name: of its resource, such as ``auto-reply``.
    :param id: the service's id of the definition.
    :param account: what its ``account=`` says: ``id``, ``baseUrl``, ``apiKey`` (a config key); empty for the stack's.
    :param outputs: the definition as it was deployed (``from_inputs`` reads it), ``version``, ``createdAt``,
        ``accountId``, …; a secret is a mapping with the key :data:`~.values.SIGNATURE`.
    """

    name: str
    urn: str
    id: str
    account: Mapping[str, str]
    outputs: Mapping[str, Any] = field(repr=False)

    @property
    def project(self) -> str:
        """The name of the Pulumi project that it is in."""
        return self.urn.split("::")[1]

    @property
    def version(self) -> int | None:
        """The version that was deployed last, or that a refresh found."""
        version = self.outputs.get("version")
        return int(version) if isinstance(version, int | float) else None

    @cached_property
    def definition(self) -> Definition:
        """The definition as it was deployed, with a :class:`~pulumi_8x8.definition.masking.Secret` for each secret."""
        from pulumi_8x8.definition import from_inputs
        from pulumi_8x8.definition.masking import Secret
        from pulumi_8x8.definition.values import SIGNATURE

        def readable(value: Json) -> Json:
            if isinstance(value, dict):
                is_secret = SIGNATURE in value
                return Secret() if is_secret else {key: readable(item) for key, item in value.items()}
            return [readable(item) for item in value] if isinstance(value, list) else value

        return from_inputs(readable(dict(self.outputs)))

    def mask(self, versions: Sequence[Definition], config: Iterable[str] = ()) -> list[Definition]:
        """Versions of this definition without what the state says is secret.

        That is what stands at the place of a secret in any of them, wherever else it stands: in another version the
        step may have had another id.

        :param config: secret values of the stack's config; one of them may be a part of such a text.
        """
        from pulumi_8x8.definition.masking import COMMON, Secret, SecretValues, mask
        from pulumi_8x8.definition.places import places

        secret = {path for path, leaf in places(self.definition) if isinstance(leaf, Secret)}
        found = [leaf for each in versions for path, leaf in places(each) if _is_inside(path, secret)]
        long = (text for text in config if len(text) >= _SHORTEST_IN_CONFIG)
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
    """One stack, as it was deployed last.

    :param config: values by full key (``8x8:accountId``), secrets in plain.
    :param workflows: by the name of their resource, in the order of the state.
    :param secret_keys: of those values of the config that are secret.
    """

    name: str
    config: Mapping[str, Any] = field(repr=False)
    workflows: Mapping[str, ManagedWorkflow]
    secret_keys: frozenset[str] = frozenset()

    def secrets_of(self, project: str) -> dict[str, str]:
        """The secret texts that a program of ``project`` finds in ``pulumi.Config()``, by name."""
        keys = {key: key.removeprefix(f"{project}:") for key in sorted(self.secret_keys)}
        return {name: str(self.config[key]) for key, name in keys.items() if name != key}

    def secret_texts(self) -> list[str]:
        """The secret values in its config."""
        return [text for key in sorted(self.secret_keys) for text in _texts(self.config[key])]


#: Letters from which on a secret of the config is looked for, be it a workflow's or not; shorter ones, such as a number
#: for something else, would hide half of a definition.
_SHORTEST_IN_CONFIG = 8


def _text(leaf: Json) -> str:
    return "" if leaf is None or isinstance(leaf, bool) else str(leaf)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)
    else:
        yield _text(value)


def _is_inside(path: Place, places: set[Place]) -> bool:
    return any(path[:length] in places for length in range(1, len(path) + 1))


def read_stack(name: str | None = None, folder: str | Path = ".") -> Stack:
    """A stack's config and the workflows in its state.

    :param name: as ``pulumi stack select`` takes it; the selected one when left out.
    :param folder: in, or below, that of the project.
    :raises StackError: there is no project, no such stack, no ``pulumi``, or the passphrase is not the stack's.
    """
    which = () if name is None else ("--stack", name)
    with ThreadPoolExecutor() as threads:
        named = threads.submit(_pulumi, folder, "stack", "--show-name") if name is None else None
        exported = threads.submit(_pulumi, folder, "stack", "export", *which)
        config = _json(_pulumi(folder, "config", "--json", "--show-secrets", *which))
        state = _json(exported.result())
    return Stack(
        name or (named.result().strip() if named else ""),
        {key: each.get("objectValue", each.get("value")) for key, each in config.items()},
        {each.name: each for each in _managed(state)},
        frozenset(key for key, each in config.items() if each.get("secret")),
    )


def workflow_names(name: str | None = None, folder: str | Path = ".") -> list[str]:
    """The names of the workflows in a stack's state; none when it cannot be read soon. For completion in a shell."""
    if find_project(folder) is None:
        return []
    try:
        state = _json(_pulumi(folder, "stack", "export", *(("--stack", name) if name else ()), limit=_SOON))
        return [each.name for each in _managed(state)]
    except (StackError, subprocess.TimeoutExpired):
        return []


def find_project(folder: str | Path = ".") -> Path | None:
    """The folder of the Pulumi project that ``folder`` is in; ``None`` outside of any."""
    here = Path(folder).resolve()
    return next((each for each in (here, *here.parents) if any(map(Path.is_file, _project_files(each)))), None)


def _project_files(folder: Path) -> Sequence[Path]:
    return [folder / "Pulumi.yaml", folder / "Pulumi.yml"]


def _managed(state: Mapping[str, Any]) -> Iterator[ManagedWorkflow]:
    for resource in (state.get("deployment") or {}).get("resources") or []:
        # What is to be deleted is there twice while it is replaced.
        if resource.get("type") == _WORKFLOW and not resource.get("delete"):
            outputs = resource.get("outputs") or {}
            account = outputs.get("account")
            yield ManagedWorkflow(
                name=resource["urn"].split("::", 3)[3],
                urn=resource["urn"],
                id=str(resource.get("id", "")),
                account=account if isinstance(account, Mapping) else {},
                outputs=outputs,
            )


def _pulumi(folder: str | Path, *arguments: str, limit: float | None = None) -> str:
    """What ``pulumi`` prints.

    :param limit: seconds.
    """
    command = shutil.which("pulumi")
    if command is None:
        raise StackError(
            "there is no pulumi on PATH; it is needed to read a stack: https://www.pulumi.com/docs/install/"
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
        said = run.stderr.strip() or run.stdout.strip()
        raise StackError(f"pulumi {' '.join(arguments)}: {said.removeprefix('error: ')}\nNothing was changed.")
    return run.stdout


def _json(text: str) -> dict[str, Any]:
    try:
        read = json.loads(text or "{}")
    except ValueError:
        # What it did print may have secrets in it.
        raise StackError("pulumi did not print JSON; is it Pulumi's own that is on PATH?") from None
    return read if isinstance(read, dict) else {}


def config_reader(stack: Stack | None) -> Callable[[str], object]:
    """What :meth:`Settings.resolve` reads a stack's config with; without a stack nothing is set."""
    return (lambda _key: None) if stack is None else stack.config.get
