"""Everything that a check looks at, gathered before the first check runs, so that every check stays pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from pipelines.safety.page import Page, read_page
from pipelines.safety.wording.folding import folded

Verdict = tuple[str, str, str, str, str]
"""Place, text, verdict, code and reason of one sentence, as the generation step stored them."""


@dataclass(frozen=True)
class ScreeningContext:
    """One version of one variant as it would be sent, slots in place, with what is known around it.

    `verdicts` is None where nobody verified the sentences; `sender_names` are the names under which the brand writes,
    `own_contacts` its own addresses, numbers and accounts, `frame_texts` what its layout says around every message.
    """

    variant_id: str
    version: int
    channel: str
    locale: str
    subject: str
    preheader: str
    html: str
    text: str
    link: str
    allowed_hosts: frozenset[str]
    marketing: bool = True
    verdicts: tuple[Verdict, ...] | None = None
    recipient_locales: tuple[str, ...] = ()
    thread_id: str | None = None
    tone: str = ""
    sender_names: tuple[str, ...] = ()
    own_contacts: tuple[str, ...] = ()
    frame_texts: tuple[str, ...] = ()

    @cached_property
    def page(self) -> Page:
        """The HTML as its readers see it; read once for all checks."""
        return read_page(self.html)

    @property
    def body(self) -> str:
        """The words that are read: those of the page, or the text where there is no page."""
        return self.page.words if self.html else self.text

    @cached_property
    def folded_body(self) -> str:
        """The body without disguises."""
        return folded(self.body)

    @cached_property
    def seen(self) -> tuple[tuple[str, str], ...]:
        """Every text that some reader sees, with its place."""
        parts = [("subject", self.subject), ("preheader", self.preheader), ("body", self.body)]
        if self.html:
            parts.append(("text part", self.text))
            instead = [image.alt or "" for image in self.page.images] + [
                n for link in self.page.links for n in link.names
            ]
            parts.append(("words for pictures and links", "\n".join(dict.fromkeys(filter(None, instead)))))
        return tuple((place, text) for place, text in parts if text)

    @cached_property
    def everything(self) -> tuple[tuple[str, str], ...]:
        """Every text that stands anywhere in the variant, seen or not, with its place."""
        return (*self.seen, *self.page.unseen)

    @property
    def supported(self) -> tuple[str, ...]:
        """The sentences that an approved passage bears out."""
        return tuple(text for _, text, verdict, _, _ in self.verdicts or () if verdict == "supported")
