"""Counts the SMS that a text takes: GSM-7 with its extension table, or UCS-2 (3GPP TS 23.038 and 23.040)."""

from __future__ import annotations

from typing import NamedTuple

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: Each takes two places: an escape, and the character.
_EXTENDED = frozenset("^{}\\[~]|€\f")
#: Places of a text in one SMS, and in each of several, which need a header.
_GSM7, _UCS2 = (160, 153), (70, 67)


class SmsText(NamedTuple):
    """How a text is sent.

    :param encoding: ``GSM7`` or ``UCS2``.
    :param segments: the number of SMS.
    :param outside: the characters that GSM-7 doesn't have, each once, in the order of the text.
    """

    encoding: str
    segments: int
    outside: str


def sms_text(text: str, encoding: str = "AUTO") -> SmsText:
    """How ``text`` is sent with this value of the input ``encoding``.

    >>> sms_text("Price: 5 €")
    SmsText(encoding='GSM7', segments=1, outside='')
    >>> sms_text("don’t " * 20).segments
    2
    """
    letters = set(text)
    outside = letters - _BASIC - _EXTENDED
    used = encoding.upper() if encoding.upper() in ("GSM7", "UCS2") else "UCS2" if outside else "GSM7"
    if used == "UCS2":
        # UTF-16 in fact: an emoji takes two places, which no boundary between two SMS separates.
        wide, (single, part) = {each for each in letters if ord(each) >= 0x10000}, _UCS2
    else:
        wide, (single, part) = letters & _EXTENDED, _GSM7
    in_one = len(text) <= single and len(text) + sum(map(text.count, wide)) <= single
    parts = 1 if in_one else _parts([2 if each in wide else 1 for each in text], part)
    return SmsText(used, parts, "".join(sorted(outside, key=text.index)))


def _parts(widths: list[int], size: int) -> int:
    parts, free = 1, size
    for width in widths:
        if width > free:
            parts, free = parts + 1, size
        free -= width
    return parts
