"""What the import pages say in French is complete, with the fields the importer gives, and read by who asks for it."""

import string

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import translation

from assets.inventory import failures
from assets.inventory import mapping as mappings
from assets.inventory.codes import Doubt
from assets.models import ImportRun
from hypervisor.pages import import_words

KINDS = failures.InventoryFailure.__subclasses__()


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_failure_is_said_in_french_with_its_fields(kind):
    assert fields(import_words.FAILURES[kind.__name__]) == fields(kind.sentence)


@pytest.mark.parametrize("reason", failures.Reason, ids=lambda reason: reason.name)
def test_every_reason_of_a_row_is_said_in_french_with_its_fields(reason):
    assert fields(import_words.REASONS[reason.name]) == fields(reason.value)


@pytest.mark.parametrize("doubt", Doubt, ids=lambda doubt: doubt.name)
def test_every_doubt_about_a_code_is_said_in_french_with_its_fields(doubt):
    assert fields(import_words.DOUBTS[doubt.name]) == fields(doubt.value)


def test_nothing_is_said_of_what_does_not_exist():
    assert set(import_words.FAILURES) == {kind.__name__ for kind in KINDS}
    assert set(import_words.REASONS) == {reason.name for reason in failures.Reason}
    assert set(import_words.DOUBTS) == {doubt.name for doubt in Doubt}


@pytest.mark.parametrize(
    ("raw", "french"),
    [
        ({"columns": {}}, "champ inconnu : columns"),
        ({"within_km": "far"}, "within_km : un nombre est attendu"),
        ({"fields": {"code": "C", "kind": "K", "x": "X"}}, "longitude va avec latitude, et x avec y"),
    ],
)
def test_a_mapping_that_cannot_be_used_is_told_in_the_readers_language(raw, french):
    with pytest.raises(failures.BrokenMapping) as raised:
        mappings.check(raw)
    with translation.override("fr"):
        assert import_words.failure(raised.value) == f"La correspondance ne peut pas être utilisée : {french}."
    with translation.override("en"):
        assert import_words.failure(raised.value) == str(raised.value)


def test_a_recorded_failure_is_told_in_the_readers_language():
    run = ImportRun(message="The file holds no row.", details={"failure": "EmptyFile", "fields": {}})
    stopped = ImportRun(message="The comparison was interrupted.", details={})
    with translation.override("fr"):
        assert import_words.message(run) == "Le fichier n’a aucune ligne."
        assert import_words.message(stopped) == "La comparaison a été interrompue."
    with translation.override("en"):
        assert import_words.message(run) == "The file holds no row."


@pytest.mark.parametrize(("language", "said"), [("fr", "pour du GeoJSON, écrivez"), ("en", "for GeoJSON, write a mapping")])
def test_geojson_without_a_mapping_is_told_before_it_is_read(city, language, said):
    """Read as the CSV that Vigie's own columns are, it would be a file without rows."""
    file = SimpleUploadedFile("gauges.geojson", b'{"type": "FeatureCollection", "features": []}')
    sent = {"file": file, "way": "native"}
    answer = city.client("administrator").post("/sites/quai/assets/imports", sent, headers={"Accept-Language": language})
    assert answer.status_code == 422
    assert said in answer.content.decode()
