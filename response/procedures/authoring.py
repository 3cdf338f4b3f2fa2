"""Writing procedures: a version is immutable once written, one is active; the only writer of Procedure and ProcedureVersion."""

import datetime as dt
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Max

from assets.refusal import Meaning, Refused
from commands.models import CommandType, Scenario
from journal import live
from journal.actors import Actor
from journal.page import Line, open_page
from response.models import Entity, Procedure, ProcedureVersion
from response.procedures import spec

MOST = 1_000
"""Procedures of a site."""


def write(site: int, slug: str, definition: Any, *, note: str = "", by: Actor, now: dt.datetime) -> ProcedureVersion:
    """A new version of the procedure `slug`, or the procedure with its first one; the newest if it says the same.

    It is followed by nobody until it is activated. Raises SpecError, which names the field, and Refused.
    """
    decoded = spec.decode(definition)
    document = msgspec.json.decode(msgspec.json.encode(decoded))
    with transaction.atomic():
        procedure = Procedure.objects.select_for_update().filter(site_id=site, slug=slug).first()
        if procedure is None:
            if Procedure.objects.filter(site_id=site).count() >= MOST:
                raise Refused(
                    "too_many_procedures",
                    f"Le site a {MOST} fiches, le maximum.",
                    f"The site has {MOST} procedures, the maximum.",
                )  # fmt: skip
            procedure = Procedure.objects.create(site_id=site, slug=slug, name_fr=decoded.name.fr, name_en=decoded.name.en)
        newest = procedure.versions.first()
        if newest is not None and newest.definition == document:
            return newest
        number = (procedure.versions.aggregate(last=Max("number"))["last"] or 0) + 1
        version = procedure.versions.create(number=number, definition=document, note=note, created_at=now, created_by=by.name)
        _journaled(procedure, "written", f"version {number} écrite", f"version {number} written", by, now)
    return version


def activate(version: ProcedureVersion, *, by: Actor, now: dt.datetime) -> Procedure:
    """New runs follow this version; those under way keep theirs. Idempotent."""
    with transaction.atomic():
        procedure = Procedure.objects.select_for_update().get(pk=version.procedure_id)
        if procedure.active_id == version.pk and procedure.retired_at is None:
            return procedure
        definition = definition_of(version)
        _known_procedures(procedure, definition)
        _known_orders(procedure, definition)
        _known_entities(procedure, definition)
        procedure.active, procedure.retired_at = version, None
        procedure.name_fr, procedure.name_en = definition.name.fr, definition.name.en
        procedure.save(update_fields=["active", "retired_at", "name_fr", "name_en"])
        number = version.number
        _journaled(procedure, "activated", f"version {number} en vigueur", f"version {number} in force", by, now)
    return procedure


def retire(procedure: Procedure, *, by: Actor, now: dt.datetime) -> Procedure:
    """No new run follows it. Idempotent."""
    with transaction.atomic():
        procedure = Procedure.objects.select_for_update().get(pk=procedure.pk)
        if procedure.active_id is None and procedure.retired_at is not None:
            return procedure
        procedure.active, procedure.retired_at = None, now
        procedure.save(update_fields=["active", "retired_at"])
        _journaled(procedure, "retired", "retirée", "retired", by, now)
    return procedure


def definition_of(version: ProcedureVersion) -> spec.Definition:
    """What a version says. It was checked when it was written."""
    return spec.decode(version.definition)


def _known_procedures(procedure: Procedure, definition: spec.Definition) -> None:
    """What its steps name must be in force, and must not lead back to it."""
    in_force = {
        each.slug: definition_of(each.active)
        for each in Procedure.objects.filter(site_id=procedure.site_id, active__isnull=False).select_related("active")
    } | {procedure.slug: definition}  # fmt: skip
    ahead, seen = [*_named(definition)], set()
    while ahead:
        slug = ahead.pop()
        if slug == procedure.slug:
            fr, en = "La fiche se retrouve parmi ses propres étapes.", "The procedure is among its own steps."
            raise Refused("calls_itself", fr, en, meaning=Meaning.INVALID, field="steps")
        if slug not in in_force:
            fr, en = f"Aucune fiche en vigueur ne s’appelle {slug}.", f"No procedure in force is called {slug}."
            raise Refused("no_such_procedure", fr, en, meaning=Meaning.INVALID, field="steps")
        if slug not in seen:
            seen.add(slug)
            ahead += _named(in_force[slug])


def _known_orders(procedure: Procedure, definition: spec.Definition) -> None:
    """Commands and scenarios that steps name must be there."""
    scenarios = {step.scenario for step in definition.steps if isinstance(step, spec.Scenario)}
    commands = {step.command for step in definition.steps if isinstance(step, spec.Command)}
    known = Scenario.objects.filter(site_id=procedure.site_id, slug__in=scenarios).values_list("slug", flat=True)
    types = CommandType.objects.filter(slug__in=commands).values_list("slug", flat=True)
    for slug in sorted((scenarios - set(known)) | (commands - set(types))):
        fr, en = f"Aucune commande et aucun scénario ne s’appelle {slug}.", f"No command and no scenario is called {slug}."
        raise Refused("no_such_command", fr, en, meaning=Meaning.INVALID, field="steps")


def _known_entities(procedure: Procedure, definition: spec.Definition) -> None:
    """Entities that steps ask must be there."""
    asked = {slug for step in definition.steps if isinstance(step, spec.AskEntity) for slug in step.entities}
    known = Entity.objects.filter(site_id=procedure.site_id, slug__in=asked, retired_at=None).values_list("slug", flat=True)
    for slug in sorted(asked - set(known)):
        fr, en = f"Aucune entité ne s’appelle {slug}.", f"No entity is called {slug}."
        raise Refused("no_such_entity", fr, en, meaning=Meaning.INVALID, field="steps")


def _named(definition: spec.Definition) -> list[str]:
    return [step.procedure for step in definition.steps if isinstance(step, spec.SubProcedure)]


def _journaled(procedure: Procedure, kind: str, fr: str, en: str, by: Actor, now: dt.datetime) -> None:
    page = open_page(procedure.site_id)
    text = f"Fiche réflexe « {procedure.name_fr} » : {fr}"[:600], f"Procedure “{procedure.name_en}”: {en}"[:600]
    page.write(Line(f"procedure.{kind}", now, *text, [("procedure", procedure.pk)], by))
    live.publish(page)
