"""Choices that look free and are not: the same ask always draws the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Draw:
    """One ask's source of choices; each purpose draws for itself, so that a ban in one place moves no other."""

    key: str

    def number(self, purpose: str) -> int:
        """A large number for that purpose."""
        return int.from_bytes(blake2b(f"{self.key}\x1f{purpose}".encode(), digest_size=6).digest(), "big")

    def share(self, purpose: str) -> float:
        """A number from 0 up to 1 for that purpose."""
        return self.number(purpose) / (1 << 48)

    def one_of(self, purpose: str, options: Sequence[T], fits: Callable[[T], bool] = lambda _: True) -> T | None:
        """The drawn option, or the next one after it that fits."""
        if not options:
            return None
        first = self.number(purpose) % len(options)
        return next((option for option in (*options[first:], *options[:first]) if fits(option)), None)
