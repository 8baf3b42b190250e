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
    from pulumi_8x8.definition.contents.calls import (
        PlayFile,
        Say,
        SayAndCapture,
    )
    from pulumi_8x8.definition.contents.cards import (
        Carousel,
        RichCard,
    )
    from pulumi_8x8.definition.contents.chat_apps import (
        Audio,
        Channel,
        DirectSend,
        File,
        Image,
        Location,
        QuotedMessage,
        SmsFallback,
        Text,
        User,
        ViberMessage,
        Video,
    )
    from pulumi_8x8.definition.contents.interactions import (
        Buttons,
        CallButton,
        CallPermissionRequest,
        ContactRequest,
        FlowMessage,
        HeaderDocument,
        HeaderImage,
        HeaderText,
        HeaderVideo,
        ListMessage,
        LocationRequest,
        Product,
        ProductItem,
        ProductList,
        ProductSection,
        Reply,
        Row,
        Section,
        UrlButton,
    )
    from pulumi_8x8.definition.contents.rcs import (
        CalendarSuggestion,
        CallSuggestion,
        CarouselCard,
        MapSuggestion,
        ReplySuggestion,
        UrlSuggestion,
    )
    from pulumi_8x8.definition.contents.template import (
        CouponParameter,
        DocumentParameter,
        FlowParameter,
        GifParameter,
        ImageParameter,
        LocationParameter,
        PayloadParameter,
        Template,
        TemplateBody,
        TemplateButton,
        TemplateCallPermission,
        TemplateCard,
        TemplateCarousel,
        TemplateContactRequest,
        TemplateFooter,
        TemplateHeader,
        TextParameter,
        TtlParameter,
        VideoParameter,
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
    "Audio",
    "Branch",
    "Buttons",
    "CalendarSuggestion",
    "CallButton",
    "CallPermissionRequest",
    "CallSuggestion",
    "Carousel",
    "CarouselCard",
    "Channel",
    "ChatAppsMessage",
    "ContactRequest",
    "CouponParameter",
    "DirectSend",
    "DocumentParameter",
    "File",
    "FlowMessage",
    "FlowParameter",
    "GifParameter",
    "HeaderDocument",
    "HeaderImage",
    "HeaderText",
    "HeaderVideo",
    "HttpRequest",
    "If",
    "Image",
    "ImageParameter",
    "ListMessage",
    "Location",
    "LocationParameter",
    "LocationRequest",
    "MapSuggestion",
    "PayloadParameter",
    "PlayFile",
    "Product",
    "ProductItem",
    "ProductList",
    "ProductSection",
    "QuotedMessage",
    "Reply",
    "ReplySuggestion",
    "RichCard",
    "Row",
    "Say",
    "SayAndCapture",
    "Section",
    "SendToConverse",
    "SmsFallback",
    "Step",
    "Template",
    "TemplateBody",
    "TemplateButton",
    "TemplateCallPermission",
    "TemplateCard",
    "TemplateCarousel",
    "TemplateContactRequest",
    "TemplateFooter",
    "TemplateHeader",
    "Text",
    "TextParameter",
    "TtlParameter",
    "UrlButton",
    "UrlSuggestion",
    "User",
    "ViberMessage",
    "Video",
    "VideoParameter",
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

#: The modules that have the typed parts of messages.
_CONTENTS = ("calls", "cards", "chat_apps", "interactions", "rcs", "template")
_FROM_RESOURCES = {"Account", "Workflow", "WorkflowRun", "digests"}


def __getattr__(name: str) -> Any:
    # Imported when first used: the command line must not wait for the Pulumi SDK (half a second).
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = _find(name)  # asked for once
    return value


def _find(name: str) -> Any:
    if name in _FROM_RESOURCES or name.startswith("get_"):
        return getattr(import_module(f"{__name__}.resources"), name)
    modules = ("definition", *(f"definition.contents.{each}" for each in _CONTENTS))
    found = (getattr(import_module(f"{__name__}.{each}"), name, None) for each in modules)
    return next(each for each in found if each is not None)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
