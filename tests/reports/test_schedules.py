"""Reports by mail: at their day, once for each address, with the PDF; what may have arrived is not sent again by itself."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from assets.refusal import Refused
from hypervisor import report_mails
from journal.models import JournalEntry
from reports import schedules
from reports.models import ReportMail
from reports.schedules import Recipient, Wanted
from response.notification import gateways
from tests.factories import make_asset, make_site
from tests.reports.months import keep_month
from tests.response.conftest import mails
from tests.response.ordering import BY, make_contract, make_contractor, make_order

__all__ = ["mails"]

PARIS = ZoneInfo("Europe/Paris")
MINUTE = dt.timedelta(minutes=1)
TWO = (Recipient("Ana", "ana@ville.fr"), Recipient("", "elu@ville.fr"))


def local(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=PARIS).astimezone(dt.UTC)


@pytest.fixture
def site(transactional_db, settings, valkey):
    settings.ALLOW_PRIVATE_PULL = True
    return make_site(timezone="Europe/Paris")


def serve(site, port: int) -> None:
    smtp = {
        "protocol": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "sender": "vigie@ville.fr",
        "allow_private_address": True,
    }  # fmt: skip
    gateways.write(site.pk, "mail", smtp, by=BY, now=local("2026-03-01T00:00"))


def wanted(**told: object) -> Wanted:
    return Wanted(**{"name": "Mensuel", "every": "month", "day": 2, "hour": 7, "language": "fr", "contacts": TWO, **told})


def test_a_frozen_month_leaves_once_to_each_with_its_pdf(site, mails):
    serve(site, mails[0])
    contract = make_contract(make_contractor(site))
    keep_month(contract, make_order(make_asset(site), contract), BY)
    row = schedules.keep(site.pk, "Europe/Paris", wanted(contract=contract), by=BY, now=local("2026-03-20T10:00"))
    assert row.next_at == local("2026-04-02T07:00")
    assert schedules.sweep(site.pk, "Europe/Paris", row.next_at - MINUTE) == []
    now = row.next_at + MINUTE
    ids = schedules.sweep(site.pk, "Europe/Paris", now)
    assert schedules.sweep(site.pk, "Europe/Paris", now) == ids
    for id_ in (*ids, *ids):
        report_mails.deliver(id_, lambda: now)
    assert schedules.sweep(site.pk, "Europe/Paris", now + 60 * MINUTE) == []
    found = mails[1]()
    assert sorted(mail["To"] for mail in found) == ["ana@ville.fr", "elu@ville.fr"]
    assert {mail["Subject"] for mail in found} == {"Quai : Contrat ECL-26, mars 2026"}
    (pdf,) = found[0].iter_attachments()
    assert (pdf.get_content_type(), pdf.get_filename()) == ("application/pdf", "citelux-2026-03.pdf")
    assert pdf.get_content().startswith(b"%PDF")
    assert "En mars 2026, Citelux" in found[0].get_body().get_content()
    row.refresh_from_db()
    assert row.next_at == local("2026-05-02T07:00")
    assert JournalEntry.objects.filter(kind="report.mailed").count() == 2


def test_what_a_worker_died_with_is_told_and_not_sent_twice(site, mails):
    serve(site, mails[0])
    row = schedules.keep(
        site.pk, "Europe/Paris", wanted(contacts=TWO[:1], every="week", day=1), by=BY, now=local("2026-03-20T10:00")
    )
    now = row.next_at
    (id_,) = schedules.sweep(site.pk, "Europe/Paris", now)
    claimed = schedules.claim(id_, now)
    assert claimed is not None
    assert claimed.first == dt.date(2026, 3, 16)
    assert schedules.claim(id_, now) is None
    assert schedules.hand_over(claimed, now)
    assert not schedules.hand_over(claimed, now)
    later = now + schedules.CLAIMED_FOR + MINUTE
    assert schedules.sweep(site.pk, "Europe/Paris", later) == []
    mail = ReportMail.objects.get()
    assert mail.failed_at == later
    assert "ask whether it arrived" in mail.reason
    schedules.send_again(mail, later)
    report_mails.deliver(id_, lambda: later)
    assert len(mails[1]()) == 1


def test_one_that_died_before_it_was_handed_over_is_made_again(site, mails):
    serve(site, mails[0])
    row = schedules.keep(site.pk, "Europe/Paris", wanted(contacts=TWO[:1]), by=BY, now=local("2026-03-20T10:00"))
    (id_,) = schedules.sweep(site.pk, "Europe/Paris", row.next_at)
    schedules.claim(id_, row.next_at)
    assert schedules.sweep(site.pk, "Europe/Paris", row.next_at + MINUTE) == []
    later = row.next_at + schedules.CLAIMED_FOR + MINUTE
    assert schedules.sweep(site.pk, "Europe/Paris", later) == [id_]
    report_mails.deliver(id_, lambda: later)
    assert [mail["Subject"] for mail in mails[1]()] == ["Quai : Rapport d’alarmes, 1 mars 2026 au 31 mars 2026"]


def test_without_a_mail_server_it_is_tried_again_and_given_up(site):
    row = schedules.keep(site.pk, "Europe/Paris", wanted(contacts=TWO[:1]), by=BY, now=local("2026-03-20T10:00"))
    at = row.next_at
    (id_,) = schedules.sweep(site.pk, "Europe/Paris", at)
    for _try in range(schedules.MOST_TRIES):
        report_mails.deliver(id_, lambda: at)  # noqa: B023
        at += dt.timedelta(hours=1)
    mail = ReportMail.objects.get()
    assert (mail.tries, mail.reason) == (schedules.MOST_TRIES, "the site has no gateway for mail")
    assert mail.failed_at is not None
    assert JournalEntry.objects.filter(kind="report.unmailed").count() == 1


@pytest.mark.parametrize(
    ("told", "field"),
    [({"day": 29}, "day"), ({"every": "week", "day": 8}, "day"), ({"contacts": ()}, "contacts"), ({"name": " "}, "name"),
     ({"contacts": (Recipient("x", "personne"),)}, "contacts"), ({"hour": 24}, "hour")],
)  # fmt: skip
def test_a_schedule_that_makes_no_sense_is_refused_at_its_field(site, told, field):
    with pytest.raises(Refused) as refused:
        schedules.keep(site.pk, "Europe/Paris", wanted(**told), by=BY, now=local("2026-03-20T10:00"))
    assert refused.value.field == field


def test_the_hour_is_that_of_the_site_whatever_the_season(site):
    row = schedules.keep(site.pk, "Europe/Paris", wanted(every="week", day=7, hour=7), by=BY, now=local("2026-03-28T10:00"))
    assert row.next_at == local("2026-03-29T07:00")
    assert schedules.following(row, "Europe/Paris", row.next_at) == local("2026-04-05T07:00")
    assert schedules.period_before("week", row.next_at, "Europe/Paris").first == dt.date(2026, 3, 16)
