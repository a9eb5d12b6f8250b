"""Rules into one SQL statement: closed lists of columns, every value a parameter, no text of a file in the SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from psycopg import sql

from pipelines.segmentation.rules import ATTRIBUTE, FIELDS, SLOT, Any_, Condition, Placement, RuleSet, kind_of

PROFILE_COLUMNS = (
    "recency_days", "frequency", "monetary", "average_order", "r", "f", "m", "engagement_score",
    "inactive_days", "lifecycle_stage", "churn_risk", "preferred_hour",
)  # fmt: skip
# What is said in words of its own.
SPOKEN = {
    "last_order": sql.SQL(
        "CASE WHEN p.frequency = 0 THEN 'no order yet' WHEN p.recency_days IS NULL THEN 'last order on an unknown day' "
        "WHEN p.recency_days = 0 THEN 'last order today' WHEN p.recency_days = 1 THEN 'last order yesterday' "
        "ELSE 'last order ' || p.recency_days || ' days ago' END"
    ),
    "orders": sql.SQL("CASE p.frequency WHEN 1 THEN '1 order' ELSE p.frequency || ' orders' END"),
}
SPOKEN_OF = {"last_order": "recency_days", "orders": "frequency"}
# An attribute is whatever a file held; what is no plain number is unknown where numbers are compared.
NUMBER = sql.SQL("CASE WHEN {0} ~ '^[+-]?[0-9]{{1,30}}([.][0-9]{{1,30}})?$' THEN {0}::numeric END")
COMPARISONS = {"at_least": ">=", "at_most": "<=", "more_than": ">", "less_than": "<"}


@dataclass
class Parameters:
    """The values of one statement, each behind a placeholder."""

    values: dict[str, Any] = field(default_factory=dict)

    def add(self, value: Any) -> sql.Placeholder:
        """A placeholder that stands for `value`."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return sql.Placeholder(name)


@dataclass(frozen=True)
class Statement:
    """Composed SQL with its values."""

    text: sql.Composed
    values: dict[str, Any]


def column(name: str, parameters: Parameters, today: date) -> sql.Composable:
    """Where the field `name` is found in profile p and customer c."""
    attribute = ATTRIBUTE.fullmatch(name)
    if attribute:
        return sql.SQL("(c.attributes ->> {}::text)").format(parameters.add(attribute[1]))
    if name not in FIELDS:
        raise KeyError(name)
    if name == "signup_days":
        return sql.SQL("({}::date - c.signup_date)").format(parameters.add(today))
    if name in SPOKEN:
        return SPOKEN[name]
    return sql.Identifier("p" if name in PROFILE_COLUMNS else "c", name)


def placing(rules: RuleSet, today: date) -> Statement:
    """Number and reason of every customer of `profile_now`: the first rule that holds, or the default."""
    parameters = Parameters()
    names = {name: sql.Identifier(f"field_{n}") for n, name in enumerate(rules.fields())}
    cases = [
        sql.SQL("WHEN {} THEN {}::smallint").format(
            sql.SQL(" AND ").join(_holds(part, names, parameters) for part in rule.when), parameters.add(number)
        )
        for number, rule in enumerate(rules.segments)
    ]
    default = sql.SQL("{}::smallint").format(parameters.add(len(rules.segments)))
    number = sql.SQL("CASE {} ELSE {} END").format(sql.SQL(" ").join(cases), default) if cases else default
    return _statement(rules.placements, names, number, sql.SQL(""), parameters, today)


def reasoning(placements: Sequence[Placement], today: date) -> Statement:
    """Number and reason of every customer whose cluster was already written to `clustered`."""
    parameters = Parameters()
    slots = dict.fromkeys(slot for placement in placements for slot in SLOT.findall(placement.because))
    names = {name: sql.Identifier(f"field_{n}") for n, name in enumerate(slots)}
    clustered = sql.SQL(" JOIN clustered AS k ON k.place = p.place")
    return _statement(placements, names, sql.SQL("cluster"), clustered, parameters, today)


