"""Large runs by the vendor's batch endpoint: submitted at one time, collected at another, by whoever comes next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pipelines.contracts import Passage, Refusal
from pipelines.generation import store
from pipelines.generation.briefs import Brief
from pipelines.generation.drafting import first_ask
from pipelines.generation.learnings import Learnings
from pipelines.generation.ports import Answer, Ask, Batches, Key, StillRunning, Studio, Unit
from pipelines.generation.rounds import Rounds
from pipelines.generation.store import Asked, Row


def collect(studio: Studio, rounds: Rounds, brief: Brief, units: Sequence[Unit], learnings: Learnings) -> None:
    """Judge and keep what batches of this campaign have answered; the others stay out, with how far they are."""
    calls, tenant = rounds.calls, rounds.session.tenant
    with rounds.session.transaction() as connection:
        open_batches = store.in_batches(connection, rounds.campaign_id)
    known: dict[tuple[str, str], Unit] = {(unit.kind, unit.unit_id): unit for unit in units}
    for batch_id, rows in open_batches.items():
        wanted = sorted({passage for row in rows for passage in row["passage_ids"]})
        passages = {one.passage_id: one for one in studio.passages(tenant, wanted)}
        asked = [_asked(brief, known, passages, rounds.versions, row, learnings) for row in rows]
        if studio.batches is None:
            why = (
                f"In {batch_id}, and {studio.writer.model} takes no batches; set LANGUAGE_MODEL_PROVIDER to openai to "
                "collect it, or wait for it no longer by `liftline generation give-up-batch`."
            )
            calls.in_batch |= {one.ask.key: why for one in asked}
            continue
        answers = studio.batches.collect(batch_id, [one.ask for one in asked])
        if isinstance(answers, StillRunning):
            why = f"In {batch_id}, of which {answers.done} of {answers.total} are done; run it again later."
            calls.in_batch |= {one.ask.key: why for one in asked}
        else:
            rounds.settle(_logged(rounds, asked, answers))


def give_up_batch(studio: Studio, tenant: str, campaign_id: str, batch_id: str) -> int:
    """Wait no longer for a batch; how many drafts were in it. It may have run, so what it can have cost is spent."""
    with store.alone(studio.database, tenant) as session, session.transaction() as connection:
        if given_up := store.give_up_batch(connection, campaign_id, batch_id, studio.clock()):
            return given_up
        waiting = ", ".join(store.in_batches(connection, campaign_id)) or "none"
    raise Refusal(f"Campaign {campaign_id} waits for no batch {batch_id}; it waits for: {waiting}.")


def endpoint(studio: Studio) -> Batches:
    """Where batches go, or a refusal where the chosen writer takes none."""
    if studio.batches is None:
        raise Refusal(
            f"{studio.writer.model} takes no batches; leave out --batch, or set LANGUAGE_MODEL_PROVIDER to openai."
        )
    return studio.batches


def _asked(
    brief: Brief,
    units: Mapping[tuple[str, str], Unit],
    passages: Mapping[str, Passage],
    versions: Mapping[Key, int],
    row: Row,
    learnings: Learnings,
) -> Asked[Ask]:
    """The call as it was submitted: with the passages of then, whose approval is looked at again when it is judged."""
    unit = units[row["unit_kind"], row["unit_id"]]
    offered = [passages[passage] for passage in row["passage_ids"] if passage in passages]
    version = versions.get((unit.kind, unit.unit_id, row["strategy"]), 1)
    ask = first_ask(brief, unit, row["strategy"], offered, version, learnings.about(unit))
    told = (row[name] for name in ("round", "attempt", "inputs_hash", "reserved_usd"))
    return Asked(row["generation_id"], ask, *told)


def _logged(
    rounds: Rounds, asked: Sequence[Asked[Ask]], answers: Iterator[tuple[int, Answer]]
) -> Iterator[tuple[Asked[Ask], Answer]]:
    for index, answer in answers:
        yield asked[index], rounds.calls.answered(asked[index], answer, in_batch=True)
