"""Markdown with or without front matter: what a browser would show of it is what may be cited."""

from __future__ import annotations

from pipelines.knowledge.reading import front_matter, webpages
from pipelines.knowledge.reading.draft import Draft
from pipelines.knowledge.reading.papers import papers_of


def read(text: str) -> Draft:
    """The document in a Markdown file."""
    fields, body = front_matter.split(text)
    heading, pieces = webpages.pieces_of(as_html(body))
    return Draft("markdown", papers_of(fields), pieces, heading)


def as_html(body: str) -> str:
    """The page that a browser would be given."""
    from markdown_it import MarkdownIt

    return str(MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(body))
