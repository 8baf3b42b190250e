"""Finds workflow files and programs in folders."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from pulumi_8x8.definition.folders import is_left_out
from pulumi_8x8.phrasing import natural
from pulumi_8x8.programs.pulumi_yaml import project_file


def projects_in(folder: Path) -> Iterator[Path]:
    """Every ``Pulumi.yaml`` in ``folder``."""
    for root, folders, _ in os.walk(folder):
        folders[:] = sorted((each for each in folders if not is_left_out(each)), key=natural)
        if (file := project_file(Path(root))) is not None:
            yield file


def uses_package(folder: Path) -> bool:
    """Whether a program may declare workflows. A folder may have other programs, which aren't to be run."""
    for root, folders, names in os.walk(folder):
        folders[:] = [each for each in folders if not is_left_out(each)]
        if any(mentions(Path(root, name), b"pulumi_8x8") for name in names if name.endswith(".py")):
            return True
    return False


def mentions(path: Path, word: bytes) -> bool:
    """Whether a file has this word in it."""
    try:
        return word in path.read_bytes()
    except OSError:
        return False
