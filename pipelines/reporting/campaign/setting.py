"""How a campaign was set up: its design, its audience, who was left out and why, and what each arm did."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.reporting.campaign.store import Facts
from pipelines.reporting.document import Column, Section
from pipelines.reporting.numbers import told

KINDS = {
    "ab": "Arms are compared side by side",
    "factorial": "Every combination of the factors is an arm",
    "holdout": "One treatment is compared with people who are sent nothing",
}
REASONS = (Column("sentence", "Reason"), Column("people", "People", "count"))


def design(facts: Facts) -> Section:
    """What was fixed before the first message, and what each arm did since."""
    return Section(
        "design",
        "Design",
        _designed(facts),
        [
            Column("arm", "Arm"), Column("sends", "Sends"), Column("share", "Share", "share"),
            Column("people", "People", "count"), Column("sent", "Written to", "count"),
            Column("clicked", "Clicked", "count"), Column("replied", "Answered", "count"),
            Column("unsubscribed", "Unsubscribed", "count"), Column("robots", "With robots", "count"),
        ],
        [_arm(row) for row in facts.arms],
        empty="The campaign has no experiment yet.",
    )  # fmt: skip


def _arm(row: Mapping[str, object]) -> dict[str, object]:
    name = f"{row['arm']} (control)" if row["control"] else row["arm"]
    return {**row, "arm": name, "sends": row["strategy"] or "nothing", "share": row["weight"]}


def _designed(facts: Facts) -> list[str]:
    if facts.experiment is None:
        return []
    plan = facts.experiment["design"]
    looked = "it may be looked at every day" if plan["plan"] == "sequential" else "it is looked at once, at the end"
    started = facts.experiment["started_at"]
    begun = f"Its first message went out on {started:%Y-%m-%d %H:%M} UTC." if started else "Nothing was sent yet."
    return [
        f"{KINDS[plan['kind']]}, judged by {plan['primary_metric']} within {plan['attribution_days']} days; "
        f"it runs {plan['min_days']} to {plan['max_days']} days and {looked}. {begun}",
        f"The least lift worth acting on is {told(plan['lift'], 'change')}; intervals hold with "
        f"{100 * (1 - plan['alpha']):g} % certainty; several comparisons are corrected by {plan['correction']}.",
    ]


def audience(facts: Facts, sentences: Mapping[str, str]) -> Section:
    """Who could be written to, and why the others could not."""
    run = facts.audience
    if run is None:
        return Section("audience", "Audience", empty="Nobody has decided yet who of the audience may be written to.")
    waits = f", {run['review']:,} wait for a person" if run["review"] else ""
    return Section(
        "audience",
        "Audience",
        [
            f"Of {run['audience']:,} people {run['included']:,} may be written to{waits} and {run['excluded']:,} are "
            "left out. Somebody with several reasons is counted by the first."
        ],
        REASONS,
        [
            {"sentence": sentences.get(code, code), "people": people}
            for code, people in sorted(run["reasons"].items(), key=lambda one: (-one[1], one[0]))
        ],
    )


def without_arm(facts: Facts, sentences: Mapping[str, str]) -> list[Section]:
    """Who may be written to and is in no arm."""
    rows = [{"sentence": sentences.get(row["code"], row["code"]), "people": row["people"]} for row in facts.without_arm]
    return [Section("without_arm", "May be written to, and has no arm", (), REASONS, rows)] if rows else []


def history(facts: Facts) -> list[Section]:
    """The read-outs so far, and what became of the arms."""
    sections = []
    if len(facts.readouts) > 1:
        rows = [{**row, "as_of": f"{row['as_of']:%Y-%m-%d %H:%M}"} for row in facts.readouts]
        columns = [Column("readout", "Read-out", "count"), Column("as_of", "As of (UTC)"),
                   Column("verdict", "Verdict"), Column("reason", "Why")]  # fmt: skip
        sections.append(Section("readouts", "Read-outs so far", (), columns, rows, folded=len(rows) > 6))
    if facts.promotions:
        columns = [Column("arm", "Arm"), Column("outcome", "Outcome"), Column("reason", "Why"),
                   Column("decided_by", "By")]  # fmt: skip
        sections.append(Section("promotions", "What became of the arms", (), columns, facts.promotions))
    return sections
