"""The signs of a robot on each event, column by column: the same code for a file and for the warehouse."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

import polars as pl

from pipelines.engagement.policy import BotRules


def with_signs(events: pl.DataFrame, rules: BotRules, scanning: frozenset[str] | None = None) -> pl.DataFrame:
    """Opens and clicks with a column a sign, and `proxy`; `scanning`: the domains known to scan, else found here.

    Events bear event_id, event, occurred_at, message, recipient, domain, url, hidden, ip, ip_range, user_agent,
    method and machine; deliveries among them tell when a message arrived.
    """
    arrived = (
        events.filter(pl.col("event") == "delivered").group_by("message").agg(delivered=pl.col("occurred_at").min())
    )
    opened = events.filter(pl.col("event") == "opened").group_by("message").agg(first_open=pl.col("occurred_at").min())
    judged = events.filter(pl.col("event").is_in(["opened", "clicked"]))
    clicks = _among_links(judged.filter(pl.col("event") == "clicked"), rules)
    judged = (
        judged.join(clicks, on="event_id", how="left", maintain_order="left")
        .join(arrived, on="message", how="left", maintain_order="left")
        .join(opened, on="message", how="left", maintain_order="left")
        .join(_agents(judged["user_agent"], rules), on="user_agent", how="left", nulls_equal=True)
        .join(_networks(judged["ip"], rules), on="ip", how="left", nulls_equal=True)
    )
    hits = judged.filter("hidden")
    judged = _near_a_scan(judged, judged.filter(pl.col("hidden") | pl.col("most_links").fill_null(value=False)), rules)
    domains = scanning_domains(judged, rules) if scanning is None else scanning
    click, since = pl.col("event") == "clicked", (pl.col("occurred_at") - pl.col("delivered")).dt.total_seconds()
    hour = pl.col("occurred_at").dt.hour()
    return judged.with_columns(
        hidden_link=pl.col("hidden"),
        head_request=pl.col("method") == "HEAD",
        scanner_agent=pl.col("agent") == "scanner",
        scanner_network=pl.col("network") == "scanner",
        at_delivery=since <= rules.at_delivery_within,
        soon_delivered=since.is_between(rules.at_delivery_within + 1, rules.soon_delivered_within),
        scanning_domain=click & pl.col("domain").is_in(list(domains)),
        scanned_before=click & pl.col("recipient").is_in(hits["recipient"].unique().to_list()),
        no_open=click & (pl.col("first_open").is_null() | (pl.col("first_open") > pl.col("occurred_at"))),
        odd_hour=_at_hours(hour, *rules.odd_hours),
        proxy=~click & (pl.col("machine") | (pl.col("agent") == "proxy") | (pl.col("network") == "proxy")),
    )


def _at_hours(hour: pl.Expr, first: int, end: int) -> pl.Expr:
    """From the first hour to before the last one, over midnight where that comes earlier."""
    return hour.is_between(first, end, closed="left") if first <= end else (hour >= first) | (hour < end)


def scanning_domains(judged: pl.DataFrame, rules: BotRules) -> frozenset[str]:
    """The domains of whose clicking recipients enough had a hidden link followed."""
    counted = (
        judged.filter(pl.col("event") == "clicked", pl.col("domain").is_not_null())
        .group_by("domain")
        .agg(clicking=pl.col("recipient").n_unique(), hit=pl.col("recipient").filter(pl.col("hidden")).n_unique())
        .filter(
            pl.col("hit") >= rules.scanning_domain_from,
            pl.col("hit") >= rules.scanning_domain_share * pl.col("clicking"),
        )
    )
    return frozenset(counted["domain"])


def _among_links(clicks: pl.DataFrame, rules: BotRules) -> pl.DataFrame:
    """What the clicks beside it say of a click: other links within seconds, many within a minute, others' clicks."""
    at = pl.col("occurred_at")
    moments = clicks.select("message", "occurred_at", "url").unique().sort("message", "occurred_at", "url")
    near = pl.duration(seconds=rules.several_links_within)

    def beside(step: int) -> pl.Expr:
        other = pl.col("url").shift(step).over("message") != pl.col("url")
        return other & ((at - at.shift(step).over("message")).abs() <= near)

    moments = moments.with_columns(
        several_links=pl.any_horizontal(beside(1).fill_null(value=False), beside(-1).fill_null(value=False)),
        early=at <= at.min().over("message") + pl.duration(seconds=60),
    )
    early = moments.filter("early").group_by("message").agg(links=pl.col("url").n_unique())
    moments = moments.join(early, on="message", how="left", nulls_equal=True).with_columns(
        most_links=pl.col("early") & (pl.col("links") >= rules.most_links_from)
    )
    crowd = (
        clicks.filter(pl.col("ip_range").is_not_null())
        .group_by("ip_range", minute=at.dt.truncate("1m"))
        .agg(crowd=pl.col("recipient").n_unique())
    )
    return (
        clicks.select("event_id", "message", "occurred_at", "url", "ip_range", minute=at.dt.truncate("1m"))
        .join(
            moments.select("message", "occurred_at", "url", "several_links", "most_links"),
            on=["message", "occurred_at", "url"], how="left", nulls_equal=True,
        )
        .join(crowd, on=["ip_range", "minute"], how="left")
        .select(
            "event_id", "several_links", "most_links",
            shared_range=(pl.col("crowd") >= rules.shared_range_from).fill_null(value=False),
        )
    )  # fmt: skip


