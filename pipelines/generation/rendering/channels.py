"""One message rendered for its channel, and a rendered one filled for its reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from pipelines.contracts import Refusal
from pipelines.generation.brand import Brand
from pipelines.generation.briefs import Brief
from pipelines.generation.links import host_of, may_link
from pipelines.generation.message import Message
from pipelines.generation.rendering import email, linkedin, push, sms, web, whatsapp
from pipelines.generation.rendering.content import Content, prepared
from pipelines.generation.rendering.rendered import Notes, Rendered, size_of
from pipelines.generation.slots import at_usual_length, fill


@dataclass(frozen=True, slots=True)
class _Channel:
    """How a channel lays words out, what it refuses, and whether a name that is long may make it refuse."""

    compose: Callable[[Content, Brief, Brand], Rendered]
    check: Callable[[Rendered, Notes], int]
    hard_limit: bool
    # Whether the brand says something of its own there, such as the way out.
    framed: bool = True


CHANNELS: Mapping[str, _Channel] = {
    "email": _Channel(email.compose, email.check, hard_limit=False),
    "sms": _Channel(sms.compose, sms.check, hard_limit=True),
    "linkedin": _Channel(linkedin.compose, linkedin.check, hard_limit=True, framed=False),
    "whatsapp": _Channel(whatsapp.compose, whatsapp.check, hard_limit=True),
    "push": _Channel(push.compose, push.check, hard_limit=False, framed=False),
    "web": _Channel(web.compose, web.check, hard_limit=False),
}


def require_fitting(brief: Brief, brand: Brand) -> None:
    """Refuse a brief none of whose texts could be rendered for this brand, so that nobody pays for them first."""
    link, locale, hosts = brief.call_to_action.link, brief.knowledge.locale, ", ".join(brand.allowed_hosts)
    channels = (brief.channel, *brief.elsewhere.values())
    faults = []
    if not may_link(link, brand.allowed_hosts):
        faults.append(
            f"call_to_action.link leads to {host_of(link)}, and the brand may link to {hosts}; name a page there, or "
            "add the host to allowed_hosts in its brand file"
        )
    if any(CHANNELS[channel].framed for channel in channels) and not brand.speaks(locale):
        known = ", ".join(language.locale for language in brand.languages)
        faults.append(
            f"knowledge.locale is {locale}, and the brand has words in {known}; choose one of these, or add the "
            "language to its brand file"
        )
    if faults:
        raise Refusal(f"The brief {brief.name!r} does not fit the brand {brand.name}: {'; '.join(faults)}.")


def render(message: Message, brief: Brief, brand: Brand) -> Rendered:
    """The message as its channel sends it, slots in place; a refusal names everything that forbids it."""
    notes = Notes()
    content = prepared(message, brand, notes)
    link = brief.call_to_action.link
    if not may_link(link, brand.allowed_hosts):
        notes.faults.append(f"the brief's link {link} leads to a host that is not on the brand's list")
    channel = CHANNELS[brief.channel]
    made = channel.compose(content, brief, brand)
    known = {**brand.values(), "campaign.link": link}
    usual = replace(made, subject=at_usual_length(made.subject, known), text=at_usual_length(made.text, known))
    segments = channel.check(usual, notes)
    if notes.faults:
        raise Refusal(f"The message cannot be sent by {brief.channel}: {'; '.join(notes.faults)}; write it again.")
    return replace(made, segments=segments, warnings=tuple(notes.warnings))


def personalised(rendered: Rendered, values: Mapping[str, str | None]) -> Rendered:
    """The same for one reader, every slot filled; where the channel has a hard limit, it is checked again."""
    filled = replace(
        rendered,
        subject=fill(rendered.subject, values),
        preheader=fill(rendered.preheader, values),
        html=fill(rendered.html, values, "html"),
        text=fill(rendered.text, values),
    )
    if rendered.channel == "sms":
        filled = replace(filled, text=sms.normalised(filled.text))
    filled = replace(filled, bytes=size_of(filled.subject, filled.preheader, filled.html, filled.text))
    notes = Notes()
    channel = CHANNELS[rendered.channel]
    segments = channel.check(filled, notes)
    if notes.faults and channel.hard_limit:
        raise Refusal(f"For this reader {'; '.join(notes.faults)}; leave the reader out or shorten the message.")
    known = dict.fromkeys((*rendered.warnings, *notes.warnings, *notes.faults))
    return replace(filled, segments=segments, warnings=tuple(known))


def fitted(channel: str, text: str) -> str:
    """A filled text as its channel takes it, or a refusal where it has become too long for this reader."""
    text = sms.normalised(text) if channel == "sms" else text
    notes = Notes()
    CHANNELS[channel].check(Rendered(channel, "", "", "", text, size_of(text), 0), notes)
    if notes.faults:
        raise Refusal(f"For this reader {'; '.join(notes.faults)}; leave the reader out or shorten the message.")
    return text
