"""Message templates and their components. What a template of a name needs is known online only.

Source: the OpenAPI file of the messaging API, and its published samples.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal, TypeAlias

from pulumi_8x8.definition.contents.chat_apps import Content, Number, Whole
from pulumi_8x8.definition.contents.limits import LANGUAGE, TEMPLATE_NAME, Count, Filled, Length, OneLine, Range, Url
from pulumi_8x8.definition.contents.nodes import Usual
from pulumi_8x8.definition.contents.part import At, Input, InputList, InputObject, Part, Short, part
from pulumi_8x8.definition.contents.wholes import OneOfEachComponent, ParametersOfButton
from pulumi_8x8.definition.steps.base import Info


@part
class TextParameter(Part):
    """A text for a placeholder; a plain text is short for it."""

    called = "a parameter of the type text"
    fixed = {"type": "text"}

    text: Annotated[Input[str], Info("the text."), Filled(), OneLine()] = field(kw_only=False)
    name: Annotated[Input[str] | None, Info("the placeholder's name, if it has one.")] = None


@part
class ImageParameter(Part):
    """A picture for a placeholder."""

    called = "a parameter of the type image"
    fixed = {"type": "image"}

    url: Annotated[Input[str], Info("public URL of the picture."), Url()] = field(kw_only=False)


@part
class GifParameter(Part):
    """A film without sound for a placeholder."""

    called = "a parameter of the type gif"
    fixed = {"type": "gif"}

    url: Annotated[Input[str], Info("public URL of a video file."), Url()] = field(kw_only=False)


@part
class VideoParameter(Part):
    """A film for a placeholder."""

    called = "a parameter of the type video"
    fixed = {"type": "video"}

    url: Annotated[Input[str], Info("public URL of the film."), Url()] = field(kw_only=False)


@part
class DocumentParameter(Part):
    """A document for a placeholder."""

    called = "a parameter of the type document"
    fixed = {"type": "document"}

    url: Annotated[Input[str], Info("public URL of the document."), Url()] = field(kw_only=False)
    filename: Annotated[Input[str] | None, Info("its name.")] = None


@part
class LocationParameter(Part):
    """A place for a placeholder."""

    called = "a parameter of the type location"
    fixed = {"type": "location"}

    latitude: Annotated[Number, At("location.latitude"), Info("in degrees."), Range(-90, 90)] = field(kw_only=False)
    longitude: Annotated[Number, At("location.longitude"), Info("in degrees."), Range(-180, 180)] = field(kw_only=False)
    name: Annotated[Input[str] | None, At("location.name"), Info("text below the map.")] = None
    address: Annotated[Input[str] | None, At("location.address"), Info("address below the map.")] = None


@part
class PayloadParameter(Part):
    """What a tap on a quick reply sends."""

    called = "a parameter of the type payload"
    fixed = {"type": "payload"}

    payload: Annotated[Input[str], Info("what a tap sends; conditions compare it."), Length()] = field(kw_only=False)
    text: Annotated[Input[str] | None, Info("what is written on the button, for people who read this.")] = None


@part
class CouponParameter(Part):
    """A code that a tap copies."""

    called = "a parameter of the type couponCode"
    fixed = {"type": "couponCode"}

    coupon_code: Annotated[Input[str], Info("the code."), Length(15, settled=False, channel="WhatsApp")] = field(
        kw_only=False
    )


@part
class FlowParameter(Part):
    """What the form behind a button begins with."""

    called = "a parameter of the type action"
    fixed = {"type": "action"}

    screen: Annotated[Input[str] | None, At("flowActionData.screen"), Info("the first screen.")] = None
    data: Annotated[InputObject | None, At("flowActionData.data"), Info("what the first screen gets.")] = None


@part
class TtlParameter(Part):
    """How long a call button works."""

    called = "a parameter of the type ttlMinutes"
    fixed = {"type": "ttlMinutes"}

    ttl_minutes: Annotated[Whole, Info("minutes."), Range(1, 43_200)] = field(kw_only=False)


_Parameter: TypeAlias = (
    TextParameter
    | ImageParameter
    | GifParameter
    | VideoParameter
    | DocumentParameter
    | LocationParameter
    | PayloadParameter
    | CouponParameter
    | FlowParameter
    | TtlParameter
    | InputObject
)


@part
class TemplateHeader(Part):
    """What fills the header of a template."""

    called = "a component of the type header"
    fixed = {"type": "header"}

    parameters: Annotated[
        InputList[Input[str] | _Parameter],
        Short(TextParameter, each=True),
        Info("a text, picture, film, document or place."),
        Usual(),
    ] = field(kw_only=False)


@part
class TemplateBody(Part):
    """What fills the placeholders in the body of a template, in order.

    ``automation.TemplateBody(["Alex", "{{data.order}}"])``
    """

    called = "a component of the type body"
    fixed = {"type": "body"}
    expects = ("type",)

    parameters: Annotated[
        InputList[Input[str] | _Parameter],
        Short(TextParameter, each=True),
        Info("texts for the placeholders."),
        Usual(),
    ] = field(kw_only=False)


@part
class TemplateFooter(Part):
    """What fills the footer of a template."""

    called = "a component of the type footer"
    fixed = {"type": "footer"}

    parameters: Annotated[
        InputList[Input[str] | _Parameter] | None, Short(TextParameter, each=True), Info("texts for the placeholders.")
    ] = None


@part
class TemplateButton(Part):
    """What fills a button of a template.

    ``automation.TemplateButton("QuickReply", 0, [automation.PayloadParameter("confirm")])``
    """

    called = "a component of the type button"
    fixed = {"type": "button"}
    wholes = (ParametersOfButton(),)

    sub_type: Annotated[
        Input[Literal["QuickReply", "Url", "CopyCode", "Flow", "VoiceCall"]], Info("type of the button.")
    ] = field(kw_only=False)
    index: Annotated[Whole, Info("the button's place, from 0."), Range(0, 9), Usual()] = field(kw_only=False)
    parameters: Annotated[
        InputList[Input[str] | _Parameter] | None,
        Short(TextParameter, each=True),
        Info("a payload, the end of a URL, a code."),
    ] = field(default=None, kw_only=False)


@part
class TemplateCard(Part):
    """A card of a template with a carousel."""

    called = "a card"

    components: Annotated[
        InputList[TemplateHeader | TemplateBody | TemplateButton | InputObject],
        Info("what fills the card."),
    ] = field(kw_only=False)
    card_index: Annotated[Whole, Info("the card's place, from 0."), Range(0, 9), Usual()] = field(kw_only=False)


@part
class TemplateCarousel(Part):
    """What fills the cards of a template."""

    called = "a component of the type carousel"
    fixed = {"type": "carousel"}

    cards: Annotated[InputList[TemplateCard | InputObject], Info("up to ten cards."), Count(1, 10, "card")] = field(
        kw_only=False
    )


@part
class TemplateCallPermission(Part):
    """The request for a permission to call, in a template."""

    called = "a component of the type call_permission_request"
    fixed = {"type": "call_permission_request"}


@part
class TemplateContactRequest(Part):
    """The request for a phone number, in a template."""

    called = "a component of the type request_contact_info"
    fixed = {"type": "request_contact_info"}


@part
class Template(Content):
    """A message that was approved before, with what fills its placeholders.

    ``automation.Template("order_update", "en_US", [automation.TemplateBody(["Alex"])])``
    """

    called = "a template message"
    brings = {"type": "template"}
    wholes = (OneOfEachComponent(),)

    name: Annotated[Input[str], At("template.name"), Info("its name."), Length(), TEMPLATE_NAME] = field(kw_only=False)
    language: Annotated[
        Input[str], At("template.language"), Info("its language, such as en_US."), Length(), LANGUAGE, Usual()
    ] = field(kw_only=False)
    components: Annotated[
        InputList[
            TemplateHeader
            | TemplateBody
            | TemplateFooter
            | TemplateButton
            | TemplateCarousel
            | TemplateCallPermission
            | TemplateContactRequest
            | InputObject
        ]
        | None,
        At("template.components"),
        Info("what fills its placeholders."),
    ] = field(default=None, kw_only=False)
