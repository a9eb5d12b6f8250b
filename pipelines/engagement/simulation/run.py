"""Use cases: let the recipients of a campaign act, and measure labels against what is known to be true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
from psycopg import sql

from pipelines.contracts import Json, Refusal
from pipelines.database import Connection, Queries
from pipelines.engagement import run as engagement
from pipelines.engagement import store
from pipelines.engagement.ports import Listener
from pipelines.engagement.reading import as_columns
from pipelines.engagement.signature import sign
from pipelines.engagement.simulation.drawing import Drawn, draw, shuffled
from pipelines.engagement.simulation.keys import private_key, public_text
from pipelines.engagement.simulation.measuring import incremental, lifts, measured
from pipelines.engagement.simulation.world import World

QUERIES = Queries(Path(__file__).with_name("queries.sql"))
A_PART, A_POST = 40_000, 1000
SENT = pl.Schema(
    {
        "message_id": pl.String, "customer_id": pl.String, "arm": pl.String, "segment": pl.String, "email": pl.String,
        "provider_id": pl.String, "left_at": pl.Int64,
    }
)  # fmt: skip
HELD = pl.Schema({"customer_id": pl.String, "arm": pl.String, "segment": pl.String, "left_at": pl.Int64})
TOLD = pl.Schema({"event_id": pl.String, "event": pl.String, "customer_id": pl.String, "verdict": pl.String})

Post = Callable[[bytes, dict[str, str]], None]


def simulate(
    listener: Listener, tenant: str, campaign_id: str, *, seed: int = 1, world: World | None = None,
    post: Post | None = None,
) -> Json:  # fmt: skip
    """Let everybody act whom the campaign reached; straight into the database, or by `post` as the provider would.

    The same seed tells the same events, so that a second run stores nothing. Purchases come from the shop and not
    from the provider, so they never go over the webhook.
    """
    world = world or World()
    drawn = _drawn(listener, tenant, campaign_id, world, seed)
    folder = truth_folder(listener, tenant, campaign_id)
    folder.mkdir(parents=True, exist_ok=True)
    drawn.events.select("sg_event_id", "event", "message_id", "customer_id", "truth").write_parquet(
        folder / "truth.parquet"
    )
    drawn.people.write_parquet(folder / "people.parquet")
    mails = drawn.events.filter(pl.col("event") != "conversion")
    told = shuffled(mails.drop("truth", "customer_id"), world, seed).rename({"message_id": "liftline_message"})
    stored, posts = _posted(listener, told, post) if post else (_stored(listener, tenant, told), 0)
    purchases = drawn.events.filter(pl.col("event") == "conversion").drop("truth")
    stored += _stored(listener, tenant, purchases.rename({"message_id": "liftline_message"}), provider="api")
    return {
        "campaign_id": campaign_id, "seed": seed, "people": len(drawn.people), "events": len(told) + len(purchases),
        "stored": stored, "posts": posts, "truth": str(folder), "lift": dict(world.lift),
    }  # fmt: skip


def measure(listener: Listener, tenant: str, campaign_id: str) -> Json:
    """Labels in force against the truth of the newest simulation of the campaign."""
    folder = truth_folder(listener, tenant, campaign_id)
    if not (folder / "truth.parquet").exists():
        raise Refusal(f"Campaign {campaign_id} was not simulated; run `liftline engagement simulate` first.")
    truth = pl.read_parquet(folder / "truth.parquet").select("sg_event_id", "truth")
    people = pl.read_parquet(folder / "people.parquet")
    with listener.database.transaction(tenant) as connection:
        connection.execute(QUERIES["set_based"])
        told = _copied(connection, "copy_told", campaign_id, TOLD)
    if told.is_empty() or told["verdict"].null_count() == len(told):
        raise Refusal(f"Nothing of campaign {campaign_id} is labelled yet; run `liftline engagement label` first.")
    known = told.join(truth, left_on="event_id", right_on="sg_event_id", how="inner")
    return {**measured(known), "lift": lifts(known, people), "purchases": incremental(people)}


def simulator_key(listener: Listener) -> str:
    """The public key to which SENDGRID_WEBHOOK_PUBLIC_KEY is set for posts of the simulator."""
    return public_text(private_key(listener.keys))


def truth_folder(listener: Listener, tenant: str, campaign_id: str) -> Path:
    """Where the truth is kept aside."""
    return listener.simulations / tenant / campaign_id


def _drawn(listener: Listener, tenant: str, campaign_id: str, world: World, seed: int) -> Drawn:
    with listener.database.transaction(tenant) as connection:
        if not connection.execute(QUERIES["campaign_exists"], {"campaign_id": campaign_id}).fetchone():
            raise Refusal(f"Tenant {tenant} has no campaign {campaign_id}; check the id.")
        connection.execute(QUERIES["set_based"])
        sent = _copied(connection, "copy_sent", campaign_id, SENT)
        held = _copied(connection, "copy_held", campaign_id, HELD)
        rows = connection.execute(QUERIES["links"], {"campaign_id": campaign_id}).fetchall()
    if sent.is_empty():
        raise Refusal(f"Nothing of campaign {campaign_id} was accepted by a provider yet; send it first.")
    sent = sent.with_columns(
        campaign_id=pl.lit(campaign_id),
        sg_message_id=pl.concat_str(
            pl.coalesce(pl.col("provider_id").replace("", None), pl.col("message_id").str.slice(0, 20)),
            pl.lit(".filter0001.simulated"),
        ),
    )
    held = held.with_columns(campaign_id=pl.lit(campaign_id))
    drawn = draw(sent, held, _links(rows, campaign_id, world), world, seed, campaign_id)
    messaged = sent["customer_id"].to_list()
    return Drawn(drawn.events, drawn.people.with_columns(messaged=pl.col("customer_id").is_in(messaged)))


def _links(rows: list[Json], campaign_id: str, world: World) -> dict[str, str]:
    """The campaign's own links, and made-up ones where it registered too few."""
    own = {kind: [row["url"] for row in rows if row["kind"] == kind] for kind in ("action", "body", "hidden")}
    given = {
        world.links[0]: own["action"],
        **{name: own["body"][at : at + 1] for at, name in enumerate(world.links[1:])},
    }
    made = f"https://www.example.com/%s?utm_source=liftline&utm_campaign={campaign_id}&utm_content=%s"
    links = {name: urls[0] if urls else made % (name, name) for name, urls in given.items()}
    return {**links, "hidden": own["hidden"][0] if own["hidden"] else made % ("h", "hidden")}


