"""An honest mail, and ways to spoil it, for the tests of what looks for spoilt ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.safety.context import ScreeningContext
from pipelines.safety.finding import Finding
from pipelines.safety.house_rules import HouseRules, read_house_rules
from pipelines.safety.registry import CHECKS, examine

RULES = read_house_rules(Path("data/policies"))
HOSTS = frozenset({"www.lindhaven.example", "lindhaven.example", "go.lindhaven.example"})
LINK = "https://www.lindhaven.example/products/wool-throw"
WORDS = "Hello {{contact.first_name|there}}, our workshop in Hamburg mends small holes. Have a look whenever you like."
TOP = '<div style="display:none;max-height:0;overflow:hidden">A little note from us. &zwnj;&nbsp;&zwnj;&nbsp;</div>'
BUTTON = '<a href="{{campaign.link}}" style="background:#9a4323;color:#fffaf3;padding:15px">See the Wool throws</a>'
ADDRESS = "<p>{{sender.company}}<br>{{postal.address}}</p>"
REASON = "You receive this because you asked for news from Lindhaven."
WAY_OUT = '<a href="{{unsubscribe.link}}" style="color:#5d6761">Unsubscribe</a>'
TEXT = (
    f"{WORDS}\n\nSee the Wool throws:\n{{{{campaign.link}}}}\n\n"
    f"{{{{sender.company}}}}\n{{{{postal.address}}}}\n\n{REASON}\nUnsubscribe: {{{{unsubscribe.link}}}}\n"
)

# What can be said of words alone, without a message around them.
OF_WORDS = frozenset({"prompt_injection", "personal_data", "slots", "forbidden_words", "spam_words", "shouting"})


def examine_words(text: str, rules: HouseRules, *, subject: str = "") -> tuple[Finding, ...]:
    """What can be held against a bare text."""
    context = ScreeningContext("", 0, "web", "en", subject, "", "", text, "", frozenset(), marketing=False)
    return examine(context, rules, [(name, check) for name, check in CHECKS if name in OF_WORDS])


def page(
    words: str = f"<p>{WORDS}</p>", *, head: str = "", top: str = TOP, button: str = BUTTON, address: str = ADDRESS,
    way_out: str = WAY_OUT,
) -> str:  # fmt: skip
    """The page of an honest mail, with parts exchanged."""
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>A note</title>{head}</head>'
        f'<body style="background-color:#f3efe7">{top}<div style="color:#33403b">{words}</div>'
        f"<p>{button}</p>{address}<p>{REASON} {way_out}</p></body></html>"
    )


HONEST = ScreeningContext(
    variant_id="v-1",
    version=1,
    channel="email",
    locale="en",
    subject="A note for you",
    preheader="A little note from us.",
    html=page(),
    text=TEXT,
    link=LINK,
    allowed_hosts=HOSTS,
    verdicts=(("block 1.1", WORDS, "not_factual", "", ""),),
    recipient_locales=("en", "de"),
    tone="warm and plain",
    sender_names=("Lindhaven",),
)
SMS = replace(
    HONEST, channel="sms", subject="A note", preheader="", html="",
    text="Lindhaven: Our workshop mends small holes. Have a look: {{campaign.link}} Reply STOP to opt out.",
)  # fmt: skip


def mail(**changes: Any) -> ScreeningContext:
    """The honest mail with some of it changed."""
    return replace(HONEST, **changes)


def held(context: ScreeningContext, *checks: str) -> tuple[Finding, ...]:
    """What these checks, or all of them, hold against a mail."""
    return examine(context, RULES, [one for one in CHECKS if not checks or one[0] in checks])


def codes(context: ScreeningContext, *checks: str) -> set[str]:
    """The same by code."""
    return {one.code for one in held(context, *checks)}


def blocked(context: ScreeningContext, *checks: str) -> set[str]:
    """The codes of what blocks."""
    return {one.code for one in held(context, *checks) if one.severity == "block"}
