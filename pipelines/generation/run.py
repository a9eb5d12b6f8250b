"""Copy for a campaign: opened by a brief, its audience given passages, and every variant drafted and verified."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import structlog

from pipelines.contracts import Passage, PassageFilters, Refusal
from pipelines.database import Connection
from pipelines.generation import store
from pipelines.generation.audience import missing_knowledge, query_for, question_for, unit_of
from pipelines.generation.batching import collect, endpoint, give_up_batch
from pipelines.generation.briefs import Brief, brief_hash, read_brief, read_brief_text
from pipelines.generation.calls import Calls, Purpose
from pipelines.generation.drafting import first_ask
from pipelines.generation.editing import editable, rewrite
from pipelines.generation.learnings import Learnings
from pipelines.generation.message import Message
from pipelines.generation.personas import read_personas
from pipelines.generation.ports import Ask, Key, Studio
from pipelines.generation.prompting import prompt_version
from pipelines.generation.rendering import require_fitting
from pipelines.generation.rewriting import reword
from pipelines.generation.rounds import Rounds, source_of
from pipelines.generation.scoring import Scorer, read_prior
from pipelines.generation.showing import audience_of, export_templates, preview_variant, readers, received, templates_of
from pipelines.generation.sketching import sizes, sketch
from pipelines.policy_files.mistakes import nearest

__all__ = [
    "DraftSummary", "Opened", "Studio", "audience_of", "draft", "drafted", "editable", "export_templates",
    "give_up_batch", "open_campaign", "opened_campaign", "preview_variant", "prompt_version_now", "read_brief",
    "read_brief_text", "readers", "received", "retrieve", "reword", "rewrite", "sizes", "sketch", "templates_of",
]  # fmt: skip

log = structlog.get_logger(__name__)

CHUNK, BATCH = 200, 5_000
LEAST_PASSAGES = 3

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class DraftSummary:
    """What a drafting made; whatever could not be made is in `waiting` with the reason, and a rerun goes on there.

    `cost_usd` is what this run's drafts cost, `campaign_cost_usd` all that was spent on the campaign so far: also on
    saying its questions in other words, and at its most where an answer never came.
    """

    campaign_id: str
    drafted: int
    blocked: int
    unchanged: int
    waiting: dict[str, str]
    calls: int
    from_memory: int
    cost_usd: float
    campaign_cost_usd: float
    input_tokens: int
    output_tokens: int
    source: str
    seconds: float
    variants: list[dict[str, Any]]

    def to_json(self) -> dict[str, Any]:
        """The one object that `--json` prints."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Opened:
    """A campaign with what its audience is found by; `as_of` is when it was entered, and stays."""

    tenant: str
    campaign_id: str
    scheme: str
    as_of: datetime

    def to_json(self) -> dict[str, str]:
        """For the task that goes on with it."""
        return {**asdict(self), "as_of": self.as_of.isoformat()}


def open_campaign(studio: Studio, tenant: str, brief: Brief, *, by: str, launch: str = "") -> Opened:
    """Enter the campaign of a brief; the same brief and launch are the same campaign for ever."""
    if brief.topic and brief.topic not in (topics := studio.topics_of(tenant)):
        raise Refusal(f"topic: {brief.topic!r} is none of the policy's topics; {nearest(brief.topic, topics)}.")
    require_fitting(brief, studio.brand_of(tenant))
    wanted = brief_hash(brief)
    name = re.sub(r"[^a-z0-9]+", "-", brief.name.lower()).strip("-")[:40]
    campaign_id = f"{name}-{hashlib.sha256(f'{wanted}|{launch}'.encode()).hexdigest()[:10]}"
    with studio.database.transaction(tenant) as connection:
        store.require_tenant(connection, tenant)
        store.open_campaign(
            connection,
            {
                "campaign_id": campaign_id, "name": brief.name, "brief_hash": wanted, "channel": brief.channel,
                "brief": brief.model_dump(mode="json"), "created_by": by, "now": studio.clock(),
            },
        )  # fmt: skip
    return opened_campaign(studio, tenant, campaign_id)


def opened_campaign(studio: Studio, tenant: str, campaign_id: str) -> Opened:
    """A campaign that was entered before."""
    with studio.database.transaction(tenant) as connection:
        row = store.campaign(connection, campaign_id)
    return Opened(tenant, campaign_id, Brief.model_validate(row["brief"]).audience.scheme, row["created_at"])


