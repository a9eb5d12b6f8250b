"""Confidence: a prior that says that it is one, a model only where it predicts better on what it has not seen."""

import numpy as np
import pytest

from pipelines.contracts import Refusal
from pipelines.generation.briefs import CHANNELS
from pipelines.generation.message import Message
from pipelines.generation.scoring import Prior, Scorer, features, read_prior
from pipelines.settings import PROJECT
from tests.generation.conftest import TRUE, message

EVERYWHERE = dict.fromkeys(CHANNELS, 0.03)
PRIOR = Prior(channels=EVERYWHERE, strategies={"social_proof": 1.1}, basis="Stated.")


def history(variants, *, effect, seed=1, reached=2000):
    """Variants of which those whose subject asks a question engage `effect` times as many people."""
    chosen = np.random.default_rng(seed)
    rows = []
    for number in range(variants):
        asks = number % 2 == 0
        text = message(TRUE, subject=f"Warm evenings {'?' if asks else 'at home'}")
        rate = 0.02 * (effect if asks else 1)
        rows.append(
            {
                "channel": "email", "strategy": "direct", "message": text.model_dump_json(), "reached": reached,
                "engaged": int(chosen.binomial(reached, rate)),
            }
        )  # fmt: skip
    return rows


def asking(text: str) -> Message:
    return message(TRUE, subject=text)


def test_without_history_the_prior_counts_and_says_so():
    scorer = Scorer(PRIOR, "email", [])
    score = scorer.score(message(TRUE), "social_proof")
    assert score.confidence == pytest.approx(0.033)
    assert score.basis["by"] == "prior"
    assert "Stated." in score.basis["why"]
    assert score.basis["features"] == features(message(TRUE), "social_proof")


def test_a_model_that_predicts_better_takes_over_and_is_calibrated():
    rows = history(80, effect=3)
    scorer = Scorer(PRIOR, "email", rows)
    question, statement = (
        scorer.score(asking(text), "direct") for text in ("Warm evenings ?", "Warm evenings at home")
    )
    assert question.basis["by"] == "model"
    assert question.confidence > 2 * statement.confidence
    observed = sum(row["engaged"] for row in rows) / sum(row["reached"] for row in rows)
    assert (question.confidence + statement.confidence) / 2 == pytest.approx(observed, rel=0.1)


def test_a_model_that_learnt_nothing_is_not_believed():
    exact = Prior(channels=dict.fromkeys(CHANNELS, 0.02), strategies={}, basis="Stated.")
    score = Scorer(exact, "email", history(60, effect=1)).score(message(TRUE), "direct")
    assert (score.basis["by"], score.confidence) == ("prior", 0.02)
    assert "did not predict better" in score.basis["why"]


@pytest.mark.parametrize("rows", [history(10, effect=3), history(60, effect=3, reached=20)])
def test_little_history_is_no_history(rows):
    assert Scorer(PRIOR, "email", rows).score(message(TRUE), "direct").basis["by"] == "prior"


def test_other_channels_teach_nothing():
    rows = [{**row, "channel": "sms"} for row in history(80, effect=3)]
    assert Scorer(PRIOR, "email", rows).score(message(TRUE), "direct").basis["by"] == "prior"


def test_the_shipped_prior_knows_every_channel():
    prior = read_prior(PROJECT / "data" / "policies" / "engagement_prior.yaml")
    for channel in ("email", "sms", "whatsapp", "push", "web", "linkedin"):
        assert 0 < prior.expects(channel, "control") < prior.expects(channel, "social_proof") < 0.2


def test_a_damaged_prior_is_refused(tmp_path):
    path = tmp_path / "prior.yaml"
    path.write_text("channels: {email: lots}")
    with pytest.raises(Refusal, match="(?s)engagement prior .* has 3 mistakes.*channels.email"):
        read_prior(path)
