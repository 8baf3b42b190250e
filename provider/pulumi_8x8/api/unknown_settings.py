"""Settings that nothing reads: keys ``8x8:…`` of a config, and variables ``PULUMI_8X8_…``. Most are misspelled.

Without a message, a deployment would call another service than the user means, or pass a gate. A message has the name
of a setting, never its value, which may be a secret.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence

from pulumi_8x8.phrasing import closest, natural, printable

#: Each key that the package reads: of the account (``api/settings.py``), then of the stack (``resources/config.py``).
KEYS = (
    *("8x8:accountId", "8x8:apiKey", "8x8:baseUrl", "8x8:callTimeout", "8x8:answerLimit", "8x8:pageLimit"),
    *("8x8:lint", "8x8:subAccounts", "8x8:requiresDigestFrom", "8x8:pins", "8x8:adopt", "8x8:onDrift"),
    "8x8:adoptEqual",
)
#: Each variable that the package reads.
VARIABLES = (
    *("PULUMI_8X8_ACCOUNT_ID", "PULUMI_8X8_API_KEY", "PULUMI_8X8_BASE_URL", "PULUMI_8X8_CALL_TIMEOUT"),
    *("PULUMI_8X8_ANSWER_LIMIT", "PULUMI_8X8_PAGE_LIMIT", "PULUMI_8X8_LOG"),
)
#: How people begin a key, and a variable.
_KEY, _VARIABLE = re.compile(r"(pulumi[-_])?8x8:", re.IGNORECASE), re.compile("pulumi_8x8_", re.IGNORECASE)


def unknown_keys(names: Iterable[str], used: Collection[str] = ()) -> list[str]:
    """Describes each key ``8x8:…`` that the package doesn't read.

    :param names: the keys of a config. A key of the project itself has no namespace.
    :param used: keys that the user gave a meaning, as ``Account(api_key=…)`` does.
    """
    return [message for message, _ in _unknown(names, _KEY, KEYS, used)]


def misspelled_variables(names: Iterable[str]) -> list[str]:
    """Describes each variable that is almost one of the package. Any other may be the user's own.

    So may a longer one: a pipeline can have a variable of each stack's key, with the stack's name at its end.
    """
    short = (each for each in names if not each.startswith(tuple(f"{known}_" for known in VARIABLES)))
    return [message for message, near in _unknown(short, _VARIABLE, VARIABLES) if near]


def set_instead(missing: Collection[str], names: Iterable[str], variables: Iterable[str]) -> list[str]:
    """Describes what the user may have set instead of settings that are missing.

    :param missing: keys ``8x8:…``.
    :param names: the keys of the config. A key of the project itself has no namespace.
    :param variables: the names in the environment.
    """
    names = sorted(names, key=natural)
    own = [(each, near) for each in names if ":" not in each and (near := _near(each, KEYS)) in missing]
    return [
        *unknown_keys(names),
        *(
            f'{printable(name)} is a value of the project, not of pulumi-8x8; did you mean "{near}"?'
            for name, near in own
        ),
        *(message for message, _ in _unknown(variables, _VARIABLE, VARIABLES)),
    ]


def _unknown(
    names: Iterable[str], ours: re.Pattern[str], known: Sequence[str], used: Collection[str] = ()
) -> Iterator[tuple[str, str | None]]:
    """A message about each unknown setting, and the nearest known one."""
    for name in sorted(names, key=natural):
        if ours.match(name) and name not in known and name not in used:
            near = _near(ours.sub("", name, count=1), known)
            whole = name.partition(".")[0]  # what `pulumi config set` without --path takes for a name
            hint = (
                f"; did you mean: pulumi config set --path '{printable(name)}' <value>"
                if whole in known
                else f'; did you mean "{near}"?'
                if near
                else ". The settings: pulumi-8x8 docs configuration"
            )
            yield f"{printable(name)} isn't a setting of pulumi-8x8, which doesn't read it{hint}", near


def _near(name: str, known: Sequence[str]) -> str | None:
    """The nearest setting to a name without its beginning, which would make each setting near to each other one."""
    by_end = {_VARIABLE.sub("", _KEY.sub("", each)): each for each in known}
    near = closest(name, by_end, cutoff=0.65)  # two letters of LOG may be in the wrong order
    return near and by_end[near]
