"""Readers of a tenant with one campaign, and a book in which they write what they wish."""

import pytest

from pipelines.delivery.unsubscribing import token_for
from pipelines.delivery.wishes.ports import Letterhead, Rules, WishBook
from pipelines.safety.guardrails import run as guardrails
from pipelines.safety.guardrails.stopping import asks_to_stop
from tests.safety.guardrails.conftest import CAMPAIGN, Scene

KEY = b"k" * 32


class Readers(Scene):
    """A scene whose people can say what they wish; a minute passes with each wish."""

    @property
    def book(self):
        policy = self.policies.general

        def rules(_tenant):
            reach = {channel: rule.address for channel, rule in policy.channels.items()}
            purposes = policy.purposes
            stops = lambda text: asks_to_stop(text, policy.stop_words)  # noqa: E731
            return Rules(purposes.marketing, purposes.objection, purposes.sale, reach, stops)

        letterhead = Letterhead("Lindhaven", "https://www.lindhaven.example/", ("en", "de"))
        return WishBook(self.database, KEY, lambda _: letterhead, rules, lambda: self.now)

    def token(self, customer_id="c1", channel="email", purpose="marketing", tenant=None, **more):
        told = {"kind": "customer", **more}
        return token_for(KEY, tenant or self.tenant, customer_id, channel, purpose, self.now, **told)

    def may(self, customer_id="c1", campaign_id=CAMPAIGN):
        """What the guardrails say at this moment, as at a claim."""
        (now,) = self.now_codes(customer_id, campaign_id=campaign_id).values()
        return now

    def decide_one(self, customer_id="c1"):
        return guardrails.decide_one(self.gatehouse, self.tenant, CAMPAIGN, customer_id, by="ada")

    def counts(self):
        tables = ("consents", "suppressions", "preferences", "audit_entries")
        return {table: self.rows(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in tables}


@pytest.fixture
def readers(database, tenant):
    made = Readers(database, tenant)
    made.campaign()
    return made
