"""The body of a mail: facts are taken for each part of the strategy's layout, put in place, and cited."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from pipelines.adapters.language_model.composer.beginning import Work
from pipelines.adapters.language_model.composer.english import unended
from pipelines.adapters.language_model.composer.facts import Fact
from pipelines.adapters.language_model.composer.layouts import (
    LAYOUTS,
    MOST_SENTENCES,
    SPARED,
    Kind,
    Layout,
    begins_with_facts,
)
from pipelines.adapters.language_model.composer.offers import contradicts, terms_of
from pipelines.adapters.language_model.composer.stock import Run
from pipelines.generation.message import Block, Sentence

# What an optional fact must be worth; the leading one is taken as it comes.
WORTH = 0.2
LEAST_FACTS = 2

Parts = Mapping[str, Run]


def mail_parts(work: Work, layout: Layout) -> Parts:
    """The facts of each part, the leading ones first."""
    take = work.choice.take
    wanted = {part.split()[-1] for _, block in layout for part in block}
    parts: dict[str, Run] = {"deadline": work.deadline}
    parts["offer"] = tuple(fact for fact in work.offer if fact not in work.deadline)
    parts["terms"] = terms_of(parts["offer"], work.ask.passages, work.banned)
    work.choice.add(parts["terms"])
    if "voice" in wanted:
        parts["voice"] = take(lambda run: run[0].is_quote)
    # What belongs to the offer is only understood once the offer has been told; what it costs otherwise confuses.
    about_offer = {fact.document_id for fact in work.promoted}
    pointed = {part for kind, block in layout for part in block if kind == "bullet"}

    def is_free(run: Run) -> bool:
        return _is_prose(run) and run[0].document_id not in about_offer and not contradicts(run[0], work.promoted)

    def serves(run: Run) -> bool:
        return is_free(run) and work.lines.stock.serves(run[0])

    def is_point(run: Run) -> bool:
        return serves(run) and len(run) == 1

    def leads(run: Run) -> bool:
        fits = is_point if "lead" in pointed else is_free
        return fits(run) and work.lines.stock.in_focus(run[0]) and not any(fact.ends for fact in run)

    near = next(iter(parts.get("voice", ()) or work.offer or work.deadline), None)
    parts["lead"] = take(leads, near=near) or take(is_free, near=near) or take(_is_prose)
    if "follow" in wanted and len(parts["lead"]) == 1:
        lead = parts["lead"][0]
        parts["follow"] = take(lambda run: is_point(run) and _goes_with(run[0], lead), near=lead, worth=WORTH)
    for part in ("proof", "extra", "more"):
        if part in wanted:
            fits = is_point if part in pointed else serves
            parts[part] = take(fits, apart=True, worth=WORTH)
    if "proof" in wanted and not parts["proof"] and not work.offer:
        parts["proof"] = take(is_free, apart=True)
    return parts


def _goes_with(fact: Fact, lead: Fact) -> bool:
    """Whether a fact may come right after the leading one without a turn."""
    if fact.product or lead.product:
        return fact.product == lead.product
    return fact.document_id == lead.document_id or fact.theme == lead.theme


def _is_prose(run: Run) -> bool:
    return not run[0].is_quote


def layout_of(work: Work) -> Layout:
    """The layout that is drawn for this ask; few messages of a campaign begin with facts, for these are everybody's."""
    may_begin = work.deal.begins_with_facts() and bool(work.offer or work.deadline)
    layouts = [one for one in LAYOUTS[work.strategy] if may_begin or not begins_with_facts(one)]
    return layouts[work.draw.number("layout") % len(layouts)]


def mail_blocks(work: Work, layout: Layout, parts: Parts) -> tuple[Block, ...]:
    """The blocks of a mail, at most nine sentences; the least needed facts are left out first."""
    if sum(bool(run) for run in parts.values()) < LEAST_FACTS:
        raise work.too_little()
    blocks: tuple[Block, ...] = ()
    for spared in SPARED:
        work.lines.said.clear()
        kept = {name: run for name, run in parts.items() if name not in spared}
        kept["offer"] = (*parts["offer"][:1], *kept.pop("terms", ()), *parts["offer"][1:])
        led = {part.split()[-1] for _, names in layout for part in names if " " in part}
        blocks = tuple(block for kind, names in layout for block in _blocks(work, kind, names, kept, led))
        if sum(len(block.sentences) for block in blocks) <= MOST_SENTENCES:
            break
    return blocks


def _blocks(work: Work, kind: Kind, names: Sequence[str], parts: Parts, led: Collection[str]) -> list[Block]:
    if kind == "bullet":
        return _points(work, [parts[name] for name in names if parts.get(name)])
    sentences = [sentence for name in names for sentence in _sentences(work, name, parts, led)]
    if not sentences:
        return []
    if kind == "paragraph":
        facts = {fact.text: fact for run in parts.values() for fact in run}
        return [Block(kind=kind, sentences=flowing(sentences, facts))]
    return [Block(kind=kind, sentences=tuple(sentences))]


def _points(work: Work, runs: Sequence[Run]) -> list[Block]:
    """A list, a point a run; where several speak of one product, a heading names it and they do not."""
    if len(runs) < 2:
        return [Block(kind="paragraph", sentences=tuple(map(cited, run))) for run in runs]
    products = [run[0].product for run in runs if run[0].product and run[0].as_point and len(run) == 1]
    product = next((one for one in products if products.count(one) > 1), None)
    heading = work.lines.over_points(product) if product else None
    blocks = [Block(kind="heading", sentences=(plain(heading),))] if heading else []
    for run in runs:
        (first, *others) = run
        short = first.as_point if heading and first.product == product else None
        point = cited(first, short or unended(first.text)) if not others else cited(first)
        blocks.append(Block(kind="bullet", sentences=(point, *map(cited, others))))
    return blocks


def _sentences(work: Work, name: str, parts: Parts, led: Collection[str]) -> list[Sentence]:
    how, _, part = name.rpartition(" ")
    run = parts.get(part, ())
    if how:
        line = work.lines.leading_up(how, run[0]) if run else None
    elif part in ("greeting", "hook", "closing"):
        line = work.lines.by_itself(part)
    else:
        # A price alone says nothing of a present, unless a line led up to it.
        asks = part == "lead" and part not in led and bool(run) and run[0].theme == "gift"
        line = work.lines.leading_up("ask", run[0]) if asks else None
        return [*([plain(line)] if line else []), *map(cited, run)]
    return [plain(line)] if line else []


def flowing(sentences: Sequence[Sentence], run_of: Mapping[str, Fact]) -> tuple[Sentence, ...]:
    """The sentences of a paragraph, where one goes on about the product of the one before as `it`."""
    told: list[Sentence] = []
    before: Fact | None = None
    asked = ""
    for sentence in sentences:
        fact = run_of.get(sentence.text)
        if fact is not None and fact.carried_on and (_goes_on(fact, before) or str(fact.product) in asked):
            told.append(Sentence(text=fact.carried_on, passage_ids=sentence.passage_ids))
        else:
            told.append(sentence)
        before, asked = fact, sentence.text if fact is None else ""
    return tuple(told)


def _goes_on(fact: Fact, before: Fact | None) -> bool:
    return before is not None and before.carried_on is not None and fact.product == before.product


def plain(text: str) -> Sentence:
    """A sentence that states no fact."""
    return Sentence(text=text, passage_ids=())


def cited(fact: Fact, wording: str | None = None) -> Sentence:
    """A fact, or another wording of it, with the passage that states it."""
    return Sentence(text=wording or fact.text, passage_ids=(fact.passage_id,))
