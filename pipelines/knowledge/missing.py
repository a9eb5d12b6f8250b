"""What filters name that the index does not hold, each in a sentence that says how to mend it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipelines.contracts import Passage, PassageFilters
from pipelines.knowledge.locales import accepted
from pipelines.policy_files.mistakes import nearest


def missing(filters: PassageFilters, passages: Sequence[Passage]) -> Iterator[str]:
    """One sentence for each document, product and locale that no passage stands for which may be cited that day."""
    citable = [one for one in passages if one.refused_on(filters.on) is None]
    there = {one.document_id for one in passages}
    for document in filters.documents:
        if document not in there:
            yield f"there is no document {document} ({nearest(document, sorted(there))})"
        elif document not in {one.document_id for one in citable}:
            reasons = (one.refused_on(filters.on) for one in passages if one.document_id == document)
            yield f"{next(filter(None, reasons))} (have it approved and index it again, or take it out of the brief)"
    about = {one.product.lower(): one.product for one in citable if one.product}
    for product in filters.products:
        if product.lower() not in about:
            yield f"no approved content is about the product {product} ({_meant(product, sorted(about.values()))})"
    if filters.locale and not any(_fits(one.locale, filters.locale) for one in citable):
        written = ", ".join(sorted({one.locale for one in citable})) or "nothing"
        yield f"no approved content is written in {filters.locale} (there is {written})"


def _fits(locale: str, wanted: str) -> bool:
    locales, language = accepted(wanted)
    return locale in locales or bool(language and locale.startswith(f"{language}-"))


def _meant(product: str, names: Sequence[str]) -> str:
    """A name may have been cut short: the Wool throw for "Wool throw, 130x170"."""
    whole = [name for name in names if product.lower() in name.lower()]
    return f"did you mean {whole[0]}?" if len(whole) == 1 else nearest(product, names)