def _lines(events: pl.DataFrame) -> list[str]:
    """One JSON object an event, without what it does not say."""
    encoded = events.select(pl.struct(events.columns).struct.json_encode()).to_series()
    return encoded.str.replace_all(r',?"[a-z_]+":null', "").str.replace(r"^\{,", "{").to_list()


def _stored(listener: Listener, tenant: str, events: pl.DataFrame, provider: str = engagement.SENDGRID) -> int:
    parts = (as_columns(_lines(part)) for part in events.iter_slices(A_PART))
    return engagement.ingest(listener, tenant, parts, provider=provider).stored


def _posted(listener: Listener, events: pl.DataFrame, post: Post) -> tuple[int, int]:
    key, posts = private_key(listener.keys), 0
    for body in _bodies(events):
        post(body, sign(key, body, listener.clock()))
        posts += 1
    return events["sg_event_id"].n_unique(), posts


def _bodies(events: pl.DataFrame) -> Iterator[bytes]:
    for part in events.iter_slices(A_POST):
        yield b"[" + ",".join(_lines(part)).encode() + b"]"


def _copied(connection: Connection, statement: str, campaign_id: str, schema: pl.Schema) -> pl.DataFrame:
    asked = QUERIES[statement].format(campaign_id=sql.Literal(campaign_id))
    return store.copy_out(connection, asked, schema)
