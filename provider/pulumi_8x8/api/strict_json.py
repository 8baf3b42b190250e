"""Reads JSON from the network: only what JSON means, and no more than memory is for."""

from __future__ import annotations

import json
import math
import re
from typing import NoReturn

from pulumi_8x8.definition import Json

#: Levels of nesting in an answer; a definition has at most 100.
DEEPEST = 128

#: Bytes of the largest body for each of its values. In memory, a value takes about five times that.
_BYTES_PER_VALUE = 16

#: Python reads no longer integer.
_DIGITS = 4300

_HALF_A_CHARACTER = re.compile(r"\\u[dD][89a-fA-F]")
_TOO_DEEP = "it is nested too deep"


class TooLarge(Exception):
    """A body has more than is read. The message is a predicate: ``is larger than 32 MiB``."""


def read_json(body: bytes) -> Json:
    """Reads what JSON means: finite numbers, whole characters, and not nested without end.

    :raises ValueError: it isn't JSON; the message has no value.
    """
    try:
        text = body.decode("utf-8-sig")
        value: Json = json.loads(text, parse_int=_integer, parse_float=_finite, parse_constant=_no_number)
        if _HALF_A_CHARACTER.search(text):
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        what = error.msg.removesuffix(" at").removesuffix(" starting")
        raise ValueError(f"{what} in line {error.lineno}") from None
    except UnicodeDecodeError:
        raise ValueError("it isn't UTF-8") from None
    except UnicodeEncodeError:
        raise ValueError("it has half a character") from None
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    if _depth_is_over(value):
        raise ValueError(_TOO_DEEP)
    return value


def check_values(body: bytes, size: int) -> None:
    """Checks that ``body`` has only as many values as memory is for. :raises TooLarge: it has."""
    most = size // _BYTES_PER_VALUE
    if len(body) > most and body.count(b",") + body.count(b"[") + body.count(b"{") > most:
        raise TooLarge(f"has more than {most:,} values")


def _integer(text: str) -> int:
    if len(text) > _DIGITS:
        raise ValueError("it has a number with too many digits")
    return int(text)


def _finite(text: str) -> float:
    if math.isinf(number := float(text)):
        raise ValueError("it has a number that is too large")
    return number


def _no_number(_name: str) -> NoReturn:
    raise ValueError("it has NaN or Infinity, which JSON doesn't have")


def _depth_is_over(value: Json) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [
            inner
            for each in level
            for inner in (each.values() if type(each) is dict else each if type(each) is list else ())
            if type(inner) in (dict, list)
        ]
        if not level:
            return False
    return True
