"""The summary of an export as one page to read and to print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from pipelines.audit.facts import MOST_LISTED, Facts
from pipelines.audit.scope import Scope

STYLE = """
@page { size: A4; margin: 20mm 18mm 18mm;
        @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt } }
:root { --ink: #1d2733; --soft: #5b6876; --line: #cfd6de; --good: #1b7a43; --bad: #b3261e }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 52rem; padding: 1.5rem; color: var(--ink);
       font: 10.5pt/1.45 "Liberation Sans", Arial, Helvetica, sans-serif }
h1 { font-size: 17pt; line-height: 1.2; margin: 0 0 1mm }
h2 { font-size: 11.5pt; margin: 8mm 0 2mm; break-after: avoid }
p { margin: 0 0 1.5mm }
.soft { color: var(--soft) }
.good { color: var(--good); font-weight: bold } .bad { color: var(--bad); font-weight: bold }
table { width: 100%; border-collapse: collapse; margin: 0 0 2mm }
th, td { text-align: left; vertical-align: top; padding: 1.2mm 2.5mm 1.2mm 0; border-bottom: .25mm solid var(--line);
         overflow-wrap: anywhere }
th { color: var(--soft); font-size: 9pt; font-weight: bold } tr { break-inside: avoid }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
th, .number, .when, .entry { white-space: nowrap }
.who { min-width: 26mm }
table.record th { width: 40% }
code { font: 7.5pt "Liberation Mono", monospace; overflow-wrap: anywhere }
@media print { body { max-width: none; padding: 0 } }
"""

WHEN = ' class="when"'
KINDS = {
    "when (UTC)": WHEN,
    "entry": ' class="entry"',
    "who": ' class="who"',
    "entries": ' class="number"',
}

Cells = Sequence[Any]


def summary_page(scope: Scope, facts: Facts, manifest: Mapping[str, Any], fault: str | None) -> str:
    """The page, which needs nothing but itself."""
    of = f"campaign {scope.campaign}" if scope.campaign else f"tenant {scope.tenant}"
    return "\n".join(
        [
            f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Audit of {escape(of)}</title>',
            f"<style>{STYLE}</style></head><body>",
            f"<h1>Audit of {escape(of)}</h1>",
            f'<p class="soft">{escape(scope.sentence)}. Exported {_minute(manifest["exported_at"])} UTC '
            f"by {escape(str(manifest['exported_by']))}.</p>",
            *_chain(manifest, fault),
            *_screening(facts),
            "<h2>Decisions</h2>",
            _table(("action", "decision", "entries"), (tuple(row.values()) for row in facts.decisions)),
            "<h2>Who approved</h2>",
            _table(("who", "action", "decision", "entries"), (tuple(row.values()) for row in facts.reviewers))
            if facts.reviewers
            else "<p>Nobody approved or rejected anything here.</p>",
            *_overrides(facts),
            "<h2>Who exported</h2>",
            _table(("entry", "when (UTC)", "who", "what"), (tuple(row.values()) for row in facts.exports))
            if facts.exports
            else "<p>No export falls within these days.</p>",
            *_how_to_check(),
            "</body></html>",
        ]
    )


def _chain(manifest: Mapping[str, Any], fault: str | None) -> list[str]:
    state = f'<span class="bad">Broken: {escape(fault)}.</span>' if fault else '<span class="good">Whole.</span>'
    rows = [
        ("State of the chain when exported", state),
        ("Entries shown", f"{manifest['shown']:,}"),
        ("Entries of others, by their hash only", f"{manifest['withheld']:,}"),
        ("Numbers", f"{manifest['first']:,} to {manifest['last']:,}"),
        ("Last hash", f"<code>{escape(str(manifest['hash']))}</code>"),
    ]
    lines = (f"<tr><th>{name}</th><td>{value}</td></tr>" for name, value in rows)
    return ['<h2>The record</h2><table class="record">', *lines, "</table>"]


def _screening(facts: Facts) -> list[str]:
    if not facts.screened and not facts.contents:
        return ["<h2>Screening</h2><p>No content was screened or decided on here.</p>"]
    sum_of = " + ".join(f"{number:,} {word}" for word, number in facts.verdicts.items())
    adds_up = "" if facts.adds_up else ' <span class="bad">The parts do not add up to the whole.</span>'
    lines = ["<h2>Screening</h2>", f"<p>{facts.screened:,} screened = {sum_of}.{adds_up}</p>"]
    if facts.coverage is None:
        return lines
    if facts.unscreened:
        missing = f"{facts.unscreened:,} of {facts.contents:,} contents were decided on without a screening here"
        return [*lines, f'<p><span class="bad">Coverage {facts.coverage:.2%}:</span> {missing}.</p>']
    covered = f"each of the {facts.contents:,} contents that were decided on was screened"
    return [*lines, f'<p><span class="good">Coverage 100 %:</span> {covered}.</p>']


def _overrides(facts: Facts) -> list[str]:
    if not facts.overridden:
        return ["<h2>Overrides</h2><p>No decision was overridden.</p>"]
    more = facts.overridden - len(facts.overrides)
    columns = ("entry", "when (UTC)", "who", "what", "it was", "it became", "why")
    return [
        f"<h2>Overrides ({facts.overridden:,})</h2>",
        _table(columns, (tuple(row.values()) for row in facts.overrides)),
        f"<p>{more:,} more stand in entries.csv; {MOST_LISTED} are listed here.</p>" if more else "",
    ]


def _how_to_check() -> list[str]:
    return [
        "<h2>How to check this</h2>",
        "<p><code>python verify_audit.py FOLDER --anchors FILE</code> needs Python and nothing else. It follows the "
        "chain of <code>entries.csv</code>, compares it with the anchor, and names the first entry that was changed, "
        "removed, inserted or reordered. FILE is the tenant's file of anchors, kept where nobody who administers the "
        "database can write: without it a ledger that was rewritten as a whole cannot be told from a true one. Where "
        "<code>decisions.csv</code> says who may be sent to and why, an entry must hold its digest; "
        "<code>decisions-readable.csv</code> says it to a spreadsheet.</p>",
    ]


def _table(columns: Sequence[str], rows: Iterable[Cells]) -> str:
    kinds = [KINDS.get(name, "") for name in columns]
    head = "".join(f"<th{kind}>{escape(name)}</th>" for name, kind in zip(columns, kinds, strict=True))
    body = "".join(
        "<tr>" + "".join(_cell(cell, kind) for cell, kind in zip(row, kinds, strict=True)) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(cell: Any, kind: str) -> str:
    text = f"{cell:,}" if isinstance(cell, int) else str(cell)
    return f"<td{kind}>{_minute(text) if kind == WHEN else escape(text)}</td>"


def _minute(moment: str) -> str:
    return escape(moment[:16].replace("T", " "))
