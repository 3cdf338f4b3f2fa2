"""What the map says, in the reader's language, and the names of the domains that group kinds of assets."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def words() -> dict[str, str]:
    """Key → text; names in braces are filled in by the map."""
    return {
        "map": _("Map of the site"),
        "search": _("Asset, code, place"),
        "search.none": _("No asset has this name or code"),
        "search.failed": _("The search did not answer"),
        "sector.all": _("All sectors"),
        "domain.all": _("All assets"),
        "domains": _("Domains"),
        "severity": _("Severity"),
        "severity.critical": _("critical"),
        "severity.high": _("high"),
        "severity.medium": _("medium"),
        "severity.low": _("low"),
        "legend.asset": _("without alarm"),
        "legend.quiet": _("shelved or suppressed"),
        "unknown": _("unknown now, feed silent"),
        "legend.unknown": _("unknown, feed silent"),
        "alarms.other": _("{n} alarms"),
        "level": _("level {n}"),
        "zoom.in": _("Closer"),
        "zoom.out": _("Further"),
        "home": _("The whole site"),
        "here": _("{n} alarms at this place"),
        "unsupported": _("This browser cannot draw the map: WebGL 2 is missing or switched off. The list has everything."),
        "failed": _("The map could not be loaded. The list is complete without it."),
        "sheet": _("Open the sheet"),
        "camera": _("Large, in its own window"),
        "camera.lost": _("no picture"),
        "unplaced.one": _("1 alarm has no place on the map"),
        "unplaced": _("{n} alarms have no place on the map"),
        "outside.one": _("{n} outside the filter"),
        "outside": pgettext("several", "{n} outside the filter"),
        "outside.critical": _("{told}, {n} of them critical"),
        "draw.zone": _("Draw a zone that filters"),
        "draw.measure": _("Measure a distance or a surface"),
        "draw.zone.begin": _(
            "Drag a rectangle, or click each corner. By keyboard: arrows move the map, space sets a corner at the cross."
        ),
        "draw.zone.done": _("One more corner, or Enter to filter by this zone."),
        "draw.measure.begin": _("Click each place. By keyboard: arrows move the map, space sets a place at the cross."),
        "draw.distance": _("Distance {told}"),
        "draw.area": _("surface {told}"),
        "draw.corner": _("Corner at the cross"),
        "draw.back": _("Take the last away"),
        "draw.done": _("Finish"),
        "draw.cancel": pgettext("drawing", "Close"),
        "zone": _("Drawn zone. In the list: {n}; outside the filter: {out}"),
        "zone.critical": _("{told}, {n} of them critical"),
        "zone.away": _("Take the zone away (Y)"),
        "loading": _("The map is being drawn…"),
    }


def domains() -> dict[str, str]:
    """Slug of a domain → its name."""
    return {
        "lighting": _("Lighting"),
        "power": _("Power"),
        "network": _("Network"),
        "tunnel": _("Tunnels"),
        "water": _("Water"),
        "building": _("Buildings"),
        "transport": _("Lifts and escalators"),
        "video": _("Video"),
        "access": _("Access"),
        "security": _("Security"),
        "fire": _("Fire"),
        "safety": _("Safety"),
        "environment": _("Environment"),
        "energy": _("Energy"),
        "mobility": _("Mobility"),
        "cleanliness": _("Cleanliness"),
        "green": _("Green spaces"),
    }
