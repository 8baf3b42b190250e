"""All files are written or none, and the message reports what was written."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_8x8.errors import ExportError
from pulumi_8x8.exporting.writing import write_files

OLD = {"a.txt": "old", "sub/b.txt": "old"}


def _files(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_all_are_written(tmp_path: Path) -> None:
    """Folders are made, files replaced with their permissions, and nothing is left beside them."""
    write_files(tmp_path / "new/deep", OLD)
    (tmp_path / "new/deep/a.txt").chmod(0o600)
    write_files(tmp_path / "new/deep", {"a.txt": "new\r\n", "c.txt": "ü"})
    assert _files(tmp_path / "new/deep") == {"a.txt": "new\n", "sub/b.txt": "old", "c.txt": "ü"}
    assert (tmp_path / "new/deep/a.txt").read_bytes() == b"new\r\n"
    assert (tmp_path / "new/deep/a.txt").stat().st_mode & 0o777 == 0o600


def test_something_in_the_way(tmp_path: Path) -> None:
    """A file where a folder must be: it is named, nothing is written, and no folder is left behind."""
    write_files(tmp_path, OLD)
    with pytest.raises(ExportError, match=r"a\.txt.*: Not a directory\. Nothing was written\.$"):
        write_files(tmp_path, {"sub/b.txt": "new", "new/c.txt": "new", "a.txt/d": "new"})
    assert _files(tmp_path) == OLD
    assert not (tmp_path / "new").exists()


def test_it_fails_in_between(tmp_path: Path) -> None:
    """What was put in its place before is named."""
    write_files(tmp_path, OLD)
    (tmp_path / "z").mkdir()
    (tmp_path / "z/full").touch()
    with pytest.raises(ExportError, match=r"/z: .*These files were written: a\.txt; no others\.$"):
        write_files(tmp_path, {"a.txt": "new", "z": "new", "sub/b.txt": "new"})
    assert _files(tmp_path) == {"a.txt": "new", "sub/b.txt": "old", "z/full": ""}


def test_no_room(tmp_path: Path) -> None:
    """If the disk is full, nothing is written."""
    write_files(tmp_path, OLD)
    code = (
        "import resource, sys; from pathlib import Path; from pulumi_8x8.exporting.writing import write_files\n"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, {resource.RLIM_INFINITY}))\n"
        "write_files(Path(sys.argv[1]), {'a.txt': 'new', 'sub/b.txt': 'x' * 20_000})"
    )
    run = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False)
    assert "ExportError" in run.stderr
    assert "b.txt: File too large. Nothing was written." in run.stderr
    assert _files(tmp_path) == OLD
