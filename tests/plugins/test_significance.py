"""A campaign's experiment over the API and on its page: nothing before a read-out, its winner, each factor."""

from datetime import timedelta

from pipelines.reporting.campaign.advice import levels_to_take
from tests.experiments.analysis.test_reading_out import factorial, happen, look, sent
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


def test_the_page_of_results_tells_a_factorial_design_factor_by_factor(browser, scene):  # noqa: F811
    told = factorial(scene)
    page = browser("analyst").get(f"/campaigns/{scene.campaign}/results").text
    card = page.split('id="factors"')[1].split("</section>")[0]
    tone, length, both = (row for row in card.split("<tr>")[2:])
    assert "warm beside plain" in tone
    assert 'class="interval good"' in tone
    assert ">hardly<" in tone
    assert f"{100 * told['factors'][0]['lift_abs']:+.2f} points" in tone
    for row in (length, both):
        assert ">may be<" in row
    assert "short beside long" in length
    assert "warm with short beside plain" in both
    # Of what stands a person is told which level to take, unless it depends on another factor.
    assert levels_to_take(told["factors"]) == ["Of tone take warm, whatever else is sent."]
    tangled = [{**one, "stands": True} for one in told["factors"]]
    assert levels_to_take(tangled) == [
        "Choose length and tone together, by the arm that did best: what one does depends on the other."
    ]
    worse = [{**told["factors"][0], "lift_abs": -0.1}]
    assert levels_to_take(worse) == ["Of tone take plain, whatever else is sent."]
