"""What names people is declared on a page, and what becomes of it is said there."""

from alarms.models import PersonalAttribute
from journal.models import JournalEntry


def test_an_attribute_is_declared_on_its_page_and_told_in_the_journal(city):
    client, path = city.client("administrator"), "/sites/quai/settings/privacy"
    version = city.site.inventory_version
    for _ in range(2):  # the second changes nothing
        assert client.post(path, {"event_kind": "visit", "attribute": "visitor"}).status_code == 302
    assert "visitor" in client.get(path).content.decode()
    for wrong in ({"attribute": ""}, {"attribute": "a b"}, {"attribute": "x" * 61}, {"attribute": "x", "event_kind": "a\0b"}):
        assert client.post(path, wrong).status_code == 302
    assert client.post(path, {"event_kind": "visit", "attribute": "visitor", "withdraw": "1"}).status_code == 302
    city.site.refresh_from_db()
    assert city.site.inventory_version == version + 2
    assert not PersonalAttribute.objects.exists()
    lines = JournalEntry.objects.filter(kind="personal_attribute.changed").order_by("seq").values_list("text_fr", flat=True)
    assert list(lines) == ["Attribut personnel déclaré : visitor (visit)", "Attribut personnel retiré : visitor (visit)"]
