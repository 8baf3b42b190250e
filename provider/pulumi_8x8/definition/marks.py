"""Texts with expressions in them: ``f"Hello {x}"`` holds a mark, which becomes ``{{data.x}}`` in the definition."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Callable, Sequence

from pulumi_8x8.definition.expressions import Expression, Result
from pulumi_8x8.definition.values import CLOSING, OPENING

_MARK = re.compile(f"{OPENING}([^{OPENING}{CLOSING}]*){CLOSING}")
#: Braces in a literal.
_BRACES = ("\\x7b", "\\x7d")
CHANGED = (
    "a text that was changed after an expression was put into it (json.dumps, upper, replace, a slice …); put the "
    "expression into the finished text"
)


def parts_of_text(text: str) -> list[str | Expression] | None:
    """A text with its expressions; ``None`` if the text was changed after they were put into it."""
    parts: list[str | Expression] = []
    for position, part in enumerate(_MARK.split(text)):
        if position % 2 == 0:
            if OPENING in part or CLOSING in part:
                return None
            parts.append(part)
            continue
        try:
            encoded, _, check = part.rpartition(".")
            written = base64.urlsafe_b64decode(encoded)
            if f"{zlib.crc32(written):x}" != check:
                return None
            pieces = [
                each if isinstance(each, str) else Result(each[0], tuple(each[1]), each[2])
                for each in json.loads(written)
            ]
        except ValueError:
            return None
        parts.append(Expression(tuple(pieces)))
    return parts


def late_text(text: str) -> tuple[str, str]:
    """A text that became known late, with scripts instead of its expressions; and why it can't be sent, if so."""
    parts = parts_of_text(text)
    if parts is None:
        return "", CHANGED
    for part in parts:
        for piece in part._code if isinstance(part, Expression) else ():
            if isinstance(piece, Result):
                return "", (
                    f'a text of an Output that reads a result of the step "{piece.step_id}", whose text is known too '
                    'late for storing it; write "text" + x + output as an expression instead of Output.concat or format'
                )
    return text_with_scripts(parts, lambda part: "".join(map(str, part._code))), ""


def text_with_scripts(parts: Sequence[str | Expression], code_of: Callable[[Expression], str]) -> str:
    """The text of these parts, with scripts instead of expressions.

    :param code_of: the code of an expression.
    """
    written = [part if isinstance(part, str) else f"{{{{{code_of(part)}}}}}" for part in parts]
    for position, part in enumerate(parts):
        # A brace next to a script would count as the script's: it is a script of its own.
        if isinstance(part, str) and position + 1 < len(parts) and part.endswith("{"):
            kept = part.rstrip("{")
            written[position] = f"{kept}{{{{'{_BRACES[0] * (len(part) - len(kept))}'}}}}"
        part = written[position] if isinstance(part, str) else ""
        if position and part.startswith("}"):
            kept = part.lstrip("}")
            written[position] = f"{{{{'{_BRACES[1] * (len(part) - len(kept))}'}}}}{kept}"
    return "".join(written)
