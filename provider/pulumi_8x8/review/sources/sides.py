"""Reads workflows before and after a change: two files, two folders, or two revisions in git. It runs ``git``."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from pulumi_8x8.definition import Source, parse_source, read_source
from pulumi_8x8.definition.files import NO_WORKFLOW_FILE, holds_workflow, is_candidate, mentions_workflow
from pulumi_8x8.errors import SourceError
from pulumi_8x8.review.reviews import Pair, Side

#: The files of one side that may be workflows, by path with slashes.
Tree: TypeAlias = Mapping[str, bytes]


@dataclass(frozen=True)
class Sides:
    """The two sides of a comparison.

    :param title: a short description.
    :param pairs: the workflows whose files differ.
    :param unchanged: the number of files that look like workflows and are equal, byte by byte.
    """

    title: str
    pairs: tuple[Pair, ...]
    unchanged: int = 0


def from_paths(old: str, new: str) -> Sides:
    """Reads two workflow files, or all workflow files in two folders, matched by path, then by the workflow's name.

    :raises SourceError: a file can't be read, or one path is a file and the other a folder.
    """
    for path in (old, new):
        if not os.path.exists(path):
            raise SourceError(f"{path}: there is no such file or folder (current folder: {Path.cwd()})")
    if os.path.isdir(old) != os.path.isdir(new):
        raise SourceError(f"{old}, {new}: a file and a folder. Name two files or two folders")
    title = f"{old} → {new}"
    if os.path.isdir(old):
        return _sides(title, _read_folder(old), _read_folder(new), (f"{old}/", f"{new}/"))
    before, after = (read_source(path) for path in (old, new))
    return Sides(title, (Pair(label=new, old=_side(before), new=_side(after)),))


def from_git(revisions: str, paths: Sequence[str]) -> Sides:
    """Reads the workflow files of two revisions.

    :param revisions: ``A..B``; ``A...B``, from the merge base as in ``git diff``; or ``A`` for the changes from ``A``
        to the current files. An empty side is ``HEAD``.
    :param paths: only these files and folders, relative to the current folder; the whole repository if empty.
    :raises SourceError: no repository, no such revision, no workflow file, or a file that can't be read.
    """
    root = _git("rev-parse", "--show-toplevel").decode().rstrip("\n")
    wanted = [_inside(root, path) for path in paths]
    old, dots, new = revisions.partition("...")
    if not dots:
        old, dots, new = revisions.partition("..")
    start, end = _commit(old or "HEAD"), _commit(new or "HEAD") if dots else ""
    if dots == "...":
        failed = f"{revisions}: these revisions have no common ancestor"
        start = _git("merge-base", start, end, failed=failed).decode().strip()
    before = _read_tree(root, start, wanted)
    after = _read_tree(root, end, wanted) if end else _read_working_tree(root, wanted)
    shown = old or "HEAD", (new or "HEAD") if dots else "working tree"
    return _sides(revisions if dots else f"{shown[0]} → {shown[1]}", before, after, (f"{shown[0]}:", f"{shown[1]}:"))


def _sides(title: str, old: Tree, new: Tree, prefixes: tuple[str, str]) -> Sides:
    if not old and not new:
        raise SourceError(f"{title}: {NO_WORKFLOW_FILE}")
    pairs = []
    gone = {path: _parse(prefixes[0], path, data) for path, data in old.items() if new.get(path) != data}
    come = {path: _parse(prefixes[1], path, data) for path, data in new.items() if old.get(path) != data}
    renamed = _renamed(
        {path: each for path, each in gone.items() if each is not None and come.get(path) is None},
        {path: each for path, each in come.items() if each is not None and gone.get(path) is None},
    )
    for path in sorted({*gone, *come}):
        before = gone.get(renamed.get(path, path))
        after = come.get(path)
        if path in renamed.values() and after is None:
            continue  # listed under its new path
        if before is not None or after is not None:
            pairs.append(Pair(path, _side(before), _side(after), old_label=renamed.get(path)))
    return Sides(title, tuple(pairs), unchanged=len(new) - len(come))


def _renamed(gone: Mapping[str, Source], come: Mapping[str, Source]) -> dict[str, str]:
    """Old paths by new paths, for workflows whose name is on both sides exactly once."""

    def by_name(sources: Mapping[str, Source]) -> dict[str, list[str]]:
        paths: dict[str, list[str]] = {}
        for path, source in sources.items():
            name = source.definition.name
            if isinstance(name, str):
                paths.setdefault(name, []).append(path)
        return paths

    before, after = by_name(gone), by_name(come)
    return {
        paths[0]: before[name][0] for name, paths in after.items() if len(paths) == 1 and len(before.get(name, ())) == 1
    }


def _side(source: Source | None) -> Side | None:
    return None if source is None else Side(source.definition, source)


def _parse(prefix: str, path: str, data: bytes) -> Source | None:
    """Reads the workflow in a file; ``None`` for another kind of file."""
    source = parse_source(prefix + path, data)
    return replace(source, path=path) if holds_workflow(source) else None


def _read_folder(folder: str) -> Tree:
    root = Path(folder)
    found = {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*")) if path.is_file()}
    return _candidates((name, _read_file(path)) for name, path in found.items() if is_candidate(name))


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}") from None


def _candidates(contents: Iterable[tuple[str, bytes]]) -> Tree:
    return {name: data for name, data in contents if mentions_workflow(data)}


def _read_tree(root: str, commit: str, paths: Sequence[str]) -> Tree:
    listed = _git("ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths, root=root)
    blobs = {}
    for entry in listed.decode("utf-8", "surrogateescape").split("\0"):
        about, _, path = entry.partition("\t")
        if about.startswith("100") and is_candidate(path):  # a file, not a link or submodule
            blobs[path] = about.split()[2]
    return _candidates(zip(blobs, _read_blobs(root, list(blobs.values())), strict=True))


def _read_blobs(root: str, ids: Sequence[str]) -> Iterator[bytes]:
    batch = _git("cat-file", "--batch", root=root, given="".join(f"{each}\n" for each in ids).encode())
    position = 0
    for _ in ids:
        end = batch.index(b"\n", position)
        size = int(batch[position:end].split()[2])
        yield batch[end + 1 : end + 1 + size]
        position = end + 1 + size + 1


def _read_working_tree(root: str, paths: Sequence[str]) -> Tree:
    listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths, root=root)
    names = sorted({name for name in listed.decode("utf-8", "surrogateescape").split("\0") if is_candidate(name)})
    return _candidates((name, _read_file(Path(root, name))) for name in names if Path(root, name).is_file())


def _commit(revision: str) -> str:
    failed = f"{revision}: git has no such revision. In a shallow clone (CI), fetch it first"
    if revision.startswith("-"):
        raise SourceError(failed)
    return _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", failed=failed).decode().strip()


def _inside(root: str, path: str) -> str:
    relative = os.path.relpath(os.path.realpath(path), os.path.realpath(root)).replace(os.sep, "/")
    if relative == ".." or relative.startswith("../"):
        raise SourceError(f"{path}: not in the repository {root}")
    return relative


def _git(*arguments: str, root: str | None = None, given: bytes | None = None, failed: str = "") -> bytes:
    try:
        run = subprocess.run(["git", "--literal-pathspecs", *arguments], cwd=root, input=given, capture_output=True)
    except OSError as error:
        raise SourceError(f"git can't be run ({error.strerror}). Install it, or name two files or folders") from None
    if run.returncode:
        reason = run.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        raise SourceError(failed or f"git {arguments[0]}: {reason}")
    return run.stdout
