"""Signs weighed into a verdict: human, proxy, suspected or bot, with a score and the reasons."""

from __future__ import annotations

import math

import polars as pl

from pipelines.engagement.policy import SIGNS, BotRules
from pipelines.engagement.signs import with_signs
from pipelines.engagement.vocabulary import INTENT, JUDGED

VERDICTS = ("human", "proxy", "suspected", "bot")


def verdicts(events: pl.DataFrame, rules: BotRules, scanning: frozenset[str] | None = None) -> pl.DataFrame:
    """event_id, verdict, score and reasons of every open, click and deliberate act among the events."""
    signed = with_signs(events, rules, scanning)
    bears = {sign: pl.col(sign).fill_null(value=False) for sign in SIGNS}
    # 1 - product of (1 - weight), added up as logarithms; a weight of 1 leaves nothing open.
    left = [bears[sign].cast(pl.Float64) * math.log(max(1 - rules.signs[sign].weight, 1e-9)) for sign in SIGNS]
    score = (1 - pl.sum_horizontal(*left).exp()).round(4)
    proxy = pl.col("proxy").fill_null(value=False)
    judged = signed.select(
        "event_id",
        verdict=pl.when(score >= rules.bot_from)
        .then(pl.lit("bot"))
        .when(proxy)
        .then(pl.lit("proxy"))
        .when(score >= rules.suspected_from)
        .then(pl.lit("suspected"))
        .otherwise(pl.lit("human")),
        score=score,
        reasons=pl.concat_list(
            *(pl.when(bears[sign]).then(pl.lit(sign)) for sign in SIGNS), pl.when(proxy).then(pl.lit("mail_proxy"))
        ).list.drop_nulls(),
    )
    meant = events.filter(pl.col("event").is_in(INTENT)).select(
        "event_id",
        verdict=pl.lit("human"),
        score=pl.lit(0.0),
        reasons=pl.concat_list(pl.lit("meant")),
    )
    return pl.concat([judged, meant])


def classified(events: pl.DataFrame, rules: BotRules) -> pl.DataFrame:
    """A verdict on every event, the first of each id, in the order of the file."""
    once = events.unique("event_id", keep="first", maintain_order=True)
    judged = verdicts(prepared(once, rules.hidden_link_pattern), rules)
    rest = ~pl.col("event").is_in([*JUDGED, *INTENT])
    return (
        once.select("event_id", "event")
        .join(judged, on="event_id", how="left", maintain_order="left")
        .select(
            sg_event_id="event_id",
            verdict=pl.when(rest).then(pl.lit("human")).otherwise("verdict"),
            score=pl.when(rest).then(0.0).otherwise("score"),
            reasons=pl.when(rest).then(pl.lit("no_engagement")).otherwise(pl.col("reasons").list.join(" ")),
            rule_version=pl.lit(rules.version),
        )
    )


def prepared(heard: pl.DataFrame, hidden_link_pattern: str | None) -> pl.DataFrame:
    """Events as they are read, with what tells messages and recipients apart and which links are hidden."""
    recipient = pl.coalesce("address", "customer_id", "message_id", "event_id")
    return heard.with_columns(
        recipient=recipient,
        message=pl.coalesce("message_id", pl.concat_str("provider_id", recipient, separator=" "), recipient),
        hidden=pl.col("url").str.contains(hidden_link_pattern).fill_null(value=False) & (pl.col("event") == "clicked")
        if hidden_link_pattern
        else pl.lit(value=False),
    )
