"""Token buckets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.identity.limits import Buckets, Rate


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_burst_then_rate() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    rate = Rate(per_minute=6, burst=2)
    assert [buckets.take("key", rate) for _ in range(3)] == [0, 0, 10]
    assert buckets.take("other", rate) == 0
    clock.now = 9.5
    assert buckets.take("key", rate) == 1
    clock.now = 10.0
    assert buckets.take("key", rate) == 0
    clock.now = 1e6
    assert [buckets.take("key", rate) for _ in range(3)] == [0, 0, 10]


def test_waiting_as_told_is_enough() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    rate = Rate(per_minute=7, burst=1)
    for _ in range(50):
        wait = buckets.take("key", rate)
        clock.now += wait
        assert wait == 0 or buckets.take("key", rate) == 0


@given(st.lists(st.floats(0, 100), max_size=60), st.floats(0.1, 600), st.integers(1, 20))
def test_never_more_than_the_rate(pauses: list[float], per_minute: float, burst: int) -> None:
    clock = Clock()
    buckets = Buckets(clock)
    passed = 0
    for pause in pauses:
        clock.now += pause
        passed += buckets.take("key", Rate(per_minute, burst)) == 0
    assert passed <= burst + clock.now * per_minute / 60 + 1e-6


def test_a_clock_that_goes_back_gives_nothing() -> None:
    clock = Clock()
    buckets = Buckets(clock)
    rate = Rate(60, 1)
    assert buckets.take("key", rate) == 0
    clock.now = -100
    assert buckets.take("key", rate) == 1


def test_memory_is_bounded() -> None:
    buckets = Buckets(Clock(), most=10)
    for number in range(1000):
        buckets.take(f"peer-{number}", Rate(1, 1))
    assert len(buckets._filled) == 10


@pytest.mark.parametrize(("per_minute", "burst"), [(0, 1), (-1, 1), (1, 0)])
def test_a_rate_lets_something_through(per_minute: float, burst: int) -> None:
    with pytest.raises(ValueError, match="rate"):
        Rate(per_minute, burst)
