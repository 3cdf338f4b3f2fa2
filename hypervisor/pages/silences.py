"""The register of what is silenced: for everybody who sees alarms, with what ends a silence for who may end it."""

from collections.abc import Iterable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language, gettext_lazy
from django.views.decorators.http import require_safe

from alarms.silences import Silence, Sort
from assets.alphabet import alphabetical
from assets.models import Sector
from hypervisor import rights
from hypervisor.api.silences import MOST, end_of, register, wanted
from hypervisor.names import names_on
from hypervisor.pages.frame import SEVERITY_NAMES, around
from hypervisor.rights import Right

SORTS = {
    Sort.SHELVED: gettext_lazy("shelved"),
    Sort.OUT_OF_SERVICE: gettext_lazy("out of service"),
    Sort.MAINTENANCE: gettext_lazy("under maintenance"),
    Sort.FEED: gettext_lazy("feed switched off"),
    Sort.SUPPRESSED: gettext_lazy("suppressed"),
    Sort.RULE: gettext_lazy("rule that does not speak"),
}
GROUPS = (
    ("force", gettext_lazy("In force"), gettext_lazy("Nothing is silenced by anybody.")),
    ("closed", gettext_lazy("In force, alarm closed meanwhile"), ""),
    ("planned", gettext_lazy("Not yet in force"), ""),
    ("suppressed", gettext_lazy("Explained by a cause"), ""),
    ("rules", gettext_lazy("Rules that do not speak"), ""),
)
"""Tables of the page in order: key, title, and what an empty one says; one that says nothing is left out."""


def _group(silence: Silence) -> str:
    if silence.sort == Sort.RULE:
        return "rules"
    if silence.sort == Sort.SUPPRESSED:
        return "suppressed"
    if not silence.in_force:
        return "planned"
    return "closed" if silence.closed else "force"


def in_words(silences: Iterable[Silence], right: Right) -> list[dict[str, object]]:
    """Silences in the words of `silences/_rows.html` and of the banner on a sheet."""
    language = "en" if get_language() == "en" else "fr"
    return [
        {
            "silence": each, "sort": SORTS[each.sort], "end": end_of(each, right), "group": _group(each),
            "about": each.about[language] if each.about and _may_know(each, right) else "",
            "severity_name": SEVERITY_NAMES.get(each.severity, ""),
        }
        for each in silences
    ]  # fmt: skip


def _may_know(silence: Silence, right: Right) -> bool:
    """A maintenance of elsewhere may silence what is here: that it does is told, and not of what it is."""
    elsewhere = silence.window is not None and (silence.asset is not None or silence.sector is not None)
    return not elsewhere or right.covers(silence.path)


def _by_name(person: tuple[str, str]) -> object:
    _login, name = person
    return alphabetical(name)


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The register by what is in force and what is not; `part=silences` is what the page asks again and again."""
    right, the_site = rights.on_site(request, site)
    asked = {name: request.GET.get(name, "").replace("\0", "").strip() for name in ("sort", "sector", "by")}
    sectors = [each for each in Sector.objects.filter(site=the_site).defer("polygon") if right.covers(each.path)]
    path = next((each.path for each in sectors if each.slug == asked["sector"]), "")
    found = register(right)
    shown = wanted(found, asked["sort"], path, asked["by"])
    rows = in_words(shown[:MOST], right)
    names = names_on(the_site.pk)
    groups = [(key, title, none, [row for row in rows if row["group"] == key]) for key, title, none in GROUPS]
    context = {
        "groups": [(title, none, rows, key) for key, title, none, rows in groups if rows or none], "more": len(shown) > MOST,
        "asked": asked, "site": the_site, "names": names, "may_rules": right.may(rights.Verb.RULES),
    }  # fmt: skip
    if request.GET.get("part") == "silences":
        return render(request, "silences/_groups.html", context)
    context |= {
        "sorts": [(sort.value, name) for sort, name in SORTS.items()],
        "sectors": [(each, each.path.count("/")) for each in sectors],
        "people": sorted(((by, names.get(by, by)) for by in {each.by for each in found if each.by}), key=_by_name),
    }
    return render(request, "silences/board.html", around(request, right, the_site, "silences") | context)
