"""How likely people are to answer a variant: the live model of responses says it, of exactly those readers.

As long as none is live, a small calibrated model of the texts stands in: a logistic regression on what can be seen of
them, weighted by how many people were reached, believed only where it predicts unseen variants better than the stated
prior does. Until there is history at all, the prior counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipelines.generation.briefs import CHANNELS, STRATEGIES, Strategy
from pipelines.generation.message import Message
from pipelines.generation.ports import Expected
from pipelines.generation.rendering.rendered import Rendered
from pipelines.policy_files import read_policy
from pipelines.policy_files.mistakes import among

LEAST_VARIANTS, LEAST_ENGAGED = 40, 200
FOLDS = 5


class Prior(BaseModel):
    """Expected share of people who engage, before anything is known: by channel, and a factor for each strategy."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    channels: dict[Annotated[str, among(*CHANNELS)], Annotated[float, Field(ge=0, le=1)]]
    strategies: dict[Strategy, Annotated[float, Field(ge=0, allow_inf_nan=False)]]
    basis: str

    @model_validator(mode="after")
    def _every_channel_has_one(self) -> Prior:
        if missing := [channel for channel in CHANNELS if channel not in self.channels]:
            raise ValueError(f"channels: {', '.join(missing)} is missing; say which share is expected there")
        return self

    def expects(self, channel: str, strategy: str) -> float:
        """The share expected of this channel and strategy."""
        return min(1.0, self.channels[channel] * self.strategies.get(strategy, 1.0))


def read_prior(path: Path) -> Prior:
    """The prior of the policy file."""
    return read_policy(path, Prior, "engagement prior")


def features(message: Message, strategy: str) -> dict[str, float]:
    """What the score rests on; kept with the variant."""
    sentences = [sentence for _, sentence in message.sentences()]
    words = [len(sentence.text.split()) for sentence in sentences]
    subject = message.subject.text
    return {
        "subject_length": len(subject) / 60,
        "subject_asks": float(subject.endswith("?")),
        "subject_has_number": float(bool(re.search(r"\d", subject))),
        "words": sum(words) / 100,
        "words_a_sentence": sum(words) / len(words) / 20,
        "cited_share": sum(bool(sentence.passage_ids) for sentence in sentences) / len(sentences),
        "quotes": float(any(block.kind == "quote" for block in message.blocks)),
        "personalised": float(any("{{" in sentence.text for sentence in sentences)),
        **{f"is_{name}": float(name == strategy) for name in STRATEGIES},
    }


@dataclass(frozen=True, slots=True)
class Score:
    """A confidence with the reason for it."""

    confidence: float
    basis: dict[str, Any]


class Scorer:
    """Scores variants of one channel by the history that was given."""

    def __init__(
        self, prior: Prior, channel: str, history: Sequence[Mapping[str, Any]], expected: Expected | None = None
    ) -> None:
        self._prior, self._channel, self._expected = prior, channel, expected
        rows = [row for row in history if row["channel"] == channel]
        self._model, self._note = _trained(rows, prior, channel)

    def score_for(
        self, unit: tuple[str, str], tone: str, message: Message, strategy: str, rendered: Rendered | None
    ) -> Score:
        """The share of a unit's readers who are predicted to engage."""
        if self._expected is not None:
            sentences = [sentence.text for _, sentence in message.sentences()]
            told = {
                "channel": self._channel, "unit_kind": unit[0], "strategy": strategy, "tone": tone,
                "subject": rendered.subject if rendered else message.subject.text,
                "body": rendered.text if rendered else " ".join(sentences),
            }  # fmt: skip
            share = self._expected.expects(unit, told)
            if share is not None:
                why = f"Version {self._expected.version} of the model of responses expects it of these readers."
                return Score(share, {"by": "response model", "why": why, "features": features(message, strategy)})
        return self.score(message, strategy)

    def score(self, message: Message, strategy: str) -> Score:
        """The predicted share of people who engage, whoever they are."""
        seen = features(message, strategy)
        if self._model is None:
            confidence = self._prior.expects(self._channel, strategy)
            return Score(confidence, {"by": "prior", "why": f"{self._prior.basis} {self._note}", "features": seen})
        predicted = float(self._model.predict_proba([list(seen.values())])[0, 1])
        return Score(predicted, {"by": "model", "why": self._note, "features": seen})


def _trained(rows: Sequence[Mapping[str, Any]], prior: Prior, channel: str) -> tuple[Any, str]:
    engaged = sum(row["engaged"] for row in rows)
    if len(rows) < LEAST_VARIANTS or not LEAST_ENGAGED <= engaged < sum(row["reached"] for row in rows):
        return None, f"{len(rows)} variants with {engaged} people engaged are no history to learn from yet."
    import numpy as np

    seen = np.array(
        [list(features(Message.model_validate_json(row["message"]), row["strategy"]).values()) for row in rows]
    )
    yes = np.array([row["engaged"] for row in rows], dtype=float)
    no = np.array([row["reached"] for row in rows], dtype=float) - yes
    expected = np.array([prior.expects(channel, row["strategy"]) for row in rows])
    predicted = np.empty(len(rows))
    for fold in range(FOLDS):
        unseen = np.arange(len(rows)) % FOLDS == fold
        predicted[unseen] = _fitted(seen[~unseen], yes[~unseen], no[~unseen]).predict_proba(seen[unseen])[:, 1]
    by_model, by_prior = _log_loss(predicted, yes, no), _log_loss(expected, yes, no)
    told = f"log loss on unseen variants {by_model:.4f}, of the prior {by_prior:.4f}"
    if by_model >= by_prior:
        return None, f"A model of {len(rows)} variants did not predict better: {told}."
    return _fitted(seen, yes, no), f"Learnt from {len(rows)} variants and {int(engaged)} people engaged: {told}."


def _fitted(seen: Any, yes: Any, no: Any) -> Any:
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    truth = np.repeat([1, 0], len(seen))
    return LogisticRegression(C=1.0, max_iter=1000).fit(
        np.vstack([seen, seen]), truth, sample_weight=np.concatenate([yes, no])
    )


def _log_loss(share: Any, yes: Any, no: Any) -> float:
    import numpy as np

    sure = np.clip(share, 1e-6, 1 - 1e-6)
    return float(-(yes * np.log(sure) + no * np.log1p(-sure)).sum() / (yes + no).sum())
