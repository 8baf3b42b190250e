"""Lists the installed packages as pip does, in a tenth of its time; everything else is left to pip.

An operation of ``pulumi`` on a program begins with ``pip list``, which takes a third of its processor time.
``tests/engine/test_pip.py`` holds this list equal to pip's.
"""

from __future__ import annotations

import json
import runpy
import sys
from importlib.metadata import distributions
from pathlib import Path


def listed() -> list[dict[str, str]]:
    """Name, version, place and installer of each package."""
    found = {
        (name := each.metadata["Name"]).lower(): {
            "name": name,
            "version": each.version,
            "location": str(each.locate_file("")),
            "installer": (each.read_text("INSTALLER") or "").strip(),
        }
        for each in distributions()
    }
    return [found[name] for name in sorted(found)]


if __name__ == "__main__":
    if sys.argv[1:] == ["list", "-v", "--format", "json"]:
        print(json.dumps(listed()))
    else:
        here = str(Path(__file__).resolve().parents[1])
        sys.path = [each for each in sys.path if str(Path(each).resolve()) != here]
        del sys.modules["pip"]
        runpy.run_module("pip", run_name="__main__", alter_sys=True)
