"""Where the scripts are in a text: ``Hello {{data.payload.user.name}}``.

The pages show single scripts and texts around them; how the service finds the end of one is not published. Here a
script ends at the first ``}}`` that stands outside of its strings and of its own braces, or at the first ``}}`` of
all where those do not pair up (see docs/api-facts.md).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

#: What matters for the end of a script: whole strings, and braces.
_TOKEN = re.compile(r"""'(?:[^'\\\n]|\\.)*+'|"(?:[^"\\\n]|\\.)*+"|`(?:[^`\\]|\\.)*+`|[{}]""", re.DOTALL)
_OPENING = re.compile("['\"`{]")
#: The service allows 1,000 characters; the end of a longer one is the first ``}}``.
_LONGEST = 4000


class Script(NamedTuple):
    """One script of a text.

    :param code: the JavaScript between the braces, blanks at its ends removed.
    :param start: offset of the opening braces in the text.
    :param end: offset after the closing braces.
    """

    code: str
    start: int
    end: int

    @property
    def is_placeholder(self) -> bool:
        """True for ``{{1}}``, which in the text of a message template is WhatsApp's own placeholder."""
        return self.code.isdigit()


@lru_cache(maxsize=10_000)
def find_scripts(text: str) -> tuple[Script, ...]:
    """The scripts in ``text``, from left to right; braces without closing ones aren't a script.

    >>> [script.code for script in find_scripts("umid: {{data.umid}}, {{ '}}' }}")]
    ['data.umid', "'}}'"]
    """
    scripts = []
    start = text.find("{{")
    while start >= 0:
        end = _end(text, start + 2)
        if end is None:
            break
        scripts.append(Script(text[start + 2 : end - 2].strip(), start, end))
        start = text.find("{{", end)
    return tuple(scripts)


def find_unclosed(text: str) -> int | None:
    """Offset of the first ``{{`` that no ``}}`` follows, ``None`` without one.

    >>> find_unclosed("Hello {{data.name}")
    6
    """
    scripts = find_scripts(text)
    start = text.find("{{", scripts[-1].end if scripts else 0)
    return None if start < 0 else start


def _end(text: str, start: int) -> int | None:
    first = text.find("}}", start)
    if first < 0:
        return None
    if not _OPENING.search(text, start, first):
        return first + 2
    depth = 0
    for token in _TOKEN.finditer(text, start, start + _LONGEST):
        if token[0] == "{":
            depth += 1
        elif token[0] == "}" and depth:
            depth -= 1
        elif token[0] == "}" and text.startswith("}}", token.start()):
            return token.start() + 2
    return first + 2
