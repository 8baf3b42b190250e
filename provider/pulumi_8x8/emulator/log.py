"""The emulator's log, on standard error. Nothing from a workflow or a request reaches a terminal as a command to it."""

from __future__ import annotations

import sys
import traceback

from pulumi_8x8.phrasing import printable_lines


def log(message: str) -> None:
    """Prints a message; may have several lines."""
    print(printable_lines(message), file=sys.stderr)


def log_error(error: BaseException) -> None:
    """Prints an error that nobody expected, with its traceback."""
    log("".join(traceback.format_exception(error)).rstrip())
