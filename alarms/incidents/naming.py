"""What an incident of rules is called, and whose advice is its procedure: by the rules of its open alarms, the worst first."""

from collections.abc import Collection

from django.db.models import F, Min

from alarms.models import Alarm, Incident, Rule

NAMED = 3
"""Rules a title names; of more it says that there are others."""


def several(rules: Collection[tuple[str, str]]) -> tuple[str, str]:
    """The title (French, English) of an incident of these rules, by their names in both."""
    fr, en = (list(dict.fromkeys(names)) for names in zip(*rules, strict=True))
    return f"{_listed(fr)} : plusieurs alarmes", f"{_listed(en)}: several alarms"


def rename(incident: Incident) -> bool:
    """Bring title and rule of an incident in line with what is open in it; tells whether they changed. The caller stores it."""
    open_alarms = Alarm.objects.filter(incident=incident).exclude(state=Alarm.State.NORMAL).order_by()
    ranked = open_alarms.values("rule_id").annotate(worst=Min("severity"), first=Min("id")).order_by("worst", "first")
    ids = [row["rule_id"] for row in ranked]
    if not ids:
        return False
    rules = Rule.objects.annotate(spec=F("active_version__spec")).in_bulk(ids)
    before = (incident.title_fr, incident.title_en, incident.rule_id)
    incident.title_fr, incident.title_en = several([(rules[id_].name_fr, rules[id_].name_en) for id_ in ids])
    incident.rule_id = next((id_ for id_ in ids if _advises(rules[id_].spec)), incident.rule_id)
    return (incident.title_fr, incident.title_en, incident.rule_id) != before


def _advises(spec: dict | None) -> bool:
    return bool(spec and (spec.get("procedure") or spec.get("suggested_action")))


def _listed(names: list[str]) -> str:
    return ", ".join((*names[:NAMED], *("…",) * (len(names) > NAMED)))
