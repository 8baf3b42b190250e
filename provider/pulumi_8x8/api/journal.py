"""Notes what this machine asks the service to create, before it asks: one small file for each resource.

The service has no idempotency key. An operation may be killed between a POST and the moment when the stack's state has
the answer. Then the note distinguishes the definition that appeared from a definition that somebody else created: by
the time of the POST, by name and shape, and by what existed before.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path


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


def journal_folder() -> Path:
    """Returns a folder among the engine's own files: in ``PULUMI_HOME``, or ``~/.pulumi``."""
    home = os.environ.get("PULUMI_HOME")
    return (Path(home) if home else Path("~/.pulumi").expanduser()) / "pulumi-8x8" / "creations"


class Journal:
    """The notes of one account, made in one project.

    If the folder isn't writable, there are no notes, and nothing fails.

    :param folder: the folder of the notes; ``None``: there are none.
    :param place: distinguishes accounts of different services, and projects in different folders.
    """

    def __init__(self, folder: Path | None = None, place: str = "") -> None:
        self._folder = folder
        self._place = place
        if folder is not None:
            with suppress(OSError):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def find(self, urn: str) -> Note | None:
        """Returns the note of a creation whose result the state may not have."""
        try:
            noted = json.loads(self._file(urn).read_text(encoding="utf-8"))
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

    def _write(self, note: Note) -> None:
        with suppress(OSError):
            file = self._file(note.urn)
            partly = file.with_suffix(f".{os.getpid()}")
            with partly.open("w", encoding="utf-8") as opened:
                json.dump(asdict(note), opened)
                opened.flush()
                os.fsync(opened.fileno())
            partly.replace(file)

    def _file(self, urn: str) -> Path:
        if self._folder is None:
            raise FileNotFoundError
        key = hashlib.sha256(f"{self._place}\n{urn}".encode()).hexdigest()[:32]
        return self._folder / f"{key}.json"