def _near_a_scan(judged: pl.DataFrame, scans: pl.DataFrame, rules: BotRules) -> pl.DataFrame:
    """Whether the same message was scanned at nearly the same time, before or after: its hidden link, or many links."""
    moments = scans.select("message", "occurred_at", hit_at="occurred_at").unique().sort("occurred_at")
    return (
        judged.sort("occurred_at", "event_id")
        .join_asof(moments, on="occurred_at", by="message", strategy="nearest", check_sortedness=False)
        .with_columns(
            same_scan=~pl.col("hidden")
            & ~pl.col("most_links").fill_null(value=False)
            & ((pl.col("occurred_at") - pl.col("hit_at")).abs() <= pl.duration(seconds=rules.same_scan_within))
        )
    )


def _agents(agents: pl.Series, rules: BotRules) -> pl.DataFrame:
    """Each program that is named, once, and what it is."""
    named = agents.unique()
    kinds = [
        _kind_of_agent(name, rules.proxies.agents, rules.scanners.agents, rules.scanners.mail_programs)
        for name in named
    ]
    return pl.DataFrame({"user_agent": named, "agent": kinds}, schema={"user_agent": pl.String, "agent": pl.String})


@lru_cache(maxsize=100_000)
def _kind_of_agent(name: str | None, proxies: str, scanners: str, mail_programs: str) -> str | None:
    from crawleruseragents import is_crawler

    if not name:
        return None
    if re.search(proxies, name):
        return "proxy"
    if re.search(scanners, name):
        return "scanner"
    if re.search(mail_programs, name):
        return None
    return "scanner" if is_crawler(name) else None


def _networks(ips: pl.Series, rules: BotRules) -> pl.DataFrame:
    """Each address, once, and whose network it lies in."""
    parts = pl.col("ip").str.split_exact(".", 3)
    number = pl.sum_horizontal(
        *(parts.struct.field(f"field_{at}").cast(pl.Int64, strict=False) * 256 ** (3 - at) for at in range(4)),
        ignore_nulls=False,
    )
    seen = pl.DataFrame({"ip": ips.unique()}, schema={"ip": pl.String}).with_columns(number=number)
    return seen.select(
        "ip",
        network=pl.when(_within(rules.scanners.networks))
        .then(pl.lit("scanner"))
        .when(_within(rules.proxies.networks))
        .then(pl.lit("proxy")),
    )


def _within(networks: list[str]) -> pl.Expr:
    inside = []
    for text in networks:
        network = ipaddress.ip_network(text)
        if network.version == 4:
            first = int(network.network_address)
            inside.append(pl.col("number").is_between(first, first + network.num_addresses - 1))
        else:
            # Whole groups only: a prefix of 48 bits is three of them.
            groups = network.network_address.exploded.split(":")[: network.prefixlen // 16]
            prefix = ":".join(f"{int(group, 16):x}" for group in groups)
            inside.append(pl.col("ip").str.to_lowercase().str.starts_with(f"{prefix}:"))
    return pl.any_horizontal(*(one.fill_null(value=False) for one in inside)) if inside else pl.lit(value=False)
