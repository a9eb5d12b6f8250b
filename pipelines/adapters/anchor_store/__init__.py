"""Where anchors are kept besides their folder: an object store, by one signed address."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipelines.audit.ports import AnchorStore


def anchor_store(url: str) -> AnchorStore | None:
    """The store at that address; none where no address is set."""
    if not url:
        return None
    from pipelines.adapters.anchor_store.http import HttpStore

    return HttpStore(url)
