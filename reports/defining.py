"""By what a site counts, and who said so; the only writer of ReportDefinitions."""

import datetime as dt
from collections.abc import Mapping

import msgspec
from django.db import transaction

from assets.refusal import Meaning, Refused
from journal import live
from journal.actors import Actor
from journal.page import Line
from reports.definitions import Definitions
from reports.models import ReportDefinitions


def of_site(site: int) -> Definitions:
    row = ReportDefinitions.objects.filter(site_id=site).first()
    return Definitions() if row is None else msgspec.convert(row.values, Definitions)


def define(site: int, told: Mapping[str, object], *, by: Actor, now: dt.datetime) -> Definitions:
    """Count by this from now on, whatever period is asked for. What is not told is as by default. Raises Refused."""
    try:
        wanted = msgspec.convert(dict(told), Definitions)
    except msgspec.ValidationError as error:
        fr, en = f"Définition irrecevable : {error}", f"Not a definition: {error}"
        raise Refused("bad_definition", fr, en, meaning=Meaning.INVALID) from error
    values = msgspec.to_builtins(wanted)
    with transaction.atomic():
        before = msgspec.to_builtins(of_site(site))
        changed = {name: value for name, value in values.items() if value != before[name]}
        if changed:
            ReportDefinitions.objects.update_or_create(site_id=site, defaults={"values": values})
            with live.writing(site) as page:
                fr, en = "Définitions des rapports modifiées", "Definitions of the reports changed"
                page.write(Line("report.defined", now, fr, en, (), by, {"changed": changed}))
    return wanted
