"""Small word lists of commercial English; nothing in them belongs to one company."""

from __future__ import annotations


def words(block: str) -> frozenset[str]:
    """A list of words as it is written: with spaces and line breaks between them."""
    return frozenset(block.split())