def retrieve(
    studio: Studio, tenant: str, campaign_id: str, snapshot_id: str, *, brief: Brief | None = None
) -> dict[str, Any]:
    """Find the audience units of a campaign, and for each the passages that its copy may rest on.

    A `brief` narrower than the campaign's own adds units of it and leaves those that are there.
    """
    personas = read_personas(studio.policies)
    with studio.database.transaction(tenant) as connection:
        brief = brief or Brief.model_validate(store.campaign(connection, campaign_id)["brief"])
        kind = brief.audience.unit
        rows, favourites, named = store.units_of(connection, kind, snapshot_id, brief.audience.only, personas)
    units = [unit_of(kind, row, favourites.get(row["unit_id"], ())) for row in rows]
    wanted, now = brief.knowledge, studio.clock()
    filters = PassageFilters(now.date(), wanted.audience, wanted.locale, wanted.products, wanted.documents)
    query = query_for(brief)
    questions = [question_for(query, unit, favourites.get(unit.unit_id, ())) for unit in units]
    with studio.searching(tenant, campaign_id) as desk:
        if wrong := [*_unknown_units(brief, named), *missing_knowledge(desk, filters)]:
            raise Refusal(" ".join(wrong))
        if not units:
            raise _nobody(brief)
        answers = desk.ask_all(questions, filters, wanted.passages)
    found = [
        store.Retrieved(unit, query, tuple(one.passage.passage_id for one in passages))
        for unit, passages in zip(units, answers, strict=True)
    ]
    thin = [one.unit.label for one in found if len(one.passage_ids) < LEAST_PASSAGES]
    if thin:
        audience = f" for readers tagged {' or '.join(wanted.audience)}" if wanted.audience else ""
        raise Refusal(
            f"Fewer than {LEAST_PASSAGES} approved passages in {wanted.locale}{audience} answer the brief for "
            f"{', '.join(thin[:5])}; index content with `liftline knowledge index`, or widen `knowledge` in the brief."
        )
    with studio.database.transaction(tenant) as connection:
        store.keep_units(connection, campaign_id, snapshot_id, found, now)
    distinct = {passage for one in found for passage in one.passage_ids}
    return {"campaign_id": campaign_id, "units": len(found), "passages": len(distinct), "snapshot_id": snapshot_id}


def _unknown_units(brief: Brief, named: set[str]) -> Iterator[str]:
    kind = brief.audience.unit
    if unknown := [name for name in brief.audience.only if name not in named]:
        there = ", ".join(sorted(named)[:12]) or "none"
        yield f"audience.only names {', '.join(unknown)}; the {kind}s are: {there}."


def _nobody(brief: Brief) -> Refusal:
    only = brief.audience.only
    whom = f"in {' or '.join(only)}" if only else f"in any {brief.audience.unit}"
    return Refusal(f"Nobody is {whom} today; import customers, or widen audience.only in the brief.")


def draft(
    studio: Studio,
    tenant: str,
    campaign_id: str,
    *,
    by: str,
    again: bool = False,
    batch: bool = False,
    progress: Progress | None = None,
    brief: Brief | None = None,
) -> DraftSummary:
    """Draft every variant that is not there yet; `again` also drafts anew what is blocked, or cites what is withdrawn.

    A `brief` stands for the campaign's own where a request says more; it must not name another link.
    With `batch` what is missing goes to the vendor's batch endpoint, and the next run collects it.
    """
    started = time.monotonic()
    if batch:
        endpoint(studio)
    with store.alone(studio.database, tenant) as session:
        with session.transaction() as connection:
            brief = brief or Brief.model_validate(store.campaign(connection, campaign_id)["brief"])
            units = store.kept_units(connection, campaign_id)
            kept = {_key(row): row for row in store.variants(connection, campaign_id)}
            lost = store.unsendable(connection, campaign_id, studio.clock().date()) if again else set()
            learnings = Learnings.of(store.accepted_insights(connection))
            prior = read_prior(studio.policies / "engagement_prior.yaml")
            history = store.history(connection, studio.clock())
            responses = studio.responses(tenant, campaign_id)
        channels: set[str] = {brief.channel, *brief.elsewhere.values()}
        scorers = {channel: Scorer(prior, channel, history, responses) for channel in channels}
        if not units:
            raise Refusal(f"Nothing was retrieved for campaign {campaign_id} yet; retrieve passages for it first.")
        done = {
            key
            for key, row in kept.items()
            if not (again and (row["status"] == "blocked" or row["variant_id"] in lost))
        }
        versions = {key: row["version"] + 1 for key, row in kept.items()}
        purpose = Purpose("variant", prompt_version(learnings.accepted), studio.writer, Message)
        calls = Calls(studio, session, campaign_id, brief.budget_usd, purpose)
        rounds = Rounds(studio, session, campaign_id, calls, scorers, by, versions)
        collect(studio, rounds, brief, [one.unit for one in units], learnings)
        settled = rounds.kept | calls.in_batch.keys()
        asks = _asks(studio, tenant, brief, units, versions, done | settled, learnings)
        if asks:
            require_fitting(brief, studio.brand_of(tenant))
        size = BATCH if batch else CHUNK
        for at in range(0, len(asks), size):
            several = asks[at : at + size]
            if batch:
                rounds.settle(calls.submitted(several, endpoint(studio).submit))
            else:
                rounds.work(several)
            if progress:
                progress(min(at + size, len(asks)), len(asks))
    summary = _summary(studio, tenant, rounds, len(done), time.monotonic() - started)
    log.info(
        "copy_drafted", tenant=tenant, campaign_id=campaign_id, drafted=summary.drafted, blocked=summary.blocked,
        waiting=len(summary.waiting), calls=summary.calls, from_memory=summary.from_memory, cost_usd=summary.cost_usd,
    )  # fmt: skip
    return summary


