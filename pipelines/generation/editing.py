"""An edit by a person: a new version of a variant, held to the same checks as what a writer wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from pipelines.contracts import Json, Mistaken, Passage, Refusal
from pipelines.database import Connection
from pipelines.generation import store
from pipelines.generation.briefs import Brief
from pipelines.generation.drafting import Judgement, as_sent, judge, sentence_rows
from pipelines.generation.grounding import verify_message
from pipelines.generation.message import Message, Sentence
from pipelines.generation.ports import Studio
from pipelines.generation.scoring import Scorer, read_prior


@dataclass(frozen=True, slots=True)
class Edited:
    """The version that an edit made, and the message before and after."""

    variant_id: str
    version: int
    campaign_id: str
    content_hash: str
    before: Message
    after: Message


def editable(connection: Connection, variant_id: str) -> Json:
    """The newest message of a variant as `rewrite` takes it back."""
    return _message(store.variant(connection, variant_id)).model_dump(mode="json")


def rewrite(studio: Studio, connection: Connection, tenant: str, variant_id: str, wanted: Json, *, by: str) -> Edited:
    """Keep the wanted message as the next version, in the caller's transaction; refused if a check fails."""
    row = store.variant(connection, variant_id)
    before = _message(row)
    brief = Brief.model_validate(store.campaign(connection, row["campaign_id"])["brief"]).on(row["channel"])
    passages = _passages(studio, connection, tenant, row)
    message = _read(wanted, before, passages, studio)
    if message == before:
        raise Refusal(f"Nothing in variant {variant_id} was changed; edit its text first.")
    judgement = judge(message, brief, studio.brand_of(tenant), passages, studio.clock().date())
    if judgement.complaints:
        faults = "; ".join(f"{one.place}: {one.reason}" for one in judgement.complaints)
        places = [(one.place, one.reason) for one in judgement.complaints]
        raise Mistaken(f"The edit of variant {variant_id} is not kept, for it does not stand: {faults}", places)
    kept = _row(studio, connection, tenant, row, message, judgement, brief, by)
    store.keep_variant(connection, kept, sentence_rows(message, judgement.verdicts))
    return Edited(variant_id, kept["version"], row["campaign_id"], kept["content_hash"], before, message)


def _message(row: Mapping[str, Any]) -> Message:
    if row["message"] is None:
        raise Refusal(f"Variant {row['variant_id']} has no text to edit: {row['reason']}")
    return Message.model_validate_json(row["message"])


def _passages(studio: Studio, connection: Connection, tenant: str, row: Mapping[str, Any]) -> list[Passage]:
    """Those that were retrieved for the unit and may be cited today."""
    key = row["unit_kind"], row["unit_id"]
    units = store.kept_units(connection, row["campaign_id"])
    (ids,) = [one.passage_ids for one in units if (one.unit.kind, one.unit.unit_id) == key]
    today = studio.clock().date()
    return [one for one in studio.passages(tenant, ids) if one.refused_on(today) is None]


def _read(wanted: Json, before: Message, passages: Sequence[Passage], studio: Studio) -> Message:
    """The wanted message; where an edit names no passages, those that bear the sentence out are found for it."""
    try:
        read = Message.model_validate(_spelled_out(wanted))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise Refusal(
            f"The edit is no message ({place}: {first['msg']}); keep the form that `liftline review text` prints."
        ) from error
    every = tuple(one.passage_id for one in passages)
    asked = _citing(read, lambda _, sentence: sentence.passage_ids or every)
    bearing = dict(verify_message(asked, passages, studio.clock().date()))
    earlier = dict(before.sentences())

    def cite(place: str, sentence: Sentence) -> tuple[str, ...]:
        old, borne_out_by = earlier.get(place), bearing[place].passage_id
        if sentence.passage_ids or borne_out_by is None:
            return sentence.passage_ids
        if old and old.text == sentence.text:
            return old.passage_ids
        return tuple(dict.fromkeys((borne_out_by, *(old.passage_ids if old else ()))))

    return _citing(read, cite)


def _citing(message: Message, cite: Callable[[str, Sentence], tuple[str, ...]]) -> Message:
    """The same message, the citations of each sentence given by its place and itself."""
    new = {
        place: sentence.model_copy(update={"passage_ids": cite(place, sentence)})
        for place, sentence in message.sentences()
    }
    blocks = [
        block.model_copy(update={"sentences": tuple(new[f"block {n}.{at}"] for at, _ in enumerate(block.sentences, 1))})
        for n, block in enumerate(message.blocks, 1)
    ]
    return Message(
        subject=new["subject"], preheader=new["preheader"], blocks=tuple(blocks), call_to_action=new["call to action"]
    )


def _spelled_out(wanted: Any) -> Any:
    """A sentence may be written as its text alone."""
    if not isinstance(wanted, dict):
        return wanted
    told = {name: _sentence(value) if name != "blocks" else value for name, value in wanted.items()}
    if isinstance(told.get("blocks"), list):
        told["blocks"] = [
            {**block, "sentences": [_sentence(one) for one in block.get("sentences") or ()]}
            if isinstance(block, dict)
            else block
            for block in told["blocks"]
        ]
    return told


def _sentence(value: Any) -> Any:
    if isinstance(value, str):
        return {"text": value, "passage_ids": []}
    if isinstance(value, dict):
        return {"passage_ids": [], **value}
    return value


def _row(
    studio: Studio,
    connection: Connection,
    tenant: str,
    row: Mapping[str, Any],
    message: Message,
    judgement: Judgement,
    brief: Brief,
    by: str,
) -> dict[str, Any]:
    now = studio.clock()
    prior = read_prior(studio.policies / "engagement_prior.yaml")
    expected = studio.responses(tenant, row["campaign_id"])
    unit = row["unit_kind"], row["unit_id"]
    scorer = Scorer(prior, brief.channel, store.history(connection, now), expected)
    score = scorer.score_for(unit, brief.tone, message, row["strategy"], judgement.rendered)
    assert judgement.rendered is not None
    names = ("variant_id", "campaign_id", "unit_kind", "unit_id", "strategy", "channel")
    return {
        **{name: row[name] for name in names},
        "version": row["version"] + 1,
        "status": "drafted",
        "code": judgement.code,
        "reason": judgement.reason,
        "message": message.model_dump_json(),
        "confidence": score.confidence,
        "confidence_basis": score.basis,
        "generation_id": None,
        "source": "a person",
        "created_by": by,
        "now": now,
        **as_sent(judgement.rendered, brief.call_to_action.link),
    }
