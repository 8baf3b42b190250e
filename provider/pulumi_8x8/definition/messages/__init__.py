"""What a step sends: the messages as their receivers see them, and in words."""

from __future__ import annotations

from pulumi_8x8.definition.messages.reading import Card, Choice, Media, Message, read_message
from pulumi_8x8.definition.messages.words import UNTITLED, in_one_line, in_words

__all__ = ["UNTITLED", "Card", "Choice", "Media", "Message", "in_one_line", "in_words", "read_message"]
