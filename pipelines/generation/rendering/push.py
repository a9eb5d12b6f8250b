"""Push messages: a title and one line, as short as a locked screen shows them; a tap leads to the campaign's link."""

from __future__ import annotations

from pipelines.generation.brand import Brand
from pipelines.generation.briefs import Brief
from pipelines.generation.rendering.content import Content
from pipelines.generation.rendering.rendered import Notes, Rendered, size_of

MOST_TITLE, MOST_BODY = 50, 150


def compose(content: Content, _brief: Brief, _brand: Brand) -> Rendered:
    """Title and text; the link goes beside them."""
    text = content.words()
    return Rendered("push", content.subject, "", "", text, size_of(content.subject, text), 1)


def check(message: Rendered, notes: Notes) -> int:
    """A title or text that a locked screen would cut is a fault."""
    for what, text, most in (("title", message.subject, MOST_TITLE), ("text", message.text, MOST_BODY)):
        if len(text) > most:
            notes.faults.append(f"the push {what} has {len(text)} characters; {most} is the most")
    if not message.subject:
        notes.faults.append("the push title is empty")
    return 1
