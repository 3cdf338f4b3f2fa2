"""A feed, the supervisor that pushes to it, and one that is pulled from."""

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


@pytest.fixture
def served() -> Iterator[object]:
    """A tests.feeds.supervisors.Supervisor that serves an empty page of levels until it is told otherwise."""
    from tests.feeds.pulling import page
    from tests.feeds.supervisors import Reply
    from tests.feeds.supervisors import supervisor as serving

    with serving(lambda asked: Reply(page())) as running:
        yield running


@pytest.fixture
def private_addresses_allowed(settings: object) -> None:
    """The servers of the tests listen on loopback."""
    settings.ALLOW_PRIVATE_PULL = True
