"""Subject and preheader: facts that the body does not tell, or lines."""

from __future__ import annotations

from pipelines.adapters.language_model.composer.beginning import Work
from pipelines.adapters.language_model.composer.body import Parts, cited, plain
from pipelines.adapters.language_model.composer.english import unended
from pipelines.adapters.language_model.composer.facts import Fact
from pipelines.adapters.language_model.composer.offers import contradicts
from pipelines.adapters.language_model.composer.stock import Run
from pipelines.generation.message import Sentence

# Alone in a mailbox's list, a fact must be close to what the brief is about.
WORTH = 1.0
LONGEST_SUBJECT = 59
PREHEADER_LENGTHS = (40, 100)

_SUBJECT_MAY_BE_FACT = ("direct", "control", "benefit")
# A price alone, or a detail, makes no subject.
_NO_SUBJECT = frozenset(("price", "payment", "general", "gift"))
_PREHEADER_IS_LINE = ("friendly", "curiosity")


def subject_of(work: Work, parts: Parts, longest: int = LONGEST_SUBJECT) -> Sentence:
    """The subject line."""
    lead = _topical(parts)
    # Where people accepted that questions earn more, a question that one of the facts answers stands there.
    if work.ask.prefers_questions and (asked := work.lines.asking_subject(_told(parts), longest)):
        return plain(asked)
    if work.strategy in _SUBJECT_MAY_BE_FACT and not work.offer:
        run = work.choice.take(
            lambda run: work.deal.owns_fact(run[0].grain) and _fits_subject(work, run, longest), near=lead, worth=WORTH
        )
        if run:
            return Sentence(text=unended(run[0].text), passage_ids=(run[0].passage_id,))
    return plain(work.lines.subject(lead, _told(parts), longest, bool(work.offer)) or "A note for you")


def preheader_of(work: Work, parts: Parts) -> Sentence:
    """What a mailbox shows beside the subject."""
    if work.strategy not in _PREHEADER_IS_LINE:
        lead = _first(parts, "lead", "offer")
        run = work.choice.take(lambda run: _fits(work, run, *PREHEADER_LENGTHS), near=lead, apart=True, worth=WORTH)
        if run:
            return cited(run[0])
    return plain(work.lines.preheader() or "A note from us, with what is good to know.")


def _topical(parts: Parts) -> Fact:
    """The first of the leading facts that is about a product, or else the first."""
    leading = [fact for name in ("offer", "deadline", "lead") for fact in parts.get(name, ())]
    return next((fact for fact in leading if fact.product), None) or _first(parts, "offer", "lead", "deadline")


def _told(parts: Parts) -> list[Fact]:
    return [fact for run in parts.values() for fact in run]


def _first(parts: Parts, *names: str) -> Fact:
    """The first fact of the first of these parts that has one, or of any."""
    return next(parts[name][0] for name in (*names, *parts) if parts.get(name))


def _fits_subject(work: Work, run: Run, longest: int) -> bool:
    in_focus = work.lines.stock.in_focus(run[0])
    return in_focus and run[0].theme not in _NO_SUBJECT and _fits(work, run, 0, longest + 1)


def _fits(work: Work, run: Run, least: int, most: int) -> bool:
    """Whether a fact can stand there alone; what belongs to the offer cannot, the offer being told only below."""
    fact = run[0]
    if len(run) != 1 or fact.is_quote or fact.dull >= 1 or fact.ends or not least <= len(fact.text) <= most:
        return False
    if not work.lines.stock.serves(fact):
        return False
    promoted = work.promoted
    return not contradicts(fact, promoted) and all(fact.document_id != told.document_id for told in promoted)
