"""The board of incidents and the page of one: for whoever sees their alarms, and of those alarms alone."""

from alarms.incidents import moves
from journal.actors import Actor
from tests.factories import NOON

PAGE = "/sites/quai/incidents"


def test_an_incident_is_on_the_board_and_on_a_page_with_its_alarms_and_its_story(city):
    by = Actor.of(city.users["operator"])
    alarms = [city.alarms["nord"], city.alarms["gare"]]
    incident = moves.open_by_hand(city.site.pk, [each.pk for each in alarms], by=by, now=NOON)
    client = city.client("auditor")
    assert f"{PAGE}/{incident.pk}" in client.get(PAGE).content.decode()
    text = client.get(f"{PAGE}/{incident.pk}").content.decode()
    assert [f"/alarms/{each.pk}" in text for each in alarms] == [True, True]
    assert 'data-sort="incident"' in text or 'data-sort="alarm"' in text
    moves.take_charge(incident.pk, by=by, now=NOON)
    assert client.get(f"{PAGE}/{incident.pk}?part=sheet").status_code == 200


def test_who_is_confined_sees_incidents_of_their_alarms_and_no_others(city):
    by = Actor.of(city.users["operator"])
    ours = moves.open_by_hand(city.site.pk, [city.alarms["nord"].pk], by=by, now=NOON)
    theirs = moves.open_by_hand(city.site.pk, [city.alarms["sud"].pk], by=by, now=NOON)
    client = city.client("nord")
    board = client.get(PAGE).content.decode()
    assert f"{PAGE}/{ours.pk}" in board
    assert f"{PAGE}/{theirs.pk}" not in board
    assert client.get(f"{PAGE}/{theirs.pk}").status_code == 404
    assert city.client("stranger").get(PAGE).status_code == 404
