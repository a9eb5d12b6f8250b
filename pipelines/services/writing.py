"""Approved content, the copy made of it, and the models that say how it will do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines import accounts
from pipelines.contracts import Question
from pipelines.services.safeguards import Safeguards

if TYPE_CHECKING:
    from pipelines.generation.ports import Expected, Studio
    from pipelines.knowledge.ports import Embedder, Library, PassageIndex
    from pipelines.learning.ports import Workshop


class Writing(Safeguards):
    """What indexing, drafting and learning are given."""

    @cached_property
    def library(self) -> Library:
        """What indexing and searching knowledge are given."""
        from pipelines.knowledge.ports import Library

        return Library(
            database=self.database,
            embedder=self._embedder(),
            index=self._passage_index(),
            synonyms=self.settings.liftline_synonyms,
            clock=self.clock,
            rewrite=None if self.settings.rewrites_queries == "offline" else self._rewrite,
        )

    def _rewrite(self, tenant: str, campaign_id: str | None, questions: Sequence[Question]) -> list[tuple[str, ...]]:
        from pipelines.generation.run import reword

        return reword(self.studio, tenant, campaign_id, questions)

    def _embedder(self) -> Embedder:
        from pipelines.adapters.embedding import embedder

        settings = self.settings
        provider = settings.embedding_provider
        if provider == "offline":
            return embedder(provider)
        return embedder(
            provider,
            accounts.embedding_model(settings),
            settings.openai_embedding_dimensions,
            accounts.openai_patience(settings),
        )

    def _passage_index(self) -> PassageIndex:
        from pipelines.adapters.search import passage_index

        if self.settings.search_provider == "offline":
            return passage_index("offline")
        return passage_index("azure", accounts.azure_search(self.settings))

    @cached_property
    def workshop(self) -> Workshop:
        """What learning is given: a model that is taken out waits as a notice, which is told at once."""
        from pipelines.generation.personas import read_personas
        from pipelines.generation.run import prompt_version_now
        from pipelines.learning.policy import read_learning_policy
        from pipelines.learning.ports import Workshop
        from pipelines.safety.run import send_notices

        return Workshop(
            database=self.database,
            models=self.settings.liftline_home / "models",
            policy=read_learning_policy(self.settings.liftline_policies),
            alert=lambda tenant: send_notices(self.checkpoint, tenant),
            prompt_version=prompt_version_now,
            personas=read_personas(self.settings.liftline_policies).columns(),
            clock=self.clock,
        )

    @cached_property
    def studio(self) -> Studio:
        """What drafting is given."""
        from pipelines.adapters.language_model import batches, rewriter, writer
        from pipelines.generation.ports import Studio
        from pipelines.generation.prices import read_prices
        from pipelines.knowledge.run import passages_by_id, searching

        settings = self.settings
        writes, rewrites = settings.language_model_provider, settings.rewrites_queries
        endpoint = None if writes == rewrites == "offline" else accounts.writing_model(settings)
        patience = accounts.openai_patience(settings)
        return Studio(
            database=self.database,
            searching=lambda tenant, campaign_id: searching(self.library, tenant, campaign_id),
            passages=lambda tenant, ids: passages_by_id(self.library, tenant, ids),
            writer=writer(writes, endpoint, patience),
            rewriter=rewriter(rewrites, endpoint, patience),
            batches=batches(writes, endpoint, patience),
            prices=read_prices(settings.liftline_policies),
            brand_of=self._brand_of,
            policies=settings.liftline_policies,
            monthly_budget=settings.liftline_monthly_budget_usd,
            clock=self.clock,
            topics_of=lambda tenant: self.gatehouse.policies.of(tenant).topics,
            responses=self._responses,
        )

    def _responses(self, tenant: str, campaign_id: str) -> Expected | None:
        from pipelines.learning.run import responses

        return responses(self.workshop, tenant, campaign_id)

    @cached_property
    def sketching(self) -> Studio:
        """A studio for looking ahead: the offline composer writes, nobody rewords questions, nothing costs anything."""
        from pipelines.adapters.language_model import writer
        from pipelines.knowledge.run import searching

        library = replace(self.library, rewrite=None)
        return replace(
            self.studio,
            writer=writer("offline"),
            searching=lambda tenant, campaign_id: searching(library, tenant, campaign_id or None),
        )

    @property
    def briefs(self) -> Path:
        """Where briefs that were written on a page are kept, by tenant."""
        return self.settings.liftline_home / "briefs"
