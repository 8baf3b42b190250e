"""8x8 Automation API workflows as resources of a Pulumi program.

::

    import pulumi_8x8 as automation

    automation.Workflow("auto-reply", trigger="inbound_chat_apps", steps=[automation.ChatAppsMessage(...)])
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pulumi_8x8.definition import (
        SMS,
        Branch,
        ChatAppsMessage,
        HttpRequest,
        If,
        SendToConverse,
        Step,
        VoiceMessage,
        Wait,
        WaitForDTMF,
        WaitForReply,
    )
    from pulumi_8x8.resources import (
        Account,
        Workflow,
        WorkflowRun,
        digests,
        get_script_functions,
        get_time_zones,
        get_usage,
        get_workflow,
        get_workflow_versions,
        get_workflows,
    )

__all__ = [
    "SMS",
    "Account",
    "Branch",
    "ChatAppsMessage",
    "HttpRequest",
    "If",
    "SendToConverse",
    "Step",
    "VoiceMessage",
    "Wait",
    "WaitForDTMF",
    "WaitForReply",
    "Workflow",
    "WorkflowRun",
    "digests",
    "get_script_functions",
    "get_time_zones",
    "get_usage",
    "get_workflow",
    "get_workflow_versions",
    "get_workflows",
]

_FROM_RESOURCES = {"Account", "Workflow", "WorkflowRun", "digests"}
_FROM_DEFINITION = {name for name in __all__ if name not in _FROM_RESOURCES and not name.startswith("get_")}


def __getattr__(name: str) -> Any:
    # Imported when first used: the command line must not wait for the Pulumi SDK (half a second).
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{'definition' if name in _FROM_DEFINITION else 'resources'}")
    globals()[name] = value = getattr(module, name)  # asked for once
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
