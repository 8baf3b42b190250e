"""8x8 Automation API workflows as resources of a Pulumi program.

::

    import pulumi_8x8 as automation

    message = automation.inbound_sms()
    reply = automation.SMS("reply", sub_account_id="acme", destination=message.payload.source, text="Thank you!")
    automation.Workflow("auto-reply", trigger=message, steps=[reply])
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
        Content,
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
    from pulumi_8x8.definition.expressions import Predicate, Value, if_else, uuid
    from pulumi_8x8.definition.linking import Flow, flow, prefix
    from pulumi_8x8.definition.members import Anything, Members, data, script, step
    from pulumi_8x8.definition.payloads import (
        InboundChatApps,
        InboundLine,
        InboundSms,
        http_request,
        inbound_chat_apps,
        inbound_sms,
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
    "Anything",
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
    "Content",
    "CouponParameter",
    "DirectSend",
    "DocumentParameter",
    "File",
    "Flow",
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
    "InboundChatApps",
    "InboundLine",
    "InboundSms",
    "ListMessage",
    "Location",
    "LocationParameter",
    "LocationRequest",
    "MapSuggestion",
    "Members",
    "PayloadParameter",
    "PlayFile",
    "Predicate",
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
    "Value",
    "ViberMessage",
    "Video",
    "VideoParameter",
    "VoiceMessage",
    "Wait",
    "WaitForDTMF",
    "WaitForReply",
    "Workflow",
    "WorkflowRun",
    "data",
    "digests",
    "flow",
    "get_script_functions",
    "get_time_zones",
    "get_usage",
    "get_workflow",
    "get_workflow_versions",
    "get_workflows",
    "http_request",
    "if_else",
    "inbound_chat_apps",
    "inbound_sms",
    "prefix",
    "script",
    "step",
    "uuid",
]

#: The modules that have the typed parts of messages.
_CONTENTS = ("calls", "cards", "chat_apps", "interactions", "rcs", "template")
#: What isn't in ``definition`` itself, by module.
_FROM = {
    name: module
    for module, names in {
        "resources": "Account Workflow WorkflowRun digests get_script_functions get_time_zones get_usage get_workflow "
        "get_workflow_versions get_workflows",
        "definition.expressions": "Predicate Value if_else uuid",
        "definition.members": "Anything Members data script step",
        "definition.linking": "Flow flow prefix",
        "definition.payloads": "InboundChatApps InboundLine InboundSms http_request inbound_chat_apps inbound_sms",
    }.items()
    for name in names.split()
}


def __getattr__(name: str) -> Any:
    # Imported when first used: the command line must not wait for the Pulumi SDK (half a second).
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value = _find(name)  # asked for once
    return value


def _find(name: str) -> Any:
    contents = [f"definition.contents.{each}" for each in _CONTENTS]
    modules = [_FROM[name]] if name in _FROM else ["definition", *contents]
    found = (getattr(import_module(f"{__name__}.{each}"), name, None) for each in modules)
    return next(each for each in found if each is not None)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
