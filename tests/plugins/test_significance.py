"""What analytics say of a campaign's experiment over the API: nothing before a read-out, and its winner after."""

from datetime import timedelta

from tests.experiments.analysis.test_reading_out import happen, look, sent
from tests.experiments.conftest import scene

__all__ = ["scene", "sent"]


def test_analytics_name_the_winner_once_the_experiment_says_so(machine, sent, tenant):  # noqa: F811
    client, at = machine(tenant, "analyst"), "/api/v1/campaigns/winter-1/analytics"
    before = client.get(at).json()["ab_testing"]
    assert (before["winning_variant"], before["significance"]["verdict"]) == (None, "undecided")
    happen(sent, "clicked", ["friendly"], each=7)
    happen(sent, "clicked", ["professional", "direct"], each=8)
    told = look(sent)
    open_still = client.get(at).json()["ab_testing"]
    assert open_still["winning_variant"] is None
    assert open_still["significance"]["verdict"] == told["verdict"] == "inconclusive"
    happen(sent, "clicked", ["friendly"], each=3, after=timedelta(hours=9))
    look(sent)
    won = client.get(at).json()["ab_testing"]
    assert won["variants"][won["winning_variant"]]["tone"] == "friendly"
    low, high = won["significance"]["interval"]
    assert 0 < low < high
    assert won["significance"]["p_value"] < 0.001
    assert "friendly is better than professional" in won["significance"]["sentence"]
