"""The cache holds numbers and bytes, and runs nothing that somebody else wrote there."""

import pickle

import pytest
from django.core.cache import cache

from hypervisor.cached import Plain


@pytest.mark.parametrize("thing", [0, -3, 12.5, b"", b"b12", b"\x80pickle"])
def test_what_is_kept_comes_back(valkey, thing):
    cache.set("thing", thing, 10)
    assert cache.get("thing") == thing
    assert type(cache.get("thing")) is type(thing)


def test_a_number_is_counted_up_by_valkey(valkey):
    cache.add("tries", 0, 10)
    assert (cache.incr("tries"), cache.get("tries")) == (1, 1)


@pytest.mark.parametrize("thing", ["text", None, True, [1], {"a": 1}])
def test_nothing_else_is_taken(thing):
    with pytest.raises(TypeError):
        Plain().dumps(thing)


def test_a_pickle_that_somebody_put_there_is_not_opened():
    with pytest.raises(ValueError, match="invalid literal"):
        Plain().loads(pickle.dumps([1]))
