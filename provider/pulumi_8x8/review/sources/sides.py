"""Reads workflows before and after a change: two files or programs, two folders, or two revisions in git."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from pulumi_8x8.definition import Source
from pulumi_8x8.definition.folders import (
    NO_WORKFLOW_FILE,
    Unreadable,
    candidates,
    is_candidate,
    mentions_workflow,
    parse_candidate,
)
from pulumi_8x8.errors import SourceError
from pulumi_8x8.phrasing import natural
from pulumi_8x8.programs.loading import LoadedWorkflow, ProgramSettings, load
from pulumi_8x8.review.reviews import Pair, Side
from pulumi_8x8.review.sources.git import Repository

#: The files of one side that may be workflows by their names, by path with slashes.
Tree: TypeAlias = Mapping[str, bytes | Unreadable]


@dataclass(frozen=True)
class Sides:
    """The two sides of a comparison.

    :param title: a short description.
    :param pairs: the workflows whose files differ, and all workflows of programs.
    :param unchanged: the number of workflows whose files are equal, byte by byte.
    :param notes: further information for the reader.
    :param failures: a message for each file that can't be compared, since a side of it can't be read.
    :param printed: what programs printed.
    """

    title: str
    pairs: tuple[Pair, ...]
    unchanged: int = 0
    notes: tuple[str, ...] = ()
    failures: tuple[str, ...] = ()
    printed: str = ""


@dataclass(frozen=True)
class _Declared:
    """What the programs of one side declare.

    :param sides: by label: ``flows/shop: menu``.
    :param files: the workflow files that they use.
    """

    sides: Mapping[str, Side]
    files: frozenset[str] = frozenset()
    printed: str = ""


def from_paths(old: str, new: str, settings: ProgramSettings | None = None) -> Sides:
    """Reads two files or programs, or all of both in two folders, matched by path, then by the workflow's name.

    Programs run; see :func:`~pulumi_8x8.programs.loading.load`.

    :raises SourceError: one of two files or a program can't be read, or one path is a file and the other a folder.
    """
    for path in (old, new):
        if not os.path.exists(path):
            raise SourceError(f"{path}: the file or folder doesn't exist (current folder: {Path.cwd()})")
    if os.path.isdir(old) != os.path.isdir(new):
        raise SourceError(f"{old}, {new}: a file and a folder. Name two files or two folders")
    title = f"{old} → {new}"
    if os.path.isdir(old):
        before, after = (_run_programs(each, ["."], settings, each) for each in (old, new))
        trees = [_tree(candidates(Path(each))) for each in (old, new)]
        return _sides(title, trees[0], trees[1], (f"{old}/", f"{new}/"), before, after)
    both = [load([path], settings or ProgramSettings()) for path in (old, new)]
    for loaded in both:
        loaded.raise_failures()
    # A file and the only workflow of a program have no common label.
    alone = all(len(loaded.workflows) == 1 for loaded in both)
    gone, come = (
        {new if alone or not each.resource else each.resource: _loaded_side(each) for each in loaded.workflows}
        for loaded in both
    )
    return Sides(title, tuple(_pairs(gone, come)), printed="".join(loaded.printed for loaded in both))


def from_git(revisions: str, paths: Sequence[str], settings: ProgramSettings | None = None) -> Sides:
    """Reads the workflows of two revisions.

    It runs only programs at ``paths``: the code of a revision that somebody else wrote may do anything.

    :param revisions: ``A..B``; ``A...B``, from the merge base as in ``git diff``; or ``A`` for the changes from ``A``
        to the current files. An empty side is ``HEAD``.
    :param paths: only these files, programs and folders, relative to the current folder; all files if empty.
    :raises SourceError: no repository, no such revision, no workflow, or a program that can't be read.
    """
    repository = Repository.here()
    wanted = [repository.inside(path) for path in paths]
    old, dots, new = revisions.partition("...")
    if not dots:
        old, dots, new = revisions.partition("..")
    start, end = repository.commit(old or "HEAD"), repository.commit(new or "HEAD") if dots else ""
    if dots == "...":
        start = repository.merge_base(start, end, f"{revisions}: these revisions have no common ancestor")
    shown = old or "HEAD", (new or "HEAD") if dots else "working tree"
    title = revisions if dots else f"{shown[0]} → {shown[1]}"
    (before, names, committed), (after, others, now) = (
        _read_revision(repository, commit, wanted, revision, settings)
        for commit, revision in zip((start, end), shown, strict=True)
    )
    left_out = not wanted and any(
        PurePosixPath(name).name in ("Pulumi.yaml", "Pulumi.yml") for name in {*names, *others}
    )
    note = "programs didn't run: the review has only workflow files. To run programs that you trust, name their folders"
    sides = _sides(title, committed, now, (f"{shown[0]}:", f"{shown[1]}:"), before, after, quiet=left_out)
    return replace(sides, notes=(note,) if left_out else ())


def _read_revision(
    repository: Repository, commit: str, paths: Sequence[str], shown: str, settings: ProgramSettings | None
) -> tuple[_Declared, list[str], Tree]:
    """What programs declare, the names of all files, and the workflow files; ``commit`` is empty for the files now."""
    if commit:
        ids = repository.files(commit, paths)
        names = list(ids)
        blobs = {path: id for path, id in ids.items() if is_candidate(path)}
        links = [path for path in repository.links(commit, paths) if is_candidate(path)]
        tree: Tree = {
            **_tree(zip(blobs, repository.contents(list(blobs.values())), strict=True)),
            **_tree((path, repository.follow(commit, path)) for path in links),
        }
    else:
        names = repository.current_files(paths)
        tree = _tree(repository.current_contents(paths, is_candidate))
    if not paths or not any(name.endswith(".py") for name in names):
        return _Declared({}), names, tree  # nothing has to be checked out
    with repository.checked_out(commit) if commit else nullcontext(repository.root) as folder:
        return _run_programs(folder, paths, settings, shown), names, tree


def _run_programs(root: str, paths: Sequence[str], settings: ProgramSettings | None, shown: str) -> _Declared:
    """Runs the programs at ``paths`` (from ``root``) of one side.

    :param shown: what messages call this side.
    """
    there = [Path(root, path) for path in paths]
    there = [path for path in there if os.path.isdir(path) or (path.suffix == ".py" and os.path.isfile(path))]
    loaded = load(there, settings or ProgramSettings(), shown_from=os.path.abspath(root), files=False)
    if loaded.failures:
        messages = (each.replace(os.path.join(root, ""), "") for each in loaded.failures)
        raise SourceError("\n".join(f"{shown}: {message}" for message in messages))
    found = [replace(each, path=os.path.relpath(each.path, root)) for each in loaded.workflows]
    used = frozenset(each.source.path.replace(os.sep, "/") for each in found if each.source)
    return _Declared({each.label: _loaded_side(each) for each in found}, used, loaded.printed)


def _loaded_side(workflow: LoadedWorkflow) -> Side:
    return Side(workflow.definition, workflow.where, {**workflow.shared, **workflow.levels})


def _sides(
    title: str,
    old: Tree,
    new: Tree,
    prefixes: tuple[str, str],
    before: _Declared,
    after: _Declared,
    quiet: bool = False,
) -> Sides:
    """:param quiet: nothing to compare isn't an error."""
    old = {path: data for path, data in old.items() if path not in before.files}
    new = {path: data for path, data in new.items() if path not in after.files}
    equal = [path for path, data in old.items() if new.get(path) == data]
    failures: dict[str, str] = {}
    gone, come = (
        _read_side(prefix, {path: each for path, each in tree.items() if other.get(path) != each}, failures)
        for prefix, tree, other in ((prefixes[0], old, new), (prefixes[1], new, old))
    )
    unchanged = sum(_is_workflow(path, old[path]) for path in equal)
    if not (gone or come or failures or unchanged or before.sides or after.sides or quiet):
        raise SourceError(f"{title}: {NO_WORKFLOW_FILE}")
    pairs = []
    lost = tuple(f"{path}/" for path in failures)  # folders that can't be read
    for pair in _pairs({**gone, **before.sides}, {**come, **after.sides}):
        if pair.label in failures or pair.label.startswith(lost):
            continue  # the other side can't be read
        if pair.new is None and pair.label in new:
            failures[pair.label] = f"{prefixes[1]}{pair.label}: {_NO_LONGER}"
        else:
            pairs.append(pair)
    messages = tuple(failures[path] for path in sorted(failures, key=natural))
    return Sides(title, tuple(pairs), unchanged, failures=messages, printed=before.printed + after.printed)


