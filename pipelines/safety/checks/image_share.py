"""A mail of pictures says nothing where they are not loaded, and filters take it for one that hides its words."""

from __future__ import annotations

from pipelines.safety.checks.images import is_dot
from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding
from pipelines.safety.house_rules import HouseRules
from pipelines.safety.page import Image

# Of a picture that does not say how large it is, and of a letter, in square pixels.
_WIDTH, _HEIGHT, _LETTER = 600.0, 300.0, 150.0


def check(context: ScreeningContext, rules: HouseRules) -> Finding | None:
    """Pictures take no more than their share of what is seen, and some words stand beside them."""
    pictures = [image for image in context.page.images if image.seen and not is_dot(image)]
    if not pictures:
        return None
    area = sum(map(_area, pictures))
    words = len(context.body.split())
    if words < rules.told.pictures.fewest_words:
        sentence = f"The mail is all but pictures: {len(pictures)} of them and {words} words."
        return Finding("image_share", "only_images", "block", sentence, f"{words} words")
    share = area / (area + len(context.body) * _LETTER)
    if share <= rules.told.pictures.most_share:
        return None
    sentence = f"Pictures take about {share:.0%} of the mail; {rules.told.pictures.most_share:.0%} is the most."
    return Finding("image_share", "mostly_images", "review", sentence, f"{share:.2f}")


def _area(image: Image) -> float:
    width, height = image.width or _WIDTH, image.height or _HEIGHT
    return min(width, 2 * _WIDTH) * min(height, 10 * _HEIGHT)
