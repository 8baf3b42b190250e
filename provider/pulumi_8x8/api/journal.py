"""Notes what this machine asks the service to store, before it asks: small files, one for a resource or a definition.

An operation may be killed between a write and the moment when the stack's state has the answer.

- The service has no idempotency key. The note of a creation distinguishes the definition that appeared from a
  definition that somebody else created: by the time of the POST, by name and shape, and by what existed before.
- A refresh reads what was written, without running the program. The note of an update has the places of secrets that
  the state doesn't know yet, so that they stay secret. It never has a value.
- A deletion that waits disables the workflow first. If it fails, its note distinguishes that from somebody's edit.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path as FilePath
from typing import Any

from pulumi_8x8.api.settings import Settings
from pulumi_8x8.bounded import parse_json, read_file
from pulumi_8x8.definition import Path

#: Before the id of a definition: its note has another name than the note of a resource.
_SECRETS = "secrets of "
_DISABLED = "disabled for the deletion of "


@dataclass(frozen=True)
class Note:
    """One creation.

    :param before: ids of definitions with the same name that existed before it.
    :param shape: SHA-256 of what identifies the workflow: name, trigger, ids of steps.
    :param at: the service's time before the POST, in ISO 8601.
    :param id: the service's answer; empty while it isn't known.
    """

    urn: str
    before: tuple[str, ...]
    shape: str
    at: str
    id: str = ""


def journal_folder() -> FilePath:
    """Returns a folder among the engine's own files: in ``PULUMI_HOME``, or ``~/.pulumi``."""
    home = os.environ.get("PULUMI_HOME")
    return (FilePath(home) if home else FilePath("~/.pulumi").expanduser()) / "pulumi-8x8" / "creations"


class Journal:
    """The notes of one account, made in one project.

    If the folder isn't writable, there are no notes, and nothing fails.

    :param folder: the folder of the notes; ``None``: there are none.
    :param place: distinguishes accounts of different services, and projects in different folders.
    """

    def __init__(self, folder: FilePath | None = None, place: str = "") -> None:
        self._folder = folder
        self._place = place
        if folder is not None:
            with suppress(OSError):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @classmethod
    def of(cls, settings: Settings, folder: FilePath | None = None) -> Journal:
        """Returns the notes of an account that were made in the project in the current folder."""
        return cls(folder or journal_folder(), f"{settings.base_url} {settings.account_id} {FilePath.cwd()}")

    def find(self, urn: str) -> Note | None:
        """Returns the note of a creation whose result the state may not have."""
        try:
            noted = self._read(urn)
            note = Note(noted["urn"], tuple(noted["before"]), noted["shape"], noted.get("at", ""), noted["id"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return note if note.urn == urn else None

    def begin(self, urn: str, before: Collection[str], shape: str, at: datetime) -> None:
        """Notes that a definition is about to be stored."""
        self._write(Note(urn, tuple(sorted(before)), shape, at.isoformat()))

    def created(self, urn: str, definition_id: str) -> None:
        """Notes the id that the service answered; the state may not have it yet."""
        note = self.find(urn)
        if note is not None:
            self._write(replace(note, id=definition_id))

    def close(self, urn: str) -> None:
        """Deletes the note: the state has the result."""
        with suppress(OSError):
            self._file(urn).unlink(missing_ok=True)

    def keep_secret(self, definition_id: str, places: Collection[Path]) -> None:
        """Notes the places of secrets in what is about to be stored."""
        self._store(_SECRETS + definition_id, sorted(map(list, places), key=str))

    def secret_places(self, definition_id: str) -> frozenset[Path]:
        """Returns the places of secrets that were noted last."""
        try:
            noted = self._read(_SECRETS + definition_id)
            return frozenset(tuple(each) for each in noted if isinstance(noted, list) and isinstance(each, list))
        except (OSError, ValueError, TypeError):
            return frozenset()

    def forget_secrets(self, definition_id: str) -> None:
        """Deletes the note of an update: the state has the places, or the definition is gone."""
        self.close(_SECRETS + definition_id)

    def keep_disabled(self, definition_id: str, version: int) -> None:
        """Notes the version in which a deletion disables a workflow."""
        self._store(_DISABLED + definition_id, version)

    def disabled(self, definition_id: str) -> int | None:
        """Returns the version in which a deletion disabled a workflow that it then didn't delete."""
        try:
            noted = self._read(_DISABLED + definition_id)
        except (OSError, ValueError):
            return None
        return noted if isinstance(noted, int) else None

    def forget_disabled(self, definition_id: str) -> None:
        """Deletes the note of a deletion: the workflow is as the program declares it, or gone."""
        self.close(_DISABLED + definition_id)

    def _write(self, note: Note) -> None:
        self._store(note.urn, asdict(note))

    def _read(self, name: str) -> Any:
        return parse_json(read_file(self._file(name)))

    def _store(self, name: str, noted: object) -> None:
        with suppress(OSError):
            file = self._file(name)
            partly = file.with_suffix(f".{os.getpid()}")
            with partly.open("w", encoding="utf-8") as opened:
                json.dump(noted, opened)
                opened.flush()
                os.fsync(opened.fileno())
            partly.replace(file)

    def _file(self, name: str) -> FilePath:
        if self._folder is None:
            raise FileNotFoundError
        key = hashlib.sha256(f"{self._place}\n{name}".encode()).hexdigest()[:32]
        return self._folder / f"{key}.json"
