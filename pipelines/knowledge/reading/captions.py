"""The caption file of an image: `photo.caption.md` says in words what `photo.jpg` shows."""

from __future__ import annotations

from dataclasses import replace

from pipelines.contracts import Refusal
from pipelines.knowledge.reading import front_matter, markdown
from pipelines.knowledge.reading.cleaning import on_one_line, visible
from pipelines.knowledge.reading.draft import Draft
from pipelines.knowledge.reading.papers import papers_of


def read(text: str) -> Draft:
    """The document in a caption file; it must say which image it belongs to."""
    fields, body = front_matter.split(text)
    image = fields.pop("image", "")
    if not isinstance(image, str) or not image.strip():
        raise Refusal("image is missing; write the path of the image that the caption belongs to")
    papers = papers_of(fields)
    heading, pieces = markdown.pieces_of(body)
    captions = tuple(replace(piece, kind="caption") for piece in pieces)
    return Draft("caption", replace(papers, source=papers.source or on_one_line(visible(image))), captions, heading)
