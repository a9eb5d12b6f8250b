"""A text whose passages may be cited no more waits until that is mended; asked of texts, and never of people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pipelines.delivery.store import Row, Store

MEND = "index it so again, or draft the text anew and have it approved."
SENTENCES = {
    "passage_removed": "The text cites {document}, from which that passage was taken out or reworded; " + MEND,
    "passage_unapproved": "The text cites {document}, which is approved no more; have it approved and " + MEND,
    "passage_expired": "The text cites {document}, which expired on {expires_at}; have it approved for longer and "
    + MEND,
}
CODES = list(SENTENCES)

Text = tuple[str, int]


def hold(store: Store, due: Sequence[Mapping[str, Any]], now: datetime, until: datetime) -> dict[Text, Row]:
    """Put off whoever waits for a text of these that may not be sent now; those texts, each with what spoils it."""
    found = _spoilt(store, {(row["variant_id"], row["version"]) for row in due}, now)
    if found:
        told = {"codes": [row["code"] for row in found.values()], "reasons": [_why(row) for row in found.values()]}
        store.rows("hold_texts", **_named(found), **told, until=until)
    return found


def release(store: Store, now: datetime) -> None:
    """Whoever was put off for a text that is in order again is due."""
    held = {(row["variant_id"], row["version"]) for row in store.rows("held_texts", codes=CODES)}
    mended = held - _spoilt(store, held, now).keys() if held else held
    if mended:
        store.rows("release_texts", **_named(mended), codes=CODES)


def _spoilt(store: Store, texts: set[Text], now: datetime) -> dict[Text, Row]:
    found = store.rows("spoilt", **_named(texts), today=now.date()) if texts else []
    return {(row["variant_id"], row["version"]): row for row in found}


def _named(texts: Mapping[Text, Any] | set[Text]) -> dict[str, list[Any]]:
    return {"variants": [variant_id for variant_id, _ in texts], "versions": [version for _, version in texts]}


def _why(row: Row) -> str:
    document = f"{row['document_id']} ({row['title']})" if row["title"] else row["document_id"]
    return SENTENCES[row["code"]].format(document=document, expires_at=row["expires_at"])
