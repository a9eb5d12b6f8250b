"""Untrusted text as data in a prompt: between delimiters that nothing in it can close."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 4_000
CUT = " […]"
# What masking puts in the place of personal data looks like a tag, but closes nothing.
_PLACEHOLDER = r"<(?:[A-Z]+(?:_[A-Z]+)+|ADDRESS|CRYPTO|HANDLE|URL)>"
_BRACKET = "[<\uff1c\ufe64\u2039\u27e8\u3008\u2329\u276c\u276e\u02c2\u226e]"
# A bracket that begins something like a tag, or a mark by which models tell speakers apart (<|system|>); in "3 < 5" it
# is a sign of order. Also as HTML writes it.
_TAG = re.compile(
    rf"((?-i:{_PLACEHOLDER}))|{_BRACKET}(?=[\s\u0300-\u036f]*(?:\W{{0,3}}[/!?|｜]|[^\W\d_]))|&(?:lt|#0*60|#x0*3c);?",
    re.IGNORECASE,
)
_INVISIBLE = ("Cc", "Cf", "Cs", "Co", "Cn")
_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_EMPTY_LINES = re.compile(r"\n{3,}")


def delimited(name: str, text: str, longest: int = LONGEST) -> str:
    """`text` as data called `name`: cut to length, without control characters or anything that could end it."""
    tag = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "data"
    return f"<{tag}>{_harmless(text, longest)}</{tag}>"


def _harmless(text: str, longest: int) -> str:
    lines = _LINE_ENDS.sub("\n", text)
    visible = "".join(one for one in lines if one in "\n\t" or unicodedata.category(one) not in _INVISIBLE)
    plain = _EMPTY_LINES.sub("\n\n", _TAG.sub(_without_bracket, visible)).strip()
    return plain if len(plain) <= longest else plain[: longest - len(CUT)].rstrip() + CUT


def _without_bracket(found: re.Match[str]) -> str:
    return found[1] or "("
