"""Loads a team's own rules: from ``[tool.pulumi-8x8]`` in ``pyproject.toml``, and from installed packages.

A rule is Python code of the team. It runs with the rights of the user, as a test or a plugin of a linter does.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module, metadata, util
from pathlib import Path

from pulumi_8x8.errors import SettingsError
from pulumi_8x8.lint.context import Context
from pulumi_8x8.lint.registry import RULES, Found, Rule
from pulumi_8x8.phrasing import printable

#: The entry points of packages with rules. The value is a module.
GROUP = "pulumi_8x8.rules"
_TABLE = "pulumi-8x8"
# Of this process: the folders that it searched, and the files and entry points that it loaded.
_folders: set[Path] = set()
_loaded: set[Path | str] = set()


def load_own_rules(folder: str = ".") -> None:
    """Loads the rules for workflows in ``folder``, each module once in a process.

    The nearest ``pyproject.toml`` with ``[tool.pulumi-8x8]``, there or in a folder above, has ``rules``: a list of
    files (``"rules/marketing.py"``, from its own folder) and modules (``"acme.workflow_rules"``).

    :raises SettingsError: a module isn't there or can't be loaded, or a rule has the id of another. Lint then checks
        nothing, since a rule that is silently missing would let a mistake pass.
    """
    here = Path(folder).resolve()
    if here in _folders:
        return
    _load(GROUP, _load_installed)
    for settings in (each / "pyproject.toml" for each in (here, *here.parents)):
        if settings.is_file() and (names := _names(settings)) is not None:
            _load(settings, partial(_load_named, settings, names))
            break
    _folders.add(here)


def _load(what: Path | str, load: Callable[[], object]) -> None:
    if what in _loaded:
        return
    before = dict(RULES)
    try:
        load()
    except SettingsError:
        RULES.clear()
        RULES.update(before)
        raise
    _loaded.add(what)


def _load_installed() -> None:
    for point in metadata.entry_points(group=GROUP):
        source = f"the entry point {point.name} of {point.dist.name if point.dist else 'a package'}"
        _run(source, point.load)


def _names(settings: Path) -> list[str] | None:
    """The setting ``rules``, and ``None`` if the file has no settings of this package."""
    import tomllib  # most projects don't need it

    try:
        table = tomllib.loads(settings.read_text("utf-8")).get("tool", {}).get(_TABLE)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{settings} can't be read: {error}. Nothing was checked.") from None
    if table is None:
        return None
    for key in table if isinstance(table, dict) else ():
        if key != "rules":
            raise SettingsError(
                f"{settings}: {printable(key)} isn't a key of [tool.{_TABLE}], whose only key is rules. Nothing was "
                "checked."
            )
    names = table.get("rules", []) if isinstance(table, dict) else None
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        wanted = 'a list of texts, such as ["rules/marketing.py"]'
        raise SettingsError(f"{settings}: rules in [tool.{_TABLE}] must be {wanted}. Nothing was checked.")
    return names


def _load_named(settings: Path, names: Sequence[str]) -> None:
    for name in names:
        source = f"{settings}: the rules {name}"
        if not name.endswith(".py"):
            with _importable(settings.parent):
                _run(source, partial(import_module, name))
        elif (path := settings.parent / name).is_file():
            with _importable(path.parent):
                _run(source, partial(_execute, path))
        else:
            raise SettingsError(f"{settings}: {settings.parent} has no file {name}. Nothing was checked.")


def _execute(path: Path) -> None:
    name = f"pulumi_8x8_rules_{len(_loaded)}_{path.stem}"  # no other module has this name
    spec = util.spec_from_file_location(name, path)
    assert spec is not None  # as for any file that ends in .py
    assert spec.loader is not None
    sys.modules[name] = module = util.module_from_spec(spec)  # dataclasses look there
    spec.loader.exec_module(module)


class _importable:
    """Lets modules in a folder be imported, as in a script in this folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)

    def __enter__(self) -> None:
        sys.path.insert(0, self._folder)

    def __exit__(self, *_: object) -> None:
        sys.path.remove(self._folder)


def _run(source: str, load: Callable[[], object]) -> None:
    try:
        load()
    except SettingsError as error:
        raise SettingsError(f"{source}: {error} Nothing was checked.") from None
    except Exception as error:  # noqa: BLE001 - it is the team's code
        shown = f"{type(error).__name__}: {error}{_place(error)}"
        raise SettingsError(f"{source} can't be loaded: {shown}. Nothing was checked.") from None


def guarded(rule: Rule, context: Context) -> list[Found]:
    """What a team's rule finds. A rule that fails, or finds something else, is a problem of its own.

    A rule may not expect a value that isn't known yet. It is checked again when all values are known.
    """
    try:
        found = list(rule.check(context))
        for each in found:
            if not isinstance(each, Found):
                raise TypeError(f"it yields a {type(each).__name__}, not a Found")
    except Exception as error:  # noqa: BLE001 - it is the team's code
        if context.has_holes:
            return []
        # Without the exception's message, which may quote a secret.
        return [Found((), f"the rule fails with {type(error).__name__}{_place(error)}", "mend it, or turn it off")]
    return found


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [each for each in frames if each.filename != __file__ and "importlib" not in each.filename]
    return f" ({theirs[-1].filename}:{theirs[-1].lineno})" if theirs else ""
