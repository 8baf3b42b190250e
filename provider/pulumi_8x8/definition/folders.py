"""Workflow files in folders. A folder is never silently incomplete: what can't be read is named."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from pulumi_8x8.bounded import read_file, why_unreadable
from pulumi_8x8.definition.files import Source, parse_source
from pulumi_8x8.definition.values import Json
from pulumi_8x8.errors import SourceError
from pulumi_8x8.phrasing import closest, natural

_SUFFIXES = (".json", ".yaml", ".yml")
#: The message about a folder without any.
NO_WORKFLOW_FILE = "no workflow file found; a workflow file is JSON or YAML, with trigger and definition"


@dataclass(frozen=True)
class Unreadable:
    """A file of a folder, or a folder in it, that can't be read.

    :param reason: what follows its path in a message.
    """

    reason: str


def walk(folder: Path) -> Iterator[tuple[str, Unreadable | None]]:
    """The path of each file in a folder and its subfolders, from the folder on, with slashes, sorted.

    What is hidden or in ``node_modules`` is left out. Links to folders outside are followed, each folder once. So a
    link to a folder around it ends.
    """
    root = os.path.realpath(folder)
    seen: set[str] = set()

    def is_read(link: str) -> bool:
        target = os.path.realpath(link)
        # What is inside of the folder is found there, and what is around it contains it.
        if os.path.commonpath([root, target]) in (root, target) or target in seen:
            return False
        seen.add(target)
        return True

    # The next one is the last. A file has no path here, since only its name is needed.
    waiting = [(os.fspath(folder), "", False)]
    while waiting:
        path, name, is_link = waiting.pop()
        if not path:
            yield name, None
            continue
        if is_link and not is_read(path):
            continue
        try:
            with os.scandir(path) as entries:
                found = sorted(entries, key=lambda each: natural(each.name), reverse=True)
        except OSError as error:
            yield name, Unreadable(why_unreadable(error))
            continue
        for entry in found:
            inner = f"{name}/{entry.name}" if name else entry.name
            if is_left_out(entry.name):
                continue
            waiting.append((entry.path if _is_folder(entry) else "", inner, entry.is_symlink()))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def candidates(folder: Path) -> Iterator[tuple[str, bytes | Unreadable]]:
    """The files of a folder that may be workflow files by their names, with their contents."""
    for name, unreadable in walk(folder):
        if unreadable:
            yield name, unreadable
        elif is_candidate(name):
            yield name, read_candidate(folder / name)


def read_candidate(path: Path) -> bytes | Unreadable:
    """The content of a file of a folder."""
    try:
        return read_file(path)
    except (OSError, ValueError) as error:
        is_link = isinstance(error, FileNotFoundError)
        return Unreadable("a link to a file that doesn't exist" if is_link else why_unreadable(error))


def read_folder(folder: str) -> Iterator[tuple[str, Source | SourceError]]:
    """The workflow files of a folder, and what can't be read, by path. Other JSON and YAML files are left out."""
    for name, data in candidates(Path(folder)):
        path = str(Path(folder, name))
        if isinstance(data, Unreadable):
            yield path, SourceError(f"{path}: {data.reason}")
            continue
        try:
            source = parse_candidate(path, data)
        except SourceError as error:
            yield path, error
        else:
            if source is not None:
                yield path, source


def is_candidate(path: str) -> bool:
    """Whether a file of a folder is a workflow file by its name.

    :param path: from the folder on, with slashes. What is hidden, or in ``node_modules``, is left out.
    """
    return PurePosixPath(path).suffix.lower() in _SUFFIXES and not any(map(is_left_out, PurePosixPath(path).parts))


def is_left_out(name: str) -> bool:
    """Whether what is in a folder of this name is never looked at: it is hidden, or has installed packages."""
    return name.startswith(".") or name in ("node_modules", "site-packages")


def parse_candidate(name: str, data: bytes) -> Source | None:
    """The workflow file whose content is ``data``; ``None`` for another JSON or YAML file, which may be broken.

    :param name: what to call it.
    :raises SourceError: it looks like a workflow file, and can't be read.
    """
    if not mentions_workflow(data):
        return None
    words = _words(data)
    has_both = b"definition" in words and b"trigger" in words
    certain = has_both or b"steptype" in words
    try:
        source = parse_source(name, data)
    except SourceError:
        if certain:  # others need not be valid: a tsconfig.json has comments
            raise
        return None
    return source if _looks_like_workflow(source.body, has_both) else None


def mentions_workflow(data: bytes) -> bool:
    """Whether parsing a candidate is worth it: whether it has words of a workflow, perhaps with one mistake."""
    words = _words(data)
    return b"steptype" in words or sum(each in words for each in (b"definition", b"trigger", b"steps")) > 1


def _words(data: bytes) -> bytes:
    return data.replace(b"\0", b"").lower()  # also of a text in UTF-16


def _looks_like_workflow(body: Mapping[str, Json], has_both: bool) -> bool:
    if has_both and not {"trigger", "definition"}.isdisjoint(body):
        return True
    # Perhaps with a spelling mistake, or without what has to be around the steps.
    return _has_steps(body) or any(
        isinstance(inner, Mapping)
        and isinstance(inner.get("steps"), list)
        and (_has_steps(inner) or closest(key, ["definition"]) is not None)
        for key, inner in body.items()
    )


def _has_steps(value: Mapping[str, Json]) -> bool:
    steps = value.get("steps")
    return isinstance(steps, list) and any(
        isinstance(step, Mapping) and any(key.lower() == "steptype" for key in step) for step in steps
    )
