from concurrent.futures import ThreadPoolExecutor

import pytest

from detectors.cache import PartCache


def test_least_recently_used_goes_first() -> None:
    cache: PartCache[str] = PartCache(2)
    one, two, three = (cache.key(name) for name in ("one", "two", "three"))
    cache.put(one, "1")
    cache.put(two, "2")
    assert cache.get(one) == "1"
    cache.put(three, "3")
    assert cache.get(two) is None
    assert cache.get(one) == "1"
    assert len(cache) == 2
    assert (cache.hits, cache.misses) == (2, 1)


def test_keys_tell_fields_apart_and_processes_too() -> None:
    cache: PartCache[str] = PartCache(2)
    assert cache.key("ab", "c") != cache.key("a", "bc")
    assert cache.key("ab") != cache.key("ab", "")
    assert cache.key("ab") != PartCache[str](2).key("ab")
    assert cache.key("\ud800") == cache.key("\ud800")


def test_nothing_of_the_text_is_held() -> None:
    cache: PartCache[tuple[int, ...]] = PartCache(2)
    cache.put(cache.key("Siobhan"), (1, 2))
    assert "Siobhan" not in repr(vars(cache))
    assert "Siobhan" not in repr(cache)


def test_threads_may_share_it() -> None:
    cache: PartCache[int] = PartCache(50)

    def work(number: int) -> None:
        for index in range(300):
            key = cache.key(str((number * index) % 90))
            if cache.get(key) is None:
                cache.put(key, index)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert len(cache) <= 50


def test_an_empty_cache_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        PartCache(0)
