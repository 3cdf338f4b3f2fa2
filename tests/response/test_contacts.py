"""Contacts: nothing but a code is sent before the code came back, and codes cannot be guessed or sent about."""

import datetime as dt

import pytest

from assets.refusal import Refused
from journal.actors import Actor
from journal.models import JournalEntry
from response.models import Contact, Message
from response.notification import addresses, contacts, outbox
from response.notification.delivery import written
from response.notification.sealed import opened
from tests.factories import NOON, make_site, make_user

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def ana(db):
    site = make_site()
    return make_user("ana", site), site


def add(ana, address="ana@ville.fr", means="mail", at=NOON) -> Contact:
    person, site = ana
    return contacts.add(site.pk, person.pk, "ana", means, address, by=Actor.of(person), now=at)


def code_of(contact: Contact) -> str:
    return opened(Message.objects.filter(contact=contact, kind="code", state="pending").latest("pk").body)


def verify(contact: Contact, code: str, at=NOON) -> Contact:
    return contacts.verify(contact, code, "ana", by=Actor.of(contact.person), now=at)


def test_a_contact_is_confirmed_by_the_code_that_was_sent_to_it(ana):
    contact = add(ana)
    (letter,) = outbox.bind(contact.site_id, NOON)
    claimed = outbox.claim(letter, NOON)
    assert code_of_letter(claimed) in written(claimed).text
    outbox.sent(claimed, "", NOON)
    assert Message.objects.get().body == ""  # a code is kept no longer than it is needed


def code_of_letter(claimed) -> str:
    return opened(claimed.messages[0].body)


def test_the_address_is_in_no_journal_and_no_table_in_clear(ana):
    contact = add(ana)
    verify(contact, code_of(contact))
    lines = list(JournalEntry.objects.filter(kind__startswith="contact."))
    assert [line.kind for line in lines] == ["contact.added", "contact.verified"]
    assert not any("ana@ville.fr" in f"{line.text_fr}{line.details}" for line in lines)
    assert "ana@" not in str(Contact.objects.values().get())


def test_five_wrong_codes_end_a_code_and_a_code_ends_by_itself(ana):
    contact = add(ana)
    code = code_of(contact)
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    for _ in range(contacts.MOST_TRIES):
        with pytest.raises(Refused, match="not the code"):
            verify(contact, wrong)
    with pytest.raises(Refused, match="over"):
        verify(contact, code)
    contacts.send_code(contact, now=NOON + MINUTE)
    with pytest.raises(Refused, match="over"):
        verify(contact, code_of(contact), NOON + MINUTE + contacts.CODE_LASTS)


def test_codes_are_not_sent_about(ana):
    contact = add(ana)
    with pytest.raises(Refused, match="wait a minute"):
        contacts.send_code(contact, now=NOON + MINUTE / 2)
    with pytest.raises(Refused, match="waits for its code"):
        contacts.remove(contact, "ana", by=Actor.of(contact.person), now=NOON + MINUTE)
    for number in range(contacts.MOST - 1):
        add(ana, f"+3361234567{number}", "sms")
    with pytest.raises(Refused, match="at most"):
        add(ana, "autre@ville.fr")
    assert add(ana, " ana@ville.fr ").pk == contact.pk


@pytest.mark.parametrize(
    ("means", "given", "stored", "hint"),
    [
        ("sms", "06 12 34 56 78", "+33612345678", "+33…5678"),
        ("sms", "00 32 470 12 34 56", "+32470123456", "+32…3456"),
        ("mail", "ana@ville.fr", "ana@ville.fr", "a…@ville.fr"),
        ("webhook", "https://x.example/h?token=s", "https://x.example/h?token=s", "https://x.example"),
    ],
)
def test_an_address_is_stored_in_one_way_and_shown_in_part(means, given, stored, hint):
    assert addresses.normal(means, given) == stored
    assert addresses.hint(means, stored) == hint


@pytest.mark.parametrize(
    ("means", "given"),
    [
        ("mail", "ana"), ("mail", "a@b"), ("mail", "a@b.fr\nBcc: x@y.fr"), ("mail", "a@b.fr, c@d.fr"), ("sms", "12"),
        ("sms", "+33 abc"), ("webhook", "ftp://x"), ("webhook", "https://"), ("push", "{}"), ("apprise", "x"),
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(means, given):
    with pytest.raises(Refused) as refused:
        addresses.normal(means, given)
    assert refused.value.field == "address"


def test_the_secret_of_a_webhook_is_told_when_it_is_added_and_when_it_is_renewed_and_never_else(ana):
    person, _site = ana
    contact = add(ana, "https://x.example/", "webhook")
    first = contacts.new_secret_of(contact, now=NOON)
    assert opened(contact.address) == f"https://x.example/ {first}"
    assert contacts.new_secret_of(add(ana, "https://x.example/", "webhook", NOON + MINUTE), now=NOON + MINUTE) == ""
    second = contacts.renew_secret(contact, "ana", by=Actor.of(person), now=NOON + MINUTE)
    assert second != first
    assert opened(Contact.objects.get().address) == f"https://x.example/ {second}"
    line = JournalEntry.objects.get(kind="contact.secret_renewed")
    assert second not in f"{line.text_fr}{line.details}"
    with pytest.raises(Refused):
        contacts.renew_secret(add(ana), "ana", by=Actor.of(person), now=NOON)
