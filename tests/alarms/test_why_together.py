"""Why alarms are together: what joins in the database, which reason it keeps, and how the whole is named."""

import msgspec
import pytest
from django.db.models import Q

from alarms.engine.transitions import ThresholdEvidence
from alarms.incidents import moves
from alarms.incidents.members import member_rows
from alarms.incidents.rows import incident_row
from alarms.models import Alarm, Incident, Rule
from assets.instants import microseconds
from assets.models import AssetKind, Point, Supervisor
from journal.actors import Actor
from journal.models import JournalEntry
from journal.reading import verify
from tests.alarms.test_causes import make_street, of
from tests.alarms.verdict import at, make_cabinet, make_desk, make_lamps
from tests.factories import make_asset, make_sector, make_user

pytestmark = pytest.mark.django_db(transaction=True)


def whys(incident: Incident) -> dict[str, str]:
    """French reasons by the code of the asset."""
    rows = member_rows(Alarm.objects.filter(incident=incident), Q())
    return {row["asset"]["code"]: row["why_together"]["text"]["fr"] for row in rows}


def test_a_tripped_cabinet_is_never_under_the_title_of_a_door(valkey):
    desk = make_desk(door={}, tripped={"cause": True}, lift={}, tunnel={})
    sector = make_sector(desk.site)
    cabinet, door = make_cabinet(desk.site, sector=sector), make_asset(desk.site, "PRT-1", "door", sector=sector)
    lifts = [make_asset(desk.site, f"ASC-{n}", "lift", sector=sector) for n in range(2)]
    fan = make_asset(desk.site, "VNT-1", "fan", sector=sector)
    for second, (rule, asset) in enumerate([("door", door), ("tripped", cabinet), ("lift", lifts[0]), ("tunnel", fan)]):
        desk.raised(rule, [asset], at(60 * second), "critical")
    desk.raised("lift", lifts[1:], at(300), "critical")
    assert not Incident.objects.exists()


def test_two_lifts_of_one_building_with_the_same_supervisor_are_one_incident_named_by_the_building(valkey):
    desk = make_desk(lift={}, hot={})
    supervisor = Supervisor.objects.create(site=desk.site, slug="transport", name="Transport")
    fields = {"supervisor": supervisor, "attributes": {"building": "Tour Hélios"}}
    lifts = [make_asset(desk.site, f"ASC-{n}", "lift", **fields) for n in range(2)]
    other = make_asset(desk.site, "ASC-9", "lift", supervisor=supervisor, attributes={"building": "Tour Radian"})
    desk.raised("lift", lifts[:1], at(0))
    desk.raised("hot", [lifts[1], other], at(60))
    incident = Incident.objects.get()
    assert incident.title_fr.startswith("Crue — Tour Hélios")
    assert whys(incident) == {
        "ASC-0": "L'incident a commencé par elle",
        "ASC-1": "Même bâtiment et même superviseur que Jauge ASC-0 (ASC-0)",
    }
    assert of(other).incident is None


def gauges(desk, number: int):
    """Along a river through two sectors."""
    iris, rive = make_sector(desk.site, "iris"), make_sector(desk.site, "rive")
    made = [
        make_asset(desk.site, f"LIM-{n:04d}", sector=rive if n % 2 else iris, longitude=2.24 + n / 4000) for n in range(number)
    ]
    for gauge in made:
        Point.objects.create(asset=gauge, quantity="water_level", unit="m")
    return made


def level(desk, gauge, when, metres: float, severity: str, kind: str = "raise", **told):
    moment = microseconds(when)
    evidence = ThresholdEvidence("above", metres, moment, 2.5, 2.6, moment, 0, 0.1)
    move = desk.move(kind, "level", gauge, when, severity, evidence=evidence, **told)
    return msgspec.structs.replace(move, subject_kind="point", subject=gauge.points.get().pk)


