"""Lists the installed packages as pip does, in a tenth of its time; everything else is left to pip.

An operation of ``pulumi`` on a program begins with ``pip list``, which takes a third of its processor time.
``tests/engine/test_pip.py`` holds this list equal to pip's. Modules that take long to import aren't used: reading the
packages takes a fraction of the import of ``importlib.metadata``.
"""

import os
import sys
from itertools import takewhile


def listed() -> list[dict[str, str]]:
    """Name, version, place and installer of each package."""
    found: dict[str, dict[str, str]] = {}
    for folder in filter(os.path.isdir, sys.path):
        for entry in os.scandir(folder):
            if entry.name.endswith(".dist-info"):
                package = described(entry.path) | {"location": folder, "installer": installer(entry.path)}
                found.setdefault(package["name"].lower(), package)
    return [found[name] for name in sorted(found)]


def described(folder: str) -> dict[str, str]:
    """Name and version of the package whose metadata is in ``folder``."""
    with open(os.path.join(folder, "METADATA"), encoding="utf-8") as lines:
        head = dict(line.rstrip("\n").split(": ", 1) for line in takewhile(str.strip, lines) if ": " in line)
    return {"name": head["Name"], "version": head["Version"]}


def installer(folder: str) -> str:
    path = os.path.join(folder, "INSTALLER")
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read().strip()


if __name__ == "__main__":
    if sys.argv[1:] == ["list", "-v", "--format", "json"]:
        import json

        print(json.dumps(listed()))
    else:
        import runpy

        here = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
        sys.path = [each for each in sys.path if os.path.realpath(each) != here]
        del sys.modules["pip"]
        runpy.run_module("pip", run_name="__main__", alter_sys=True)
