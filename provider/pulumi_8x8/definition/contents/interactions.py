"""Interactive messages: buttons, lists, products, links, forms, and requests for what the receiver shares.

Source: the OpenAPI file of the messaging API. The limits are WhatsApp's, as the file has them.
"""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, Literal

from pulumi_8x8.definition.contents.chat_apps import Content, Whole
from pulumi_8x8.definition.contents.limits import Count, Length, Range, Trimmed, Url
from pulumi_8x8.definition.contents.part import At, Input, InputList, InputObject, Part, Short, part
from pulumi_8x8.definition.contents.wholes import AnyOf, HeaderOfText, NoHeader, TitlesOfMany, Total, Unique
from pulumi_8x8.definition.steps.base import Info


def _file(kind: str) -> AnyOf:
    return AnyOf((f"{kind}.link", f"{kind}.id"), "link is missing, and the header needs it", f"add {kind}.link")


@part
class HeaderText(Part):
    """A text above a message; a plain text is short for it."""

    called = "a header of the type text"
    fixed = {"type": "text"}

    text: Annotated[Input[str], Info("the text."), Length(60, settled=False, channel="WhatsApp")] = field(kw_only=False)


@part
class HeaderImage(Part):
    """A picture above a message."""

    called = "a header of the type image"
    fixed = {"type": "image"}
    wholes = (_file("image"),)

    link: Annotated[Input[str] | None, At("image.link"), Info("public URL of the picture."), Url()] = field(
        default=None, kw_only=False
    )
    id: Annotated[Input[str] | None, At("image.id"), Info("its id, if WhatsApp has it already.")] = None


@part
class HeaderVideo(Part):
    """A film above a message."""

    called = "a header of the type video"
    fixed = {"type": "video"}
    wholes = (_file("video"),)

    link: Annotated[Input[str] | None, At("video.link"), Info("public URL of the film."), Url()] = field(
        default=None, kw_only=False
    )
    id: Annotated[Input[str] | None, At("video.id"), Info("its id, if WhatsApp has it already.")] = None


@part
class HeaderDocument(Part):
    """A document above a message."""

    called = "a header of the type document"
    fixed = {"type": "document"}
    wholes = (_file("document"),)

    link: Annotated[Input[str] | None, At("document.link"), Info("public URL of the document."), Url()] = field(
        default=None, kw_only=False
    )
    id: Annotated[Input[str] | None, At("document.id"), Info("its id, if WhatsApp has it already.")] = None
    filename: Annotated[Input[str] | None, At("document.filename"), Info("its name.")] = None


@part
class Interactive(Content):
    """What interactive messages share."""

    expects = ("interactive.type",)
    brings = {"type": "interactive"}

    footer: Annotated[
        Input[str] | None, At("interactive.footer.text", whole=True), Info("small text below the message."), Length(60)
    ] = None


@part
class _Headed(Interactive):
    body: Annotated[Input[str], At("interactive.body.text"), Info("what the receiver reads."), Length(1024)] = field(
        kw_only=False
    )
    header: Annotated[
        Input[str] | HeaderText | HeaderImage | HeaderVideo | HeaderDocument | InputObject | None,
        At("interactive.header"),
        Short(HeaderText),
        Info("a text, picture, film or document above the message."),
    ] = None


@part
class Reply(Part):
    """A button: a tap sends its id and title."""

    called = "a button"
    fixed = {"type": "reply"}

    id: Annotated[
        Input[str], At("reply.id"), Info("what a tap sends; conditions compare it."), Length(256), Trimmed()
    ] = field(kw_only=False)
    title: Annotated[Input[str], At("reply.title"), Info("what is written on it."), Length(20)] = field(kw_only=False)


@part
class Buttons(_Headed):
    """A text with up to three buttons.

    ``automation.Buttons("Welcome!", [automation.Reply("book", "Book a table")])``
    """

    called = "a message with buttons"
    fixed = {"interactive.type": "button"}
    wholes = (
        Unique("interactive.action.buttons.*.reply.id", "buttons"),
        Unique("interactive.action.buttons.*.reply.title", "titles of buttons", title=True),
    )

    buttons: Annotated[
        InputList[Reply | InputObject],
        At("interactive.action.buttons"),
        Info("one to three buttons."),
        Count(1, 3, "button"),
    ] = field(kw_only=False)


@part
class Row(Part):
    """A row of a list: a tap sends its id, title and description."""

    called = "a row"

    id: Annotated[Input[str], Info("what a tap sends; conditions compare it."), Length(200), Trimmed()] = field(
        kw_only=False
    )
    title: Annotated[Input[str], Info("what is written on it."), Length(24)] = field(kw_only=False)
    description: Annotated[Input[str] | None, Info("its second line."), Length(72, empty=True)] = None


@part
class Section(Part):
    """Rows of a list under a title."""

    called = "a section"

    rows: Annotated[InputList[Row | InputObject], Info("its rows; a list has at most ten."), Count(1, 10, "row")] = (
        field(kw_only=False)
    )
    title: Annotated[
        Input[str] | None, Info("its title; needed if there are several sections."), Length(24, empty=True)
    ] = None


@part
class ListMessage(_Headed):
    """A text with a list of up to ten rows, which a button opens."""

    called = "a list message"
    fixed = {"interactive.type": "list"}
    wholes = (
        Unique("interactive.action.sections.*.rows.*.id", "rows"),
        Total("interactive.action.sections.*.rows", 10, "row"),
        HeaderOfText(),
        TitlesOfMany("interactive.action.sections"),
    )

    button: Annotated[Input[str], At("interactive.action.button"), Info("what opens the list."), Length(20)] = field(
        kw_only=False
    )
    sections: Annotated[
        InputList[Section | InputObject],
        At("interactive.action.sections"),
        Info("one to ten sections."),
        Count(1, 10, "section"),
    ] = field(kw_only=False)


