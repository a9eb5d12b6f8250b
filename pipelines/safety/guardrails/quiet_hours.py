"""Where it is day: messages that disturb go out by the recipient's own clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo, available_timezones

from pipelines.safety.guardrails.policy import Day


@dataclass(frozen=True, slots=True)
class Awake:
    """Where a message may disturb at one moment: by time zone, else by country, else anywhere."""

    zones: tuple[str, ...]
    asleep: tuple[str, ...]
    countries: tuple[str, ...]
    anywhere: bool


def awake_at(moment: datetime, day: Day, zones_when_unknown: Iterable[str]) -> Awake:
    """Where it is day at the moment; a country of several zones only when it is day in all of them."""
    zones = {name: day.from_hour <= moment.astimezone(zone).hour < day.to_hour for name, zone in _zones().items()}
    return Awake(
        tuple(name for name, awake in zones.items() if awake),
        tuple(name for name, awake in zones.items() if not awake),
        tuple(country for country, named in _countries().items() if all(zones[name] for name in named)),
        all(zones[name] for name in zones_when_unknown),
    )


@cache
def _zones() -> dict[str, ZoneInfo]:
    return {name: ZoneInfo(name) for name in sorted(available_timezones())}


@cache
def _countries() -> dict[str, tuple[str, ...]]:
    """The zones of every country, as the time zone database lists them."""
    lines = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8").splitlines()
    found: dict[str, tuple[str, ...]] = {}
    for country, _, zone, *_ in (line.split("\t") for line in lines if line and not line.startswith("#")):
        if zone in _zones():
            found[country] = (*found.get(country, ()), zone)
    return found
