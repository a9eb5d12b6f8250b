"""LinkedIn notes, which a person sends by hand: at most 300 characters, the link among them."""

from __future__ import annotations

from pipelines.generation.brand import Brand
from pipelines.generation.briefs import Brief
from pipelines.generation.rendering.content import Content
from pipelines.generation.rendering.rendered import Notes, Rendered, size_of

MOST_CHARACTERS = 300


def compose(content: Content, _brief: Brief, _brand: Brand) -> Rendered:
    """The words and the link as one short note."""
    text = f"{content.words()}\n{content.call_to_action}: {{{{campaign.link}}}}"
    return Rendered("linkedin", content.subject, "", "", text, size_of(text), 1)


def check(note: Rendered, notes: Notes) -> int:
    """A note over 300 characters is a fault; an emoji counts as LinkedIn counts it, as two."""
    length = len(note.text.encode("utf-16-le")) // 2
    if length > MOST_CHARACTERS:
        notes.faults.append(f"the note has {length} characters; {MOST_CHARACTERS} is the most")
    return 1
