"""python -m tests.chaos --seeds 10 --first 1 --seconds 20"""

from __future__ import annotations

import argparse
import sys

from tests.chaos.ground import ground
from tests.chaos.sending import run


def main() -> int:
    """One line a seed; 1 if anything was broken in any of them."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seeds", type=int, default=10)
    asked.add_argument("--first", type=int, default=1)
    asked.add_argument("--seconds", type=float, default=20, help="how long faults strike in each seed")
    given = asked.parse_args()
    broken = 0
    with ground() as made:
        made.services.database  # noqa: B018
        if not made.small_disk:
            print("No small disk can be mounted here (that wants root): the disk is never full in this run.")
        for seed in range(given.first, given.first + given.seeds):
            told = run(made, seed, given.seconds)
            faults = ", ".join(f"{times} x {fault}" for fault, times in sorted(told.faults.items()))
            print(
                f"seed {seed}: {told.people} people, {told.accepted} accepted, {told.in_doubt} in doubt, "
                f"{told.delivered} delivered, none twice; {faults}; {told.seconds:.0f} s"
                if not told.broken
                else f"seed {seed}: BROKEN after {faults}: {'; '.join(told.broken)}",
                flush=True,
            )
            broken += bool(told.broken)
    print(f"{given.seeds - broken} of {given.seeds} seeds kept every promise.")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
