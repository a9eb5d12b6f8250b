"""How long an outside service is left alone."""

from datetime import UTC, datetime

import pytest

from pipelines.adapters.patience import Patience, told_to_wait

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def no_sleep(_: float) -> None:
    raise AssertionError("a pause is only reckoned here")


def test_backoff_is_by_chance_and_has_an_end() -> None:
    patience = Patience(no_sleep, chance=lambda: 0.5)
    assert [patience.pause(tried) for tried in (1, 2, 3, 10)] == [0.25, 0.5, 1.0, 10.0]
    assert {Patience(no_sleep, chance=lambda: 0.0).pause(tried) for tried in (1, 5)} == {0.0}


def test_what_the_service_asks_for_is_kept_up_to_a_limit() -> None:
    patience = Patience(no_sleep, most_asked_for_seconds=30, chance=lambda: 1.0)
    assert [patience.pause(1, asked) for asked in (0.0, 7.0, 3600.0)] == [0.5, 7.5, 30.5]


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"x-ms-retry-after-ms": "250"}, 0.25),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:09 GMT"}, 9.0),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:09 GMT", "date": "Fri, 20 Nov 2026 12:00:06 GMT"}, 3.0),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:09 -0000"}, 9.0),
        ({"retry-after": "Fri, 20 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "Fri, 20 Nov 2026 12:00:09 +99999999999999999999"}, None),
        ({}, None),
    ],
)
def test_a_service_says_it_in_several_ways(headers: dict[str, str], seconds: float | None) -> None:
    assert told_to_wait(headers, NOW) == seconds
