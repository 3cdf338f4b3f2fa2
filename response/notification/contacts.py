"""The contacts of people: added, proven by a code, removed; the only writer of Contact. Each is one transaction, journaled."""

import datetime as dt
import hmac
import secrets

from django.db import transaction

from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import SYSTEM, Actor
from journal.page import Line
from journal.webhooks.signature import new_secret
from response.models import Contact, Means
from response.notification import addresses, outbox
from response.notification.sealed import fingerprint, opened, seal

MOST = 6
"""Contacts of a person on a site."""
CODE_LASTS = dt.timedelta(minutes=15)
SENT_EVERY = dt.timedelta(minutes=1)
MOST_TRIES = 5
_WORDS = {
    Means.MAIL: ("adresse", "mail address"), Means.SMS: ("numéro", "phone number"), Means.WEBHOOK: ("webhook", "webhook"),
    Means.PUSH: ("navigateur", "browser"), Means.APPRISE: ("service", "service"),
}  # fmt: skip


def add(site: int, person: int, login: str, means: str, address: str, *, by: Actor, now: dt.datetime) -> Contact:
    """A contact that gets a code and nothing else until the code came back. Raises Refused."""
    address = addresses.normal(means, address)
    with live.writing(site) as page:
        its = Contact.objects.filter(site_id=site, person_id=person)
        known = fingerprint(f"{means} {address}")
        if (there := its.filter(means=means, fingerprint=known).first()) is not None:
            return there
        if its.count() >= MOST:
            fr, en = f"Une personne a {MOST} contacts au plus.", f"A person has at most {MOST} contacts."
            raise Refused("too_many_contacts", fr, en)
        stored = f"{address} {new_secret()}" if means == Means.WEBHOOK else address
        contact = Contact(
            site_id=site, person_id=person, means=means, address=seal(stored), hint=addresses.hint(means, address),
            fingerprint=known, created_at=now,
        )  # fmt: skip
        _new_code(contact, now)
        page.write(_line("added", contact, login, "ajouté, à confirmer", "added, to be confirmed", by, now))
    return contact


def send_code(contact: Contact, *, now: dt.datetime) -> Contact:
    """Another code in place of the one before; the contact as it is. Raises Refused."""
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        if contact.verified_at is not None:
            return contact
        if contact.code_until is not None and contact.code_until - CODE_LASTS > now - SENT_EVERY:
            fr, en = "Un code vient de partir ; attendez une minute.", "A code has just left; wait a minute."
            raise Refused("code_just_sent", fr, en)
        _new_code(contact, now)
    return contact


def verify(contact: Contact, code: str, login: str, *, by: Actor, now: dt.datetime) -> Contact:
    """The person gives the code back. Raises Refused; a wrong one is counted."""
    with transaction.atomic():
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        if contact.verified_at is not None:
            return contact
        over = contact.code_until is None or contact.code_until <= now or contact.tries >= MOST_TRIES
        right = not over and hmac.compare_digest(_hashed(contact, code), contact.code_hash)
        if right:
            contact.verified_at, contact.code_hash, contact.code_until, contact.tries = now, "", None, 0
        else:
            contact.tries += not over
        contact.save(update_fields=["verified_at", "code_hash", "code_until", "tries"])
        if right:
            with live.writing(contact.site_id) as page:
                page.write(_line("verified", contact, login, "confirmé", "confirmed", by, now))
    if right:
        return contact
    if over:
        fr, en = "Ce code ne vaut plus : demandez-en un autre.", "This code is over: ask for another."
        raise Refused("code_over", fr, en, meaning=Meaning.INVALID, field="code")
    raise Refused("wrong_code", "Ce n’est pas le code.", "This is not the code.", meaning=Meaning.INVALID, field="code")


def new_secret_of(contact: Contact, *, now: dt.datetime) -> str:
    """What signs the messages of a webhook that has just been added; "" of anything else: it is shown once."""
    if contact.means != Means.WEBHOOK or contact.created_at != now:
        return ""
    return opened(contact.address).partition(" ")[2]


def renew_secret(contact: Contact, login: str, *, by: Actor, now: dt.datetime) -> str:
    """Another secret of a webhook, shown once; the one before signs nothing more. Raises Refused."""
    if contact.means != Means.WEBHOOK:
        fr, en = "Seul un webhook a un secret.", "Only a webhook has a secret."
        raise Refused("no_secret", fr, en)
    with live.writing(contact.site_id) as page:
        contact = Contact.objects.select_for_update().get(pk=contact.pk)
        secret = new_secret()
        contact.address = seal(f"{opened(contact.address).partition(' ')[0]} {secret}")
        contact.save(update_fields=["address"])
        page.write(_line("secret_renewed", contact, login, ": secret renouvelé", ": secret renewed", by, now))
    return secret


def retire(contact: Contact, *, now: dt.datetime) -> None:
    """The other side says that nobody is there any more: it is told nothing more, and the page and the journal say so."""
    with live.writing(contact.site_id) as page:
        contact = Contact.objects.select_for_update().select_related("person").get(pk=contact.pk)
        if contact.gone_at is not None or contact.verified_at is None:
            return
        contact.gone_at = now
        contact.save(update_fields=["gone_at"])
        login = contact.person.get_username()
        page.write(_line("gone", contact, login, "n’existe plus, retiré", "no longer there, retired", SYSTEM, now))


def remove(contact: Contact, login: str, *, by: Actor, now: dt.datetime) -> None:
    """It is told nothing more; what was sent to it goes with it, the journal stays. Raises Refused while it waits for its code:
    whoever adds and removes contacts in turn would send codes to strangers."""
    if contact.verified_at is None and contact.created_at > now - CODE_LASTS:
        fr = "Ce contact attend son code : il se supprime quinze minutes après son ajout."
        raise Refused(
            "contact_waits", fr, "This contact waits for its code: it can be removed fifteen minutes after it was added."
        )
    with live.writing(contact.site_id) as page:
        page.write(_line("removed", contact, login, "supprimé", "removed", by, now))
        contact.delete()


def test(contact: Contact, *, now: dt.datetime) -> None:
    """Send a message that says it is a test. Raises Refused."""
    if contact.verified_at is None:
        raise Refused("contact_not_verified", "Ce contact n’est pas confirmé.", "This contact is not confirmed.")
    outbox.put_test(contact, now)


def _new_code(contact: Contact, now: dt.datetime) -> None:
    code = f"{secrets.randbelow(1_000_000):06d}"
    contact.code_hash, contact.code_until, contact.tries = _hashed(contact, code), now + CODE_LASTS, 0
    contact.save()
    outbox.put_code(contact, code, now)


def _hashed(contact: Contact, code: str) -> str:
    return fingerprint(f"{contact.site_id} {contact.person_id} {contact.fingerprint} {code.strip()}")


def _line(kind: str, contact: Contact, login: str, fr: str, en: str, by: Actor, now: dt.datetime) -> Line:
    """What may be shown of the address, and no more."""
    what_fr, what_en = _WORDS[Means(contact.means)]
    text = f"Contact de {login} : {what_fr} {contact.hint} {fr}", f"Contact of {login}: {what_en} {contact.hint} {en}"
    return Line(f"contact.{kind}", now, *text, [("contact", contact.pk)], by)
