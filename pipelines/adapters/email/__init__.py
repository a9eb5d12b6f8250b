"""Who sends e-mail: a name in the settings, a module that is imported when it is chosen."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.contracts import Refusal
from pipelines.delivery.ports import Channel, SuppressionList

if TYPE_CHECKING:
    from pipelines.adapters.email.sendgrid import Account


def email(provider: str, *, outbox: Path, clock: Callable[[], datetime], account: Account | None = None) -> Channel:
    """The sender of that name; the offline one puts messages into a folder."""
    if provider == "offline":
        from pipelines.adapters.email.offline import Outbox

        return Outbox(outbox, clock)
    if provider == "sendgrid" and account is not None:
        from pipelines.adapters.email.sendgrid import SendGrid

        return SendGrid(account)
    raise Refusal(f"There is no sender of e-mail {provider!r}; set EMAIL_PROVIDER to offline or sendgrid.")


def suppression_list(account: Account | None) -> SuppressionList:
    """What the chosen sender keeps of people who are not to be sent to."""
    if account is None:
        raise Refusal("The outbox keeps no suppressions of its own; set EMAIL_PROVIDER to sendgrid to compare with it.")
    from pipelines.adapters.email.sendgrid_suppressions import SendGridSuppressions
    from pipelines.adapters.patience import Patience

    return SendGridSuppressions(account, Patience(sleep=time.sleep))
