"""A time is told with the words a person has for its zone, in the journal too."""

import datetime as dt

import pytest

from assets.zones import until_words, zone_words


@pytest.mark.parametrize(
    ("timezone", "french", "english"),
    [
        ("Europe/Paris", "heure de Paris", "Paris time"),
        ("Europe/Athens", "heure d’Athènes", "Athens time"),
        ("Europe/Oslo", "heure d’Oslo", "Oslo time"),
        ("Indian/Reunion", "heure de La Réunion", "Reunion time"),
        ("America/Port_of_Spain", "heure de Port of Spain", "Port of Spain time"),
        ("UTC", "heure UTC", "UTC time"),
        ("Etc/UTC", "heure UTC", "UTC time"),
    ],
)
def test_a_zone_is_called_by_its_city(timezone, french, english):
    assert (zone_words(timezone, "fr"), zone_words(timezone, "en")) == (french, english)


def test_an_end_is_told_on_the_clocks_of_the_site():
    until = dt.datetime(2026, 7, 1, 16, tzinfo=dt.UTC)
    assert until_words(until, "Europe/Paris") == ("01/07/2026 à 18:00, heure de Paris", "2026-07-01 18:00, Paris time")
