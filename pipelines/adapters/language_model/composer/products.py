"""Names of products, as they stand in running text."""

from __future__ import annotations

import re
from functools import lru_cache

from pipelines.contracts import Passage

_VARIANT = re.compile(r"\s*(?:[,(\"“:]|\b\d).*$")


@lru_cache(maxsize=2_000)
def base_name(product: str | None) -> str | None:
    """A product's name without size, colour and variant: `Wool throw` for `Wool throw, 130x170`."""
    if product is None:
        return None
    name = _VARIANT.sub("", product.replace("_", " ")).strip()
    return name if 2 < len(name) <= 40 and re.fullmatch(r"[^\W\d_][\w '’&-]*", name) else None


def product_of(passage: Passage) -> str | None:
    """The name under which a passage speaks of its product; a title may give another: `Oak bookshelf (Bücherregal)`."""
    name = base_name(passage.product)
    if name and (alias := re.match(rf"([^()]+) \({re.escape(name)}", passage.title)):
        return base_name(alias[1])
    if passage.kind == "row" and ": " in passage.text and (name or re.search(r": (?:guarantee|price) ", passage.text)):
        return base_name(passage.text.split(":")[0])
    return name


@lru_cache(maxsize=20_000)
def named_in(text: str, product: str | None) -> str | None:
    """The product as a line may name it, `the Wool throw`, if the text does so with an article or without."""
    if product is None:
        return None
    article = r"(?:\b(the|our|your|each|every|an?) (?:[a-z]+ )?)?"
    found = re.search(rf"{article}(?<!\w)({re.escape(product)})\b", text, re.IGNORECASE)
    if found is None:
        return None
    return f"the {found[2]}" if found[1] else found[2]
