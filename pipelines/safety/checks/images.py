"""Many readers never load pictures, and some listen: what a picture says has to stand in words."""

from __future__ import annotations

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, shown
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.page import Image

_DOT = 3


def check(context: ScreeningContext, rules: HouseRules) -> Finding | None:
    """Every picture that is seen has words in its place; an ornament says so by empty ones, unless it is a link."""
    mute = [image for image in context.page.images if _is_mute(image)]
    if not mute:
        return None
    sentence = f"{len(mute)} picture{'s have' if len(mute) > 1 else ' has'} no words for readers who do not see it."
    return Finding("images", "image_without_alt", "review", sentence, shown(mute[0].url))


def _is_mute(image: Image) -> bool:
    if not image.seen or is_dot(image):
        return False
    return image.alt is None or (image.linked and not image.alt.strip())


def is_dot(image: Image) -> bool:
    """Whether it is too small to show anything."""
    sizes = [size for size in (image.width, image.height) if size is not None]
    return bool(sizes) and min(sizes) <= _DOT
