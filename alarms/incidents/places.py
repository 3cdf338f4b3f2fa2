"""Where an incident is: the sectors of its alarms, by which its title names it, as people merge and split."""

from collections.abc import Collection, Iterable

from alarms.incidents.naming import naming, title
from alarms.models import Incident
from assets.models import Sector

NOWHERE = 0
"""Among an incident's sectors: an alarm that lies in none."""


def follow_members(incident: Incident, others: Collection[Incident] = (), sectors: Iterable[int | None] = ()) -> None:
    """Let the places of an incident be those, too, of incidents and alarms that a move brought into it; its matter stays."""
    came = [sector or NOWHERE for sector in sectors] + [sector for each in others for sector in each.sectors]
    incident.sectors = list(dict.fromkeys([*incident.sectors, *came]))
    of = naming(incident.naming)
    if of is not None and not incident.key.startswith("cause:"):
        names = dict(Sector.objects.filter(pk__in=incident.sectors).values_list("pk", "name"))
        told = title(of, [names[sector] for sector in incident.sectors if sector in names])
        incident.title_fr, incident.title_en = told.fr, told.en
