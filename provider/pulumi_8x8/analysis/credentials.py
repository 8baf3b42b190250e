"""Finds credentials in texts of an HttpRequest: a token in a header, a key or a password in the URL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pulumi_8x8.definition.scripts import find_scripts
from pulumi_8x8.definition.values import Path

# Authorization: Bearer 4f5b…, but not "Bearer <your token>".
_CREDENTIALS = re.compile(r"(?:bearer|basic|token|apikey)\s+(?=\S{8,})", re.IGNORECASE)
_SECRET_NAME = re.compile(
    r"(?:^|[-_])(?:api[-_]?key|access[-_]?token|auth[-_]?token|token|secret|client[-_]?secret|password|passwd|"
    r"subscription[-_]?key|sig|signature|x[-_]api[-_]key)$",
    re.IGNORECASE,
)
_URL_SECRET = re.compile(r"[?&]([\w.-]+)=([^&#]{6,})|//[^/@\s:]+:([^/@\s]{3,})@")
_MADE_UP = re.compile(r"your|[<>*]|\.\.\.|xxx|example|changeme|placeholder|_here\b", re.IGNORECASE)


@dataclass(frozen=True)
class Credential:
    """A part of a text.

    :param name: the name of the header or parameter; ``password`` for the part before the host.
    :param what: the credential in words, for a message.
    :param start: the offset in the text.
    :param end: the offset after it.
    """

    name: str
    what: str
    start: int
    end: int


def find_credentials(path: Path, text: str) -> tuple[Credential, ...]:
    """The credentials in ``text``, from left to right; a value that a script computes doesn't count.

    :param path: the path of ``text``, an input of an HttpRequest.
    """
    credentials = list(_find(path, text))
    if not credentials or _MADE_UP.search(text):
        return ()
    scripts = find_scripts(text)
    return tuple(
        found
        for found in credentials
        if not any(script.start < found.end and found.start < script.end for script in scripts)
    )


def _find(path: Path, text: str) -> Iterator[Credential]:
    name = str(path[-1])
    if name.lower() in ("authorization", "proxy-authorization") and (scheme := _CREDENTIALS.match(text)):
        yield Credential(name, f"credentials in {name}", scheme.end(), len(text))
    elif path[-2] in ("headers", "parameters") and _SECRET_NAME.search(name) and len(text) >= 6:
        yield Credential(name, f"{name} is a credential", 0, len(text))
    elif name == "url":
        for found in _URL_SECRET.finditer(text):
            if found[3]:
                yield Credential("password", "a credential in the URL", *found.span(3))
            elif _SECRET_NAME.search(found[1]):
                yield Credential(found[1], f'"{found[1]}" in the URL is a credential', *found.span(2))