def test_a_flood_is_named_by_its_matter_its_places_and_its_worst_value_and_keeps_to_it(valkey):
    desk = make_desk(level={"cause": False}, mute={"cause": False})
    AssetKind.objects.filter(slug="flood-gauge").delete()
    made = gauges(desk, 48)
    AssetKind.objects.filter(slug="flood-gauge").update(
        points=[{"quantity": "water_level", "unit": "m", "name_fr": "Niveau d'eau", "name_en": "Water level"}]
    )
    desk.batch([level(desk, gauge, at(0), 2.6, "high") for gauge in made], at(0))
    incident = Incident.objects.get()
    assert incident.alarms.count() == 48
    assert incident.title_fr == "Crue — Rive, Iris : niveau d'eau 2,6\u00a0m au pire (LIM-0000)"
    desk.batch([level(desk, made[12], at(60), 3.54, "critical", "change", previous="high")], at(60))
    desk.raised("mute", made[:3], at(90), "critical")
    desk.batch([level(desk, made[12], at(120), 2.7, "high", "change", previous="critical")], at(120))
    incident.refresh_from_db()
    assert incident.title_fr == "Crue — Rive, Iris : niveau d'eau 3,54\u00a0m au pire (LIM-0012)"
    assert incident.title_en == "Flood — Rive, Iris: water level 3.54\u00a0m at worst (LIM-0012)"
    assert incident.alarms.count() == 51
    line = JournalEntry.objects.filter(kind="incident.joined").latest("seq")
    assert line.text_fr.startswith("Incident 1, 3 alarmes de plus : LIM-0000 — ")
    assert incident.title_fr not in line.text_fr


def test_the_alarm_of_a_sector_is_with_what_else_is_told_of_its_worst_point_whichever_came_first(valkey):
    desk = make_desk(level={"cause": False}, rising={"cause": False})
    made = gauges(desk, 6)
    points = [gauge.points.get().pk for gauge in made]

    def of_sector(path: str, worst: int, when):
        moment = microseconds(when)
        evidence = ThresholdEvidence("above", 2.6, moment, 2.5, 2.6, moment, 0, 0.1, points[worst], 3)
        move = desk.move("raise", "level", made[worst], when, "high", evidence=evidence)
        return msgspec.structs.replace(move, subject_kind="sector", subject=path)

    desk.batch([of_sector("iris", 2, at(0))], at(0))
    assert not Incident.objects.exists(), "alone, it is no incident"
    desk.raised("rising", made[:3], at(60))
    desk.batch([of_sector("rive", 1, at(120))], at(120))
    incident = Incident.objects.get()
    assert incident.alarms.filter(asset=None).count() == 2
    assert incident.alarms.count() == 5
    reasons = {row["subject"]: row["why_together"]["text"]["fr"] for row in member_rows(incident.alarms.filter(asset=None), Q())}
    assert reasons["sector:rive"].startswith("Même équipement que : ")


def test_a_member_names_the_first_and_how_far_it_is(valkey):
    desk = make_desk(level={"cause": False})
    made = gauges(desk, 3)
    desk.batch([level(desk, gauge, at(0), 2.6, "high") for gauge in made], at(0))
    assert whys(Incident.objects.get()) == {
        "LIM-0000": "Même règle, à 20 m de Jauge LIM-0001 (LIM-0001)", "LIM-0001": "L'incident a commencé par elle",
        "LIM-0002": "Même règle, à 20 m de Jauge LIM-0001 (LIM-0001)",
    }  # fmt: skip


def test_what_stands_at_one_place_is_not_said_to_be_no_metres_away(valkey):
    desk, _, _, lamps = make_street("quai")
    desk.raised("dark", lamps[:3], at(0), "low")
    first, *others = sorted(whys(Incident.objects.get()).items())
    assert first == ("L-00000", "L'incident a commencé par elle")
    assert {text for _, text in others} == {"Même règle, au même endroit que Lampe L-0 (L-00000)"}


def test_two_alarms_of_one_gauge_go_as_a_whole_into_the_flood(valkey):
    desk = make_desk(level={"cause": False}, rising={"cause": False})
    made = gauges(desk, 3)
    desk.batch([level(desk, made[0], at(0), 2.6, "high"), desk.move("raise", "rising", made[0], at(0))], at(0))
    (small,) = Incident.objects.all()
    assert (small.key, small.alarms.count()) == (f"asset:{made[0].pk}", 2)
    desk.batch([level(desk, gauge, at(60), 2.6, "high") for gauge in made[1:]], at(60))
    small.refresh_from_db()
    assert (small.state, small.merged_into.alarms.count(), small.merged_into.title_fr[:4]) == ("closed", 4, "Crue")
    assert list(verify(desk.site.pk)) == []


