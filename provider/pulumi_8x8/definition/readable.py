"""Names of results that travel: the output of a step that a later step reads.

A name depends on the step's id and the member's path alone, so that it is the same in every version of this package.
``tests/definition/travelling_names.json`` has the names that must never change.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_PLAIN = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*")


def name_of_result(step_id: str, path: Sequence[str]) -> str:
    """The name on ``data`` of a result. No two results have the same name.

    A step id that isn't a plain name (letters, digits and single underscores) gets eight digits of its hash.

    :param path: the declared members from ``step`` on. They are letters and digits.

    >>> name_of_result("place_order", ("responseBody",))
    'place_order__responseBody'
    >>> name_of_result("send CA", ("umid",))
    's_send_CA__eaaf1718__umid'
    """
    if not _PLAIN.fullmatch(step_id):
        import hashlib  # most programs don't need it

        plain = re.sub(r"[^A-Za-z0-9]+", "_", step_id).strip("_")
        digits = hashlib.sha256(step_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
        step_id = f"s_{plain}__{digits}" if plain else f"s__{digits}"
    return "__".join((step_id, *path))
