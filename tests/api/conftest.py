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


@pytest.fixture
def operator(city):
    """A client that is signed in as the operator."""
    return city.client("operator")


@pytest.fixture
async def no_connection_left(city):
    """What tests ask of the database from a coroutine runs in one thread, whose connection nobody else closes."""
    from asgiref.sync import sync_to_async
    from django.db import connections

    yield
    await sync_to_async(connections.close_all)()
