"""The verdict on one sentence: whether it claims anything, what it cites, and whether that bears it out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipelines.contracts import Passage
from pipelines.generation.grounding.factual import is_factual
from pipelines.generation.grounding.faults import Claim
from pipelines.generation.grounding.finding import Finding, find, find_quotation
from pipelines.generation.grounding.library import Library
from pipelines.generation.grounding.quoting import FEWEST_WORDS, Quoted, quoted_in
from pipelines.generation.grounding.reading import read
from pipelines.generation.grounding.reasons import reason_of
from pipelines.generation.grounding.verdict import SentenceVerdict, Verdict

CACHED = 50_000
_NOTHING_CLAIMED = "The sentence claims nothing that could be checked."


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a sentence stands: what the one before was about, whether it says "it", and in which kind of block."""

    about: tuple[str, ...] = ()
    pointed: bool = False
    place: str = "text"


@dataclass(frozen=True, slots=True)
class _Case:
    text: str
    library: Library
    on: date
    cited: tuple[str, ...] | None
    setting: Setting
    quoted: Quoted | None

    def search(self, allowed: frozenset[str]) -> Finding:
        if self.quoted is not None:
            return find_quotation(self.quoted, self.library, allowed)
        reading = read(self.text)
        return find(Claim(reading.items, reading, self.setting.about, self.setting.pointed), self.library, allowed)


STANDING_ALONE = Setting()


def verify(
    text: str,
    library: Library,
    on: date,
    cited: tuple[str, ...] | None = None,
    setting: Setting = STANDING_ALONE,
) -> SentenceVerdict:
    """What is to be said of a sentence; with `cited` it must rest on these passages, else on any."""
    key = (text, on, cited, setting)
    known = library.verdicts.get(key)
    if known is None:
        if len(library.verdicts) > CACHED:
            library.verdicts.clear()
        known = library.verdicts[key] = _verdict(text, library, on, cited, setting)
    return known


def _verdict(text: str, library: Library, on: date, cited: tuple[str, ...] | None, setting: Setting) -> SentenceVerdict:
    quoted = quoted_in(text) or _whole_quotation(text, setting)
    if quoted is None and not is_factual(read(text), library, setting.place):
        return SentenceVerdict(text, "not_factual", None, None, "not_factual", _NOTHING_CLAIMED)
    case = _Case(text, library, on, cited, setting, quoted)
    refusal = _bad_citation(case)
    if refusal is not None:
        return refusal
    usable = library.usable_on(on)
    finding = case.search(usable if cited is None else frozenset(cited))
    if finding.evidence is not None and finding.good:
        passage = finding.evidence.passage
        return _said(case, passage, "supported", f"“{passage.title}” says so.")
    return _unsupported(case, finding, usable)


def _whole_quotation(text: str, setting: Setting) -> Quoted | None:
    spoken = setting.place == "quote" and not text.lstrip().startswith(("—", "–", "-"))
    return Quoted((text,), "") if spoken and len(text.split()) >= FEWEST_WORDS else None


def _bad_citation(case: _Case) -> SentenceVerdict | None:
    if case.cited is None:
        return None
    if not case.cited:
        reason = "The sentence claims something but cites no passage."
        return SentenceVerdict(case.text, "unsupported", None, None, "no_citation", reason)
    for name in case.cited:
        passage = case.library.passages.get(name)
        if passage is None:
            reason = f"The sentence cites {name}, which is not among the passages that were found for it."
            return SentenceVerdict(case.text, "unsupported", name, None, "unknown_citation", reason)
        refused = passage.refused_on(case.on)
        if refused:
            return _refused(case, passage, refused)
    return None


def _unsupported(case: _Case, finding: Finding, usable: frozenset[str]) -> SentenceVerdict:
    """Why not: a passage that may not be cited says so, another than the cited one does, or nothing does."""
    others = frozenset(case.library.passages) - usable if case.cited is None else usable
    instead = case.search(others) if others else Finding(None)
    elsewhere = instead.evidence.passage if instead.evidence is not None and instead.good else None
    refused = elsewhere.refused_on(case.on) if elsewhere is not None else None
    if elsewhere is not None and refused:
        return _refused(case, elsewhere, refused)
    if finding.evidence is None or not finding.faults:
        reason = (
            "No approved passage is about this." if case.cited is None else "The cited passages are not about this."
        )
        return SentenceVerdict(case.text, "unsupported", None, None, "nothing", reason)
    reason = reason_of(finding.faults[0], finding.evidence)
    if elsewhere is not None:
        reason = f"{reason[:-1]}; {elsewhere.passage_id} would bear it out."
    return _said(case, finding.evidence.passage, finding.faults[0].code, reason)


def _refused(case: _Case, passage: Passage, refused: str) -> SentenceVerdict:
    code = "expired" if "expired" in refused else "not_approved"
    reason = f"The passage that says so may not be cited: {refused} ({passage.passage_id})."
    return _said(case, passage, code, reason)


def _said(case: _Case, passage: Passage, code: str, reason: str) -> SentenceVerdict:
    verdict: Verdict = "supported" if code == "supported" else "unsupported"
    return SentenceVerdict(case.text, verdict, passage.passage_id, passage.document_id, code, reason)
