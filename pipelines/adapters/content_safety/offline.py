"""Screening without a network: linear models over invented examples. English only, and a floor, not Azure."""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence

from pipelines.adapters.content_safety.classifier.model import Level, Model, load_model
from pipelines.adapters.content_safety.classifier.normalising import foreign_share, normalised
from pipelines.adapters.content_safety.classifier.sentences import pieces
from pipelines.safety.ports import CATEGORIES, Judged, Severities, undecided

# Repair guesses what was meant, so it may ask for a reviewer and never block.
MOST_OF_REPAIRED: Level = 2
# Above this share of letters in another script, a model of English has nothing to say.
MOST_FOREIGN = 0.3
TEXTS_AT_ONCE = 512


class OfflineScreen:
    """A `ContentSafety` whose verdict on a text depends on nothing but the text."""

    name = "offline"

    def __init__(self, blocklist: Sequence[str] = ()) -> None:
        self._alone = threading.Lock()
        self._blocklist = tuple((term, _pattern(term)) for term in blocklist)

    @property
    def version(self) -> str:
        """Changes with the weights."""
        return load_model().version

    def screen(self, texts: Sequence[str]) -> list[Severities]:
        """One answer a text, in their order."""
        with self._alone:
            model = load_model()
            return [
                one
                for at in range(0, len(texts), TEXTS_AT_ONCE)
                for one in self._screened(model, texts[at : at + TEXTS_AT_ONCE])
            ]

    def _screened(self, model: Model, texts: Sequence[str]) -> list[Severities]:
        plain = [normalised(text) for text in texts]
        mended = [model.repair(text) for text in plain]
        as_seen = model.levels([pieces(text) for text in plain])
        guessed = [at for at, text in enumerate(mended) if text is not None]
        as_meant = dict(zip(guessed, model.levels([pieces(mended[at] or "") for at in guessed]), strict=True))
        return [self._told(text, as_seen[at], as_meant.get(at)) for at, text in enumerate(plain)]

    def _told(self, text: str, seen: Sequence[Level], meant: Sequence[Level] | None) -> Severities:
        hits = tuple(term for term, pattern in self._blocklist if pattern.search(text))
        if not text.isascii() and foreign_share(text) > MOST_FOREIGN:
            return Severities(undecided("unknown_script").judged, hits)
        judged = {}
        for at, category in enumerate(CATEGORIES):
            guess = min(meant[at], MOST_OF_REPAIRED) if meant else 0
            codes = ("classifier",) if seen[at] and seen[at] >= guess else ("repaired_text",) if guess else ()
            judged[category] = Judged(max(seen[at], guess), codes)
        return Severities(judged, hits)


def _pattern(term: str) -> re.Pattern[str]:
    words = r"\W+".join(map(re.escape, normalised(term).split()))
    return re.compile(rf"(?<!\w){words}(?!\w)")
