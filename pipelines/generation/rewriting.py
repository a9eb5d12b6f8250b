"""Questions said in other words by a language model: many a call, and each call logged, paid for and remembered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from pipelines.contracts import Question, Refusal
from pipelines.database import Session
from pipelines.generation import store
from pipelines.generation.briefs import Brief
from pipelines.generation.calls import Calls, Purpose
from pipelines.generation.ports import Studio
from pipelines.generation.questions import Wordings, prompt_version, rewordings

BY_RULES = "or set QUERY_REWRITING_PROVIDER=offline to search by rules alone"


def reword(
    studio: Studio, tenant: str, campaign_id: str | None, questions: Sequence[Question]
) -> list[tuple[str, ...]]:
    """Other wordings of each question; a refusal if the model that was chosen gives none, for it was chosen."""
    if studio.rewriter is None:
        raise Refusal("No language model is chosen that says questions in other words; set QUERY_REWRITING_PROVIDER.")
    # What only rules make use of decides nothing here, so it asks for nothing twice.
    asked = [replace(one, traits=()) for one in questions]
    said: dict[Question, tuple[str, ...]] = {}
    with studio.database.session(tenant) as session:
        purpose = Purpose("queries", prompt_version(), studio.rewriter, Wordings)
        calls = Calls(studio, session, campaign_id, _budget(session, campaign_id), purpose)
        failed = []
        # To the end, whatever fails: each call that is under way is to be logged with its cost.
        for one, reply in calls.answers(list(rewordings(list(dict.fromkeys(asked)))), turn=1):
            if reply.message is None:
                failed.append(f"{reply.detail} Mend that")
                continue
            for told in reply.message.questions:
                said[one.ask.questions[told.number - 1]] = told.wordings
    failed += [why.rstrip(".") for why in calls.unaffordable.values()]
    if failed:
        raise Refusal(f"The questions could not be said in other words: {failed[0]}, {BY_RULES}.")
    return [said[one] for one in asked]


def _budget(session: Session, campaign_id: str | None) -> Decimal | None:
    if campaign_id is None:
        return None
    with session.transaction() as connection:
        return Brief.model_validate(store.campaign(connection, campaign_id)["brief"]).budget_usd
