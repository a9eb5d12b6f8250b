"""What one CSS declaration says, as far as it decides whether something can be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

# How many CSS pixels a unit roughly is; percentages and view units count by what they are of.
_PIXELS = {
    "px": 1.0, "pt": 4 / 3, "pc": 16.0, "em": 16.0, "rem": 16.0, "ex": 8.0, "ch": 8.0, "in": 96.0, "cm": 37.8,
    "mm": 3.78, "q": 0.95, "vw": 6.0, "vh": 8.0, "vmin": 6.0, "vmax": 8.0,
}  # fmt: skip
_SIZES = {
    "xx-small": 9.0, "x-small": 10.0, "small": 13.0, "medium": 16.0, "large": 18.0, "x-large": 24.0, "xx-large": 32.0,
    "xxx-large": 48.0,
}  # fmt: skip
_DISPLAYS = frozenset(
    [
        "none",
        "block",
        "inline",
        "inline-block",
        "table",
        "table-row",
        "table-cell",
        "table-row-group",
        "table-header-group",
        "table-footer-group",
        "table-column",
        "table-column-group",
        "table-caption",
        "inline-table",
        "flex",
        "inline-flex",
        "grid",
        "inline-grid",
        "list-item",
        "contents",
        "flow-root",
        "run-in",
    ]  # noqa: SIM905
)
_RECKONED = frozenset({"calc", "var", "min", "max", "clamp", "env", "attr", "if"})
UNREADABLE = "cannot be read"
START = "as at the start"
PICTURE = "a picture"

Colour = tuple[float, float, float, float]
Value = Any
Tokens = Sequence[Any]


def _plain(tokens: Tokens) -> list[Any]:
    return [token for token in tokens if token.type not in ("whitespace", "comment")]


def _word(tokens: Tokens) -> str | None:
    return tokens[0].lower_value if len(tokens) == 1 and tokens[0].type == "ident" else None


def pixels(token: Any) -> float | None:
    """A length in pixels, a percentage as itself; None for what is no length."""
    if token.type == "dimension":
        unit = _PIXELS.get(token.lower_unit)
        return None if unit is None else token.value * unit
    if token.type == "percentage" or (token.type == "number" and token.value == 0):
        return float(token.value)
    return None


def _length(tokens: Tokens) -> Value:
    if _word(tokens) in ("auto", "none", "normal", "max-content", "min-content", "fit-content"):
        return START
    return pixels(tokens[0]) if len(tokens) == 1 else None


def _lengths(tokens: Tokens) -> Value:
    found = [length for token in tokens if (length := pixels(token)) is not None]
    return tuple(found) or None


def _one_of(*words: str) -> Callable[[Tokens], Value]:
    return lambda tokens: word if (word := _word(tokens)) in words else None


def _display(tokens: Tokens) -> Value:
    words = [token.lower_value for token in tokens if token.type == "ident"]
    return words[-1] if words and len(words) == len(tokens) and words[-1] in _DISPLAYS else None


def _share(tokens: Tokens) -> Value:
    if len(tokens) != 1 or tokens[0].type not in ("number", "percentage"):
        return None
    return float(tokens[0].value) / (100 if tokens[0].type == "percentage" else 1)


def _size(tokens: Tokens) -> Value:
    """Pixels, or a factor of the size around it as a negative number."""
    if len(tokens) != 1:
        return None
    word = _word(tokens)
    if word in ("smaller", "larger"):
        return -0.83 if word == "smaller" else -1.2
    if word:
        return _SIZES.get(word)
    token = tokens[0]
    if token.type == "percentage" or (token.type == "dimension" and token.lower_unit in ("em", "ex", "ch")):
        factor = token.value / 100 if token.type == "percentage" else token.value
        return 0.0 if factor <= 0 else -factor
    return pixels(token)


def _font(tokens: Tokens) -> Value:
    return next((size for token in tokens if (size := _size([token])) is not None), None)


def _colour_of(token: Any) -> Colour | str | None:
    from tinycss2.color5 import parse_color  # type: ignore[import-untyped]

    found = parse_color(token)
    if found is None or found == "currentcolor":
        return None
    red, green, blue = found.to("srgb").coordinates[:3]
    return (float(red or 0), float(green or 0), float(blue or 0), float(found.alpha))


def _colour(tokens: Tokens) -> Value:
    return _colour_of(tokens[0]) if len(tokens) == 1 else None


def _paper(tokens: Tokens) -> Value:
    """The colour of a background, or that a picture lies there."""
    if any(token.type == "url" or (token.type == "function" and _colour_of(token) is None) for token in tokens):
        return PICTURE
    found = (colour for token in tokens if (colour := _colour_of(token)) is not None)
    return next(found, (0.0, 0.0, 0.0, 0.0) if _word(tokens) == "none" else None)


def _functions(tokens: Tokens) -> Value:
    """Names and numbers of functions, as transform, clip and filter are written."""
    found = tuple(
        (token.lower_name, tuple(length for part in token.arguments if (length := _number(part)) is not None))
        for token in tokens
        if token.type == "function"
    )
    return found or (START if _word(tokens) in ("none", "auto") else None)


def _number(token: Any) -> float | None:
    return float(token.value) if token.type == "number" else pixels(token)


READERS: Mapping[str, Callable[[Tokens], Value]] = {
    "display": _display,
    "visibility": _one_of("visible", "hidden", "collapse"),
    "content-visibility": _one_of("visible", "hidden", "auto"),
    "mso-hide": _one_of("all", "none", "screen"),
    "opacity": _share,
    "zoom": _share,
    "font-size": _size,
    "font": _font,
    "color": _colour,
    "-webkit-text-fill-color": _colour,
    "background": _paper,
    "background-color": _paper,
    **dict.fromkeys(("height", "max-height", "width", "max-width", "text-indent", "letter-spacing"), _length),
    **dict.fromkeys(("left", "right", "top", "bottom", "margin-left", "margin-top", "margin-right"), _length),
    **dict.fromkeys(("margin", "inset", "translate"), _lengths),
    **dict.fromkeys(("overflow", "overflow-x", "overflow-y"), _one_of("hidden", "clip", "visible", "auto", "scroll")),
    "position": _one_of("static", "relative", "absolute", "fixed", "sticky"),
    **dict.fromkeys(("clip", "clip-path", "transform", "filter"), _functions),
    "scale": _share,
    "direction": _one_of("ltr", "rtl"),
    "unicode-bidi": _one_of("normal", "embed", "isolate", "bidi-override", "isolate-override", "plaintext"),
}
# Nobody can say from one state of the page what these show.
MOVING = ("animation", "animation-name", "-webkit-animation", "all", "mask", "mask-image", "-webkit-mask-image")


def value_of(name: str, tokens: Tokens) -> Value:
    """What a declaration says; None where it says nothing of what is looked for, or is not valid."""
    if name in MOVING:
        return UNREADABLE
    reader = READERS.get(name)
    if reader is None:
        return None
    plain = _plain(tokens)
    if _word(plain) in ("initial", "unset", "revert", "revert-layer"):
        return START
    found = reader(plain)
    if found is None and any(token.type == "function" and token.lower_name in _RECKONED for token in plain):
        return UNREADABLE
    return found


def urls_in(tokens: Tokens) -> Iterator[str]:
    """Every address in a value, without descending for ever."""
    waiting, looked_at = list(tokens), 0
    while waiting and looked_at < 5_000:
        token, looked_at = waiting.pop(), looked_at + 1
        if token.type == "url":
            yield token.value
        elif token.type == "function":
            texts = [part.value for part in token.arguments if part.type == "string"]
            if token.lower_name in ("url", "src", "image-set", "-webkit-image-set", "image"):
                yield from texts
            waiting += token.arguments
        elif token.type in ("() block", "[] block", "{} block"):
            waiting += token.content
