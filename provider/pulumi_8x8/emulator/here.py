"""Lets only programs of this machine, and the emulator's own page, reach the emulator."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from pulumi_8x8.emulator import wire
from pulumi_8x8.emulator.wire import answer
from pulumi_8x8.simulator import Clock

#: Nothing else: browsers accept many more spellings of an address, and convert most of them.
_LOOPBACK = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE)
_CALLS = ("/api", "/_emulator")
_REMEDY = "Use a loopback host name: 127.0.0.1, localhost or [::1]."


class OnlyFromHere:
    """Wraps the emulator's WSGI application.

    A web page can make a browser send requests to this machine: with the page's own host name, whose address it changes
    meanwhile (DNS rebinding), or with the page's origin. Neither the key nor the account helps, since everybody knows
    the emulator's key. Such a request does nothing at all: it gets no fault on order, and isn't recorded.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], clock: Clock) -> None:
        self._app = app
        self._clock = clock

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        why = _refusal(environ)
        if not why:
            return self._app(environ, start_response)
        refused = answer(wire.error_body(403, f"{why} Nothing was done.", self._clock.now()), 403)
        return refused(environ, start_response)


def _refusal(environ: dict[str, Any]) -> str:
    host, origin = environ.get("HTTP_HOST", ""), environ.get("HTTP_ORIGIN")
    if not _LOOPBACK.fullmatch(host):
        return f"The emulator answers only requests to this machine. {_REMEDY}"
    if not environ.get("PATH_INFO", "").startswith(_CALLS):
        return ""  # the page, to which a link may lead
    foreign = origin is not None and origin.lower() != f"http://{host}".lower()
    if foreign or environ.get("HTTP_SEC_FETCH_SITE", "none") not in ("none", "same-origin"):
        return "The emulator refuses requests from other web pages."
    return ""
