"""The card of a model: what it answers, what it was made from, how good it is, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pipelines.contracts import Json

ANSWERS = {
    "response": "How likely somebody is to click in a message, or to reply to it, within the horizon.",
    "conversion": "How likely a customer is to order within the horizon.",
    "churn": "How likely a customer who bought within a year is to buy nothing within the horizon.",
    "send_hour": "How likely somebody is to open, click or reply, by the hour of the message; scores are hours.",
    "lead_quality": "How likely somebody who never bought is to order within the horizon.",
}


def card(
    model: str,
    *,
    window: tuple[datetime, datetime],
    horizon_days: int,
    rows: int,
    metrics: Json,
    calibration: str,
    importance: Mapping[str, float],
    left_out: Sequence[Json],
    data_hash: str,
    code_version: str,
) -> str:
    """In Markdown."""
    used = [f"| {name} | {share:.1%} |" for name, share in list(importance.items())[:15]]
    out = [f"- {one['reason']}" for one in left_out] or ["- nothing"]
    figures: list[tuple[str, Any]] = [
        ("AUC", metrics["auc"]), ("PR-AUC", metrics["pr_auc"]), ("Brier score", metrics["brier"]),
        ("calibration error", metrics["calibration_error"]), ("lift of the best tenth", metrics["top_decile_lift"]),
        ("cases in the holdout", metrics["rows"]), ("of them yes", metrics["positives"]),
    ]  # fmt: skip
    return "\n".join(
        [
            f"# {model}",
            "",
            ANSWERS[model],
            "",
            f"Learnt from {rows:,} cases between {window[0]:%Y-%m-%d} and {window[1]:%Y-%m-%d}, each with "
            f"{horizon_days} days to answer. Only answers of people count; a robot's click is none. The newest cases "
            "measure and are not learnt.",
            "",
            "| on the holdout | |", "|---|---:|", *(f"| {name} | {value} |" for name, value in figures),
            "",
            f"Probabilities are calibrated ({calibration}).",
            "",
            "| what it looks at | share of the gain |", "|---|---:|", *used,
            "",
            "Left out:", "", *out,
            "",
            "It ranks and forecasts; it says nothing of what a message causes. Do not use it to decide on credit, work "
            "or anything else that people have a right to be told the reason of.",
            "",
            f"Data {data_hash[:12]}, code {code_version}.",
        ]
    )  # fmt: skip
