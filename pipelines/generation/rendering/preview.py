"""A rendered message as a picture, without a browser and without the network."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.contracts import Refusal
from pipelines.generation.rendering.channels import personalised
from pipelines.generation.rendering.rendered import Rendered

if TYPE_CHECKING:
    from PIL.Image import Image

WIDTH, HEIGHT = 680, 4000
SHARPNESS = 2.0  # device pixels a CSS pixel


def preview(rendered: Rendered, values: Mapping[str, str | None], folder: Path) -> tuple[Path, Path]:
    """The message filled for one reader, as a page and as a picture in that folder."""
    filled = personalised(rendered, values)
    page = filled.html or as_page(filled)
    folder.mkdir(parents=True, exist_ok=True)
    written, drawn = folder / f"{filled.channel}.html", folder / f"{filled.channel}.png"
    written.write_text(page, encoding="utf-8")
    _picture(page).save(drawn)
    return written, drawn


def as_page(message: Rendered) -> str:
    """A message that is no page of its own, as a reader sees it on a phone."""
    lines = "<br>".join(html.escape(line) for line in message.text.splitlines())
    title = f"<strong>{html.escape(message.subject)}</strong><br>" if message.channel == "push" else ""
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Preview</title></head>'
        '<body style="margin:0;padding:40px;background:#e9e9ec;font:16px/24px Arial,sans-serif;color:#1c1c1e">'
        '<div style="max-width:420px;padding:16px 20px;background:#fff;border-radius:18px;overflow-wrap:break-word">'
        f"{title}{lines}</div></body></html>"
    )


def _picture(page: str) -> Image:
    import pypdfium2
    from PIL import Image

    try:
        from weasyprint import CSS, HTML
        from weasyprint.urls import URLFetcher
    except OSError as error:
        raise Refusal(f"A picture needs the library Pango, which is missing here ({error}); install it.") from error

    alone = URLFetcher(allowed_protocols={"data"})
    paper = CSS(string=f"@page {{ size: {WIDTH}px {HEIGHT}px; margin: 0 }}", url_fetcher=alone)
    pdf = HTML(string=page, url_fetcher=alone, media_type="screen").write_pdf(stylesheets=[paper])
    document = pypdfium2.PdfDocument(BytesIO(pdf))
    try:
        # A CSS pixel is 0.75 of a PDF point.
        sheets = [_trimmed(sheet.render(scale=SHARPNESS / 0.75).to_pil()) for sheet in document]
    finally:
        document.close()
    whole = Image.new("RGB", (max(s.width for s in sheets), sum(s.height for s in sheets)), "white")
    for top, sheet in _stacked(sheets):
        whole.paste(sheet, (0, top))
    return whole


def _trimmed(sheet: Any) -> Any:
    """Without the empty paper below the last thing on it, but for a margin."""
    import numpy as np

    seen = np.asarray(sheet.convert("RGB"))
    used = np.flatnonzero((seen != seen[-1, 0]).any(axis=(1, 2)))
    last = int(used[-1]) if used.size else 0
    return sheet.crop((0, 0, sheet.width, min(sheet.height, last + 1 + int(40 * SHARPNESS))))


def _stacked(sheets: list[Any]) -> Iterator[tuple[int, Any]]:
    top = 0
    for sheet in sheets:
        yield top, sheet
        top += sheet.height