def test_a_blackout_is_named_by_its_cause_and_counts_what_is_out_as_it_goes(valkey):
    desk, _, cabinet, lamps = make_street("quai")
    AssetKind.objects.filter(slug="lamp").update(name_fr="Candélabre", name_en="Street lamp")
    desk.batch(
        [desk.move("raise", "dead", cabinet, at(0)), *(desk.move("raise", "dark", lamp, at(0), "low") for lamp in lamps)], at(0)
    )
    incident = Incident.objects.get()
    assert incident_row(incident.pk)["title"] == {
        "fr": f"{of(cabinet).sentence_fr} — 5 candélabres éteints",
        "en": f"{of(cabinet).sentence_en} — 5 street lamps out",
    }
    desk.cleared("dark", lamps[1:], at(60), "low")
    assert incident_row(incident.pk)["title"]["fr"].endswith(" — 5 candélabres en dépendent, 1 éteint pour l'instant")
    assert set(Alarm.objects.filter(incident=incident).values_list("together", flat=True)) == {"root", f"cause:{of(cabinet).pk}"}


def test_a_blackout_is_one_row_at_once_before_any_lamp_has_spoken(valkey):
    desk = make_desk(dead={"cause": True}, dark={"values": [{"severity": "low", "in": [2]}]})
    cabinet = make_cabinet(desk.site)
    lamps = make_lamps(desk.site, 19, cabinet)
    AssetKind.objects.filter(slug="lamp").update(name_fr="Candélabre", name_en="Street lamp")
    desk.raised("dead", [cabinet], at(0))
    incident = Incident.objects.get()
    assert incident_row(incident.pk)["title"] == {
        "fr": f"{of(cabinet).sentence_fr} — 19 candélabres en dépendent",
        "en": f"{of(cabinet).sentence_en} — 19 street lamps depend on it",
    }
    desk.raised("dark", lamps[:7], at(200), "low")
    told = incident_row(incident.pk)["title"]
    assert told["fr"].endswith(" — 19 candélabres en dépendent, 7 éteints pour l'instant")
    assert told["en"].endswith(" — 19 street lamps depend on it, 7 out so far")
    desk.raised("dark", lamps[7:], at(300), "low")
    assert incident_row(incident.pk)["title"]["fr"].endswith(" — 19 candélabres éteints")
    desk.cleared("dark", lamps, at(600), "low")
    desk.cleared("dead", [cabinet], at(600))
    assert incident_row(incident.pk)["title"]["fr"] == of(cabinet).sentence_fr
    assert Incident.objects.count() == 1


def test_what_is_put_together_and_parted_by_hand_says_by_whom(valkey):
    desk, _, _, lamps = make_street("quai")
    desk.raised("dark", lamps[:4], at(0), "low")
    incident, camille = Incident.objects.get(), make_user("camille")
    made = moves.split(incident.pk, [of(lamps[0]).pk], by=Actor.of(camille), now=at(10))
    assert whys(made) == {"L-00000": "Mise là à la main par camille"}
    dominique = make_user("dominique")
    dominique.first_name, dominique.last_name = "Dominique", "Lenoir"
    dominique.save()
    moves.merge(incident.pk, [made.pk], by=Actor.of(dominique), now=at(20))
    assert whys(incident)["L-00000"] == "Mise là à la main par Dominique Lenoir"


def test_what_was_together_before_reasons_were_kept_says_so_and_stays(valkey):
    desk, _, _, lamps = make_street("quai")
    desk.raised("dark", lamps[:3], at(0), "low")
    incident = Incident.objects.get()
    rule = Rule.objects.get(slug="dark")
    Incident.objects.filter(pk=incident.pk).update(key=f"rule:{rule.pk}", naming={}, first=None, title_fr="Ancien titre")
    Alarm.objects.update(together="")
    desk.raised("dark", lamps[3:], at(60), "low")
    incident.refresh_from_db()
    assert (incident.title_fr, incident.alarms.count(), incident.state) == ("Ancien titre", 3, "open")
    assert set(whys(incident).values()) == {"Réunie avant que les motifs soient gardés"}
