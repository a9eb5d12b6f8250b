"""An approved campaign over people whom each test describes, in a real PostgreSQL, and a channel that does as told."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest

from pipelines.delivery import run as step
from pipelines.delivery.policy import read_delivery_policy
from pipelines.delivery.ports import Receipt
from pipelines.delivery.post import PostRoom
from pipelines.generation.brand import read_brand
from pipelines.posting import GeneratedWording, GuardedGate
from pipelines.review.ports import Board
from pipelines.review.run import approve, ask_for_approval, grant
from pipelines.settings import PROJECT
from tests.safety.guardrails.conftest import CAMPAIGN, NOW, POLICIES, Scene

SECONDS = timedelta(seconds=1)
BRAND = read_brand(PROJECT / "data" / "brand" / "default.yaml")
WORDING = GeneratedWording(lambda tenant: BRAND)
LINK = "https://www.lindhaven.example/winter"
TEXT = {
    "subject": "{{contact.first_name|Hello}}, it gets cold",
    "preheader": "Blankets that can be repaired",
    "html": (
        '<html><body><p>Dear {{contact.name|reader}},</p><p><a href="{{campaign.link}}">Look</a> or read '
        '<a href="https://www.lindhaven.example/care">how to care</a>.</p>'
        '<p>{{postal.address}} <a href="{{preferences.link}}">Choose</a> '
        '<a href="{{unsubscribe.link}}">Unsubscribe</a></p></body></html>'
    ),
    "body": "Dear {{contact.name|reader}},\nlook: {{campaign.link}}\n\n{{postal.address}}\n"
    "Choose: {{preferences.link}}\nStop: {{unsubscribe.link}}",
}


class Told:
    """A channel that remembers each message and answers as a test says."""

    name = "told"
    most_per_request = 1000

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.requests = 0
        self.answer: Any = lambda message: Receipt(message.message_id, "accepted", "p-1", "accepted", "ok")

    def deliver(self, batch: Any) -> list[Receipt]:
        self.requests += 1
        self.messages += batch
        return [self.answer(message) for message in batch]

    @property
    def deliveries(self) -> Counter[str]:
        return Counter(message.message_id for message in self.messages)


class Launch(Scene):
    """A campaign with one text an arm, people assigned to arms, and a person's yes to it."""

    def __init__(self, database: Any, tenant: str, campaign_id: str = CAMPAIGN) -> None:
        super().__init__(database, tenant)
        self.campaign_id = campaign_id
        self.channel = Told()
        self.delivery = read_delivery_policy(POLICIES)
        self.slept: list[float] = []
        self.brief: dict[str, Any] = {"call_to_action": {"text": "Look", "link": LINK}}
        self.design: dict[str, Any] = {}
        self.later_texts: list[str] = []
        self.written_for: dict[str, str] = {}
        self.cites_until: datetime | None = None
        self.board = Board(
            database, POLICIES, None, lambda tenant, variants: None, lambda tenant: None, lambda: self.now.date()
        )

    @property
    def post(self) -> PostRoom:
        return PostRoom(
            database=self.database, policy=self.delivery, gate=GuardedGate(lambda: self.gatehouse), wording=WORDING,
            channels=lambda name, tenant: self.channel, tokens=lambda tenant, channel, messages: messages,
            sender_name=lambda tenant: BRAND.sender.name, public_url="https://mail.lindhaven.example",
            clock=lambda: self.now, sleep=self.sleep, worker="test:1",
        )  # fmt: skip

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds * SECONDS

    def deliver_by(self, **instead: Any) -> None:
        self.delivery = self.delivery.model_copy(update=instead)

    def launch(self, *, people: int = 3, arms: tuple[str, ...] = ("direct", "warm"), channel: str = "email") -> None:
        """Everything up to the approval."""
        self.write("campaigns", [{
            "campaign_id": self.campaign_id, "name": "Spring", "brief_hash": "b", "channel": channel,
            "created_by": "ada", "brief": json.dumps(self.brief), "created_at": NOW,
        }])  # fmt: skip
        self.unit("segment", "everybody", self.campaign_id)
        if not self.rows("SELECT 1 FROM segment_snapshots"):
            self.write("segment_snapshots", [{
                "snapshot_id": "s1", "scheme": "rfm", "as_of": NOW, "definition": "{}", "customers": 1,
            }])  # fmt: skip
            self.write("policies_in_force", [{"kind": "content", "version": "p1", "in_force_since": NOW}])
            self.screening("h1")
        for strategy in (*arms, *self.later_texts):
            self.text(strategy, self.written_for.get(strategy, channel))
        for number in range(people):
            self.person(f"c{number:03}", first_name=f"Ann{number}", last_name="O'Neil & Co")
        self.decide(self.campaign_id)
        self.assign(arms)
        self.say_yes()

    def text(self, arm: str, channel: str = "email", version: int = 1, **instead: str) -> None:
        parts = {**TEXT, "preheader": f"For {arm} {version}", **instead}
        content = WORDING.content_hash({**parts, "channel": channel, "link": LINK})
        self.screening(content, until=self.cites_until)
        self.write("variants", [{
            "variant_id": f"v-{arm}", "version": version, "campaign_id": self.campaign_id, "unit_kind": "segment",
            "unit_id": "everybody", "strategy": arm, "channel": channel, "status": "drafted", "code": "verified",
            "reason": "", "message": "{}", "content_hash": content, "confidence": 0.9, "source": "offline",
            "created_by": "ada", "created_at": NOW, **parts,
        }])  # fmt: skip

    def assign(self, arms: tuple[str, ...], **codes: str) -> None:
        """Included people take turns in the arms and in the steps of the ramp; those of `codes` get none."""
        self.write("experiments", [{
            "experiment_key": self.campaign_id, "campaign_id": self.campaign_id, "kind": "ab", "design_hash": "d",
            "design": json.dumps(self.design), "created_by": "ada", "created_at": NOW,
        }])  # fmt: skip
        everyone = [*((arm, arm, False) for arm in arms), ("control", None, True)]
        self.write("experiment_arms", [
            {"experiment_key": self.campaign_id, "arm": arm, "position": at, "weight": 1, "control": control,
             "strategy": strategy}
            for at, (arm, strategy, control) in enumerate(everyone)
        ])  # fmt: skip
        found = self.rows(
            "SELECT customer_id FROM recipient_decisions WHERE verdict = 'included' AND run = "
            "(SELECT max(run) FROM eligibility_runs) AND campaign_id = %s ORDER BY customer_id",
            self.campaign_id,
        )
        self.write("assignments", [
            {"experiment_key": self.campaign_id, "customer_id": row["customer_id"], "unit_id": "everybody",
             "arm": arms[at % len(arms)], "code": "assigned", "cohort": at % len(self.design.get("ramp", "1")) + 1,
             "assigned_at": NOW}
            for at, row in enumerate(found)
        ])  # fmt: skip

    def say_yes(self) -> None:
        for user, role in (("rita", "reviewer"), ("quentin", "qa")):
            grant(self.database, self.tenant, user, role, by="root", at_machine=True)
        ask_for_approval(self.board, self.tenant, self.campaign_id, by="ada")
        for user in ("rita", "quentin"):
            approve(self.board, self.tenant, self.campaign_id, by=user, via="cli")

    def go_on(self):
        """What comes by itself later: next steps, and what waited for its hour or for the provider."""
        every = [self.tenant]
        return {**step.queue_next_steps(self.post, every), **step.send_due(self.post, every)}

    def go(self, **more: Any) -> step.Delivery:
        return step.send_campaign(self.post, self.tenant, self.campaign_id, by="ada", **more)

    def standing(self) -> step.Delivery:
        return step.standing(self.post, self.tenant, self.campaign_id)

    def queue(self) -> None:
        step.queue_campaign(self.post, self.tenant, self.campaign_id, by="ada")

    def states(self) -> dict[str, str]:
        return {
            row["customer_id"]: row["state"]
            for row in self.rows("SELECT customer_id, state FROM sends WHERE campaign_id = %s", self.campaign_id)
        }

    def at(self, moment: datetime) -> None:
        self.now = moment


@pytest.fixture
def scene(database, tenant) -> Launch:
    return Launch(database, tenant)


@pytest.fixture
def launch(scene) -> Launch:
    scene.launch()
    return scene
