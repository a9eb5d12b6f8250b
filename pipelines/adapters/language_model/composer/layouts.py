"""How each strategy orders its material. A part is a line (`hook`), facts (`lead`), or a line that leads up to facts.

`ask lead` is a question that the leading facts answer; `into proof` a fragment, `head proof` a heading for the proof.
"""

from __future__ import annotations

from typing import Literal

Kind = Literal["heading", "paragraph", "bullet", "quote"]
Layout = tuple[tuple[Kind, tuple[str, ...]], ...]


def _says(*parts: str) -> tuple[Kind, tuple[str, ...]]:
    return "paragraph", parts


def _heads(part: str) -> tuple[Kind, tuple[str, ...]]:
    return "heading", (part,)


def _lists(*parts: str) -> tuple[Kind, tuple[str, ...]]:
    return "bullet", parts


def _quotes(part: str) -> tuple[Kind, tuple[str, ...]]:
    return "quote", (part,)


_GREETING = _says("greeting")
# A word to the reader stands apart: what follows it is a fact, and does not go on from it.
_HOOK = _says("hook")
_OFFER = _says("offer")
_CLOSING = _says("closing")

LAYOUTS: dict[str, tuple[Layout, ...]] = {
    "professional": (
        (_GREETING, _HOOK, _says("lead", "follow"), _OFFER, _says("proof", "extra"), _CLOSING),
        (_GREETING, _HOOK, _OFFER, _says("lead", "follow", "proof"), _CLOSING),
        (_GREETING, _HOOK, _says("lead"), _OFFER, _lists("proof", "extra", "more"), _CLOSING),
    ),
    "friendly": (
        (_GREETING, _HOOK, _says("lead", "follow"), _OFFER, _says("into proof", "proof"), _CLOSING),
        (_GREETING, _HOOK, _says("lead"), _says("ask proof", "proof"), _OFFER, _CLOSING),
        (_GREETING, _HOOK, _says("lead", "follow"), _OFFER, _heads("head proof"), _says("proof"), _CLOSING),
        (_GREETING, _OFFER, _says("lead", "follow"), _says("into proof", "proof"), _CLOSING),
    ),
    "direct": (
        (_GREETING, _HOOK, _OFFER, _lists("lead", "proof", "extra"), _CLOSING),
        (_GREETING, _HOOK, _says("lead"), _OFFER, _lists("proof", "extra", "more"), _CLOSING),
        (_GREETING, _HOOK, _says("offer", "lead"), _says("proof", "extra"), _CLOSING),
        (_GREETING, _OFFER, _lists("lead", "proof", "extra"), _CLOSING),
    ),
    "control": (
        (_GREETING, _HOOK, _says("offer", "lead"), _says("proof"), _CLOSING),
        (_GREETING, _HOOK, _says("lead", "proof"), _OFFER, _CLOSING),
        (_GREETING, _says("offer", "lead", "proof"), _CLOSING),
    ),
    "curiosity": (
        (_GREETING, _HOOK, _says("ask lead", "lead"), _says("ask proof", "proof"), _OFFER, _CLOSING),
        (_GREETING, _HOOK, _says("lead", "follow"), _heads("ask proof"), _says("proof"), _OFFER, _CLOSING),
        (_heads("hook"), _GREETING, _says("lead", "follow"), _says("ask proof", "proof"), _OFFER, _CLOSING),
    ),
    "benefit": (
        (_GREETING, _HOOK, _OFFER, _heads("head lead"), _says("lead"),
         _heads("head proof"), _says("proof"), _CLOSING),
        (_GREETING, _HOOK, _says("lead"), _OFFER, _lists("proof", "extra", "more"), _CLOSING),
        (_GREETING, _HOOK, _says("lead", "follow"), _OFFER, _heads("head proof"), _says("proof"), _CLOSING),
    ),
    "urgency": (
        (_GREETING, _HOOK, _says("deadline", "offer"), _says("into lead", "lead", "proof"), _CLOSING),
        (_GREETING, _HOOK, _says("deadline", "offer"), _lists("lead", "proof", "extra"), _CLOSING),
        (_GREETING, _says("deadline", "offer"), _says("lead", "follow"), _says("proof"), _CLOSING),
    ),
    "considered": (
        (_GREETING, _HOOK, _says("into lead", "lead"), _says("into proof", "proof"), _OFFER, _CLOSING),
        (_GREETING, _HOOK, _says("lead", "follow"), _OFFER, _says("into proof", "proof"), _CLOSING),
        (_GREETING, _HOOK, _says("lead"), _OFFER, _lists("proof", "extra", "more"), _CLOSING),
    ),
    "social_proof": (
        (_GREETING, _HOOK, _quotes("voice"), _says("lead", "proof"), _OFFER, _CLOSING),
        (_GREETING, _HOOK, _says("lead"), _quotes("voice"), _OFFER, _says("proof"), _CLOSING),
        (_GREETING, _quotes("voice"), _says("lead", "proof"), _OFFER, _CLOSING),
    ),
}  # fmt: skip

MOST_SENTENCES = 9
# What is left out first where a message would get too long.
SPARED: tuple[frozenset[str], ...] = tuple(
    frozenset(("more", "terms", "extra", "follow", "proof")[:most]) for most in range(6)
)


def begins_with_facts(layout: Layout) -> bool:
    """Whether a fact comes right after the greeting."""
    after = next(at for at, (_, parts) in enumerate(layout) if "greeting" in parts) + 1
    return layout[after][1][0] != "hook"