def _summary(studio: Studio, tenant: str, rounds: Rounds, unchanged: int, seconds: float) -> DraftSummary:
    calls, campaign_id = rounds.calls, rounds.campaign_id
    made = drafted(studio, tenant, campaign_id)
    with studio.database.transaction(tenant) as connection:
        spent = store.campaign_spent(connection, campaign_id)["cost_usd"]
    there = {_key(row) for row in made}
    missing = calls.unaffordable | rounds.unavailable | calls.in_batch
    return DraftSummary(
        campaign_id=campaign_id,
        drafted=sum(row["status"] == "drafted" for row in made),
        blocked=sum(row["status"] == "blocked" for row in made),
        unchanged=unchanged,
        waiting={"/".join(key[1:]): why for key, why in missing.items() if key not in there or key in calls.in_batch},
        calls=calls.made,
        from_memory=calls.from_memory,
        cost_usd=float(calls.cost),
        campaign_cost_usd=float(spent),
        input_tokens=calls.input_tokens,
        output_tokens=calls.output_tokens,
        source=source_of(studio),
        seconds=round(seconds, 3),
        variants=made,
    )


def prompt_version_now(connection: Connection) -> str:
    """The version of the prompt that drafting asks with from now on, the accepted learnings within."""
    return prompt_version(Learnings.of(store.accepted_insights(connection)).accepted)


def drafted(studio: Studio, tenant: str, campaign_id: str) -> list[dict[str, Any]]:
    """The newest version of every variant, with its message and the verdict on each sentence."""
    with studio.database.transaction(tenant) as connection:
        rows = store.variants(connection, campaign_id)
        sentences = store.sentences(connection, campaign_id)
    return [
        {
            **row,
            "message": Message.model_validate_json(row["message"]).model_dump(mode="json") if row["message"] else None,
            "sentences": [
                {name: one[name] for name in ("place", "text", "verdict", "passage_ids", "code", "reason")}
                for one in sentences.get(row["variant_id"], [])
            ],
        }
        for row in rows
    ]


def _asks(
    studio: Studio,
    tenant: str,
    brief: Brief,
    units: Sequence[store.Retrieved],
    versions: dict[Key, int],
    done: set[Key],
    learnings: Learnings,
) -> list[Ask]:
    wanted = sorted({passage for one in units for passage in one.passage_ids})
    today = studio.clock().date()
    known: dict[str, Passage] = {
        passage.passage_id: passage for passage in studio.passages(tenant, wanted) if passage.refused_on(today) is None
    }
    asks = []
    for one in units:
        passages = [known[passage] for passage in one.passage_ids if passage in known]
        for strategy in learnings.best_first(brief.strategies):
            key = (one.unit.kind, one.unit.unit_id, strategy)
            if key not in done:
                version = versions.get(key, 1)
                asks.append(first_ask(brief, one.unit, strategy, passages, version, learnings.about(one.unit)))
    return asks


def _key(row: dict[str, Any]) -> Key:
    return row["unit_kind"], row["unit_id"], row["strategy"]
