"""How a tenant looks and signs: colours, fonts, sender, address, and the only hosts that its messages may link to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from pipelines.contracts import Refusal
from pipelines.generation.briefs import LOCALE
from pipelines.generation.links import host_of, sendable
from pipelines.generation.wording import one_line
from pipelines.policy_files.mistakes import as_model, formed
from pipelines.policy_files.reading import Mistake, Written, read_yaml, text_of

READABLE = 4.5  # WCAG 2.2, level AA, for text of ordinary size
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
# Which colour is written on which, and what stands there.
_PAIRS = (
    ("heading", "surface", "headings"), ("text", "surface", "the body"), ("accent", "surface", "links in the body"),
    ("muted", "surface", "small print"), ("muted", "background", "the footer"), ("on_accent", "accent", "the button"),
)  # fmt: skip


def _host(name: str) -> str:
    try:
        found = host_of(f"https://{name}")
    except ValueError as error:
        raise ValueError(f"{name!r} should be a host such as www.lindhaven.example: {error}") from error
    if found != name:
        raise ValueError(f"{name!r} should be the host alone in small letters, such as {found}")
    return name


def _sayable(text: str) -> str:
    if re.search(r"[{}<>]", text) or one_line(text) != text:
        raise ValueError("should be plain words on one line, without braces or mark-up")
    return text


Colour = Annotated[str, formed(_COLOUR.pattern, "a colour such as #1f3a34, in quotes"), AfterValidator(str.lower)]
Font = Annotated[str, formed(r"[A-Za-z][A-Za-z0-9 -]{0,40}", "the name of a font, in letters, digits and blanks")]
Fonts = Annotated[tuple[Font, ...], Field(min_length=1, max_length=8)]
Words = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_sayable)]
Link = Annotated[str, AfterValidator(sendable)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Palette(_Part):
    """Six colours for one kind of light."""

    background: Colour
    surface: Colour
    heading: Colour
    text: Colour
    muted: Colour
    line: Colour
    accent: Colour
    on_accent: Colour


class Logo(_Part):
    """A picture instead of the name in letters; it loads from a host of ours."""

    link: Link
    alt: Words
    width: int = Field(ge=16, le=400)


class Sender(_Part):
    """Who writes."""

    name: Words
    company: Words


class Language(_Part):
    """What the frame of a message says in one language."""

    locale: Annotated[str, formed(*LOCALE)]
    reason: Words
    unsubscribe: Words
    # None: the frame leads nowhere but out.
    preferences: Words | None = None
    stop_by_sms: Annotated[Words, Field(max_length=40)]

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything that it says, for whoever checks that a message says nothing else."""
        return tuple(filter(None, (self.reason, self.unsubscribe, self.preferences, self.stop_by_sms)))


def _told_apart(languages: tuple[Language, ...]) -> tuple[Language, ...]:
    locales = [language.locale for language in languages]
    if twins := sorted({locale for locale in locales if locales.count(locale) > 1}):
        raise ValueError(f"{', '.join(twins)} stands twice; keep one")
    return languages


class Brand(_Part):
    """One tenant's appearance."""

    name: Annotated[Words, Field(max_length=40)]
    tagline: Words | None = None
    website: Link
    logo: Logo | None = None
    colours: Palette
    dark_colours: Palette
    fonts: Fonts
    heading_fonts: Fonts
    sender: Sender
    postal_address: Annotated[tuple[Words, ...], Field(min_length=2, max_length=6)]
    allowed_hosts: Annotated[tuple[Annotated[str, AfterValidator(_host)], ...], Field(min_length=1)]
    languages: Annotated[tuple[Language, ...], Field(min_length=1), AfterValidator(_told_apart)]

    def speaks(self, locale: str) -> Language | None:
        """What the frame says in that language, if it is known."""
        for wanted in (locale, locale.partition("-")[0]):
            for language in self.languages:
                if language.locale == wanted:
                    return language
        return None

    def language(self, locale: str) -> Language:
        """What the frame says in that language, or a refusal."""
        if language := self.speaks(locale):
            return language
        raise Refusal(f"The brand {self.name} has no words in {locale}; add the language to its brand file.")

    def values(self) -> Mapping[str, str]:
        """The slots that the brand itself fills."""
        return {
            "sender.name": self.sender.name,
            "sender.company": self.sender.company,
            "postal.address": ", ".join(self.postal_address),
        }


def read_brand(path: Path) -> Brand:
    """The brand in a file, or a refusal that names every mistake in it at once."""
    where = f"The brand file {path}"
    written = read_yaml(text_of(path, "brand file"), where)
    return as_model(written, Brand, where, _misfits(written))


def contrast(one: str, other: str) -> float:
    """How well one colour can be read on the other, from 1 to 21, as WCAG reckons it."""
    darker, lighter = sorted(map(_luminance, (one, other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    shares = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _misfits(written: Written) -> Iterator[Mistake]:
    content = written.content
    for palette in ("colours", "dark_colours"):
        yield from _faint(palette, content.get(palette))
    hosts = content.get("allowed_hosts")
    logo = content.get("logo")
    links = {
        ("website",): content.get("website"),
        ("logo", "link"): logo.get("link") if isinstance(logo, dict) else None,
    }
    for place, link in links.items():
        host = re.match(r"https://([^/?#]+)", str(link))
        if host and isinstance(hosts, list) and host[1] not in hosts:
            yield place, f"{host[1]} is not among allowed_hosts; add it there"


def _faint(place: str, palette: Any) -> Iterator[Mistake]:
    given = palette if isinstance(palette, dict) else {}
    for ink, paper, where in _PAIRS:
        one, other = str(given.get(ink)), str(given.get(paper))
        if _COLOUR.fullmatch(one) and _COLOUR.fullmatch(other) and (found := contrast(one, other)) < READABLE:
            yield (
                (place, ink),
                f"{one} on {paper} {other} is too faint for {where}: {found:.2f} to 1, at least {READABLE} is needed",
            )
