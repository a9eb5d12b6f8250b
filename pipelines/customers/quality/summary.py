"""The report's first page: what a marketing operator wants to know of the file, on one page."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from pipelines.customers.kinds import KINDS
from pipelines.customers.quality.expectations import CRITICAL
from pipelines.customers.quality.facts import Outcome, QualityFacts
from pipelines.customers.quality.styles import SUMMARY

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def summary_page(kind: str, facts: QualityFacts, checked: int, outcomes: list[Outcome], links: dict[str, str]) -> str:
    """The whole page; `checked` is the size of the sample, `links` the pages of the data docs by name."""
    body = "\n".join(
        (
            _title(kind, facts),
            _verdict(facts),
            _sum(facts),
            _reasons(facts),
            _expectations(facts, checked, outcomes, links),
            _columns(kind, facts),
        )
    )
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Quality of {escape(facts.file_name)}</title>
<style>{SUMMARY}</style>
</head>
<body><main>
{body}
</main></body>
</html>
"""


def _title(kind: str, facts: QualityFacts) -> str:
    when = facts.imported_at
    moment = f"{when:%d %B %Y, %H:%M} {when.tzname() or ''}".strip()
    origin = f"{escape(kind).capitalize()} file for tenant {escape(facts.tenant)}, read on {moment}."
    return (
        f"<h1>Quality of {escape(facts.file_name)}</h1>\n"
        f'<p class="soft">{origin} Import <code>{escape(facts.batch_id)}</code>.</p>'
    )


def _verdict(facts: QualityFacts) -> str:
    refused = f"{_percent(facts.quarantined, facts.rows)} of the rows were refused; the limit is {facts.limit:.0%}."
    if facts.held:
        return (
            f'<div class="verdict held"><b class="bad">Stopped: nothing of this file was loaded.</b>'
            f"<p>{refused} Mend the reasons below and import the file again.</p></div>"
        )
    verdict = "Every row is fine." if not facts.quarantined else "The clean rows were let through."
    return f'<div class="verdict"><b class="good">Passed: {verdict}</b><p>{refused}</p></div>'


def _sum(facts: QualityFacts) -> str:
    parts = ((facts.rows, "rows"), (facts.clean, "clean"), (facts.quarantined, "quarantined"))
    rows, clean, quarantined = (f"<div><b>{count:,}</b>{name}</div>" for count, name in parts)
    return f'<div class="sum">{rows}<span>=</span>{clean}<span>+</span>{quarantined}</div>'


def _reasons(facts: QualityFacts) -> str:
    if not facts.reasons:
        return "<h2>Why rows were refused</h2>\n<p>No row was refused.</p>"
    ranked = sorted(facts.reasons.items(), key=lambda item: (-item[1], item[0]))
    rows = [
        (f'<td class="number">{count:,}</td>', f"<td>{_code(code)}</td>", _cell(facts.sentences.get(code, code)))
        for code, count in ranked
    ]
    table = _table('<th class="number">Rows</th><th>Reason</th><th>In words</th>', rows)
    return (
        f"<h2>Why rows were refused</h2>\n{table}"
        '<p class="soft">A row can have several reasons, so these counts may exceed the rows quarantined.</p>'
    )


def _expectations(facts: QualityFacts, checked: int, outcomes: list[Outcome], links: dict[str, str]) -> str:
    met = sum(outcome.passed for outcome in outcomes)
    rows = [
        (
            f"<td>{_mark(outcome)}</td>",
            _cell(outcome.sentence),
            f'<td class="number">{"" if outcome.share is None else f"{outcome.share:.2f} %"}</td>',
            f'<td class="number">{"" if outcome.share is None else f"{outcome.needed:g} %"}</td>',
        )
        for outcome in sorted(outcomes, key=_rank)
    ]
    head = '<th>Result</th><th>Expectation</th><th class="number">Cells that meet it</th><th class="number">Needed</th>'
    pages = " · ".join(f'<a href="{escape(path)}">{escape(name)}</a>' for name, path in links.items())
    return (
        f"<h2>What was expected of the file: {met} of {len(outcomes)} met</h2>\n"
        f"<p>{_coverage(facts, checked)} In full: {pages}.</p>\n{_table(head, rows)}"
        '<p class="soft">Expectations describe the file as it came, before any row was refused. ✗ costs rows or '
        "reach, ! is worth a look. They inform: only the share of refused rows stops a load.</p>"
    )


def _coverage(facts: QualityFacts, checked: int) -> str:
    seen = facts.rows if facts.seen is None else facts.seen
    uncut = facts.rows - seen
    beside = f" Left out: {uncut:,} that could not be cut into columns." if uncut > 0 else ""
    if checked >= seen:
        return f"Checked over all {seen:,} rows.{beside}"
    return f"Checked over a sample of {checked:,} of {seen:,} rows, evenly spread over the file.{beside}"


def _columns(kind: str, facts: QualityFacts) -> str:
    known = KINDS[kind].field_names
    rows = [(_cell(header), _meaning(meaning, known)) for header, meaning in facts.columns.items()]
    table = _table("<th>Column in the file</th><th>Understood as</th>", rows)
    return f"<h2>Columns</h2>\n{table}"


def _meaning(meaning: str, known: tuple[str, ...]) -> str:
    if meaning in known:
        return f"<td>{_code(meaning)}</td>"
    return '<td class="soft">kept as an attribute</td>'


def _rank(outcome: Outcome) -> int:
    return 2 if outcome.passed else 0 if outcome.severity == CRITICAL else 1


def _mark(outcome: Outcome) -> str:
    if outcome.passed:
        return '<span class="good">✓ met</span>'
    if outcome.severity == CRITICAL:
        return '<span class="bad">✗ not met</span>'
    return '<span class="warn">! not met</span>'


def _table(head: str, rows: Iterable[tuple[str, ...]]) -> str:
    body = "\n".join(f"<tr>{''.join(cells)}</tr>" for cells in rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n"


def _cell(text: str) -> str:
    return f"<td>{escape(text)}</td>"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _percent(part: int, whole: int) -> str:
    share = part / whole if whole else 0.0
    return f"{share:.1%}" if share >= 0.001 or not part else "Less than 0.1%"
