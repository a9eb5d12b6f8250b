"""Invented tables whose target follows from their columns, with what makes real tables difficult."""

import numpy as np
import polars as pl


def logistic(score, chance):
    return chance.random(len(score)) < 1 / (1 + np.exp(-score))


def customers(rows, seed=0, *, base=-1.5, cities=40):
    """Numbers, blanks, few and many categories, dates, an id, a constant, and a wave that no line can follow."""
    chance = np.random.default_rng(seed)
    age, spend = chance.normal(40, 12, rows), chance.lognormal(3, 1, rows)
    plan = chance.choice(np.array(["basic", "plus", "pro", ""]), rows)
    months, city = chance.integers(0, 60, rows), chance.integers(0, cities, rows)
    of_city = chance.normal(0, 0.7, cities)
    score = base + 0.04 * (age - 40) + 0.8 * (plan == "basic") - 0.04 * months + np.sin(spend / 8) + of_city[city]
    score += 1.2 * ((months < 12) & (plan == "plus"))
    left = logistic(score, chance)
    return pl.DataFrame(
        {
            "customer_id": [f"c{n:06}" for n in range(rows)],
            "age": np.where(chance.random(rows) < 0.06, "", np.char.mod("%.1f", age)),
            "spend": [f"{value:,.2f}" for value in spend],
            "plan": plan,
            "since": [f"{1 + m % 28:02d}.{1 + m % 12:02d}.{2025 - m // 12}" for m in months],
            "months": months.astype(str),
            "city": [f"city {one}" for one in city],
            "country": ["DE"] * rows,
            "churned": np.where(left, "Yes", "no"),
        }
    )


def matrix(table, target="churned"):
    """The same table as scikit-learn's own boosting takes it: a pandas frame with categories."""
    numbers = {
        "age": table["age"].cast(pl.Float64, strict=False),
        "spend": table["spend"].str.replace_all(",", "").cast(pl.Float64),
        "months": table["months"].cast(pl.Float64),
    }
    frame = pl.DataFrame({**numbers, "plan": table["plan"], "city": table["city"]}).to_pandas()
    for name in ("plan", "city"):
        frame[name] = frame[name].astype("category")
    return frame, (table[target] == "Yes").to_numpy().astype(float)
