"""How the unit interval is split: arms, coverage, ramp-up cohorts, parts of a namespace, and the global holdout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from pipelines.experiments.hashing import STEPS, Ids, bucket_ranges, choose, steps_of

# Shares are sums of decimal fractions; what differs by less than this is the same.
SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the unit interval that belongs to one arm."""

    arm: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Cut:
    """For each step of the unit interval: the arm that it belongs to (-1: none) and its ramp-up cohort (0: none)."""

    arms: npt.NDArray[np.int16]
    cohorts: npt.NDArray[np.int16]


def pieces_of(shares: dict[str, float]) -> tuple[Piece, ...]:
    """The arms one after the other, exactly where GrowthBook puts them."""
    ranges = bucket_ranges(len(shares), 1.0, list(shares.values()))
    return tuple(Piece(arm, *one) for arm, one in zip(shares, ranges, strict=True))


def moved(before: Sequence[Piece], shares: dict[str, float]) -> tuple[Piece, ...]:
    """The split by other shares that takes as few people as can be out of the arm that they are in.

    An arm keeps the beginning of what it has; only what it must give up goes to those that grow.
    """
    kept, free = [], []
    left = dict(shares)
    for piece in sorted(before, key=lambda one: one.start):
        stays = min(left.get(piece.arm, 0.0), piece.end - piece.start)
        if stays < SAME:
            stays = 0.0
        border = piece.end if piece.end - piece.start - stays < SAME else piece.start + stays
        if stays:
            kept.append(Piece(piece.arm, piece.start, border))
            left[piece.arm] -= border - piece.start
        if border < piece.end:
            free.append((border, piece.end))
    for arm, wanted in left.items():
        while wanted > SAME and free:
            start, end = free.pop(0)
            border = end if end - start - wanted < SAME else start + wanted
            kept.append(Piece(arm, start, border))
            wanted -= border - start
            if border < end:
                free.insert(0, (border, end))
    return _joined(sorted(kept, key=lambda one: one.start))


def _joined(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    joined: list[Piece] = []
    for piece in pieces:
        if joined and joined[-1].arm == piece.arm and joined[-1].end == piece.start:
            joined[-1] = Piece(piece.arm, joined[-1].start, piece.end)
        else:
            joined.append(piece)
    return tuple(joined)


def cut(
    pieces: Sequence[Piece], arms: Sequence[str], *, version: int, coverage: float = 1.0, ramp: Sequence[float] = (1.0,)
) -> Cut:
    """Whom each step belongs to; coverage shrinks each piece where it stands, so a cohort holds the smaller ones."""
    every_bucket = np.arange(STEPS[version]) / STEPS[version]
    places = np.array([arms.index(piece.arm) for piece in pieces], np.int16)
    chosen = choose(every_bucket, [_covered(piece, coverage) for piece in pieces])
    owners = np.where(chosen >= 0, places[chosen], np.int16(-1))
    cohorts = np.zeros(len(every_bucket), np.int16)
    for cohort, share in reversed(list(enumerate(ramp, 1))):
        cohorts[choose(every_bucket, [_covered(piece, coverage * share) for piece in pieces]) >= 0] = cohort
    return Cut(owners, cohorts)


def _covered(piece: Piece, coverage: float) -> tuple[float, float]:
    return piece.start, piece.start + coverage * (piece.end - piece.start)


def overlap(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Whether two parts of a namespace could hold the same customer."""
    return one[0] < other[1] and other[0] < one[1]


def free_parts(taken: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """What of a namespace nobody has taken yet."""
    edges = [(0.0, 0.0), *sorted(taken), (1.0, 1.0)]
    return [(before[1], after[0]) for before, after in pairwise(edges) if after[0] - before[1] > SAME]


def holdout_seed(tenant: str) -> str:
    """The seed of a tenant's global holdout: for ever the same, so the same people are never written to."""
    return f"global-holdout-{tenant}"


def held_out(ids: Ids, tenant: str, share: float) -> npt.NDArray[np.bool_]:
    """Who belongs to the global holdout; a larger one contains the smaller."""
    return steps_of(ids, holdout_seed(tenant)) < round(share * STEPS[2])
