"""Whether words in an element can be seen: what it inherits, what is declared for it, and why that hides it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pipelines.safety.page.css import Rule, style_of
from pipelines.safety.page.css_values import START, Colour, Value, value_of

SMALLEST, FAINTEST, FARTHEST = 4.0, 0.1, 400.0
# Two colours that differ less than this in lightness and in every part are one to the eye.
LEAST_CONTRAST, LEAST_DIFFERENCE = 1.3, 0.2
WHITE: Colour = (1.0, 1.0, 1.0, 1.0)
BLACK: Colour = (0.0, 0.0, 0.0, 1.0)
_LINK: Colour = (0.0, 0.0, 0.93, 1.0)
_CLOSED = frozenset({"template", "datalist", "dialog", "details", "noframes", "rp"})
_SAME = {"background-color": "background", "font": "font-size", "overflow-x": "overflow", "overflow-y": "overflow"}


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What is declared for an element, after the stronger declaration has won."""

    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """How words in an element look; `why` says what hides them and is empty where they are seen."""

    gone: str = ""
    unseen: bool = False
    opacity: float = 1.0
    size: float = 16.0
    colour: Colour = BLACK
    fill: Colour | None = None
    paper: Colour | None = WHITE
    indent: float = 0.0
    why: str = ""


@lru_cache(maxsize=8192)
def given_of(
    tag: str, style: str, legacy: tuple[tuple[str, str], ...], rules: tuple[Rule, ...], sometimes: bool
) -> Given:
    """The declarations for one element, ordered as the cascade orders them."""
    ranked: list[tuple[tuple[bool, int, int, int], str, Value]] = []
    if tag in _CLOSED:
        ranked.append(((False, -2, 0, 0), "display", "none"))
    if tag == "a":
        ranked.append(((False, -2, 0, 0), "color", _LINK))
    ranked += [((False, -1, 0, 0), name, value) for name, value in _legacy(legacy)]
    for rule in rules:
        ranked += [
            ((important, 0, rule.selector.weight, rule.place), name, value)
            for name, value, important in rule.style.values
        ]
    ranked += [((important, 1, 0, 0), name, value) for name, value, important in style_of(style).values]
    ranked.sort(key=lambda one: one[0])
    values = {_SAME.get(name, name): value for _, name, value in ranked}
    if not sometimes:
        # Only Outlook knows this one.
        values.pop("mso-hide", None)
    return Given(values)


def _legacy(attributes: tuple[tuple[str, str], ...]) -> Iterator[tuple[str, Value]]:
    import tinycss2  # type: ignore[import-untyped]

    for name, text in attributes:
        if name == "hidden":
            yield "display", "none"
            continue
        for written in (text, f"#{text}"):
            value = value_of("color", tinycss2.parse_component_value_list(written[:100], skip_comments=True))
            if value is not None:
                yield ("background" if name == "bgcolor" else "color"), value
                break


@lru_cache(maxsize=8192)
def look_of(around: Look, given: Given) -> Look:
    """How words look in an element that stands in another."""
    values = {name: value for name, value in given.values.items() if value is not START}
    if not values:
        return around
    gone = around.gone or next(_hidden_by(values), "")
    unseen = values["visibility"] != "visible" if "visibility" in values else around.unseen
    opacity = around.opacity * values.get("opacity", 1.0)
    size = values.get("font-size", around.size)
    size = around.size * -size if size < 0 else size
    colour, fill = values.get("color", around.colour), values.get("-webkit-text-fill-color", around.fill)
    paper = _on(values["background"], around.paper) if "background" in values else around.paper
    indent = values.get("text-indent", around.indent)
    why = gone or next(_why(unseen, opacity, size, indent, fill or colour, paper), "")
    return Look(gone, unseen, opacity, size, colour, fill, paper, indent, why)


def _why(
    unseen: bool, opacity: float, size: float, indent: float, colour: Colour, paper: Colour | None
) -> Iterator[str]:
    if unseen:
        yield "visibility"
    if opacity < FAINTEST:
        yield "opacity"
    if size < SMALLEST:
        yield "a tiny font"
    if abs(indent) >= FARTHEST:
        yield "text-indent"
    if colour[3] < FAINTEST:
        yield "a transparent colour"
    if paper is not None and _alike(_on(colour, paper) or colour, paper):
        yield "the colour of what is behind it"


def _hidden_by(values: Mapping[str, Value]) -> Iterator[str]:
    if values.get("display") == "none":
        yield "display:none"
    if values.get("content-visibility") == "hidden":
        yield "content-visibility"
    if values.get("mso-hide") == "all":
        yield "mso-hide"
    if values.get("overflow") in ("hidden", "clip"):
        yield from (
            f"{name} of nothing"
            for name in ("height", "max-height", "width", "max-width")
            if isinstance(found := values.get(name), float) and found <= 1
        )
    if min(values.get("zoom", 1.0), values.get("scale", 1.0)) < FAINTEST:
        yield "scaled to nothing"
    if values.get("letter-spacing", 0.0) <= -8:
        yield "letters on top of each other"
    if values.get("direction") == "rtl" and str(values.get("unicode-bidi")).endswith("override"):
        yield "letters in reverse"
    yield from _elsewhere(values)
    yield from _cut_away(values)


def _elsewhere(values: Mapping[str, Value]) -> Iterator[str]:
    shifts = [values.get(name, 0.0) for name in ("margin-left", "margin-top", "margin-right")]
    shifts += [-shift for shift in (*values.get("margin", ()),) if shift < 0] + [*values.get("translate", ())]
    if values.get("position", "static") != "static":
        shifts += [values.get(name, 0.0) for name in ("left", "right", "top", "bottom")] + [*values.get("inset", ())]
    if any(abs(shift) >= FARTHEST for shift in shifts):
        yield "off the screen"


def _cut_away(values: Mapping[str, Value]) -> Iterator[str]:
    for name, numbers in (*values.get("clip", ()), *values.get("clip-path", ())):
        spread = max(numbers) - min(numbers) if numbers else 0.0
        if (name in ("rect", "polygon", "circle", "ellipse") and spread <= 1 and max(numbers, default=0.0) <= 1) or (
            name == "inset" and max(numbers, default=0.0) >= 50
        ):
            yield "clip"
    for name, numbers in values.get("transform", ()):
        if name.startswith("scale") and any(abs(number) < FAINTEST for number in numbers):
            yield "scaled to nothing"
        if name.startswith("translate") and any(abs(number) >= FARTHEST for number in numbers):
            yield "off the screen"
        if name.startswith(("matrix", "rotatex", "rotatey", "rotate3d", "perspective")):
            yield "turned away"
    for name, numbers in values.get("filter", ()):
        if (name == "opacity" and min(numbers, default=1.0) < FAINTEST) or (
            name == "blur" and max(numbers, default=0.0) >= 3
        ):
            yield "filter"


def _on(colour: Colour | str, paper: Colour | None) -> Colour | None:
    """A colour laid over another; None where a picture lies, so that nothing can be said."""
    if isinstance(colour, str):
        return None
    if colour[3] >= 1 or paper is None:
        return colour if colour[3] >= 1 else paper
    share = colour[3]
    red, green, blue = (over * share + under * (1 - share) for over, under in zip(colour[:3], paper[:3], strict=True))
    return (red, green, blue, 1.0)


def _alike(one: Colour, other: Colour) -> bool:
    if max(abs(a - b) for a, b in zip(one[:3], other[:3], strict=True)) >= LEAST_DIFFERENCE:
        return False
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05) < LEAST_CONTRAST


def _luminance(colour: Colour) -> float:
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour[:3])
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
