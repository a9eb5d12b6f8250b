"""A campaign with variants as drafting leaves them, and a checkpoint whose screen says what a test tells it to."""

import hashlib
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from pipelines.safety.checkpoint import BrandFacts, Checkpoint
from pipelines.safety.house_rules import read_house_rules
from pipelines.safety.policy import read_screening_policy
from pipelines.safety.ports import CATEGORIES, Judged, NotDelivered, Severities
from pipelines.safety.queue_policy import read_queue_policy
from pipelines.settings import PROJECT
from tests.conftest import NOW
from tests.safety.checks.mails import HONEST, HOSTS, LINK, TEXT, WORDS, page

POLICIES = PROJECT / "data" / "policies"
BRIEF = {"tone": "warm and plain", "knowledge": {"locale": "en"}, "call_to_action": {"link": LINK}}
MARKS = {"vermin": ("Hate", 4), "nudes": ("Sexual", 2), "fogbound": ("Violence", None)}

CAMPAIGN = """
INSERT INTO campaigns (tenant_id, campaign_id, name, brief_hash, brief, channel, created_by, created_at)
VALUES (current_setting('liftline.tenant'), %(campaign)s, 'Spring', 'h', %(brief)s, 'email', 'ada', now())
"""
UNIT = """
INSERT INTO audience_units (
    tenant_id, campaign_id, unit_kind, unit_id, label, description, traits, size, snapshot_id, query, passage_ids,
    retrieved_at
) VALUES (current_setting('liftline.tenant'), %(campaign)s, 'segment', %(unit)s, '', '', '{}', 1, 's', '', '{}', now())
ON CONFLICT DO NOTHING
"""
VARIANT = """
INSERT INTO variants (
    tenant_id, variant_id, version, campaign_id, unit_kind, unit_id, strategy, channel, status, code, reason, message,
    content_hash, subject, preheader, html, body, confidence, confidence_basis, source, created_by, created_at
) VALUES (
    current_setting('liftline.tenant'), %(variant)s, %(version)s, %(campaign)s, 'segment', %(variant)s, 'direct',
    'email', %(status)s, 'verified', 'why', '{}', %(content)s, %(subject)s, %(preheader)s, %(html)s, %(body)s, 0.7,
    '{}', 'offline composer', %(maker)s, now()
)
"""
SENTENCE = """
INSERT INTO variant_sentences VALUES (current_setting('liftline.tenant'), %(variant)s, %(version)s, 1, 'block 1.1',
    %(words)s, %(verdict)s, %(cited)s, '', '')
"""
LEDGER = "SELECT * FROM audit_log WHERE action = ANY(%s) ORDER BY seq"


STAFF = {"rita": "qa", "carla": "compliance", "mona": "manager", "olga": "operator"}


class MarkedScreen:
    """A screen that judges by marked words, remembers what it was asked, and fails when told to."""

    name, version = "offline", "marks-1"

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.fails: Exception | None = None
        self.before: Callable[[], None] = lambda: None

    def explain(self, code):
        return ""

    def screen(self, texts):
        self.asked.append(list(texts))
        self.before()
        if self.fails:
            raise self.fails
        return [self._judged(text) for text in texts]

    def ungrounded(self, claims):
        return None

    def _judged(self, text):
        known = {category: Judged(0) for category in CATEGORIES}
        known |= {category: Judged(level, ("marked",)) for mark, (category, level) in MARKS.items() if mark in text}
        return Severities(known)


class Messenger:
    """A notifier that remembers what it told, and fails when told to."""

    name = "test"

    def __init__(self) -> None:
        self.told, self.fails = [], False

    def tell(self, notice):
        if self.fails:
            raise NotDelivered("nobody answers")
        self.told.append(notice)


@dataclass
class House:
    """One tenant's campaigns at a checkpoint."""

    checkpoint: Checkpoint
    tenant: str

    def ask(self, statement, values=None):
        with self.checkpoint.database.transaction(self.tenant) as connection:
            done = connection.execute(statement, values)
            return done.fetchall() if done.description else done.rowcount

    def campaign(self, name="spring", **variants):
        """A campaign of these variants, each an honest mail with one more sentence."""
        self.ask(CAMPAIGN, {"campaign": name, "brief": json.dumps(BRIEF)})
        for variant, says in variants.items():
            self.write(variant, says, campaign=name)
        return name

    def write(
        self, variant, says="", *, version=1, maker="ada", campaign="spring", status="drafted", cited=(), **parts
    ):
        """One version of a variant; its content hash is made of its text."""
        words = f"{WORDS} {says}".strip()
        text = {
            "subject": HONEST.subject, "preheader": HONEST.preheader, "html": page(f"<p>{words}</p>"),
            "body": TEXT.replace(WORDS, words), **parts,
        }  # fmt: skip
        content = hashlib.sha256(json.dumps(text).encode()).hexdigest()
        told = {"variant": f"{campaign}-{variant}", "version": version, "campaign": campaign, "maker": maker}
        told |= {"unit": told["variant"], "status": status, "content": content, "words": words, "cited": list(cited)}
        told["verdict"] = "supported" if cited else "not_factual"
        for statement in (UNIT, VARIANT, SENTENCE):
            self.ask(statement, told | text)
        return content

    def ledger(self, *actions):
        return self.ask(LEDGER, (list(actions),))

    def rows(self):
        """Every row of this step with the transaction that wrote it."""
        tables = ("screenings", "screened_variants", "escalations", "policies_in_force", "audit_entries")
        return {table: self.ask(f"SELECT xmin::text, * FROM {table} ORDER BY 2, 3, 4") for table in tables}

    def decisions(self):
        return {row["content_hash"]: row["decision"] for row in self.ask("SELECT * FROM screenings")}

    def at(self, **changes):
        """The same house with something of its checkpoint exchanged."""
        return House(replace(self.checkpoint, **changes), self.tenant)


@pytest.fixture
def house(database, tenant):
    ticks = itertools.count()
    brand = BrandFacts(tuple(sorted(HOSTS)), HONEST.sender_names, (), {})
    checkpoint = Checkpoint(
        database=database, screen=MarkedScreen(), policy=read_screening_policy(POLICIES),
        rules=read_house_rules(POLICIES), queue=read_queue_policy(POLICIES), brand_of=lambda tenant: brand,
        notifier=Messenger(), public_url="https://liftline.example/",
        clock=lambda: NOW.replace(microsecond=next(ticks)),
    )  # fmt: skip
    house = House(checkpoint, tenant)
    for user, role in STAFF.items():
        house.ask(
            "INSERT INTO access_grants (tenant_id, user_name, role, granted_by) VALUES "
            "(current_setting('liftline.tenant'), %s, %s, 'root')",
            (user, role),
        )
    return house
