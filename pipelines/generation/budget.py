"""Which calls may still be made, so that neither a campaign nor a tenant spends more than it may."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Purse:
    """What is left of the campaign's budget and of the tenant's for this month, in US dollars."""

    campaign: Decimal | None
    tenant: Decimal

    @property
    def left(self) -> Decimal:
        """The smaller of the two; without a campaign, the tenant's."""
        return self.tenant if self.campaign is None else min(self.campaign, self.tenant)

    def affords(self, prices: Sequence[Decimal]) -> int:
        """How many of these calls, in order, may be made if each costs the most that it can."""
        total = Decimal(0)
        for count, price in enumerate(prices):
            total += price
            if total > self.left:
                return count
        return len(prices)

    def why_empty(self) -> str:
        """Whose budget stopped it, and how to raise it."""
        if self.campaign is not None and self.campaign <= self.tenant:
            return f"The campaign's budget has {self.campaign:.4f} USD left; raise budget_usd in the brief."
        return f"The tenant's budget of this month has {self.tenant:.4f} USD left; raise LIFTLINE_MONTHLY_BUDGET_USD."
