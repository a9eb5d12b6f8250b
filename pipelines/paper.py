"""Pages of ours on paper."""

from __future__ import annotations

from typing import Any


def write_pdf(html: str, target: Any) -> None:
    """A page that refers to nothing outside itself as a PDF, the same one each time."""
    import weasyprint
    from fontTools.ttLib.tables import _h_e_a_d  # type: ignore[import-untyped]

    # Where the system has no HarfBuzz that cuts fonts fontTools does, and writes the moment of it into each.
    _h_e_a_d.timestampNow = lambda: 0
    weasyprint.HTML(string=html, url_fetcher=_fetches_nothing).write_pdf(target)


def _fetches_nothing(url: str, *_: Any, **__: Any) -> Any:
    raise ValueError(f"a page of ours refers to nothing outside itself, not to {url}")
