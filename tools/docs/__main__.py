"""Writes the generated documents and the transcripts: ``python -m tools.docs [FILE…]``, all of them by default.

Transcripts run their commands on the real engine, which takes a minute. They need what ``make engine`` installs.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tools.docs import GENERATED, ROOT, transcripts


def main(names: list[str]) -> int:
    """Writes the files with these names, and prints which of them changed.

    :param names: paths from the root of the repository on.
    :return: the exit code: 2 if a file isn't a generated one.
    """
    every = [*GENERATED, *transcripts.DOCUMENTS]
    if unknown := [name for name in names if name not in every]:
        print(f"not generated: {', '.join(unknown)}. Generated are:\n{chr(10).join(every)}", file=sys.stderr)
        return 2
    for name in names or every:
        file = ROOT / name
        before = file.read_text("utf-8") if file.exists() else ""
        text = GENERATED[name]() if name in GENERATED else _transcript(before)
        if text != before:
            file.write_text(text, "utf-8")
            print(f"{name} is new" if not before else f"{name} changed")
    return 0


def _transcript(text: str) -> str:
    with tempfile.TemporaryDirectory() as folder:
        return transcripts.filled(text, Path(folder))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
