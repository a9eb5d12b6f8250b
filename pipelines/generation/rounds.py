"""Two rounds for every variant: written, judged, repaired once where it failed, and kept with its papers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.database import Session
from pipelines.generation import store
from pipelines.generation.calls import Calls
from pipelines.generation.drafting import Judgement, judge, repair_ask, sentence_rows, variant_id, variant_row
from pipelines.generation.message import Message
from pipelines.generation.ports import Answer, Ask, Key, Studio
from pipelines.generation.scoring import Scorer
from pipelines.generation.store import Asked

Judged = tuple[Asked[Ask], Answer, Judgement | None]


@dataclass(slots=True)
class Rounds:
    """Works through asks; variants that nobody answered for are left in `unavailable`, to be drafted by a rerun."""

    studio: Studio
    session: Session
    campaign_id: str
    calls: Calls[Ask, Message]
    scorers: Mapping[str, Scorer]
    by: str
    versions: dict[Key, int]
    unavailable: dict[Key, str] = field(default_factory=dict)
    kept: set[Key] = field(default_factory=set)

    def work(self, asks: Sequence[Ask]) -> None:
        """Both rounds for these asks."""
        self.settle(self.calls.answers(asks, turn=1))

    def settle(self, answers: Iterable[tuple[Asked[Ask], Answer]]) -> None:
        """Judge the answers of the first round, and ask once more where one fails."""
        failed: dict[Key, Judged] = {}
        repairs = []
        for asked, answer, judgement in self._judged(answers):
            if answer.message is not None and judgement is not None and judgement.complaints:
                failed[asked.ask.key] = asked, answer, judgement
                repairs.append(repair_ask(asked.ask, answer.message, judgement.complaints))
            else:
                self._keep(asked, answer, judgement)
        for asked, answer, judgement in self._judged(self.calls.answers(repairs, turn=2)):
            del failed[asked.ask.key]
            self._keep(asked, answer, judgement)
        # Where the repair was not affordable or never answered, the first round stands, blocked with its reason.
        for asked, answer, judgement in failed.values():
            self._keep(asked, answer, judgement)

    def _judged(self, answers: Iterable[tuple[Asked[Ask], Answer]]) -> Iterator[Judged]:
        today, brand = self.studio.clock().date(), self.studio.brand_of(self.session.tenant)
        for asked, answer in answers:
            if answer.outcome == "unavailable":
                self.unavailable[asked.ask.key] = answer.detail
            elif answer.message is None:
                yield asked, answer, None
            else:
                ask = asked.ask
                yield asked, answer, judge(answer.message, ask.brief, brand, ask.passages, today)

    def _keep(self, asked: Asked[Ask], answer: Answer, judgement: Judgement | None) -> None:
        key = {
            "variant_id": variant_id(self.campaign_id, asked.ask.unit, asked.ask.strategy),
            "version": self.versions.get(asked.ask.key, 1),
            "campaign_id": self.campaign_id,
            "generation_id": asked.generation_id,
            "source": source_of(self.studio),
            "created_by": self.by,
            "now": self.studio.clock(),
        }
        row = variant_row(asked.ask, answer, judgement, self.scorers[asked.ask.brief.channel], key)
        verdicts = sentence_rows(answer.message, judgement.verdicts) if answer.message and judgement else []
        with self.session.transaction() as connection:
            store.keep_variant(connection, row, verdicts)
        self.kept.add(asked.ask.key)


def source_of(studio: Studio) -> str:
    """Who wrote, as each variant is marked."""
    return f"{studio.writer.model}/{studio.writer.version}"
