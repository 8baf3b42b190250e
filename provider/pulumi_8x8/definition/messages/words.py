"""A message in words, as a person reads it: in several lines, and in one."""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_8x8.definition.messages.reading import Card, Choice, Media, Message

#: What stands for a choice whose title only the template or the phone knows.
UNTITLED = {
    "quick_reply": "quick reply",
    "url": "link",
    "flow": "form",
    "copy": "copy code",
    "call": "call",
    "call_permission": "allow calls",
    "contact": "share contact info",
    "location": "send location",
}


def in_words(message: Message) -> str:
    """The message as its receiver reads it, a part a line.

    >>> from pulumi_8x8.definition.messages.reading import read_message
    >>> buttons = [{"type": "reply", "reply": {"id": "book", "title": "Book a table"}}]
    >>> interactive = {"type": "button", "body": {"text": "Welcome!"}, "action": {"buttons": buttons}}
    >>> inputs = {"type": "interactive", "content": {"interactive": interactive}}
    >>> print(in_words(read_message("ChatAppsMessage", inputs)))
    Welcome!
    [Book a table]
    """
    return "\n".join(_lines(message))


def in_one_line(message: Message, limit: int = 120) -> str:
    """The message in one line of at most ``limit`` characters; choices are in brackets.

    >>> from pulumi_8x8.definition.messages.reading import read_message
    >>> in_one_line(read_message("SMS", {"text": "Hello!\\nHow are you?"}))
    'Hello! How are you?'
    """
    titles = [_title(choice) for choice in message.choices]
    if message.button:
        titles = [": ".join((message.button, " | ".join(titles)))]
    choices = [f"[{title}]" for title in titles] + [f"({_card(card)})" for card in message.cards]
    # A long text must not hide what can be tapped.
    tail = _cut(" ".join(choices), limit // 2)
    head = _cut(" · ".join(_head(message)), limit - len(tail) - 1 if tail else limit)
    return " ".join(filter(None, (head, tail)))


def _cut(text: str, limit: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else text[: max(limit - 1, 0)].rstrip() + "…"


def _lines(message: Message) -> Iterator[str]:
    yield from _head(message)
    indent = ""
    if message.button:
        yield f"[{message.button}]"
        indent = "  "
    section = ""
    for choice in message.choices:
        if choice.section and choice.section != section:
            yield f"{indent}{choice.section}"
        section = choice.section
        yield f"{indent}[{_title(choice)}]{_more(choice)}"
    for card in message.cards:
        yield f"- {_card(card)}"
    if message.fallback:
        yield f"or by SMS: {message.fallback.body}"


def _head(message: Message) -> Iterator[str]:
    """Everything before the choices."""
    if message.kind == "handover":
        yield "an agent takes over in Converse"
    if message.kind == "template":
        yield f"template {message.template}" + (f" ({message.language})" if message.language else "")
    yield from (_media(each) for each in message.media)
    if message.header:
        yield message.header
    if message.body:
        yield message.body
    if message.parameters:
        yield "with " + ", ".join(f'"{each}"' for each in message.parameters)
    if message.footer:
        yield message.footer


def _media(media: Media) -> str:
    what = " ".join(filter(None, (media.name, f"({media.detail})" if media.detail else "")))
    return f"{media.kind}: {what or media.url}"


def _title(choice: Choice) -> str:
    return choice.title or UNTITLED.get(choice.kind) or choice.id


def _more(choice: Choice) -> str:
    extra = choice.description or (f"→ {choice.target}" if choice.target and choice.kind != "flow" else "")
    return f" {extra}" if extra else ""


def _card(card: Card) -> str:
    parts = (card.title, card.body, *map(_media, card.media), *(f"[{_title(each)}]" for each in card.choices))
    return " ".join(filter(None, parts))
