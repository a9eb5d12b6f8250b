"""Screening without a network: linear models over invented examples. English only, and a floor, not Azure."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from pipelines.adapters.content_safety.classifier.foreign import is_foreign
from pipelines.adapters.content_safety.classifier.model import Level, Model, load_model
from pipelines.adapters.content_safety.classifier.normalising import foreign_share, normalised
from pipelines.adapters.content_safety.classifier.sentences import pieces
from pipelines.safety.ports import CATEGORIES, Claim, Judged, Severities, undecided

# Repair guesses what was meant, so it may ask for a reviewer and never block.
MOST_OF_REPAIRED: Level = 2
# Above this share of letters in another script, a model of English has nothing to say.
MOST_FOREIGN = 0.3
# Marks that show letters in another order than they are stored in: what is read is not what readers see.
TURNS = frozenset("\u202d\u202e")
TEXTS_AT_ONCE = 512
ENGLISH_ONLY = "The offline screen reads English only; let a person read it, or choose the provider azure."
EXPLAINED = {
    "unknown_script": ENGLISH_ONLY,
    "unknown_language": ENGLISH_ONLY,
    "turned_text": "It holds marks that turn letters around; take them out.",
    "repaired_text": "It says so only once words in disguise are put right.",
}


class OfflineScreen:
    """A `ContentSafety` whose verdict on a text depends on nothing but the text."""

    name = "offline"

    def __init__(self) -> None:
        self._alone = threading.Lock()

    @property
    def version(self) -> str:
        """Changes with the weights and with the code that reads by them."""
        return load_model().version

    def explain(self, code: str) -> str:
        """What a code means."""
        return EXPLAINED.get(code, "")

    def screen(self, texts: Sequence[str]) -> list[Severities]:
        """One answer a text, in their order."""
        with self._alone:
            model = load_model()
            return [
                one
                for at in range(0, len(texts), TEXTS_AT_ONCE)
                for one in self._screened(model, texts[at : at + TEXTS_AT_ONCE])
            ]

    def ungrounded(self, claims: Sequence[Claim]) -> None:
        """It does not look: every sentence was held against its passages when the text was written."""

    def _screened(self, model: Model, texts: Sequence[str]) -> list[Severities]:
        plain = [normalised(text) for text in texts]
        mended = [model.repair(text) for text in plain]
        cut = [pieces(text) for text in plain]
        as_seen = model.levels(cut)
        guessed = [at for at, text in enumerate(mended) if text is not None]
        as_meant = dict(zip(guessed, model.levels([pieces(mended[at] or "") for at in guessed]), strict=True))
        return [
            self._told(plain[at], cut[at], as_seen[at], as_meant.get(at))
            if TURNS.isdisjoint(text)
            else undecided("turned_text")
            for at, text in enumerate(texts)
        ]

    def _told(
        self, text: str, cut: Sequence[Sequence[str]], seen: Sequence[Level], meant: Sequence[Level] | None
    ) -> Severities:
        if not text.isascii() and foreign_share(text) > MOST_FOREIGN:
            return undecided("unknown_script")
        if any(map(is_foreign, cut)):
            return undecided("unknown_language")
        judged = {}
        for at, category in enumerate(CATEGORIES):
            guess = min(meant[at], MOST_OF_REPAIRED) if meant else 0
            codes = ("classifier",) if seen[at] and seen[at] >= guess else ("repaired_text",) if guess else ()
            judged[category] = Judged(max(seen[at], guess), codes)
        return Severities(judged)
