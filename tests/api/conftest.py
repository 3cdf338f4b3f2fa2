"""Fixtures of the interface's tests; what they need of Django is imported late, after the engines have started."""

import pytest


@pytest.fixture(autouse=True)
def _forget() -> None:
    from django.core.cache import cache

    cache.clear()


@pytest.fixture
def city(db: None):
    """A tests.api.city.City in a database of its own."""
    from tests.api.city import build

    return build()
