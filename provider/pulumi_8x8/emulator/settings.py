"""What can be chosen about an emulator, among it every point on which the facts about the service are unsettled."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from pulumi_8x8.simulator import SimulatorSettings


@dataclass(frozen=True)
class EmulatorSettings:
    """The choices, each with the default that the published facts speak for.

    :ivar api_key: the Bearer key that ``/api`` asks for.
    :ivar accounts: the account ids that are served; empty: every one.
    :ivar offset: whether ``offset`` counts items or pages. The OpenAPI file calls it a page offset and describes
        it as if it counted items.
    :ivar list_disabled: whether the list of definitions holds disabled ones. The OpenAPI file says "active".
    :ivar delete_delay: seconds until an accepted DELETE is carried out.
    :ivar simulator: the choices about running workflows.
    """

    api_key: str = "emulator-key"
    accounts: frozenset[str] = frozenset()
    offset: Literal["items", "pages"] = "items"
    list_disabled: bool = True
    delete_delay: float = 0.2
    simulator: SimulatorSettings = field(default_factory=SimulatorSettings)
