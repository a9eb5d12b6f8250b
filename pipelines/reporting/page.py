"""A report as one page to read and to print, which needs nothing but itself."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Any

from pipelines.reporting.charts import DARK, LIGHT, Look
from pipelines.reporting.document import Chart, Column, Report, Row, Section
from pipelines.reporting.numbers import told

STYLE = """
@page { size: A4; margin: 18mm 16mm; @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt } }
:root { color-scheme: light dark; --ground: #fff; --ink: #1d2528; --soft: #566166; --line: #d9dedb; --accent: #14606b }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 56rem; padding: 1.5rem; color: var(--ink); background: var(--ground);
       font: 10.5pt/1.45 "Liberation Sans", Arial, Helvetica, sans-serif }
h1 { font-size: 18pt; line-height: 1.2; margin: 0 0 1mm }
h2 { font-size: 12pt; margin: 8mm 0 2mm; break-after: avoid }
p { margin: 0 0 2mm }
#verdict p:first-of-type { font-size: 14pt; font-weight: 600; color: var(--accent) }
.soft { color: var(--soft) }
figure { margin: 0 0 3mm; break-inside: avoid } figure svg { max-width: 100%; height: auto }
figcaption { color: var(--soft); font-size: 9.5pt; margin: 0 0 1mm }
.wide { overflow-x: auto }
table { width: 100%; border-collapse: collapse; margin: 0 0 2mm; font-size: 9.5pt }
th, td { text-align: left; vertical-align: top; padding: 1.2mm 3mm 1.2mm 0; border-bottom: .25mm solid var(--line);
         overflow-wrap: break-word }
thead th { color: var(--soft); font-size: 8.5pt } tr { break-inside: avoid }
tbody th { font-weight: 600 }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
summary { cursor: pointer; color: var(--accent) }
.dark { display: none }
@media screen and (prefers-color-scheme: dark) {
  :root { --ground: #14191b; --ink: #e8ecea; --soft: #a5b0b0; --line: #333d40; --accent: #6fc3cb }
  .light { display: none } .dark { display: block }
}
@media print { body { max-width: none; padding: 0 } table { font-size: 8.5pt } thead th { font-size: 7.5pt }
  th, td { padding-right: 2mm } }
"""
NUMERIC = frozenset({"count", "share", "points", "change", "usd", "amount", "hours", "times", "number", "range"})

Draw = Callable[[Chart, Any, Look], str]


def page(report: Report, draw: Draw, *, dark: bool = True) -> str:
    """The page; on paper there is no dark."""
    whose = f"{report.house}, {report.period}" + (" · for clients" if report.for_client else "")
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(report.title)} · {escape(whose)}</title><style>{STYLE}</style></head><body>",
            f'<h1>{escape(report.title)}</h1><p class="soft">{escape(whose)}</p>',
            *(part for section in report.sections if section.on_page for part in _section(section, draw, dark)),
            "</body></html>",
        ]
    )


def _section(section: Section, draw: Draw, dark: bool) -> list[str]:
    bare = not section.rows and not section.sentences
    return [
        f'<section id="{escape(section.key)}"><h2>{escape(section.heading)}</h2>',
        *(f"<p>{escape(sentence)}</p>" for sentence in section.sentences),
        f'<p class="soft">{escape(section.empty)}</p>' if bare else "",
        # Bars of nothing but noughts say less than the table beneath them.
        *(
            _figure(chart, section, draw, dark)
            for chart in section.charts
            if chart.form != "bars" or any(row[chart.y] for row in section.rows)
        ),
        _folded(section) if section.folded else _table(section) if section.rows else "",
        "</section>",
    ]


def _figure(chart: Chart, section: Section, draw: Draw, dark: bool) -> str:
    looks = (("light", LIGHT), ("dark", DARK)) if dark else (("light", LIGHT),)
    drawn = "".join(
        f'<div class="{name}" role="img" aria-label="{escape(chart.title)}">{draw(chart, section.rows, look)}</div>'
        for name, look in looks
    )
    # What the heading says already is not said again.
    caption = "" if chart.title == section.heading else f"<figcaption>{escape(chart.title)}</figcaption>"
    return f"<figure>{caption}{drawn}</figure>"


def _folded(section: Section) -> str:
    return (
        f"<details><summary>All {len(section.rows):,} rows</summary>{_table(section)}</details>" if section.rows else ""
    )


def _table(section: Section) -> str:
    head = "".join(f'<th scope="col"{_class(column)}>{escape(column.title)}</th>' for column in section.columns)
    body = "".join(f"<tr>{''.join(_cells(section.columns, row))}</tr>" for row in section.rows)
    return f'<div class="wide"><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def _cells(columns: Any, row: Row) -> list[str]:
    first, *others = columns
    return [
        f'<th scope="row"{_class(first)}>{escape(told(row[first.name], first.unit))}</th>',
        *(f"<td{_class(column)}>{escape(told(row[column.name], column.unit))}</td>" for column in others),
    ]


def _class(column: Column) -> str:
    return ' class="number"' if column.unit in NUMERIC else ""
