"""Charts of a section as SVG, by altair, once for light and once for dark ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pipelines.reporting.document import Chart, Row

FORMATS = {
    "share": ".1%",
    "points": "+.1%",
    "change": "+.0%",
    "usd": "$,.2~f",
    "amount": ",.2~f",
    "count": ",.0f",
    "hours": ",.1f",
    "times": ",.2f",
    "number": ",.3~r",
}
# Along an axis a round share needs no decimals, and its neighbour the room.
AXES = {**FORMATS, "share": "~%"}
POINTS = "datum.value ? format(datum.value * 100, '+.3~r') : '0'"
WIDTH, HEIGHT = 640, 240


@dataclass(frozen=True, slots=True)
class Look:
    """The colours of a ground."""

    ink: str
    soft: str
    line: str
    accents: tuple[str, ...]
    scheme: tuple[str, str]


# Accents differ in lightness too, so that they can be told apart without colour.
LIGHT = Look(
    "#1d2528", "#566166", "#d9dedb", ("#14606b", "#d08a2e", "#7a4f9a", "#8a9aa0", "#b23a48"), ("#e9f2f2", "#14606b")
)
DARK = Look(
    "#e8ecea", "#a5b0b0", "#333d40", ("#6fc3cb", "#ecc277", "#c5a3dd", "#8796a0", "#f49a97"), ("#243538", "#8fdbe2")
)


def draw(chart: Chart, rows: Sequence[Row], look: Look) -> str:
    """The chart as one SVG, its ground transparent."""
    import altair as typed_in_part
    import vl_convert

    altair: Any = typed_in_part

    data = altair.Data(values=[{name: _plain(cell) for name, cell in row.items()} for row in rows])
    drawn = _FORMS[chart.form](altair, chart, data, look, rows)
    spec = drawn.configure(
        background="transparent",
        # Whatever draws it may have a wider font than the one that it was measured with.
        padding={"left": 24, "right": 24, "top": 5, "bottom": 5},
        font="Liberation Sans, Arial, sans-serif",
        view={"stroke": None},
        axis={
            "labelColor": look.soft, "titleColor": look.soft, "gridColor": look.line, "domainColor": look.line,
            "tickColor": look.line, "labelFontSize": 12, "titleFontSize": 12, "labelLimit": 220,
        },
        legend={"labelColor": look.soft, "titleColor": look.soft, "labelFontSize": 12, "orient": "top"},
    ).to_dict()  # fmt: skip
    svg: str = vl_convert.vegalite_to_svg(spec)
    return svg


def _line(altair: Any, chart: Chart, data: Any, look: Look, rows: Sequence[Row]) -> Any:
    shown = {
        "x": altair.X(chart.x, type="ordinal", title=chart.below, axis=altair.Axis(labelAngle=0)),
        "y": altair.Y(chart.y, type="quantitative", title=None, axis=_axis(altair, chart)),
        "color": _colour(altair, chart, look),
    }
    return altair.Chart(data, width=WIDTH, height=HEIGHT).mark_line(point={"size": 50}, strokeWidth=2.5).encode(**shown)


def _bars(altair: Any, chart: Chart, data: Any, look: Look, rows: Sequence[Row]) -> Any:
    names = len({row[chart.x] for row in rows})
    shown = {
        "y": altair.Y(chart.x, type="nominal", title=None, sort=None),
        "x": altair.X(chart.y, type="quantitative", title=None, axis=_axis(altair, chart)),
        "color": _colour(altair, chart, look),
    }
    if chart.colour:
        shown["yOffset"] = altair.YOffset(chart.colour, type="nominal", sort=None)
        names *= len({row[chart.colour] for row in rows})
    return altair.Chart(data, width=WIDTH - 160, height=max(60, 22 * names)).mark_bar().encode(**shown)


def _heat(altair: Any, chart: Chart, data: Any, look: Look, rows: Sequence[Row]) -> Any:
    held = altair.Chart(data, width=WIDTH - 160, height=52 * len({row[chart.y] for row in rows})).encode(
        x=altair.X(chart.x, type="nominal", title=None, axis=altair.Axis(labelAngle=0, orient="top", labelLimit=110)),
        y=altair.Y(chart.y, type="nominal", title=None),
    )
    values = [row[chart.colour or ""] for row in rows if row[chart.colour or ""] is not None]
    middle = float(min(values) + max(values)) / 2 if values else 0
    colour = altair.Color(
        chart.colour, type="quantitative", title=None, legend=None, scale=altair.Scale(range=list(look.scheme))
    )
    # On the strong half of the scale the figures take the colour of the ground.
    ink = altair.condition(
        f"datum['{chart.colour}'] > {middle}",
        altair.value("#ffffff" if look is LIGHT else "#0c2225"),
        altair.value(look.ink),
    )
    figures = held.mark_text(fontSize=13).encode(
        text=altair.Text(chart.colour, type="quantitative", format=FORMATS[chart.unit]), color=ink
    )
    return held.mark_rect(cornerRadius=3).encode(color=colour) + figures


def _diagonal(altair: Any, chart: Chart, data: Any, look: Look, rows: Sequence[Row]) -> Any:
    axis = altair.Axis(format=AXES[chart.unit], tickCount=5)
    scale = altair.Scale(domain=[0, 1])
    ideal = altair.Data(values=[{"x": 0, "y": 0}, {"x": 1, "y": 1}])
    line = altair.Chart(ideal).mark_line(color=look.line, strokeDash=[5, 4]).encode(x="x:Q", y="y:Q")
    dots = (
        altair.Chart(data, width=HEIGHT + 60, height=HEIGHT + 60)
        .mark_circle(opacity=0.9, color=look.accents[0])
        .encode(
            x=altair.X(chart.x, type="quantitative", title="expected", axis=axis, scale=scale),
            y=altair.Y(chart.y, type="quantitative", title="actual", axis=axis, scale=scale),
            size=altair.Size(chart.size, type="quantitative", legend=None, scale=altair.Scale(range=[40, 400])),
        )
    )
    return line + dots


def _intervals(altair: Any, chart: Chart, data: Any, look: Look, rows: Sequence[Row]) -> Any:
    """A point in its interval, beside the line of no difference."""
    # A lift of shares is told in points, for a per cent would be taken for the relative lift.
    points = chart.unit == "points"
    axis = _axis(altair, chart, **{"labelExpr": POINTS} if points else {})
    names = altair.Y(chart.x, type="nominal", title=None, sort=None)
    beside = {"yOffset": altair.YOffset(chart.colour, type="nominal", sort=None)} if chart.colour else {}
    marks = len({(row[chart.x], row[chart.colour] if chart.colour else "") for row in rows})
    held = altair.Chart(data, width=WIDTH - 160, height=max(70, 34 * marks)).encode(
        y=names, color=_colour(altair, chart, look), **beside
    )
    ends = held.mark_rule(strokeWidth=3).encode(
        x=altair.X(chart.low, type="quantitative", title="points" if points else None, axis=axis),
        x2=altair.X2(chart.high),
    )
    middles = held.mark_point(filled=True, size=110, opacity=1).encode(x=altair.X(chart.y, type="quantitative"))
    zero = (
        altair.Chart(altair.Data(values=[{"zero": 0}]))
        .mark_rule(color=look.soft, strokeDash=[4, 4])
        .encode(x=altair.X("zero", type="quantitative"))
    )
    return zero + ends + middles


_FORMS = {"line": _line, "bars": _bars, "heat": _heat, "diagonal": _diagonal, "intervals": _intervals}


def _axis(altair: Any, chart: Chart, **more: Any) -> Any:
    """Five ticks or so; what is counted has none between two whole numbers, or they would read alike."""
    whole = {"tickMinStep": 1} if chart.unit == "count" else {}
    return altair.Axis(format=AXES[chart.unit], tickCount=5, **whole, **more)


def _colour(altair: Any, chart: Chart, look: Look) -> Any:
    if chart.colour is None:
        return altair.value(look.accents[0])
    scale = altair.Scale(range=list(look.accents))
    return altair.Color(chart.colour, type="nominal", title=None, sort=None, scale=scale)


def _plain(cell: Any) -> Any:
    return float(cell) if isinstance(cell, Decimal) else cell.isoformat()[:7] if hasattr(cell, "isoformat") else cell
