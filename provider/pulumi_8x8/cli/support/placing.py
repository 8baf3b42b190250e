"""Places files in a folder that may have files of its own: what a user wrote is never replaced unasked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from pulumi_8x8.cli.support.vocabulary import Failed


def place(folder: Path, texts: Mapping[str, str], *, force: bool) -> list[str]:
    """Writes ``texts`` into ``folder``: all of them, or none. Returns lines about files that were there before.

    - ``README.md`` stays, since it is about the user's own things.
    - ``.gitignore`` and ``requirements.txt`` get what they don't have.
    - Any other file with another text is in the way. With ``force``, it is replaced.

    :param texts: by path in the folder.
    :raises Failed: files are in the way, all of which the message lists.
    :raises ExportError: a file can't be written.
    """
    from pulumi_8x8.exporting.writing import write_files  # what it loads takes a second

    there = {path: _read(folder / path) for path in texts if (folder / path).is_file()}
    wanted = {path: _with(path, there[path], text) if path in there else text for path, text in texts.items()}
    changed = [path for path in there if there[path] != wanted[path]]
    replaced = [path for path in changed if path not in _KEPT]
    if replaced and not force:
        listed = "".join(f"\n  {path}" for path in replaced)
        raise Failed(
            f"these files in {folder} have another content. Nothing was written.{listed}\nTo replace them: --force"
        )
    write_files(folder, {path: text for path, text in wanted.items() if path not in there or path in changed})
    outcomes = {
        "replaced": replaced,
        "extended": [path for path in changed if path not in replaced],
        "unchanged": [path for path in there if path not in changed],
    }
    return [f"  {outcome:9}  {', '.join(paths)}" for outcome, paths in outcomes.items() if paths]


#: What stays as the user wrote it.
_KEPT = ("README.md", ".gitignore", "requirements.txt")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise Failed(f"{path} isn't text in UTF-8. Nothing was written.") from None


def _with(path: str, old: str, text: str) -> str:
    """What the file ``path`` is to have if it has ``old`` and would get ``text``."""
    if path == "README.md":
        return old
    if path == "requirements.txt":
        required = re.search(r"^[^#\n]*pulumi[-_.]8x8", old, re.MULTILINE | re.IGNORECASE)
        return old if required else _and(old, text)
    if path == ".gitignore":
        ignored = {line.strip().strip("/") for line in old.splitlines()}
        return _and(old, "".join(line for line in text.splitlines(keepends=True) if line.strip("/\n") not in ignored))
    return text


def _and(old: str, more: str) -> str:
    return old + ("\n" if more and old and not old.endswith("\n") else "") + more
