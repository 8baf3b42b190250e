"""The step type WaitForDTMF. Source: the OpenAPI file and the page on steps."""

from __future__ import annotations

from typing import Annotated

from pulumi_8x8.definition.results import WaitsForKeys
from pulumi_8x8.definition.steps.base import Duration, Info, Phrases, Step, Text, step
from pulumi_8x8.definition.triggers import members


@step
class WaitForDTMF(WaitsForKeys, Step):
    """Waits for keys pressed after a ``say&capture`` call. Afterwards ``step.dtmfData``, null on timeout."""

    step_type = "WaitForDTMF"
    role = "waits"
    result = members(
        "",
        dtmfData=members(
            "uid destination clientRequestId *",
            status=members("code timestamp *"),
            actionDetails=members("dtmf *"),
        ),
    )
    answer = "step.dtmfData"
    words = Phrases(added="{} waits for keys", removed="{} no longer waits for keys")

    dtmf_request_id: Annotated[Text | None, Info("that call's clientRequestId or uid.")] = None
    correlation_id: Annotated[Text | None, Info()] = None
    timeout: Annotated[
        Duration | None, Info("d.HH:mm:ss, HH:mm:ss or whole days; 1 day when left out.", default="1.00:00:00")
    ] = None