@part
class UrlButton(_Headed):
    """A text with a button that opens a URL."""

    called = "a message of the type cta_url"
    fixed = {"interactive.type": "cta_url"}

    display_text: Annotated[
        Input[str], At("interactive.action.parameters.display_text"), Info("what is written on it."), Length(20)
    ]
    url: Annotated[Input[str], At("interactive.action.parameters.url"), Info("what it opens."), Url()]


@part
class FlowMessage(_Headed):
    """A text with a button that opens a form, which WhatsApp calls a flow."""

    called = "a flow message"
    fixed = {"interactive.type": "flow"}

    flow_id: Annotated[Input[str], At("interactive.action.parameters.flowId"), Info("the flow's id."), Length()]
    flow_cta: Annotated[
        Input[str], At("interactive.action.parameters.flowCta"), Info("what is written on the button."), Length(30)
    ]
    flow_action: Annotated[
        Input[Literal["navigate", "data_exchange"]] | None,
        At("interactive.action.parameters.flowAction"),
        Info("navigate (the default) or data_exchange."),
    ] = None
    screen: Annotated[
        Input[str] | None, At("interactive.action.parameters.flowActionPayload.screen"), Info("the first screen.")
    ] = None
    data: Annotated[
        InputObject | None,
        At("interactive.action.parameters.flowActionPayload.data"),
        Info("what the first screen gets."),
    ] = None


@part
class Product(Interactive):
    """A product of a catalogue."""

    called = "a product message"
    fixed = {"interactive.type": "product"}
    wholes = (NoHeader(),)

    catalog_id: Annotated[Input[str], At("interactive.action.catalog_id"), Info("id of the catalogue."), Length()]
    product_retailer_id: Annotated[
        Input[str], At("interactive.action.product_retailer_id"), Info("the product's id in it."), Length()
    ]
    body: Annotated[
        Input[str] | None, At("interactive.body.text", whole=True), Info("what the receiver reads."), Length(1024)
    ] = None


@part
class ProductItem(Part):
    """A product of a list."""

    called = "a product"

    product_retailer_id: Annotated[
        Input[str], At("product_retailer_id"), Info("the product's id in the catalogue."), Length()
    ] = field(kw_only=False)


@part
class ProductSection(Part):
    """Products of a list under a title."""

    called = "a section"

    product_items: Annotated[
        InputList[ProductItem | InputObject],
        At("product_items"),
        Info("its products; a list has at most 30."),
        Count(1, 30, "product"),
    ] = field(kw_only=False)
    title: Annotated[
        Input[str] | None, Info("its title; needed if there are several sections."), Length(24, empty=True)
    ] = None


@part
class ProductList(_Headed):
    """Several products of a catalogue."""

    called = "a product list"
    fixed = {"interactive.type": "product_list"}
    wholes = (
        Total("interactive.action.sections.*.product_items", 30, "product"),
        AnyOf(
            ("interactive.header",),
            "header is missing, and WhatsApp requires it for a product list",
            "add a header of the type text",
            settled=False,
        ),
        TitlesOfMany("interactive.action.sections"),
    )

    catalog_id: Annotated[Input[str], At("interactive.action.catalog_id"), Info("id of the catalogue."), Length()]
    sections: Annotated[
        InputList[ProductSection | InputObject],
        At("interactive.action.sections"),
        Info("one to ten sections."),
        Count(1, 10, "section"),
    ]
    product_retailer_id: Annotated[
        Input[str] | None, At("interactive.action.product_retailer_id"), Info("the product that is shown first.")
    ] = None


@part
class LocationRequest(Interactive):
    """Asks the receiver to share a location."""

    called = "a location request"
    fixed = {"interactive.type": "location_request_message", "interactive.action.name": "send_location"}
    wholes = (NoHeader(),)

    body: Annotated[Input[str], At("interactive.body.text"), Info("what the receiver reads."), Length(1024)] = field(
        kw_only=False
    )


@part
class ContactRequest(Interactive):
    """Asks the receiver to share a phone number."""

    called = "a contact request"
    fixed = {"interactive.type": "request_contact_info"}

    body: Annotated[
        Input[str] | None, At("interactive.body.text", whole=True), Info("what the receiver reads."), Length(1024)
    ] = None


@part
class CallPermissionRequest(Interactive):
    """Asks the receiver to allow calls."""

    called = "a call permission request"
    fixed = {"interactive.type": "call_permission_request"}

    body: Annotated[
        Input[str] | None, At("interactive.body.text", whole=True), Info("what the receiver reads."), Length(1024)
    ] = None


@part
class CallButton(Interactive):
    """A text with a button that calls the business on WhatsApp."""

    called = "a voice call message"
    fixed = {"interactive.type": "voice_call"}

    body: Annotated[Input[str], At("interactive.body.text"), Info("what the receiver reads."), Length(1024)] = field(
        kw_only=False
    )
    display_text: Annotated[
        Input[str] | None,
        At("interactive.action.parameters.display_text"),
        Info("what is written on it."),
        Length(20),
    ] = None
    ttl_minutes: Annotated[
        Whole | None, At("interactive.action.parameters.ttlMinutes"), Info("how long it works."), Range(1, 43_200)
    ] = None
    payload: Annotated[
        Input[str] | None,
        At("interactive.action.parameters.payload"),
        Info("what the call carries."),
        Length(512, empty=True),
    ] = None
    action_name: Annotated[
        Input[Literal["voice_call"]] | None, At("interactive.action.name"), Info("the action's name.")
    ] = None