_NO_LONGER = (
    "the file had a workflow, and exists without one, so it isn't known whether the workflow is gone. Delete the file "
    "if it is"
)


def _read_side(prefix: str, tree: Tree, failures: dict[str, str]) -> dict[str, Side]:
    """The workflows of one side. Adds what can't be read to ``failures``, by path."""
    found = {}
    for path, data in tree.items():
        try:
            side = _parse(prefix, path, data)
        except SourceError as error:
            failures.setdefault(path, str(error))
        else:
            if side is not None:
                found[path] = side
    return found


def _is_workflow(path: str, data: bytes | Unreadable) -> bool:
    """Whether a file that is equal on both sides is counted. A broken one is."""
    try:
        return not isinstance(data, Unreadable) and parse_candidate(path, data) is not None
    except SourceError:
        return True


def _pairs(gone: Mapping[str, Side], come: Mapping[str, Side]) -> Iterator[Pair]:
    """Matches workflows by label, then by name."""
    renamed = _renamed(
        {label: each for label, each in gone.items() if label not in come},
        {label: each for label, each in come.items() if label not in gone},
    )
    for label in sorted({*gone, *come}):
        before = gone.get(renamed.get(label, label))
        after = come.get(label)
        if label in renamed.values() and after is None:
            continue  # listed under its new label
        if before is not None or after is not None:
            yield Pair(label, before, after, old_label=renamed.get(label))


def _renamed(gone: Mapping[str, Side], come: Mapping[str, Side]) -> dict[str, str]:
    """Old labels by new labels, for workflows whose name is on both sides exactly once."""

    def by_name(sides: Mapping[str, Side]) -> dict[str, list[str]]:
        labels: dict[str, list[str]] = {}
        for label, side in sides.items():
            name = side.definition.name
            if isinstance(name, str):
                labels.setdefault(name, []).append(label)
        return labels

    before, after = by_name(gone), by_name(come)
    return {
        labels[0]: before[name][0]
        for name, labels in after.items()
        if len(labels) == 1 and len(before.get(name, ())) == 1
    }


def _parse(prefix: str, path: str, data: bytes | Unreadable) -> Side | None:
    """Reads the workflow in a file; ``None`` for another kind of file."""
    if isinstance(data, Unreadable):
        raise SourceError(f"{prefix}{path}: {data.reason}")
    source: Source | None = parse_candidate(prefix + path, data)
    return None if source is None else Side(source.definition, replace(source, path=path))


def _tree(files: Iterable[tuple[str, bytes | Unreadable]]) -> Tree:
    """Of files that can't be workflows, only digests: a folder may have a lot of them."""
    return {
        path: data
        if isinstance(data, Unreadable) or mentions_workflow(data)
        else blake2b(data, digest_size=16).digest()
        for path, data in files
    }
