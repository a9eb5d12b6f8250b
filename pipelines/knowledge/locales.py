"""Whose language a passage must be in: what is written for all who read English suits the British."""

from __future__ import annotations


def accepted(locale: str | None) -> tuple[tuple[str, ...], str | None]:
    """The locales that a reader of `locale` is served, the language last, and the language whose every region fits."""
    if not locale:
        return (), None
    language, _, region = locale.replace("_", "-").partition("-")
    language = language.lower()
    return ((f"{language}-{region.upper()}", language), None) if region else ((language,), language)
