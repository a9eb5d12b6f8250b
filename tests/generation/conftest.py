"""A studio over the real database, with a writer that says what a test tells it to."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import date
from decimal import Decimal

import pytest

from pipelines.contracts import Found, Passage
from pipelines.generation.brand import read_brand
from pipelines.generation.briefs import Brief
from pipelines.generation.message import Block, Message, Sentence
from pipelines.generation.ports import Another, Answer, Ask, Studio, freely
from pipelines.generation.prices import read_prices
from pipelines.segmentation.run import run as segment
from pipelines.settings import PROJECT
from tests.conftest import NOW

THROW = Passage(
    "throw-1", "throw", "Wool throw", "The wool throw costs 79.00 EUR. It weighs 900 g.",
    product="Wool throw", approved_by="Ada", approved_at=date(2026, 1, 1),
)  # fmt: skip
RETURNS = Passage(
    "returns-1", "returns", "Returns", "You can return any product within 60 days.",
    approved_by="Ada", approved_at=date(2026, 1, 1),
)  # fmt: skip
APRON = Passage(
    "apron-1", "apron", "Linen apron", "The linen apron is made in Portugal.",
    approved_by="Ada", approved_at=date(2026, 1, 1),
)  # fmt: skip
PASSAGES = (THROW, RETURNS, APRON)

BRIEF = Brief(
    name="Winter warmth",
    goal="Sell wool throws before winter",
    value_proposition="A warm evening at home",
    call_to_action={"text": "See the throws", "link": "https://www.lindhaven.example/throws"},
)


def message(*facts: tuple[str, tuple[str, ...]], subject: str = "Warm evenings at home") -> Message:
    """A message whose body is a greeting and these sentences."""
    greeting = Sentence(text="Hello {{contact.first_name|there}},", passage_ids=())
    body = [Sentence(text=text, passage_ids=cited) for text, cited in facts]
    return Message(
        subject=Sentence(text=subject, passage_ids=()),
        preheader=Sentence(text="Thank you for reading, and good evening to you.", passage_ids=()),
        blocks=(Block(kind="paragraph", sentences=(greeting,)), Block(kind="paragraph", sentences=tuple(body))),
        call_to_action=Sentence(text="See the throws", passage_ids=()),
    )


TRUE = ("The wool throw costs 79.00 EUR.", ("throw-1",))
FALSE = ("The wool throw costs 59.00 EUR.", ("throw-1",))


def answered(written: Message | None, **told: object) -> Answer:
    """An answer of a model, written unless told otherwise."""
    values = {
        "outcome": "written", "message": written, "detail": "", "model": "gpt-4o-mini-2024-07-18",
        "raw": written.model_dump_json() if written else "", "request_id": "req_1", "input_tokens": 1000,
        "output_tokens": 500, "cached_tokens": 0, "latency_ms": 600, "tries": 1,
    }  # fmt: skip
    return Answer(**{**values, **told})


class ScriptedWriter:
    """Answers each ask by a function; remembers what it was asked."""

    provider, model, version = "openai", "gpt-4o-mini", "test"

    def __init__(self, reply: Callable[[Ask], Answer]) -> None:
        self.reply, self.asked = reply, []

    def write(self, asks: Sequence[Ask], another: Another = freely) -> Iterator[tuple[int, Answer]]:
        for index, ask in enumerate(asks):
            self.asked.append(ask)
            yield index, self.reply(ask)


class Finder:
    """Finds the same passages whatever it is asked."""

    def __init__(self, listed: Sequence[Passage]) -> None:
        self.listed = listed

    def missing(self, filters):
        return []

    def ask_all(self, questions, filters, limit):
        return [[Found(one, 1.0, 1, 1) for one in self.listed][:limit] for _ in questions]


@pytest.fixture
def customers(database, tenant):
    """Three people of whom two are business customers, as an import leaves them; the tenant is theirs."""
    with database.transaction(tenant) as connection:
        connection.execute(
            "INSERT INTO accounts (tenant_id, account_id, name, changed_seq) VALUES (%s, 'A-1', 'Blue Harbour', 1)",
            (tenant,),
        )
        connection.execute(
            "INSERT INTO customers (tenant_id, customer_id, email, first_name, company, account_id, job_title, "
            "country, tags, signup_date, source_seq, source_line, changed_seq) "
            "SELECT %s, p.*, '2026-01-01', 1, p.column1::int + 1, 1 FROM (VALUES "
            "('1', 'ada@example.com', 'Ada', 'Blue Harbour', 'A-1', 'Office Manager', 'GB', '{b2b}'::text[]), "
            "('2', 'bob@example.com', 'Bob', 'Blue Harbour', 'A-1', 'Founder', 'GB', '{b2b}'), "
            "('3', 'cleo@example.com', 'Cleo', NULL, NULL, NULL, 'DE', NULL)) AS p",
            (tenant,),
        )
    return tenant


@pytest.fixture
def make_studio(database, tmp_path):
    """A studio with this writer; searches find all passages unless told otherwise."""

    def make(reply, passages=PASSAGES, monthly="50", found=None, rewriter=None, batches=None):
        writer = reply if hasattr(reply, "write") else ScriptedWriter(reply)
        listed = passages if found is None else found
        return Studio(
            database=database,
            searching=lambda tenant, campaign_id: nullcontext(Finder(listed)),
            passages=lambda tenant, ids: [one for one in passages if one.passage_id in ids],
            writer=writer,
            rewriter=rewriter,
            batches=batches,
            prices=read_prices(PROJECT / "data" / "policies"),
            brand_of=lambda tenant: read_brand(PROJECT / "data" / "brand" / "default.yaml"),
            policies=PROJECT / "data" / "policies",
            monthly_budget=Decimal(monthly),
            clock=lambda: NOW,
            topics_of=lambda tenant: ("offers", "product_updates"),
        )

    return make


@pytest.fixture
def snapshot(database):
    """Takes the RFM snapshot of a campaign."""

    def take(tenant, opened):
        return segment(
            database, tenant=tenant, scheme="rfm", as_of=opened.as_of, campaign_id=opened.campaign_id,
            policies=PROJECT / "data" / "policies", clock=lambda: NOW,
        ).snapshot_id  # fmt: skip

    return take
