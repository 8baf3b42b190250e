"""Reads revisions of a git repository. It runs ``git``, and changes nothing in the repository."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pulumi_8x8.errors import SourceError


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

    def contents(self, ids: Sequence[str]) -> Iterator[bytes]:
        """The contents with these ids."""
        batch = _git("cat-file", "--batch", root=self.root, given="".join(f"{each}\n" for each in ids).encode())
        position = 0
        for _ in ids:
            end = batch.index(b"\n", position)
            size = int(batch[position:end].split()[2])
            yield batch[end + 1 : end + 1 + size]
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
