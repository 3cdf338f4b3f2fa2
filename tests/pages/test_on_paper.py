"""The day log and a hand-over as PDF: held against PDF/UA-1 by a validator, and read again as whoever prints it would."""

import datetime as dt
import io
import json
import re
from zoneinfo import ZoneInfo

import page
import pikepdf
import pytest
from django.utils import timezone

from hypervisor import paper
from journal import live
from journal.actors import Actor
from journal.models import JournalEntry
from journal.page import Line
from response.daylog import signing, writing
from response.daylog.writing import Draft
from response.duty import holding, positions
from response.handover import moves as handovers
from tests.reports.months import keep_month
from tests.response.ordering import BY, make_contract, make_contractor, make_order


def conforms(content: bytes) -> None:
    """The validator has 104 rules for what of PDF/UA-1 a machine can check; each was tried against the corpus of veraPDF."""
    report = page.validate_pdf_bytes(content, profile=page.ValidationProfile.PDF_UA_1)
    assert report.is_compliant, [(failure.rule_id, failure.message) for failure in report.failures]
    assert report.rules.total > 100


def kinds(pdf: pikepdf.Pdf) -> list[str]:
    """Types of the elements of the structure tree, from the root down."""
    found: list[str] = []

    def walk(element: pikepdf.Object) -> None:
        if isinstance(element, pikepdf.Array):
            for each in element:
                walk(each)
        elif isinstance(element, pikepdf.Dictionary):
            if "/S" in element:
                found.append(str(element.S)[1:])
            if "/K" in element:
                walk(element.K)

    walk(pdf.Root.StructTreeRoot.K)
    return found


def outline(pdf: pikepdf.Pdf) -> list[str]:
    with pdf.open_outline() as bookmarks:
        return [one.title for top in bookmarks.root for one in (top, *top.children)]


@pytest.fixture
def signed(city):
    """A note, its correction with an odd word, and a signature over them."""
    by, now = Actor.of(city.users["shift_supervisor"]), timezone.now()
    note = writing.write(
        city.site.pk, Draft("Deux véhicules <b>bloqués</b> quai Nord", now - dt.timedelta(minutes=20)), people=(), by=by, now=now
    )
    writing.correct(note, Draft("Trois véhicules ; œuvre d’art déposée → dépôt", now), people=(), by=by, now=now)
    signing.sign(city.site, now.astimezone(ZoneInfo(city.site.timezone)).date(), by=by, now=now)
    return city


def french(city, name: str):
    client = city.client(name)
    client.cookies["language"] = "fr"
    return client


def test_a_day_is_a_tagged_document_with_its_signature_its_corrections_and_its_data(signed):
    answer = french(signed, "operator").get(
        f"/sites/quai/daylog.pdf?day={timezone.localdate(timezone=ZoneInfo(signed.site.timezone)).isoformat()}"
    )
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    conforms(answer.content)
    pdf = pikepdf.open(io.BytesIO(answer.content))
    assert str(pdf.Root.Lang) == "fr"
    assert str(pdf.docinfo.Title).startswith("Main courante du")
    assert {"H1", "H2", "H3", "Table", "THead", "TH", "TD", "P", "L"} <= set(kinds(pdf))
    assert {"Signature", "Rectifications", "Heure par heure"} <= set(outline(pdf))
    annex = next(name for name in pdf.attachments if name.endswith(".json"))
    data = json.loads(pdf.attachments[annex].get_file().read_bytes())
    assert [note["number"] for note in data["notes"]] == [1, 2]
    assert data["signatures"][0]["root"] == signing.DaySignature.objects.get().root
    table = next(name for name in pdf.attachments if name.endswith(".csv"))
    assert "bloqués" in pdf.attachments[table].get_file().read_bytes().decode()
    assert text_of(answer.content).count("Rectifie la") == 1


def text_of(content: bytes) -> str:
    """The text of a PDF, by the mappings from glyphs to letters it carries."""
    with pikepdf.open(io.BytesIO(content)) as pdf:
        return " ".join(re.sub(r"\s+", " ", each) for each in map(page_text, pdf.pages))


def page_text(one: pikepdf.Page) -> str:
    maps = {name: glyphs(font) for name, font in one.Resources.Font.items()}
    said, current = [], {}
    for operands, operator in pikepdf.parse_content_stream(one):
        if str(operator) == "Tf":
            current = maps[str(operands[0])]
        elif str(operator) in ("TJ", "Tj"):
            for part in operands[0] if str(operator) == "TJ" else operands:
                if isinstance(part, pikepdf.String):
                    raw = bytes(part)
                    said += [current.get(raw[at : at + 2].hex(), "") for at in range(0, len(raw), 2)]
        elif str(operator) in ("BT", "ET"):
            said.append(" ")
    return "".join(said)


