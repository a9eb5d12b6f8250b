"""python -m tests.chaos --seeds 10 --seconds 20 --prepared 3 --tries 4 --launches 2 --faults 9 --first 1"""

from __future__ import annotations

import argparse
import logging
import sys
from collections import Counter
from collections.abc import Iterator

import structlog

from tests.chaos import launching, preparing, sending
from tests.chaos.ground import ground
from tests.chaos.house import house
from tests.doubles.sendgrid_server import sendgrid_server


def main() -> int:
    """One line a seed; 1 if anything was broken in any of them."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=10, help="campaigns that are sent while their ground fails")
    asked.add_argument("--seconds", type=float, default=20, help="how long faults strike in each of these")
    asked.add_argument("--prepared", type=int, default=3, help="campaigns that are prepared while vendors fail")
    asked.add_argument("--tries", type=int, default=4, help="how often each of these is tried before vendors heal")
    asked.add_argument("--launches", type=int, default=2, help="runs of the real DAGs while Airflow fails")
    asked.add_argument("--faults", type=int, default=9, help="how many strike in each of these")
    asked.add_argument("--first", type=int, default=1)
    given = asked.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    told = [*_sent(given), *_prepared(given), *_launched(given)]
    print(f"{len(told) - sum(told)} of {len(told)} seeds kept every promise.")
    return 1 if any(told) else 0


def _sent(given: argparse.Namespace) -> Iterator[bool]:
    if not given.seeds:
        return
    with ground() as made:
        made.services.database  # noqa: B018
        if not made.small_disk:
            print("No small disk can be mounted here (that wants root): the disk is never full in this run.")
        for seed in range(given.first, given.first + given.seeds):
            told = sending.run(made, seed, given.seconds)
            yield _say(
                f"sending, seed {seed}", told.faults, told.broken,
                f"{told.people} people, {told.accepted} accepted, {told.in_doubt} in doubt, {told.delivered} "
                f"delivered, none twice; {told.seconds:.0f} s",
            )  # fmt: skip


def _prepared(given: argparse.Namespace) -> Iterator[bool]:
    if not given.prepared:
        return
    with ground() as made:
        for seed in range(given.first, given.first + given.prepared):
            told = preparing.run(made, seed, given.tries)
            yield _say(
                f"preparing, seed {seed}", told.faults, told.broken,
                f"{told.variants} texts, all screened, by {told.calls} calls in {told.tries} tries, none paid again; "
                f"{told.seconds:.0f} s",
            )  # fmt: skip


def _launched(given: argparse.Namespace) -> Iterator[bool]:
    if not given.launches:
        return
    with sendgrid_server() as vendor, house(vendor) as made:
        expected = launching.calm(made)
        for seed in range(given.first, given.first + given.launches):
            told = launching.run(made, seed, given.faults, expected)
            cleared = f"cleared {'; '.join(told.cleared)}" if told.cleared else "nothing to clear"
            yield _say(
                f"launching, seed {seed}", told.faults, told.broken,
                f"{told.people} people, {told.accepted} accepted, {told.in_doubt} in doubt, {told.delivered} "
                f"delivered, none twice; Airflow started {told.starts} times, {cleared}; {told.seconds:.0f} s",
            )  # fmt: skip


def _say(seed: str, faults: Counter[str], broken: list[str], good: str) -> bool:
    struck = ", ".join(f"{times} x {fault}" for fault, times in sorted(faults.items()))
    print(f"{seed}: BROKEN: {'; '.join(broken)}; {struck}" if broken else f"{seed}: {good}; {struck}", flush=True)
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
