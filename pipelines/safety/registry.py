"""The checks in their order; one that fails to finish blocks under its own name, for nothing was checked then."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.safety.checks import (
    active_content,
    brand_elements,
    deceptive_subject,
    forbidden_words,
    hidden_text,
    image_share,
    images,
    language,
    link_text,
    links,
    markup,
    personal_data,
    postal_address,
    prompt_injection,
    shouting,
    size,
    slots,
    spam_words,
    subject_length,
    text_part,
    tone,
    tracking_pixels,
    unsubscribe,
    unsupported_claims,
)
from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding, Findings, shown
from pipelines.safety.house_rules import HouseRules

Check = Callable[[ScreeningContext, HouseRules], Findings]
SOURCES = ("checks", "page", "wording", "brand.py", "context.py", "finding.py", "judging.py", "links.py", "registry.py")

# What cannot be read comes first, then what harms, then what is missing, then how it sounds.
CHECKS: tuple[tuple[str, Check], ...] = tuple(
    (str(module.__name__).rpartition(".")[2], module.check)
    for module in (
        markup, active_content, hidden_text, prompt_injection, personal_data, slots, links, link_text, tracking_pixels,
        unsupported_claims, unsubscribe, postal_address, deceptive_subject, forbidden_words, spam_words, size,
        text_part, language, subject_length, brand_elements, tone, shouting, images, image_share,
    )
)  # fmt: skip


@cache
def checks_version(folder: Path = Path(__file__).parent) -> str:
    """A hash of the code of the checks and of all that they are made of; lines of comments do not matter."""
    digest = hashlib.sha256()
    for name in SOURCES:
        place = folder / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            code = [line for line in path.read_bytes().splitlines() if not line.lstrip().startswith(b"#")]
            digest.update(b"\n".join([path.relative_to(folder).as_posix().encode(), *code, b""]))
    return digest.hexdigest()[:16]


def examine(
    context: ScreeningContext, rules: HouseRules, checks: Sequence[tuple[str, Check]] = CHECKS
) -> tuple[Finding, ...]:
    """Everything that the checks hold against a variant, in their order; nothing means that all of them passed it."""
    found: list[Finding] = []
    for name, check in checks:
        said = _asked(name, check, context, rules)
        found += said if isinstance(said, tuple) else [said] if said is not None else []
    return tuple(found)


def _asked(name: str, check: Check, context: ScreeningContext, rules: HouseRules) -> Any:
    try:
        return check(context, rules)
    except Exception as error:  # noqa: BLE001 - whatever went wrong, the message was not checked
        sentence = f"The check {name} did not finish ({type(error).__name__}), so the message counts as refused."
        return Finding(name, "check_failed", "block", sentence, shown(str(error)))
