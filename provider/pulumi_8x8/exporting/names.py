"""Makes names for files, resources, sub-accounts, secrets and variables: ASCII, unique, the same each time. No I/O."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from collections.abc import Collection, Sequence

#: Characters of a file's or resource's name.
_LONGEST = 50
_LONGEST_VARIABLE = 40
#: What an exported module calls its other things.
_RESERVED = frozenset(("automation", "config", "declare", "match", "case", "message", "pulumi", "request", "type"))
#: Windows reserves these names for devices, with any extension.
_DEVICE = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")


def slug(name: object, id: str, taken: Collection[str]) -> str:
    """The name of a workflow's resource and file: ``auto-reply-chatapps``.

    :param name: the workflow's name. If it has no Latin letters or digits, the result is made of ``id``.
    :param taken: names already in use, in lower case.
    """
    plain = _words(name)
    if not plain or _DEVICE.fullmatch(plain):
        plain = f"workflow-{plain or _words(id)[:8]}".rstrip("-")
    return unique(plain[:_LONGEST].rstrip("-"), taken)


def name_sub_accounts(ids: Collection[str]) -> dict[str, str]:
    """A short name for each sub-account: ``acme_dev_chat`` and ``acme_dev_sms`` become ``chat`` and ``sms``.

    The names leave out the words that all ids begin with, if at least one word remains of each. Otherwise every
    sub-account keeps its id. A name never equals the id of another sub-account.
    """
    split = {id: re.split(r"[_.-]", id) for id in sorted(ids)}
    common = _common([words[:-1] for words in split.values()]) if len(split) > 1 else 0
    short = {id: "_".join(words[common:]) for id, words in split.items()}
    fits = all(re.fullmatch(r"[A-Za-z]{2}[\w-]*", name, re.ASCII) for name in short.values())
    if not common or not fits or len(set(short.values())) < len(ids) or set(short.values()) & set(ids):
        return {id: id for id in split}
    return short


def secret_name(url: str | None, what: str, owner: str, taken: Collection[str]) -> str:
    """The config key of a secret: ``apiAcmeComToken``.

    :param url: the URL that receives the secret. If its host isn't known, ``owner`` replaces the host.
    :param what: the header or parameter that holds the secret.
    :param owner: the resource of the workflow that has the secret.
    """
    host = re.search(r"//(?:[^/@\s]*@)?([^/:?#@\s{}]+)(?![^/:?#]*[{}])", url or "")
    first, *others = re.findall(r"[A-Za-z0-9]+", f"{host[1].removeprefix('www.') if host else owner} {what}")
    camel = first.lower() + "".join(word[0].upper() + word[1:] for word in others)
    return unique(camel if camel[0].isalpha() else f"secret{camel}", taken, between="")


def _words(name: object) -> str:
    text = unicodedata.normalize("NFKD", name if isinstance(name, str) else "")
    plain = "".join(letter for letter in text if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def unique(name: str, taken: Collection[str], between: str = "-") -> str:
    """``name``, with a number if it is among ``taken`` (in lower case)."""
    found, number = name, 1
    while found.lower() in taken:
        number += 1
        found = f"{name}{between}{number}"
    return found


def _common(rows: Sequence[Sequence[str]]) -> int:
    """The number of words that all ``rows`` begin with."""
    count = 0
    for words in zip(*rows, strict=False):
        if len(set(words)) > 1:
            break
        count += 1
    return count


def variable(name: object, taken: Collection[str], prefix: str = "step") -> str:
    """A name of Python for a variable or a module: ``send_ca`` for the id ``send_CA``.

    :param taken: names already in use.
    :param prefix: what comes before a name that has no letter at its beginning.
    """
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name) if isinstance(name, str) else ""
    plain = _words(words).replace("-", "_")[:_LONGEST_VARIABLE].strip("_")
    if not plain or plain[0].isdigit():
        plain = f"{prefix}_{plain}".rstrip("_")
    if keyword.iskeyword(plain) or hasattr(builtins, plain) or plain in _RESERVED:
        plain += "_"
    return unique(plain, taken, between="" if plain.endswith("_") else "_")
