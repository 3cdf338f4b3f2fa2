"""Names incidents when they open, and brings titles up to date as alarms join or worsen: in the correlator's transaction."""

from collections.abc import Iterable

import msgspec

from alarms.engine.evidence import Evidence
from alarms.engine.sentence import extent, figure
from alarms.engine.wording import Bilingual
from alarms.incidents.naming import Naming, Worst, kept, naming, title
from alarms.incidents.places import NOWHERE
from alarms.models import Incident, Rule
from alarms.site.survey import Survey, subject_parts
from alarms.verdicts.drafts import Draft, evidence_of
from alarms.verdicts.outages import ways
from assets.models import Asset, Supervisor

_evidence = msgspec.json.Decoder(Evidence).decode


def begin(incident: Incident, first: Draft) -> None:
    """Give a new incident the matter of the alarm it begins with."""
    what, _, ident = incident.key.partition(":")
    if what == "cause":
        incident.naming = kept(Naming(Bilingual(first.sentence_fr, first.sentence_en), first.rule_id))
        return
    fr, en = Rule.objects.values_list("name_fr", "name_en").get(pk=first.rule_id)
    about = "" if what == "rule" else _shared(what, int(ident))
    incident.naming = kept(Naming(Bilingual(fr, en), first.rule_id, about))


def _shared(what: str, ident: int) -> str:
    """How what the alarms share is called: the asset itself, its building, or what it depends on; of feeds their supervisor, or
    the host they are asked at."""
    if what == "host":
        return ways([ident])[ident].host
    if what == "supervisor":
        return Supervisor.objects.values_list("name", flat=True).get(feeds=ident)
    columns = Asset.objects.values_list("code", "name", "attributes__building", "depends_on__name")
    code, name, building, above = columns.get(pk=ident)
    return {"asset": f"{name} ({code})", "building": building, "system": above}[what] or name


def refine(site: Survey, incident: Incident, members: Iterable[Draft]) -> bool:
    """Let the title say what these members add: their places, a worse value of its matter. Tells whether anything changed."""
    members = list(members)
    known = set(incident.sectors)
    added = dict.fromkeys(draft.sector_id or NOWHERE for draft in members)
    incident.sectors = [*incident.sectors, *(sector for sector in added if sector not in known)]
    of = naming(incident.naming)
    before = of, incident.title_fr, incident.title_en
    if of is not None:
        of = _of_cause(incident, of, members) if incident.key.startswith("cause:") else _at_worst(site, of, members)
        incident.naming = kept(of)
        told = title(of, _places(site, incident))
        incident.title_fr, incident.title_en = told.fr, told.en
    return len(incident.sectors) > len(known) or before != (of, incident.title_fr, incident.title_en)


def _places(site: Survey, incident: Incident) -> list[str]:
    if incident.key.startswith("cause:"):
        return []  # the sentence of the cause names its asset
    return [name for _, name in (site.subjects.sector(sector) for sector in incident.sectors) if name]


def _of_cause(incident: Incident, of: Naming, members: Iterable[Draft]) -> Naming:
    cause = next((draft for draft in members if draft.id == incident.cause_id), None)
    if cause is None:
        return of
    code = _code(cause.asset_id)
    words = (f"{text} ({code})" if code and code not in text else text for text in (cause.sentence_fr, cause.sentence_en))
    return msgspec.structs.replace(of, matter=Bilingual(*words))


def _at_worst(site: Survey, of: Naming, members: Iterable[Draft]) -> Naming:
    """With the worst value that its own matter has reached."""
    own = [draft for draft in members if draft.rule_id == of.rule]
    if not own:
        return of
    _work_out_extents(own)
    worst = min(own, key=lambda draft: (draft.severity, -draft.extent, draft.id))
    if of.worst is not None and not of.worst.is_worse(worst.severity, worst.extent):
        return of
    evidence = _evidence(evidence_of([worst])[worst.id])
    try:
        named = site.subjects.of_move(*subject_parts(worst.subject), evidence)
    except KeyError:  # it has left the inventory
        return of
    words = figure(evidence, named)
    if words is None:
        return of
    measured = extent(evidence) != 0 or bool(named.unit)
    said = Worst(Bilingual(*words), _code(worst.asset_id), worst.severity, worst.extent, measured)
    return msgspec.structs.replace(of, worst=said)


def _work_out_extents(drafts: Iterable[Draft]) -> None:
    told = evidence_of(lacking) if (lacking := [draft for draft in drafts if draft.extent is None]) else {}
    for draft in lacking:
        draft.extent = extent(_evidence(told[draft.id]))


def _code(asset: int | None) -> str:
    return Asset.objects.values_list("code", flat=True).filter(pk=asset).first() or ""
