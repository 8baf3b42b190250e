"""Finds the lines of the program that wrote a step, and raises errors that name them."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection
from types import CodeType, FrameType
from typing import NamedTuple, TypeVar, cast

_E = TypeVar("_E", bound=Exception)

#: Packages whose lines aren't the program's.
_OURS = ("pulumi_8x8", "pulumi")
#: Calls of the program that a step remembers, from the innermost outwards.
_MOST_CALLS = 12

#: The folder from which :func:`shown_file` names files; ``None`` for the current folder.
_shown_from: str | None = None


def show_files_from(folder: str) -> None:
    """From now on, messages name files from ``folder``: a program's current folder may not be its reader's."""
    global _shown_from
    _shown_from = folder


def shown_file(file: str) -> str:
    """The name of a file in messages: from the reader's folder if it is in there or near."""
    if _shown_from is None:
        return file.removeprefix(os.path.join(os.getcwd(), ""))
    try:
        return min(os.path.relpath(file, _shown_from), file, key=len) if os.path.isabs(file) else file
    except ValueError:  # on another drive
        return file


class ProgramCall(NamedTuple):
    """A line of the program that runs while a step is made.

    :param code: the function that has the line.
    """

    code: CodeType
    line: int

    def __str__(self) -> str:
        """``file:line``; see :func:`shown_file`."""
        return f"{shown_file(self.code.co_filename)}:{self.line}"


def calls_of_program() -> tuple[ProgramCall, ...]:
    """The program's calls that lead here, from the innermost outwards, without this package's and the SDK's.

    They end at the program's module, or at a call of another library.
    """
    calls: list[ProgramCall] = []
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and len(calls) < _MOST_CALLS:
        code = frame.f_code
        # What ``dataclass`` writes is in no file.
        if code.co_filename != "<string>" and frame.f_globals.get("__name__", "").partition(".")[0] not in _OURS:
            calls.append(ProgramCall(code, frame.f_lineno))
            if code.co_name == "<module>":
                break
        frame = frame.f_back
    return tuple(calls)


def callers_line() -> str:
    """``file:line`` of the innermost call outside this package; empty if there is none."""
    calls = calls_of_program()
    return str(calls[0]) if calls else ""


def authors_line(calls: tuple[ProgramCall, ...], around: Collection[CodeType]) -> str:
    """Where the author wrote a step: ``__main__.py:20``, or ``__main__.py:20 (in reply, __main__.py:8)``.

    The author's line is in the function that also leads to the workflow. If a helper makes the step, its line is the
    detail.

    :param calls: the calls that made the step.
    :param around: the functions that made the workflow.
    """
    if not calls:
        return ""
    author = next((each for each in calls if each.code in around), calls[0])
    if author is calls[0]:
        return str(author)
    return f"{author} (in {calls[0].code.co_name}, {calls[0]})"


def error(kind: type[_E], message: str) -> _E:
    """An exception whose message begins with the program's line. The engine shows it without a traceback."""
    where = callers_line()
    # The engine shows a traceback for any other exception. Nothing here imports Pulumi: a program that runs in the
    # engine has done so.
    pulumi = sys.modules.get("pulumi")
    run_error = getattr(pulumi, "RunError", None)
    shown = kind if run_error is None else type(kind.__name__, (kind, run_error), {"__module__": kind.__module__})
    return cast("_E", shown(f"{where}: {message}" if where else message))