def _statement(
    placements: Sequence[Placement],
    names: dict[str, sql.Identifier],
    number: sql.Composable,
    extra: sql.SQL,
    parameters: Parameters,
    today: date,
) -> Statement:
    columns: list[sql.Composable] = [sql.SQL("p.place"), sql.SQL("p.customer_id")]
    columns += [sql.SQL("k.cluster")] if extra.as_string() else []
    columns += [sql.SQL("{} AS {}").format(column(f, parameters, today), alias) for f, alias in names.items()]
    reasons = sql.SQL(" ").join(
        sql.SQL("WHEN {} THEN {}").format(parameters.add(n), _sentence(placement.because, names, parameters))
        for n, placement in enumerate(placements)
    )
    # OFFSET 0 keeps the planner from working the number out once more for every place that reads it.
    text = sql.SQL(
        "SELECT place, customer_id, number, CASE number {reasons} END AS reason FROM ("
        "SELECT *, {number} AS number FROM (SELECT {columns} FROM profile_now AS p{extra}{customers}) AS facts OFFSET 0"
        ") AS numbered"
    ).format(
        reasons=reasons, number=number, columns=sql.SQL(", ").join(columns), extra=extra, customers=_customers(names)
    )
    return Statement(text, parameters.values)


def _customers(fields: Iterable[str]) -> sql.SQL:
    """The join is left out where no field asks for it, and loses nobody where it is needed."""
    needed = any(name not in (*PROFILE_COLUMNS, *SPOKEN) for name in fields)
    mine = "c.tenant_id = current_setting('liftline.tenant') AND c.customer_id = p.customer_id"
    return sql.SQL(f" LEFT JOIN customers AS c ON {mine}") if needed else sql.SQL("")


def _holds(part: Condition | Any_, names: dict[str, sql.Identifier], parameters: Parameters) -> sql.Composable:
    if isinstance(part, Any_):
        either = sql.SQL(" OR ").join(_holds(condition, names, parameters) for condition in part.any)
        return sql.SQL("({})").format(either)
    return _condition(part, names[part.field], parameters)


def _condition(asked: Condition, name: sql.Identifier, parameters: Parameters) -> sql.Composable:
    kind, operator = kind_of(asked.field), asked.operator
    if operator in ("known", "unknown"):
        empty = sql.SQL("(coalesce(cardinality({0}), 0) = 0)" if kind == "list" else "({0} IS NULL)").format(name)
        return empty if operator == "unknown" else sql.SQL("(NOT {})").format(empty)
    if operator in COMPARISONS:
        number = NUMBER.format(name) if kind == "attribute" else name
        compared = sql.SQL("coalesce(({}) {} {}, false)")
        return compared.format(number, sql.SQL(COMPARISONS[operator]), parameters.add(asked.value))
    values = asked.value if isinstance(asked.value, list) else [asked.value]
    return _one_of(kind, name, values, parameters, negated=operator in ("is_not", "not_in"))


def _one_of(
    kind: str | None, name: sql.Identifier, values: list[Any], parameters: Parameters, *, negated: bool
) -> sql.Composable:
    if kind == "list":
        found = sql.SQL("({} && {}::text[])").format(name, parameters.add([str(value) for value in values]))
    elif kind == "number":
        found = sql.SQL("({} = ANY({}::float8[]))").format(name, parameters.add([float(value) for value in values]))
    else:
        found = sql.SQL("({} = ANY({}::text[]))").format(name, parameters.add([str(value) for value in values]))
    sure = sql.SQL("coalesce({}, false)").format(found)
    return sql.SQL("(NOT {})").format(sure) if negated else sure


def _sentence(because: str, names: dict[str, sql.Identifier], parameters: Parameters) -> sql.Composable:
    parts: list[sql.Composable] = []
    for n, piece in enumerate(SLOT.split(because)):
        if n % 2 == 0:
            parts += [sql.SQL("{}::text").format(parameters.add(piece))] if piece else []
        else:
            text = "array_to_string({}, ', ')" if kind_of(piece) == "list" else "{}::text"
            parts.append(sql.SQL("coalesce({}, 'unknown')").format(sql.SQL(text).format(names[piece])))
    return sql.SQL(" || ").join(parts)
