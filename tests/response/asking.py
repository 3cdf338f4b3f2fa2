"""Entities, messages and questions between rooms for tests."""

import datetime as dt

from assets.models import Site
from hypervisor.models import User
from journal.actors import Actor
from response.entities import directory, moves
from response.models import Entity, EntityMessage
from tests.factories import NOON

BY = Actor("person", "operateur", "Poste 1")
YES_NO = {
    "choices": [
        {"value": "yes", "label": {"fr": "Oui", "en": "Yes"}},
        {"value": "no", "label": {"fr": "Non", "en": "No"}},
    ]
}
COUNT = {"fields": [{"id": "people", "label": {"fr": "Personnes", "en": "People"}, "kind": "number", "unit": "p."}]}
TEN = dt.timedelta(minutes=10)


def make_entity(site: Site, slug: str = "mairie", *members: User, contact: str = "01 02 03 04 05") -> Entity:
    name = slug.replace("-", " ").title()
    told = {"name_fr": name, "name_en": name, "contact": contact, "members": members, "retired": False}
    return directory.keep(site.pk, slug, **told, by=BY, now=NOON)


def make_question(site: Site, *to: Entity, by: Actor = BY, now: dt.datetime = NOON, **told: object) -> EntityMessage:
    values = {"text": "Pouvez-vous fermer le quai ?", "must": to, "form": YES_NO, "due_at": now + TEN, **told}
    return moves.send(site.pk, moves.Draft(to=to, **values), by=by, now=now)


def make_message(site: Site, *to: Entity, by: Actor = BY, **told: object) -> EntityMessage:
    return moves.send(site.pk, moves.Draft(to=to, **{"text": "Le quai ferme à 22 h.", **told}), by=by, now=NOON)
