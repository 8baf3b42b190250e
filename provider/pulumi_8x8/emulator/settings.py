"""Settings of an emulator, including every point where the facts about the service are unsettled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pulumi_8x8.definition import Json
from pulumi_8x8.errors import SettingsError
from pulumi_8x8.simulator import SimulatorSettings
from pulumi_8x8.validation import Invalid, Must, Parsed, validated


@dataclass(frozen=True)
class EmulatorSettings:
    """The choices, each with the default that the published facts suggest.

    :ivar api_key: the Bearer key that ``/api`` requires.
    :ivar accounts: the ids of the accounts that it serves; empty: all accounts.
    :ivar offset: whether ``offset`` counts items or pages. The OpenAPI file calls it a page offset and describes
        it as if it counted items.
    :ivar list_disabled: whether the list of definitions has disabled ones. The OpenAPI file has "active".
    :ivar start_disabled: whether a disabled definition can be started by hand; triggers never start it. The OpenAPI
        file doesn't mention it, and calls a start by hand a test.
    :ivar delete_delay: seconds until it carries out an accepted DELETE.
    :ivar max_jump_time: seconds that one jump of the clock may take; the emulator's choice.
    :ivar stubs: answers to HTTP calls of workflows, see :class:`pulumi_8x8.simulator.Stubs`.
    :ivar allowed_hosts: ``host`` or ``host:port``; where HTTP calls without a stub may go. Others fail as if the
        host did not exist.
    :ivar simulator: the choices about running workflows.
    """

    api_key: str = "emulator-key"
    accounts: frozenset[str] = frozenset()
    offset: Literal["items", "pages"] = "items"
    list_disabled: bool = True
    start_disabled: bool = True
    delete_delay: Annotated[float, Must("be a number of seconds, 0 or more", lambda delay: delay >= 0)] = 0.2
    max_jump_time: Annotated[float, Must("be a number of seconds above 0", lambda seconds: seconds > 0)] = 30.0
    stubs: Sequence[Json] = ()
    allowed_hosts: frozenset[str] = frozenset()
    simulator: Annotated[SimulatorSettings, Parsed(lambda chosen: validated(SimulatorSettings, vars(chosen)))] = field(
        default_factory=SimulatorSettings
    )

    def checked(self) -> EmulatorSettings:
        """Returns the settings. :raises SettingsError: one of them isn't a choice."""
        try:
            return validated(EmulatorSettings, vars(self))
        except Invalid as error:
            raise SettingsError(f"the emulator's settings: {error}. It isn't started.") from None
