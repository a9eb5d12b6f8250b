"""The policy file: strict, every mistake at once, and what one tenant has instead."""

import pytest

from pipelines.contracts import Refusal
from pipelines.safety.guardrails.policy import read_guardrail_policies

from .conftest import POLICIES

WRITTEN = (POLICIES / "guardrails.yaml").read_text()


def read(tmp_path, text=WRITTEN):
    (tmp_path / "guardrails.yaml").write_text(text)
    return read_guardrail_policies(tmp_path)


def test_the_numbers_of_the_policy_are_those_that_were_agreed_on(tmp_path):
    policy = read(tmp_path).general
    spam, money = policy.spam, policy.money
    assert (spam.messages, spam.within_days, spam.engagement.above, spam.soft_opt_out.hard_bounces) == (3, 7, 0.3, 3)
    shares = (spam.reputation.bounces_below, spam.reputation.complaints_below, spam.reputation.complaints_warning)
    assert shares == (0.05, 0.003, 0.001)
    assert (policy.laws["gdpr"].consent_years, len(policy.laws["gdpr"].countries)) == (3, 32)
    assert (policy.rates.campaigns_a_day, policy.rates.messages_an_hour) == (10, 100_000)
    assert (money.discounts.manager_from, money.discounts.director_above) == (15, 25)
    assert (money.vip.above, money.vip.above_for_retention) == (5000, 1000)
    assert all("sms" in law.opt_in for law in policy.laws.values())


def test_every_mistake_is_named_at_once(tmp_path):
    spoilt = (
        WRITTEN.replace("messages: 3", "messages: three").replace("bounces_below: 0.05", "bounces_below: 5")
        .replace("countries: [US]", "countries: [USA]").replace("from_hour: 8", "from_hour: 22")
        .replace("Europe/Berlin]", "Europe/Bonn]").replace("digest_days: 7", "digest_day: 7")
        .replace("tenants: {}", "tenants: {acme: {spam: {within_days: 0}}, 'A B': {}}")
    )  # fmt: skip
    with pytest.raises(Refusal) as refused:
        read(tmp_path, spoilt)
    for place in (
        "spam.messages", "bounces_below", "laws.can_spam.countries[1]", "day (line",
        "digest_days", "Europe/Bonn", "digest_day", "tenants.acme.spam.within_days", "tenants.A B",
    ):  # fmt: skip
        assert place in str(refused.value), place
    assert str(refused.value).count("bounces_below") == 1, "a tenant's copy of a mistake is not told again"


@pytest.mark.parametrize(
    ("instead", "sentence"),
    [
        (("countries: [CA]", "countries: [US]"), "US stands under two laws"),
        (("  vip: {priority", "  vips: {priority"), "escalations.vips"),
        (("  reputation: {priority: 1, hours: 4}\n", ""), "escalations: reputation is missing"),
        ((", web: 500", ""), "money.budgets.channels: web is missing"),
        (("complaints_warning: 0.001", "complaints_warning: 0.01"), "complaints_warning must not be above"),
        (("digest_days: 7", "digest_days: 7\ndigest_days: 7"), "stands again"),
        (("digest_days: 7", "digest_days: ["), "is not the YAML"),
        (("topics: [offers, news, product_updates]", "topics: []"), "topics"),
    ],
)
def test_what_does_not_fit_together_is_refused(tmp_path, instead, sentence):
    with pytest.raises(Refusal, match=sentence):
        read(tmp_path, WRITTEN.replace(*instead))


def test_a_policy_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(Refusal, match="cannot be read"):
        read_guardrail_policies(tmp_path)
    with pytest.raises(Refusal, match="not a mapping"):
        read(tmp_path, "- 1\n")


def test_a_tenant_has_its_own_numbers_and_version(tmp_path):
    policies = read(tmp_path, WRITTEN.replace("tenants: {}", "tenants: {acme: {spam: {messages: 2}}}"))
    assert (policies.of("acme").spam.messages, policies.of("other").spam.messages) == (2, 3)
    assert policies.of("acme").spam.within_days == 7
    assert policies.of("acme").version != policies.of("other").version == read(tmp_path).general.version
    assert read(tmp_path, f"# a comment\n{WRITTEN}").general.version == policies.general.version
