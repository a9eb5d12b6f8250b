from datetime import UTC, datetime

import pytest

from pipelines.contracts import Refusal
from pipelines.segmentation.moments import in_utc, moment_of


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-06-30", datetime(2026, 6, 30, 23, 59, 59, 999999, tzinfo=UTC)),
        (" 2024-02-29 ", datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC)),
        ("2026-06-30T14:00:00+02:00", datetime(2026, 6, 30, 12, tzinfo=UTC)),
        ("2026-06-30T14:00Z", datetime(2026, 6, 30, 14, tzinfo=UTC)),
        ("2026-06-30 14:00", datetime(2026, 6, 30, 14, tzinfo=UTC)),
    ],
)
def test_a_moment_is_read(text: str, moment: datetime) -> None:
    assert moment_of(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "30.06.2026",
        "2026-02-30",
        "20260630",
        "2026-W01-1",
        "2026-06-30T25:00",
        "0001-01-01T00:00+14:00",
    ],
)
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(Refusal, match="is not a moment"):
        moment_of(text)


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(Refusal, match="no time zone"):
        in_utc(datetime(2026, 1, 1))  # noqa: DTZ001
