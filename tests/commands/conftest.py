"""A field to command, and its pretend supervisor; what they need of Django is imported late, after the engines have started."""

from collections.abc import Iterator

import pytest


@pytest.fixture
def supervisor() -> Iterator[object]:
    """A tests.commands.field.Supervisor."""
    from tests.commands.field import supervising

    with supervising() as told:
        yield told


@pytest.fixture
def field(db: None, settings: object, supervisor: object) -> object:
    """A tests.commands.field.Field whose gates the supervisor carries."""
    from django.utils import timezone

    from commands import connectors
    from tests.commands.field import CHIEF, MAPPING, make_field

    settings.ALLOW_PRIVATE_PULL = True
    now = timezone.now()
    made = make_field(now)
    connectors.set_up(made.gate.supervisor, supervisor.url, MAPPING, by=CHIEF, now=now, allow_private_address=True)
    return made
