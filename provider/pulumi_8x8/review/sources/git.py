"""Reads revisions of a git repository. It runs ``git``, and changes nothing in the repository."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pulumi_8x8.bounded import LARGEST_FILE, why_unreadable
from pulumi_8x8.definition.folders import Unreadable, read_candidate
from pulumi_8x8.errors import SourceError

#: Names of files are bytes; Python's texts keep those that aren't UTF-8.
_NAMES = ("utf-8", "surrogateescape")
#: Files that git reads together, so that a large repository doesn't need memory for all of its files.
_TOGETHER = 100


@dataclass(frozen=True)
class Repository:
    """The repository of the current folder.

    :param root: its folder.
    """

    root: str

    @classmethod
    def here(cls) -> Repository:
        """:raises SourceError: the current folder isn't in a repository, or ``git`` isn't installed."""
        return cls(_git("rev-parse", "--show-toplevel").decode().rstrip("\n"))

    def inside(self, path: str) -> str:
        """A path from the current folder as a path from the root. :raises SourceError: it is outside."""
        relative = os.path.relpath(os.path.realpath(path), os.path.realpath(self.root)).replace(os.sep, "/")
        if relative == ".." or relative.startswith("../"):
            raise SourceError(f"{path}: not in the repository {self.root}")
        return relative

    def commit(self, revision: str) -> str:
        """The id of a revision's commit. :raises SourceError: there is no such revision."""
        failed = f"{revision}: git has no such revision. In a shallow clone (CI), fetch it first"
        if revision.startswith("-"):
            raise SourceError(failed)
        return _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", failed=failed).decode().strip()

    def merge_base(self, start: str, end: str, failed: str) -> str:
        """The common ancestor of two commits. :raises SourceError: with the message ``failed``, if there is none."""
        return _git("merge-base", start, end, failed=failed).decode().strip()

    def files(self, commit: str, paths: Sequence[str]) -> dict[str, str]:
        """The ids of the contents of all files below ``paths`` in a commit, by path from the root; not of links."""
        listed = _git("ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths, root=self.root)
        entries = [entry.partition("\t") for entry in listed.decode("utf-8", "surrogateescape").split("\0")]
        return {path: about.split()[2] for about, _, path in entries if about.startswith("100")}

    def current_files(self, paths: Sequence[str]) -> list[str]:
        """The files below ``paths`` in the working tree that git tracks, or would track."""
        listed = _git("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *paths, root=self.root)
        names = sorted({*listed.decode("utf-8", "surrogateescape").split("\0")} - {""})
        return [name for name in names if Path(self.root, name).is_file()]

    def links(self, commit: str, paths: Sequence[str]) -> list[str]:
        """The links below ``paths`` in a commit, by path from the root."""
        listed = _git("ls-tree", "-r", "-z", "--full-tree", commit, "--", *paths, root=self.root)
        entries = [entry.partition("\t") for entry in listed.decode(*_NAMES).split("\0")]
        return [path for about, _, path in entries if about.startswith("120")]

    def follow(self, commit: str, path: str) -> bytes | Unreadable:
        """The content of the file that a link in a commit leads to."""
        if "\n" not in path:
            asked = f"{commit}:{path}\n".encode(*_NAMES)
            answer = _git("cat-file", "--batch", "--follow-symlinks", root=self.root, given=asked)
            head, _, content = answer.partition(b"\n")
            if len(about := head.split()) == 3 and about[1] == b"blob":
                return content[: int(about[2])]
        return Unreadable("a link to a file outside of the revision")

    def current_contents(
        self, paths: Sequence[str], wanted: Callable[[str], bool]
    ) -> Iterator[tuple[str, bytes | Unreadable]]:
        """The files of the working tree with a wanted name, and whatever else has the place of one."""
        shown = ("-z", "-t", "--cached", "--others", "--exclude-standard")
        listed = _git("ls-files", *shown, "--", *paths, root=self.root)
        for state, name in sorted(entry.partition(" ")[::2] for entry in set(listed.decode(*_NAMES).split("\0"))):
            data = _read_current(Path(self.root, name), state) if wanted(name) else None
            if data is not None:
                yield name, data

    def contents(self, ids: Sequence[str]) -> Iterator[bytes | Unreadable]:
        """The contents with these ids."""
        for start in range(0, len(ids), _TOGETHER):
            some = ids[start : start + _TOGETHER]
            batch = _git("cat-file", "--batch", root=self.root, given="".join(f"{each}\n" for each in some).encode())
            position = 0
            for _ in some:
                end = batch.index(b"\n", position)
                size = int(batch[position:end].split()[2])
                data = batch[end + 1 : end + 1 + size]
                yield data if size <= LARGEST_FILE else Unreadable(f"larger than {LARGEST_FILE >> 20} MiB")
                position = end + 1 + size + 1

    @contextmanager
    def checked_out(self, commit: str) -> Iterator[str]:
        """A temporary folder with all files of a commit, for programs to run there."""
        with tempfile.TemporaryDirectory(prefix="pulumi-8x8-", ignore_cleanup_errors=True) as folder:
            # With an index of its own, git leaves the repository unchanged.
            index = {"GIT_INDEX_FILE": os.path.join(folder, "index")}
            files = os.path.join(os.path.realpath(folder), "files", "")
            _git("read-tree", commit, root=self.root, more=index)
            _git("checkout-index", "--all", "--quiet", f"--prefix={files}", root=self.root, more=index)
            yield files


def _read_current(path: Path, state: str) -> bytes | Unreadable | None:
    """:param state: what ``git ls-files -t`` shows. :returns: ``None`` if the file doesn't exist."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return Unreadable("not in the working tree (git sparse-checkout)") if state == "S" else None
    except OSError as error:
        return Unreadable(why_unreadable(error))
    return None if path.is_dir() else read_candidate(path)


def _git(
    *arguments: str,
    root: str | None = None,
    given: bytes | None = None,
    failed: str = "",
    more: Mapping[str, str] | None = None,
) -> bytes:
    """Runs ``git``. :param more: variables of the environment."""
    command = ["git", "--literal-pathspecs", *arguments]
    try:
        run = subprocess.run(
            command, cwd=root, input=given, capture_output=True, env={**os.environ, **(more or {})}, check=False
        )
    except OSError as error:
        raise SourceError(f"git can't be run ({error.strerror}). Install it, or name two files or folders") from None
    if run.returncode:
        reason = run.stderr.decode("utf-8", "replace").strip().removeprefix("fatal: ")
        raise SourceError(failed or f"git {arguments[0]}: {reason}")
    return run.stdout
