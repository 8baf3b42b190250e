"""Writes files together: all of them, or none."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from pulumi_8x8.errors import ExportError


def write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Writes ``texts`` into files below ``folder``, which is created.

    Writes every file under a temporary name first, and renames them when all are complete.

    :param texts: by path in the folder.
    :raises ExportError: the disk is full, or a path is taken or can't be written. The message lists what was written,
        mostly nothing.
    """
    made: list[Path] = []
    ready: dict[Path, Path] = {}
    path = folder
    try:
        for name, text in texts.items():
            path = folder / name
            missing = [each for each in (path.parent, *path.parent.parents) if not each.exists()]
            for each in reversed(missing):
                each.mkdir()
                made.append(each)
            beside = path.with_name(f".{path.name}.new")
            ready[path] = beside
            beside.write_text(text, encoding="utf-8", newline="")
            if path.exists():
                shutil.copymode(path, beside)
    except OSError as error:
        _clear(ready.values(), reversed(made))
        raise ExportError(f"{error.filename or path}: {error.strerror or error}. Nothing was written.") from None
    done: list[str] = []
    try:
        for path, beside in ready.items():
            beside.replace(path)
            done.append(path.relative_to(folder).as_posix())
    except OSError as error:
        _clear(list(ready.values())[len(done) :], reversed(made))
        was = f"These files were written: {', '.join(done)}; no others" if done else "Nothing was written"
        raise ExportError(f"{path}: {error.strerror or error}. {was}.") from None


def _clear(files: Iterable[Path], folders: Iterable[Path]) -> None:
    for file in files:
        with suppress(OSError):
            file.unlink()
    for folder in folders:
        with suppress(OSError):
            folder.rmdir()
