import threading
import time

import pytest

from pipelines.overlap import ahead


@pytest.fixture(autouse=True)
def _no_thread_is_left():
    before = threading.active_count()
    yield
    assert threading.active_count() == before


@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_the_same_items_in_the_same_order(count):
    assert list(ahead(iter(range(count)))) == list(range(count))


def test_none_and_errors_are_items_like_others():
    items = [None, ValueError("an item"), "end", ("error", None)]
    assert list(ahead(iter(items))) == items


def test_the_maker_works_while_the_taker_does():
    made, asked = threading.Event(), []

    def items():
        yield 1
        asked.append(threading.current_thread())
        made.set()
        yield 2

    taker = ahead(items())
    assert next(taker) == 1
    assert made.wait(5)
    assert asked != [threading.current_thread()]
    assert list(taker) == [2]


def test_the_maker_does_not_run_away():
    made = []

    def items():
        for number in range(100):
            made.append(number)
            yield number

    taker = ahead(items(), depth=2)
    next(taker)
    time.sleep(0.05)
    # One is taken, two wait, one is in the maker's hand.
    assert len(made) <= 4
    taker.close()


def test_an_error_comes_after_the_items_before_it():
    def items():
        yield 1
        yield 2
        raise ValueError("the third")

    seen = []
    with pytest.raises(ValueError, match="the third"):
        seen.extend(ahead(items()))
    assert seen == [1, 2]


def test_the_maker_ends_when_the_taker_gives_up():
    for taken in range(4):
        taker = ahead(iter(int, 1), depth=1)
        for _ in range(taken):
            next(taker)
        taker.close()


def test_the_maker_ends_when_the_taker_fails():
    def load():
        for one in ahead(iter(range(1000))):
            raise KeyError(one)

    with pytest.raises(KeyError):
        load()


def test_an_error_of_the_maker_after_the_taker_gave_up_is_nobodys():
    given_up = threading.Event()

    def items():
        yield 1
        given_up.wait(5)
        raise ValueError("too late")

    taker = ahead(items())
    next(taker)
    timer = threading.Timer(0.05, given_up.set)
    timer.start()
    taker.close()
    timer.join()


def test_nothing_starts_before_it_is_asked_for():
    ahead(iter([1])).close()


def test_the_end_comes_at_once():
    took = []
    for _ in range(50):
        started = time.monotonic()
        list(ahead(iter([1])))
        took.append(time.monotonic() - started)
    # Whoever looked only now and then would come late every time; a busy machine now and then.
    assert min(took) < 0.02
