"""A picture as SVG, for an HTML page whose style sheet has the colours or as a file, and as its shapes. No I/O."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from itertools import pairwise
from typing import Any

from pulumi_8x8.phrasing import printable_lines
from pulumi_8x8.review.layout import LABEL_LETTER, Layout, lay_out, shown_name
from pulumi_8x8.review.pictures import Picture

#: Signs besides the colours, for people who don't see colours, and for paper.
_SIGNS = {"added": "+ ", "removed": "− ", "changed": "~ "}
#: The width of an arrow that nobody takes, in pixels, and how much wider an arrow is that everybody takes.
_THIN, _WIDER = 1.3, 4.2
#: The height of a band in pixels; about four fit on a page.
_BAND = 250


def escaped(text: str) -> str:
    """Escapes a text for HTML and SVG, and makes it printable."""
    return escape(printable_lines(text))


def to_svg(picture: Picture, about: str) -> str:
    """An ``<svg>`` element.

    :param about: its description for screen readers.
    """
    layout = lay_out(picture)
    return f"{_open(layout, 0, layout.height, about)}{_drawn(picture, layout)}</svg>"


def style() -> str:
    """The style sheet of all pictures, with colours for light and dark mode."""
    return files(__package__).joinpath("flow.css").read_text("utf-8")


def to_standalone_svg(picture: Picture, about: str) -> str:
    """A file with one picture, which loads nothing. It has a background, since it may be on a page of any colour.

    :param about: its description for screen readers.
    """
    layout = lay_out(picture)
    opening = _open(layout, 0, layout.height, about).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return (
        f"{opening}\n<style>\n{style()}</style>\n"
        f'<rect class="plate" width="100%" height="100%"/>{_drawn(picture, layout)}</svg>\n'
    )


def to_bands(picture: Picture, about: str, name: str) -> str:
    """A tall picture as several ``<svg>`` elements, one below the other, so that a page break cuts no box or label.

    :param about: its description for screen readers.
    :param name: an id that is unique on the page.
    """
    layout = lay_out(picture)
    cuts = _cuts(layout)
    # The drawing exists once, and each band shows a part of it.
    drawing = f'<g class="flow" id="{name}">{_drawn(picture, layout)}</g>'
    parts = [f'<svg class="flow" width="0" height="0"><defs>{drawing}</defs></svg>']
    for number, (top, bottom) in enumerate(pairwise(cuts), start=1):
        part = f"{about}, part {number} of {len(cuts) - 1}"
        parts.append(f'{_open(layout, top, bottom - top, part)}<use href="#{name}"/></svg>')
    return "".join(parts)


def to_shapes(picture: Picture) -> dict[str, Any]:
    """The same drawing as JSON, for a page that draws it itself: sizes and positions in pixels, lines as SVG paths."""
    layout = lay_out(picture)
    boxes = [
        {"id": box.name, "name": shown_name(box.name), "kind": shown_name(box.kind), "state": box.state, **vars(shape)}
        for box, shape in zip(picture.boxes, layout.boxes, strict=True)
    ]
    arrows = [
        {
            "from": picture.boxes[arrow.source].name,
            "to": picture.boxes[arrow.target].name,
            "how": arrow.how,
            "label": printable_lines(arrow.label),
            "line": _curve(line, layout.sideways),
            "head": _head(line[-1], layout.sideways),
            "middle": label,
            "width": len(arrow.label) * LABEL_LETTER,
        }
        for arrow, line, label in zip(picture.arrows, layout.lines, layout.labels, strict=True)
    ]
    return {"width": layout.width, "height": layout.height, "boxes": boxes, "arrows": arrows}


def _cuts(layout: Layout) -> list[float]:
    """The heights at which bands begin and end: about ``_BAND`` apart, without cutting a box or a label."""
    occupied = sorted(
        [(shape.y, shape.y + shape.height) for shape in layout.boxes]
        + [(label[1] - 8, label[1] + 8) for label in layout.labels if label is not None]
    )
    cuts, low, free = [0.0], 0.0, 0.0
    for top, bottom in occupied:
        if top > low:
            free = (low + top) // 2
        if bottom - cuts[-1] > _BAND and free > cuts[-1]:
            cuts.append(free)
        low = max(low, bottom)
    return [*cuts, layout.height]


def _open(layout: Layout, top: float, height: float, about: str) -> str:
    return (
        f'<svg class="flow" role="img" width="{layout.width:g}" height="{height:g}" '
        f'viewBox="0 {top:g} {layout.width:g} {height:g}"><title>{escaped(about)}</title>'
    )


def _drawn(picture: Picture, layout: Layout) -> str:
    parts: list[str] = []
    # Changed arrows are on top.
    for arrow, line in sorted(zip(picture.arrows, layout.lines, strict=True), key=lambda each: each[0].state != "same"):
        width = None if arrow.tally is None else _THIN + _WIDER * arrow.tally.share
        style = "" if width is None else f' style="stroke-width:{width:.1f}px"'
        parts.append(f'<path class="way {arrow.state}"{style} d="{_curve(line, layout.sideways)}"/>')
        parts.append(f'<path class="head {arrow.state}" d="{_head(line[-1], layout.sideways, width)}"/>')
    for arrow, middle in zip(picture.arrows, layout.labels, strict=True):
        if middle is not None:
            x, y = middle
            # A plate behind the text hides the line, also at white space.
            text = _SIGNS.get(arrow.state, "") + arrow.caption
            width = len(text) * LABEL_LETTER + 2
            parts.append(
                f'<rect class="plate" x="{x - width / 2:g}" y="{y - 7:g}" width="{width:g}" height="14"/>'
                f'<text class="label {arrow.state}" x="{x:g}" y="{y + 4:g}">'
                f"{escaped(text)}</text>"
            )
    return "".join([*parts, *_boxes(picture, layout)])


def _boxes(picture: Picture, layout: Layout) -> list[str]:
    parts = []
    for box, shape in zip(picture.boxes, layout.boxes, strict=True):
        middle = shape.x + shape.width / 2
        lower = shape.y + (17 if box.caption else 24)
        parts.append(
            f'<g class="step {box.state}"><title>{escaped(box.name)}</title>'
            f'<rect x="{shape.x:g}" y="{shape.y:g}" width="{shape.width:g}" height="{shape.height:g}" rx="6"/>'
            f'<text class="name" x="{middle:g}" y="{lower:g}">'
            f"{_SIGNS.get(box.state, '')}{escaped(shown_name(box.name))}</text>"
        )
        if box.caption:
            parts.append(
                f'<text class="kind" x="{middle:g}" y="{shape.y + 31:g}">{escaped(shown_name(box.caption))}</text>'
            )
        parts.append("</g>")
    return parts


def _curve(line: tuple[tuple[float, float], ...], sideways: bool) -> str:
    """Bends only between the layers. An arrow that leads back turns at both ends."""
    flow = 0 if sideways else 1
    back = line[-1][flow] <= line[0][flow]
    last = len(line) - 2
    x, y = line[0]
    drawn = f"M{x:g} {y:g}"
    for position, (one, other) in enumerate(pairwise(line)):
        middle = (one[flow] + other[flow]) / 2
        if back and position == 0:
            middle = max(one[flow], other[flow]) + 12
        elif back and position == last:
            middle = min(one[flow], other[flow]) - 12
        if sideways:
            drawn += f"C{middle:g} {one[1]:g} {middle:g} {other[1]:g} {other[0]:g} {other[1]:g}"
        else:
            drawn += f"C{one[0]:g} {middle:g} {other[0]:g} {middle:g} {other[0]:g} {other[1]:g}"
    return drawn


def _head(point: tuple[float, float], sideways: bool, width: float | None = None) -> str:
    """:param width: of the line; ``None``: the usual one."""
    x, y = point
    half = 4 if width is None else round(max(4.0, width), 1)
    return f"M{x:g} {y:g}l-7 {-half:g}v{2 * half:g}z" if sideways else f"M{x:g} {y:g}l{-half:g} -7h{2 * half:g}z"
