"""The frame of a mail, made once for each brand and language and cut where words go in."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from string import Template

from pipelines.contracts import Refusal
from pipelines.generation.brand import Brand, Language
from pipelines.generation.rendering.sanitising import escaped

LAYOUTS = Path(__file__).with_name("layouts")
_CUT = re.compile(r"<!-- cut:([a-z]+) -->")
_HERE = re.compile("§(subject|preheader)§")
# Keeps mailboxes from showing the body behind a short preheader.
_PADDING = "\u034f\u200c\u00a0" * 60


@dataclass(frozen=True, slots=True)
class Row:
    """What stands before and after the words of one block."""

    before: str
    after: str

    def around(self, words: str) -> str:
        """The words in their row."""
        return f"{self.before}{words}{self.after}"


@dataclass(frozen=True, slots=True)
class Layout:
    """The pieces between which the words of a message are set; they are joined, never searched again."""

    opening: tuple[str, ...]
    rows: dict[str, Row]
    next_bullet: str
    link: str
    closing: str

    def opened(self, subject: str, preheader: str) -> str:
        """Everything before the body; literal parts and names take turns."""
        said = {"subject": escaped(subject), "preheader": escaped(preheader)}
        return "".join(said[part] if at % 2 else part for at, part in enumerate(self.opening))


@lru_cache(maxsize=256)
def layout(brand: Brand, language: Language) -> Layout:
    """The layout of a brand in a language."""
    whole = _html(brand, language)
    opening, *named = _CUT.split(whole)
    parts = dict(zip(named[::2], named[1::2], strict=True))
    closing = parts.pop("after")
    rows = {name: Row(*part.split("§text§")) for name, part in parts.items()}
    bullet = re.search(r"<li[^>]*>$", rows["bullets"].before)
    return Layout(
        opening=tuple(_HERE.split(opening)),
        rows=rows,
        next_bullet=f"</li>{bullet[0] if bullet else '<li>'}",
        link=f'<a style="color:{brand.colours.accent};text-decoration:underline" ',
        closing=closing,
    )


def _html(brand: Brand, language: Language) -> str:
    import css_inline
    import mrml

    made = mrml.to_html(_mjml(brand, language))
    if made.warnings:
        raise Refusal(f"The layout {LAYOUTS} is not the MJML it should be ({made.warnings[0].kind}); restore it.")
    inlined = css_inline.inline(made.content, keep_at_rules=True, load_remote_stylesheets=False)
    # Told first of all, before anything could be taken for another encoding.
    return inlined.replace("<head>", '<head><meta charset="utf-8">', 1)


def _mjml(brand: Brand, language: Language) -> str:
    colours, dark = brand.colours.model_dump(), brand.dark_colours.model_dump()
    given = {
        **colours,
        **{f"dark_{name}": colour for name, colour in dark.items()},
        "fonts": ", ".join(brand.fonts),
        "heading_fonts": ", ".join(brand.heading_fonts),
        "locale": language.locale,
        "name": brand.name,
        "website": brand.website,
        "reason": language.reason,
        "unsubscribe": language.unsubscribe,
        "preferences": language.preferences or "",
        "tagline": f" · {brand.tagline}" if brand.tagline else "",
        "padding": _PADDING,
    }
    if brand.logo:
        given |= {"logo": brand.logo.link, "logo_alt": brand.logo.alt, "logo_width": f"{brand.logo.width}px"}
    safe = {name: html.escape(value) for name, value in given.items()}
    masthead = _template("masthead_logo" if brand.logo else "masthead_words").substitute(safe)
    wishes = _template("wishes").substitute(safe).strip() if language.preferences else ""
    return _template("letter").substitute(safe, masthead=masthead, wishes=wishes)


def _template(name: str) -> Template:
    return Template((LAYOUTS / f"{name}.mjml").read_text(encoding="utf-8"))
