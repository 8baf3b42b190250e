"""What the providers have in common: their config, and errors that are shown as one message."""

from __future__ import annotations

import functools
import gc
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, ParamSpec, TypeVar

import stamina
from pulumi.dynamic import ConfigureRequest, ResourceProvider
from pulumi.output import Output, Unknown

from pulumi_8x8.api import Client, Settings
from pulumi_8x8.definition import Hole
from pulumi_8x8.errors import Pulumi8x8Error
from pulumi_8x8.resources.collecting import collect_seldom

# What is not known yet, in a program and in the plugin.
for _kind in (Output, Awaitable, Unknown):
    Hole.register(_kind)

_P = ParamSpec("_P")
_R = TypeVar("_R")


def plainly(method: Callable[_P, _R]) -> Callable[_P, _R]:
    """Lets the user see an error of ours as one message, without a traceback.

    The plugin sends ``traceback.format_exc()`` to the engine; of an exception whose module is ``builtins``, and with
    no traceback kept, that is exactly ``name: message`` (measured with SDK 3.272.0).
    """

    @functools.wraps(method)
    def wrapper(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        try:
            return method(*args, **kwargs)
        except Pulumi8x8Error as error:
            shown = type(type(error).__name__, (Exception,), {"__module__": "builtins"})
            raise shown(str(error)) from None

    return wrapper


class Configured(ResourceProvider):
    """A provider that knows the stack's config. One instance serves all resources of an operation, in several threads.

    What is pickled into the state is empty: everything else is made by :meth:`configure`, in the plugin's process.
    """

    #: The reference to the class is no secret; encrypting it would only bloat the state.
    serialize_as_secret_always = False

    _resolve: Callable[[str | None, str | None, str | None], Settings]

    def configure(self, req: ConfigureRequest) -> None:
        """Keeps the stack's config; what is wrong with it is told by the call that needs it."""
        sys.tracebacklimit = 0  # this is the plugin's process, see plainly
        gc.freeze()  # which lives for one operation: what is read in it stays
        collect_seldom()
        stamina.instrumentation.set_on_retry_hooks([])  # it would log each try; Client.tell says what matters
        self.configure_with(req.config.get)

    def configure_with(self, config: Callable[[str], object]) -> None:
        """:meth:`configure`, without the engine.

        :param config: the value of a key such as ``8x8:accountId``, ``None`` when it is not set.
        """
        # Asked for several times a workflow, and the same in all of an operation.
        self._resolve = functools.cache(
            lambda account_id, base_url, api_key: Settings.resolve(
                config, account_id=account_id, base_url=base_url, api_key=api_key
            )
        )

    def client(self, settings: Settings) -> Client:
        """Makes a client; a seam for running without a network."""
        return Client(settings)

    def settings(self, place: Mapping[str, Any], key: Mapping[str, Any] | None = None) -> Settings:
        """Where a resource with the properties ``place`` is.

        :param key: the properties that name the key's setting, when they are others.
        :raises SettingsError: it is not configured.
        """
        account = place.get("account") or {}
        api_key = ((place if key is None else key).get("account") or {}).get("apiKey")
        return self._resolve(account.get("id"), account.get("baseUrl"), api_key)
