"""Looking back: an instant that cannot be is refused by the interface, and the page then shows the day."""

import pytest


@pytest.mark.parametrize("at", ["", "x", "2026-03-01T10:00", "2999-01-01T00:00:00Z", "2026-13-01T00:00:00Z", "0" * 300, "\0"])
def test_an_instant_that_cannot_be_is_refused(city, at):
    client = city.client("auditor")
    assert client.get("/api/v1/sites/quai/instant", {"at": at}).status_code == 422
    assert client.get("/sites/quai/looking-back", {"at": at, "day": at}).status_code == 200
