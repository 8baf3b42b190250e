"""Reads files and JSON from outside, within bounds of time and memory. It refuses what other readers of JSON refuse.

Files, requests, answers and settings come from anybody. So a file is a regular one of a limited size, and JSON has no
infinity, no half of a character, and a limited depth.
"""

from __future__ import annotations

import json
import os
import re
import stat
from typing import IO, Any

#: The most bytes of a file that somebody wrote. The largest published definition has 30 KB.
LARGEST_FILE = 1 << 20
#: The most bytes of data for an instance: what the emulator takes. The service's limit isn't published.
LARGEST_DATA = 16 << 20
#: The most bytes of what a program printed: the preview or the state of a stack with thousands of workflows.
LARGEST_OUTPUT = 256 << 20
#: Levels of nesting of JSON that isn't a workflow file.
DEEPEST = 128
#: The same of the state of a stack, which has resources of other providers.
DEEPEST_STATE = 500
#: Python reads no integer of more digits, since that takes quadratic time.
MOST_DIGITS = 4_300

#: A pipe that a shell opened for this command, which ends by itself: ``lint <(generate)``.
_OF_SHELL = ("/dev/fd/", "/dev/stdin", "/proc/self/fd/")
_KINDS = {
    stat.S_IFIFO: "a named pipe (FIFO)",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}
_HALF = re.compile(r"\\u[dD][89a-fA-F]")


class NotReadable(ValueError):
    """A file can't be read, although it exists. The message is the reason."""


class RefusedJson(ValueError):
    """A text isn't JSON, or JSON that other programs refuse. The message never quotes the text."""


class TooDeep(RefusedJson):
    """JSON is nested too deep."""

    def __init__(self, deepest: int) -> None:
        super().__init__(f"nested more than {deepest} levels deep")


def read_file(path: str | os.PathLike[str], largest: int = LARGEST_FILE) -> bytes:
    """The content of a regular file. It never waits for another program, except for a pipe that a shell opened.

    :raises NotReadable: it is a pipe, a socket or a device, or has more than ``largest`` bytes.
    :raises OSError: it doesn't exist, is a folder, or can't be opened.
    :raises ValueError: the path has a NUL in it.
    """
    about = os.stat(path)
    of_shell = stat.S_ISFIFO(about.st_mode) and os.fspath(path).startswith(_OF_SHELL)
    _check_kind(about, of_shell)
    if about.st_size > largest:
        raise _too_large(largest)

    def opened(name: str, flags: int) -> int:
        # Another program may replace the file in this moment, also by a pipe without a writer.
        return os.open(name, flags if of_shell else flags | getattr(os, "O_NONBLOCK", 0))

    with open(path, "rb", opener=opened) as file:
        _check_kind(os.fstat(file.fileno()), of_shell)
        return read_stream(file, largest)


def read_stream(file: IO[bytes], largest: int = LARGEST_FILE) -> bytes:
    """All of an open file, such as standard input. :raises NotReadable: it has more than ``largest`` bytes."""
    data = file.read(largest + 1)
    if len(data) > largest:
        raise _too_large(largest)
    return data


def _check_kind(about: os.stat_result, of_shell: bool) -> None:
    if (kind := _KINDS.get(stat.S_IFMT(about.st_mode))) and not of_shell:
        raise NotReadable(f"{kind}, not a file")


def _too_large(largest: int) -> NotReadable:
    return NotReadable(f"larger than {largest >> 20} MiB")


def why_unreadable(error: OSError | ValueError) -> str:
    """The reason why :func:`read_file` failed, for messages."""
    if isinstance(error, NotReadable):
        return str(error)
    if isinstance(error, FileNotFoundError | ValueError):
        return "the file doesn't exist"
    return error.strerror or str(error)


def decode(data: bytes) -> str:
    """A text in UTF-8, with or without a byte order mark.

    :raises NotReadable: it has another encoding. The message begins with the line if there is one: ``3: not UTF-8 …``.
    """
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in data[:4]:
        raise NotReadable("1: not UTF-8 text, but UTF-16 or binary; save the file as UTF-8")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = f"{error.reason} at byte {error.start}"
        raise NotReadable(f"{line}: not UTF-8 text ({what}); save the file as UTF-8") from None


def parse_json(text: str | bytes, deepest: int = DEEPEST) -> Any:
    """The value of JSON from outside this program: of an answer, a request, a setting, a file of another program.

    :param text: bytes are in UTF-8.
    :param deepest: the most levels of nesting.
    :raises json.JSONDecodeError: it isn't JSON, with the place, except for ``NaN`` and infinities.
    :raises RefusedJson: it is in another encoding, too deep, or has a number or a text that JSON doesn't have.
    """
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise RefusedJson(f"not UTF-8 text ({error.reason} at byte {error.start})") from None
    try:
        value = json.loads(text, parse_float=_finite, parse_constant=_no_constant)
    except RecursionError:
        raise TooDeep(deepest) from None
    except ValueError as error:
        if isinstance(error, json.JSONDecodeError | RefusedJson):
            raise
        raise RefusedJson(f"a number of more than {MOST_DIGITS:,} digits") from None
    if text.count("[") + text.count("{") > deepest and is_deeper(value, deepest):
        raise TooDeep(deepest)
    if _HALF.search(text):
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise RefusedJson("a text with half a character (a lone surrogate)") from None
    return value


def _finite(text: str) -> float:
    value = float(text)
    if value - value != 0:
        raise RefusedJson("a number that is too large")
    return value


def _no_constant(name: str) -> float:
    # As any other word that isn't JSON. Python doesn't report its place.
    raise json.JSONDecodeError("Expecting value", name, 0)


def is_deeper(value: Any, deepest: int) -> bool:
    """Whether lists and dicts stand more than ``deepest`` levels deep in each other. It needs no recursion."""
    level = [value]
    for _ in range(deepest):
        level = [
            inner
            for each in level
            if isinstance(each, list | dict)
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, list | dict)
        ]
        if not level:
            return False
    return True
