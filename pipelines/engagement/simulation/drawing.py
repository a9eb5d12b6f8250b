"""Who does what and when, drawn for all recipients at once from one seed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from pipelines.engagement.simulation.world import BROWSERS, IMAGE_PROXY, NAMED_SCANNER, PRIVATE_OPEN, World

Mask = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Drawn:
    """Events in the provider's words with the truth about each, and the truth about each person."""

    events: pl.DataFrame
    people: pl.DataFrame


class Happening:
    """Events as they are drawn, piece by piece."""

    def __init__(self, sent: pl.DataFrame, links: dict[str, str]) -> None:
        self._sent, self._links = sent, links
        self._parts: list[pl.DataFrame] = []

    def add(
        self, who: Mask, event: str, seconds: Numbers, truth: str = "human", *, url: str = "",
        ip: pl.Series | None = None, agent: pl.Series | str | None = None, **more: str | bool | float,
    ) -> None:  # fmt: skip
        """This event of these recipients, so many seconds after their message left."""
        at = np.flatnonzero(who)
        if not len(at):
            return
        part = self._sent[at].select("message_id", "email", "sg_message_id", "left_at", "customer_id")
        said = {name: pl.lit(value) for name, value in more.items()}
        said |= {"url": pl.lit(self._links[url])} if url else {}
        part = part.with_columns(
            event=pl.lit(event), truth=pl.lit(truth),
            timestamp=pl.Series(seconds[at]).floor().cast(pl.Int64) + part["left_at"], **said,
        )  # fmt: skip
        if ip is not None:
            part = part.with_columns(ip=ip.gather(at))
        if agent is not None:
            part = part.with_columns(useragent=agent.gather(at) if isinstance(agent, pl.Series) else pl.lit(agent))
        self._parts.append(part)

    def all(self) -> pl.DataFrame:
        """Everything that was added."""
        return pl.concat(self._parts, how="diagonal").drop("left_at")


def draw(
    sent: pl.DataFrame, held: pl.DataFrame, links: dict[str, str], world: World, seed: int, campaign: str
) -> Drawn:
    """What becomes of the messages that were `sent`, and what those who were `held` without one buy all the same."""
    mixed = int.from_bytes(hashlib.sha256(f"{seed} {campaign}".encode()).digest()[:8], "big")
    chance = np.random.default_rng(mixed)
    people = pl.concat([sent.select("customer_id", "arm", "segment"), held.select("customer_id", "arm", "segment")])
    events, clicked = _of_messages(sent, links, world, chance)
    lift = _lift(people, world)
    bought = chance.random(len(people)) < world.buys * lift
    people = people.with_columns(
        truly_clicked=pl.Series([*clicked.tolist(), *([False] * len(held))], dtype=pl.Boolean),
        truly_bought=pl.Series(bought),
        chance_to_buy=pl.Series(np.minimum(world.buys * lift, 1.0)),
    )
    events = pl.concat([events, _purchases(sent, held, bought, chance)], how="diagonal")
    named = events.with_row_index("n").with_columns(
        sg_event_id=pl.concat_str(pl.lit(f"sim{mixed:016x}-"), pl.col("n").cast(pl.String).str.zfill(9))
    )
    return Drawn(named.drop("n"), people)


def shuffled(events: pl.DataFrame, world: World, seed: int) -> pl.DataFrame:
    """As a provider delivers them: some twice, some late, hardly in order."""
    chance = np.random.default_rng(seed + 1)
    twice = events.filter(pl.Series(chance.random(len(events)) < world.duplicates))
    told = pl.concat([events, twice])
    delay = chance.exponential(30, len(told)) + np.where(chance.random(len(told)) < world.late, 40_000, 0)
    return (
        told.with_columns(told_at=pl.col("timestamp") + pl.Series(delay)).sort("told_at", "sg_event_id").drop("told_at")
    )


def _of_messages(
    sent: pl.DataFrame, links: dict[str, str], world: World, chance: np.random.Generator
) -> tuple[pl.DataFrame, Mask]:
    count = len(sent)
    happening = Happening(sent, links)
    arrives = chance.exponential(20, count) + 1
    fate = chance.random(count)
    hard, soft = (
        fate < world.hard_bounces,
        (fate >= world.hard_bounces) & (fate < world.hard_bounces + world.soft_bounces),
    )
    there = ~hard & ~soft
    happening.add(np.ones(count, dtype=bool), "processed", np.zeros(count))
    happening.add(
        hard, "bounce", arrives, type="bounce", reason="550 5.1.1 no such user", bounce_classification="Invalid Address"
    )
    happening.add(
        soft,
        "bounce",
        arrives,
        type="blocked",
        reason="452 4.2.2 mailbox full",
        bounce_classification="Mailbox Unavailable",
    )
    happening.add(there, "delivered", arrives, response="250 OK")

    _scanners(happening, there, arrives, world, chance)
    eager = chance.random(count) < world.eager_people
    reads_at = arrives + np.where(eager, chance.uniform(2, 30, count), 60 + chance.lognormal(8.5, 1.3, count))
    clicked = _people(happening, sent, there, arrives, reads_at, world, chance)
    return happening.all(), clicked


