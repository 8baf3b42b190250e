"""Checks literal phone numbers and URLs, without asking anybody whether they exist."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlsplit

from pulumi_8x8.definition.placeholders import secrets_in

#: How many digits nearly all numbers have, with their country codes.
_USUAL = range(10, 14)
#: What people write where others shall write their own.
_TO_FILL_IN = re.compile(r"<[^<>]+>|\[[A-Za-z_ -]+\]|\byour[_ -]|x{4}|^[^\w/:]*[A-Za-z_ -]+[^\w/:]*$", re.IGNORECASE)
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?!\d)")


class Doubt(NamedTuple):
    """What is wrong with a number or a URL, and what to write instead."""

    kind: str
    message: str
    hint: str


@lru_cache(maxsize=1_000)
def doubtful_number(text: str) -> Doubt | None:
    """What is doubtful about a phone number that has the form of one; ``None`` if nothing is.

    A text that somebody has to fill in counts as one. :class:`PhoneNumber
    <pulumi_8x8.definition.contents.limits.PhoneNumber>` finds what can't be a number.
    """
    if secrets_in(text):
        return None
    digits = text.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        hint = "write +, the country code and the number: +6581234567"
        return Doubt("placeholder", f'"{text}" isn\'t a phone number', hint) if _TO_FILL_IN.search(text) else None
    if text.startswith("+") and len(digits) in _USUAL:
        return None
    import phonenumbers  # takes as long as linting a hundred files

    try:
        number = phonenumbers.parse(f"+{digits}", None)
    except phonenumbers.NumberParseException:
        return Doubt("malformed", f'"{text}" doesn\'t begin with a country code that exists', "check the number")
    # A number that is possible only inside of its area isn't one that somebody abroad can dial.
    if phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    message = f'"{text}" isn\'t as long as a number with the country code +{number.country_code}'
    return Doubt("malformed", message, "check the number")


def wrong_url(text: str) -> Doubt | None:
    """What is wrong with an absolute ``http`` or ``https`` URL; ``None`` if nothing is certain.

    A script, or a secret that a file leaves out, may stand for a part of it. ``placeholder`` is the kind of a text that
    somebody has to fill in, ``malformed`` the kind of others.
    """
    head, script, _ = text.partition("{{")
    secret = secrets_in(head)
    if secret:
        head, script = head.partition("<secret:")[0], "{{"
    if script and ("https://".startswith(head) or "http://".startswith(head)):
        return None
    scheme = _SCHEME.match(head)
    kind = "placeholder" if _TO_FILL_IN.search(text) and not secret else "malformed"
    if scheme is None:
        return Doubt(kind, f'"{text}" has no scheme', f'write "https://{text.lstrip("/")}"')
    if scheme[1].lower() not in ("http", "https"):
        return Doubt(kind, f'"{text}" has the scheme {scheme[1]}', "write an https URL")
    if " " in head or not head.isprintable():
        return Doubt(kind, f'"{text}" has a blank in it', "write %20 instead of a blank")
    try:
        parts = urlsplit(head)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = script
    else:
        host = host or (script if not parts.path and not parts.query else "")
    return None if host else Doubt(kind, f'"{text}" has no host', "write https://, the host and the path")
