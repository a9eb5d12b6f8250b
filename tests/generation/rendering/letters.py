"""A brand, a brief and short ways to write messages, for the tests of what is made of them."""

from pathlib import Path

from pipelines.generation.brand import read_brand
from pipelines.generation.briefs import Brief, CallToAction
from pipelines.generation.message import Block, Message, Sentence

BRAND = read_brand(Path("data/brand/default.yaml"))
LINK = "https://www.lindhaven.example/winter?a=1&b=2"
VALUES = {
    **BRAND.values(),
    "campaign.link": LINK,
    "unsubscribe.link": "https://go.lindhaven.example/stop/abc",
    "preferences.link": "https://go.lindhaven.example/wishes/abc",
    "contact.first_name": "Zoë",
}


def brief(channel: str = "email", locale: str = "en", link: str = LINK) -> Brief:
    """A brief for a channel."""
    return Brief(
        name="Test",
        goal="Sell.",
        value_proposition="Warmth.",
        channel=channel,  # type: ignore[arg-type]
        call_to_action=CallToAction(text="See", link=link),
        knowledge={"locale": locale},  # type: ignore[arg-type]
    )


def block(kind: str, *texts: str) -> Block:
    """A block of sentences without citations."""
    return Block(kind=kind, sentences=tuple(said(text) for text in texts))  # type: ignore[arg-type]


def said(text: str) -> Sentence:
    """One sentence without citations."""
    return Sentence(text=text, passage_ids=())


def letter(
    *blocks: Block | str, subject: str = "A warm corner", preheader: str = "From 79.00 EUR.", cta: str = "See it"
) -> Message:
    """A message; plain texts are paragraphs."""
    body = tuple(block("paragraph", one) if isinstance(one, str) else one for one in blocks)
    return Message(
        subject=said(subject), preheader=said(preheader), blocks=body or (block("paragraph", "Hello."),),
        call_to_action=said(cta),
    )  # fmt: skip


FULL = letter(
    block("heading", "Evenings in, done properly"),
    block("paragraph", "Hello {{contact.first_name|there}},", "the evenings have drawn in."),
    block(
        "paragraph",
        "The <strong>Wool throw</strong> costs 71.10 EUR & lasts.",
        "<a href='https://www.lindhaven.example/wool'>See it</a>.",
    ),
    block("heading", "What goes with it"),
    block("bullet", "Teapot, 34.00 EUR."),
    block("bullet", "Enamel mug “Hygge”, 14.50 EUR."),
    block("quote", "“It is warm without being heavy.” – Tomas Reiter, Graz"),
    subject="{{contact.first_name|Hello}}, a warm corner",
)
