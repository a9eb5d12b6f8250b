"""What every number of the report means."""

from __future__ import annotations

from pipelines.reporting.document import Column, Section

DEFINITIONS = (
    ("People", "Everybody with an arm whose days to respond are over, written to or not. Others wait."),
    ("Written to", "People to whom a message was handed over to the provider, or may have been."),
    ("Clicked, replied", "People who did so once or more in this campaign. Robots do not count."),
    ("Converted", "People who bought within the days to respond, whatever led them there."),
    ("Revenue", "What a person spent within the days to respond, whatever led them there; zero for nothing."),
    ("Unsubscribed, complained, bounced", "People of whom the provider told so, whoever or whatever clicked."),
    ("With robots", "People for whom a robot clicked or opened something, which is counted nowhere else."),
    ("Control", "The arm that others are compared with. An arm that is sent nothing cannot click: by clicks, "
     "answers and complaints the arms are compared with the first that is sent something."),
    ("Beside", "The arm that this one is compared with, and what that has."),
    ("Lift", "The value of the arm minus that of the control; for shares in percentage points."),
    ("Relative", "The lift divided by the value of the control."),
    ("Interval of the lift", "The lifts that fit what was seen. With a plan that may be looked at every day it "
     "holds at all looks together, and is wider than that of a single look. One that holds zero shows no difference."),
    ("p", "How often chance alone would show a lift as large, corrected for the number of arms."),
    ("To compute it again", "arms.csv has of each arm and metric the people n, the value, the variance of one person "
     "and the total; comparisons.csv every comparison. The standard error is the root of the sum of variance / n of "
     "both arms. Of rates and one look the interval is the score interval, p that of the chi-square test, or of "
     "Fisher's where a cell expects fewer than 5; of amounts they are Welch's. Looked at daily they are those of an "
     "asymptotic confidence sequence, tightest at the people that two arms have in the end."),
    ("Verdict", "Winner or loser: p and interval both exclude chance, and the least run is over. Invalid: the arms "
     "cannot be compared. Not enough data: too few people or responses. Inconclusive: no difference is shown."),
    ("Effect of a factor", "The mean of the arms at the level minus that of the arms at the control's level, each arm "
     "weighing alike. p is corrected for all effects of all factors."),
    ("Incremental revenue", "The lift of revenue a person times the people of the arm. Altogether the ends of "
     "the arms' intervals are added up, which never makes it look surer than it is."),
    ("Cost", "What the model that wrote charged, or was set aside for it, and what the provider charged for sending."),
    ("Touch", "A message that a person opened, clicked or answered, or by whose link they ordered."),
    ("Attribution", "Of each order the models give all to the first touch, all to the last, alike to each, half as "
     "much for each week before the order, or 40, 20 and 40 per cent to the first, those between and the last. "
     "Incremental is what the arms that were sent something spent beyond the control."),
    ("Share", "The part of the people with an arm that an arm was meant to have."),
)  # fmt: skip


def definitions() -> Section:
    """The appendix."""
    rows = [{"number": name, "means": means} for name, means in DEFINITIONS]
    columns = [Column("number", "Number"), Column("means", "What it means")]
    return Section("definitions", "Appendix: what every number means", (), columns, rows)
