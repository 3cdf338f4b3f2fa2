"""A feed, and the supervisor that pushes to it."""

from collections.abc import Iterator

import pytest


@pytest.fixture
def feed(transactional_db: None) -> object:
    """A push feed of a site with lamps, as tests.feeds.city makes it."""
    from tests.feeds.city import make_feed

    return make_feed()


@pytest.fixture
def supervisor() -> Iterator[object]:
    """A tests.feeds.city.Pusher."""
    from tests.feeds.city import Pusher

    pusher = Pusher()
    yield pusher
    pusher.close()