def glyphs(font: pikepdf.Object) -> dict[str, str]:
    text = font.ToUnicode.read_bytes().decode("ascii", "replace")
    pairs = re.findall(r"<([0-9a-fA-F]{4})> <([0-9a-fA-F]+)>", text)
    return {code.lower(): bytes.fromhex(to).decode("utf-16-be") for code, to in pairs}


def test_a_hand_over_is_one_too_in_both_languages(city):
    by, now = Actor.of(city.users["operator"]), timezone.now()
    position = positions.write(city.site.pk, "op", "Opérateur 1", "Operator 1", 0, by=by, now=now)
    holding.take(position.pk, by=by, now=now)
    given = handovers.give(position.pk, note="Surveiller le quai.\nPompe 3.", by=by, now=now)
    for language, title in (("fr", "Relève : Opérateur 1"), ("en", "Hand-over: Operator 1")):
        client = city.client("shift_supervisor")
        client.cookies["language"] = language
        answer = client.get(f"/sites/quai/handover/{given.pk}.pdf")
        conforms(answer.content)
        pdf = pikepdf.open(io.BytesIO(answer.content))
        assert (str(pdf.Root.Lang), str(pdf.docinfo.Title).startswith(title)) == (language, True)
        assert "Surveiller le quai." in text_of(answer.content)
    assert city.client("nord").get(f"/sites/quai/handover/{given.pk}.pdf").status_code == 403


def test_who_sees_some_sectors_prints_only_these(signed):
    answer = french(signed, "nord").get("/sites/quai/daylog.pdf")
    conforms(answer.content)
    assert "véhicules" not in text_of(answer.content)


def test_what_is_too_long_is_refused_in_words_before_it_is_begun(city, monkeypatch):
    monkeypatch.setattr(paper, "MOST_LINES", 3)
    now = timezone.now()
    with live.writing(city.site.pk) as lines:
        for number in range(4):
            lines.write(Line("feed.silent", now, f"Ligne {number}", f"Line {number}", ()))
    assert JournalEntry.objects.filter(site=city.site).count() >= 4
    answer = french(city, "operator").get("/sites/quai/daylog.pdf")
    assert answer.status_code == 409
    assert "sans les lignes du système" in answer.content.decode()


def test_a_document_that_asks_for_a_file_or_an_address_is_given_neither(free_port, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("motdepasse")
    html = (
        f'<html lang="fr"><head><title>T</title><link rel="attachment" href="{secret.as_uri()}"></head>'
        f'<body><h1>T</h1><p><img alt="x" src="http://127.0.0.1:{free_port()}/a.png"></p></body></html>'
    )
    content = paper.pressed(html)
    assert not pikepdf.open(io.BytesIO(content)).attachments


def test_one_that_takes_too_long_is_ended_and_the_place_is_free_again(monkeypatch):
    monkeypatch.setattr(paper, "SECONDS", 0.05)
    html = '<html lang="fr"><head><title>T</title></head><body><h1>T</h1></body></html>'
    for _again in range(paper.AT_ONCE + 1):
        with pytest.raises(paper.Refused) as refused:
            paper.pressed(html)
        assert refused.value.code == "paper_long"


def test_a_report_is_a_tagged_document_that_begins_with_what_it_says_and_carries_its_tables(city):
    from tests.reports.months import annunciate

    day = timezone.localdate(timezone=ZoneInfo(city.site.timezone)) - dt.timedelta(days=1)
    annunciate(city.alarms["nord"], dt.datetime.combine(day, dt.time(12), ZoneInfo(city.site.timezone)), 30)
    answer = french(city, "operator").get("/sites/quai/reports.pdf?period=7_days")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf"), answer.content[:300]
    conforms(answer.content)
    pdf = pikepdf.open(io.BytesIO(answer.content))
    assert {"H1", "H2", "Table", "TH", "Figure"} <= set(kinds(pdf))
    names = set(pdf.attachments)
    assert {"figures.csv", "left_out.csv", "availability.csv"} <= names
    (data,) = [json.loads(pdf.attachments[name].get_file().read_bytes()) for name in names if name.endswith(".json")]
    assert data["tables"][0]["rows"][0]["cells"][1] == 30
    assert "Rapport d’alarmes" in str(pdf.docinfo["/Title"])


def test_a_month_of_a_contract_is_a_tagged_document_with_the_frozen_data_inside(city):
    contract = make_contract(make_contractor(city.site))
    keep_month(contract, make_order(city.assets["nord"], contract), BY)
    frozen = contract.statements.get()
    path = f"/sites/quai/contracts/{contract.pk}/2026-03.pdf"
    answer = french(city, "auditor").get(f"{path}?version=1")
    assert answer.status_code == 200
    conforms(answer.content)
    pdf = pikepdf.open(io.BytesIO(answer.content))
    assert pdf.attachments["citelux-2026-03.json"].get_file().read_bytes().decode() == frozen.document
    assert {"commitments.csv", "items.csv", "exclusions.csv"} <= set(pdf.attachments)
    assert french(city, "nord").get(path).status_code == 403
