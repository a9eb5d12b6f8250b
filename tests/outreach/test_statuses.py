"""What a report changes, as a table; the rates of the contract's example."""

import pytest

from pipelines.outreach.ports import NotNow
from pipelines.outreach.statuses import MARKS, after, performance, rates

SENT = MARKS["sent"]


@pytest.mark.parametrize(
    ("happened", "reported", "by_machine", "end", "marks"),
    [
        (0, "sent", False, "sent", {"sent"}),
        (0, "replied", False, "replied", {"sent", "delivered", "replied"}),
        (1, "clicked", False, "clicked", {"sent", "delivered", "opened", "clicked"}),
        (1, "bounced", False, "bounced", {"sent", "bounced"}),
        (0, "failed", False, "failed", {"failed"}),
        (64, "sent", False, "sent", {"failed", "sent"}),
        # Late reports are marked and take nothing back.
        (19, "delivered", False, "replied", {"sent", "delivered", "replied"}),
        (33, "opened", False, "bounced", {"sent", "bounced", "delivered", "opened"}),
        (15, "bounced", False, "clicked", {"sent", "delivered", "opened", "clicked", "bounced"}),
        (33, "clicked", False, "clicked", {"sent", "delivered", "opened", "clicked", "bounced"}),
        # A machine that opens proves that it was delivered, and that nobody read it.
        (1, "opened", True, "delivered", {"sent", "delivered", "machine"}),
    ],
)
def test_a_report_moves_a_message_up_and_never_back(happened, reported, by_machine, end, marks):
    wanted = sum({**MARKS, "machine": 128}[name] for name in marks)
    assert after(happened, reported, by_machine=by_machine) == (end, wanted)


@pytest.mark.parametrize(
    ("happened", "reported", "by_machine"),
    [(SENT, "pending", False), (SENT, "failed", False), (SENT, "replied", True)],
)
def test_what_cannot_have_happened_is_refused(happened, reported, by_machine):
    with pytest.raises(NotNow):
        after(happened, reported, by_machine=by_machine)


def test_rates_are_those_of_the_example():
    assert rates({"delivered": 98, "opened": 42, "clicked": 18, "replied": 12}) == {
        "open_rate": 42.86, "click_rate": 42.86, "reply_rate": 12.24,
    }  # fmt: skip
    assert performance(0, {})["open_rate"] == 0.0
