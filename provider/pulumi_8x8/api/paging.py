"""Reads a list page by page: every item once, and never a list without an end."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import TypeVar

from pulumi_8x8.api.receiving import Answer

_T = TypeVar("_T")

#: Full pages in a row without anything new, after which a list counts as one that ignores the offset.
_REPEATED_PAGES = 3


def list_all(
    ask: Callable[[int], Answer],
    read: Callable[[Answer], list[_T]],
    key: Callable[[_T], Hashable],
    size: int,
    most: int,
) -> Iterator[_T]:
    """Yields every item of a list once, whether ``offset`` counts items or pages: the second page shows which.

    :param ask: asks for the page at an offset.
    :param key: what makes an item another one.
    :param size: the size of a page.
    :param most: pages.
    :raises BadAnswer: the list repeats itself, or has more pages.
    """
    seen: set[Hashable] = set()
    offset, step, repeated = 0, 1, 0
    for _ in range(most):
        answer = ask(offset)
        page = read(answer)
        fresh = {key(item): item for item in page if key(item) not in seen}
        if offset == 1 and len(fresh) < len(page) / 2:
            step = size  # nearly all of it was on the first page, so the offset counts items
        seen.update(fresh)
        yield from fresh.values()
        if len(page) < size:
            return
        # A page may hold nothing new if much was created meanwhile.
        repeated = 0 if fresh else repeated + 1
        if repeated == _REPEATED_PAGES:
            raise answer.bad(f"repeats what it returned before, whatever the offset: {offset}")
        offset += step
    raise answer.bad(
        f"is page {most:,} of a list that doesn't end. If the account has so many, raise the limit: pulumi config set "
        "8x8:pageLimit <number>"
    )
