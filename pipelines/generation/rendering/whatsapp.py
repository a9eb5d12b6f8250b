"""WhatsApp messages, as the body of a template that Meta approves."""

from __future__ import annotations

from pipelines.generation.brand import Brand
from pipelines.generation.briefs import Brief
from pipelines.generation.rendering.content import Content
from pipelines.generation.rendering.rendered import Notes, Rendered, size_of

MOST_CHARACTERS = 1024


def compose(content: Content, brief: Brief, brand: Brand) -> Rendered:
    """The words in paragraphs, the link, and the way out."""
    pieces = [f"• {piece.text}" if piece.kind == "bullet" else piece.text for piece in content.body]
    way_out = brand.language(brief.knowledge.locale).stop_by_sms
    text = "\n\n".join([*pieces, f"{content.call_to_action}: {{{{campaign.link}}}}", way_out])
    return Rendered("whatsapp", content.subject, "", "", text, size_of(text), 1)


def check(message: Rendered, notes: Notes) -> int:
    """A body over 1,024 characters is a fault."""
    if len(message.text) > MOST_CHARACTERS:
        notes.faults.append(f"the message has {len(message.text)} characters; {MOST_CHARACTERS} is the most")
    return 1