def _scanners(happening: Happening, there: Mask, arrives: Numbers, world: World, chance: np.random.Generator) -> None:
    count = len(there)
    scanned = there & (chance.random(count) < world.scanned)
    slow = chance.random(count) < world.slow_scanners
    begins = arrives + np.where(slow, chance.uniform(30, 600, count), chance.uniform(0, 6, count))
    named = chance.random(count) < world.named_scanners
    agents = pl.Series(np.where(named, NAMED_SCANNER, np.array(BROWSERS)[chance.integers(0, 2, count)]))
    # A third scan from networks that a list knows, the others from anywhere.
    known = chance.random(count) < 1 / 3
    ips = _addresses(np.where(known, "198.51.100", "192.0.2"), chance.integers(0, 120, count))
    single = chance.random(count) < world.single_link_scanners
    hidden = scanned & ~single & (chance.random(count) < world.follows_hidden)
    happening.add(scanned, "open", begins, "bot", ip=ips, agent=agents)
    for place, link in enumerate(world.links):
        follows = scanned & ~single if place else scanned
        happening.add(follows, "click", begins + place * 0.4, "bot", url=link, ip=ips, agent=agents)
    happening.add(hidden, "click", begins + 1, "bot", url="hidden", ip=ips, agent=agents)


def _people(
    happening: Happening, sent: pl.DataFrame, there: Mask, arrives: Numbers, reads_at: Numbers, world: World,
    chance: np.random.Generator,
) -> Mask:  # fmt: skip
    count = len(there)
    program = chance.random(count)
    private, proxied = program < world.private_opens, program > 1 - world.image_proxies
    agents = pl.Series(np.array(BROWSERS)[chance.integers(0, len(BROWSERS), count)])
    ips = _addresses(
        np.char.add(np.char.add("203.0.", chance.integers(0, 256, count).astype(str)), ""),
        chance.integers(1, 255, count),
    )
    opens = there & (chance.random(count) < world.opens)
    apple = _addresses(np.full(count, "17.58.100"), chance.integers(1, 255, count))
    happening.add(
        there & private, "open", arrives + chance.exponential(600, count), "proxy", ip=apple, agent=PRIVATE_OPEN,
        sg_machine_open=True,
    )  # fmt: skip
    google = _addresses(np.full(count, "192.0.2"), chance.integers(130, 255, count))
    happening.add(opens & proxied, "open", reads_at, "proxy", ip=google, agent=IMAGE_PROXY)
    happening.add(opens & ~proxied & ~private, "open", reads_at, ip=ips, agent=agents)
    hour = ((sent["left_at"].to_numpy() + reads_at) // 3600) % 24
    evening = np.where((hour >= 18) & (hour < 22), 1 + world.evening, 1.0)
    clicked: Mask = opens & (chance.random(count) < world.clicks_of_openers * _lift(sent, world) * evening)
    clicks_at = reads_at + 2 + chance.exponential(40, count)
    happening.add(clicked, "click", clicks_at, url=world.links[0], ip=ips, agent=agents)
    again = clicked & (chance.random(count) < 0.25)
    happening.add(
        again, "click", clicks_at + 5 + chance.exponential(60, count), url=world.links[1], ip=ips, agent=agents
    )
    tabs = clicked & (chance.random(count) < world.tab_openers)
    happening.add(tabs, "click", clicks_at + 1, url=world.links[2], ip=ips, agent=agents)
    happening.add(opens & (chance.random(count) < world.complains), "spamreport", clicks_at)
    happening.add(opens & (chance.random(count) < world.unsubscribes), "unsubscribe", clicks_at + 10)
    happening.add(opens & (chance.random(count) < world.replies), "reply", clicks_at + 900)
    return clicked


def _purchases(sent: pl.DataFrame, held: pl.DataFrame, bought: Mask, chance: np.random.Generator) -> pl.DataFrame:
    """Orders of both, in the hours and days after; whoever was sent nothing buys from the same moment on."""
    both = pl.concat([sent, held.with_columns(message_id=pl.lit(None, pl.String))], how="diagonal")
    at = np.flatnonzero(bought)
    return both[at].select("message_id", "customer_id", "campaign_id").with_columns(
        event=pl.lit("conversion"), truth=pl.lit("human"),
        timestamp=both["left_at"].gather(at) + pl.Series(chance.uniform(4 * 3600, 3 * 86400, len(at))).cast(pl.Int64),
        value=pl.Series(np.round(chance.lognormal(3.6, 0.5, len(at)), 2)), currency=pl.lit("EUR"),
    )  # fmt: skip


def _lift(people: pl.DataFrame, world: World) -> Numbers:
    arm = people["arm"].replace_strict(dict(world.lift), default=0.0, return_dtype=pl.Float64).to_numpy()
    segment = (
        people["segment"].replace_strict(dict(world.segment_lift), default=0.0, return_dtype=pl.Float64).to_numpy()
    )
    return np.asarray((1 + arm) * (1 + segment), dtype=np.float64)


def _addresses(ranges: npt.NDArray[np.str_], hosts: npt.NDArray[np.int64]) -> pl.Series:
    return pl.select(pl.concat_str(pl.Series(ranges), pl.Series(hosts).cast(pl.String), separator=".")).to_series()
