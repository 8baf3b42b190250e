"""How this package is installed: which extras it has, and what installs it again.

``pip install pulumi-8x8`` installs what a deployment and most commands need. ``pulumi-8x8[emulator]`` adds what runs
workflows on this machine, and ``pulumi-8x8[testing]`` adds pytest to that.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from typing import Any, Literal

from pulumi_8x8.bounded import parse_json
from pulumi_8x8.errors import MissingExtra, NotInstalled

Extra = Literal["emulator", "testing"]

_NAME = "pulumi-8x8"
_EMULATOR = {"flask": "flask", "waitress": "waitress", "_quickjs": "quickjs-ng"}
#: For each extra in pyproject.toml, the modules that it brings, and their packages.
MODULES: dict[Extra, dict[str, str]] = {"emulator": _EMULATOR, "testing": {**_EMULATOR, "pytest": "pytest"}}


def require(extra: Extra, what: str) -> None:
    """Checks that an extra is installed.

    :param what: what needs it, as the subject of a sentence: "`pulumi-8x8 run`".
    :raises MissingExtra: a package of the extra is missing.
    """
    missing = [package for module, package in MODULES[extra].items() if find_spec(module) is None]
    if missing:
        raise MissingExtra(
            f"{what} needs packages that aren't installed: {', '.join(missing)}. Nothing was done. "
            f"Install them: pip install '{_NAME}[{extra}]'"
        )


@dataclass(frozen=True)
class PinnedRequirement:
    """What installs this package again: the version that runs, from where it was installed.

    :ivar text: a requirement that pip takes.
    :ivar origin: a package index; a commit, a file (an archive) or a folder otherwise.
    """

    text: str
    origin: Literal["index", "commit", "file", "folder"]

    @property
    def has_hash(self) -> bool:
        """Whether there is one file whose hash pip can check."""
        return self.origin in ("index", "file")

    @property
    def lines(self) -> str:
        """The lines of a requirements file."""
        is_here = self.origin == "folder" or "+file://" in self.text
        note = "# A folder of this machine. For other machines, name a release or a commit of pulumi-8x8.\n"
        return f"{note if is_here else ''}{self.text}\n"


def pin(extra: Extra | None = None) -> PinnedRequirement:
    """Returns the requirement that installs this package again, with an extra.

    Installers record where a package is from, unless it is from an index (``direct_url.json``, PEP 610).

    :raises NotInstalled: this package runs from a folder without being installed.
    """
    try:
        installed = metadata.distribution(_NAME)
    except metadata.PackageNotFoundError:
        raise NotInstalled(
            f"{_NAME} isn't installed, so no requirement can name its origin. Nothing was written. "
            "Install it with pip, also from a folder: pip install FOLDER"
        ) from None
    name = f"{_NAME}[{extra}]" if extra else _NAME
    recorded: dict[str, Any] = parse_json(installed.read_text("direct_url.json") or "{}")
    url, fragment = recorded.get("url"), []
    if url is None:
        return PinnedRequirement(f"{name}=={installed.version}", "index")
    origin: Literal["commit", "file", "folder"] = "folder"
    if "vcs_info" in recorded:
        origin, system = "commit", recorded["vcs_info"]
        # pip 23, which comes with Python 3.11, takes no requirement whose URL has another scheme than file and no host.
        url = url.replace("file:///", "file://localhost/", 1)
        url = f"{system['vcs']}+{url}@{system['commit_id']}"
    elif "archive_info" in recorded:
        origin, archive = "file", recorded["archive_info"]
        hashes = archive.get("hashes") or dict([archive["hash"].split("=", 1)] if "hash" in archive else [])
        fragment = [f"{algorithm}={value}" for algorithm, value in hashes.items()]
    if "subdirectory" in recorded:
        fragment.append(f"subdirectory={recorded['subdirectory']}")
    return PinnedRequirement(f"{name} @ {url}{'#' if fragment else ''}{'&'.join(fragment)}", origin)
