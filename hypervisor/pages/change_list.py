"""The list of what a compared file would change, to be reviewed and approved: by category, fifty at a time, with open alarms."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.utils.translation import get_language, gettext, pgettext_lazy

from alarms.models import Alarm
from assets.inventory import proposals
from assets.models import AssetKind, ImportRun, ProposedChange
from hypervisor.pages import import_words

SHOWN = 50
CATEGORIES = {
    "added": pgettext_lazy("change set", "added"),
    "moved": pgettext_lazy("change set", "moved"),
    "replaced": pgettext_lazy("change set", "replaced"),
    "changed": pgettext_lazy("change set", "changed"),
    "back": pgettext_lazy("change set", "back in service"),
    "absent": pgettext_lazy("change set", "absent from the file"),
}


def review(run: ImportRun) -> dict[str, Any]:
    """What somebody must know before they approve: counts, the open alarms of what is decommissioned, what changed meanwhile."""
    counted = run.changes.order_by().values("category").annotate(n=Count("id"), left=Count("id", Q(left_out=True)))
    by_category = {one["category"]: one for one in counted}
    total, left = sum(one["n"] for one in by_category.values()), sum(one["left"] for one in by_category.values())
    context: dict[str, Any] = {
        "categories": [
            {"slug": slug, "name": name, "n": by_category[slug]["n"], "left": by_category[slug]["left"]}
            for slug, name in CATEGORIES.items()
            if slug in by_category
        ],
        "all_changes": total, "left_changes": left, "taken": total - left,
        "reviewed": run.state == ImportRun.State.COMPARED and run.finished_at is not None,
    }  # fmt: skip
    if context["reviewed"] or run.state == ImportRun.State.REFUSED:
        told = proposals.meanwhile(run) if total else []
        context |= {"meanwhile": [_said(one) for one in told[:SHOWN]], "meanwhile_count": len(told)}
        context |= _alarms(run)
    return context


def _alarms(run: ImportRun) -> dict[str, Any]:
    alarms = Alarm.objects.filter(site_id=run.site_id, is_open=True, asset__in=proposals.retired(run))
    found = list(alarms.select_related("asset").order_by("-severity", "id")[: SHOWN + 1])
    english = get_language() == "en"
    told = [{"id": one.pk, "code": one.asset.code, "sentence": one.sentence_en if english else one.sentence_fr} for one in found]
    return {"alarms": told[:SHOWN], "alarms_count": alarms.count() if len(found) > SHOWN else len(found)}


def page(run: ImportRun, asked: Mapping[str, str]) -> dict[str, Any]:
    """The changes that the query string asks for: `category`, `after` the id of the last one seen."""
    category, after = asked.get("category", ""), asked.get("after", "")
    changes = run.changes.order_by("id")
    if category in CATEGORIES:
        changes = changes.filter(category=category)
    if after.isascii() and after.isdigit() and len(after) < 19:
        changes = changes.filter(id__gt=int(after))
    found = list(changes[: SHOWN + 1])
    names = dict(AssetKind.objects.order_by().values_list("slug", "name_en" if get_language() == "en" else "name_fr"))
    following = ""
    if len(found) > SHOWN:
        asked_again = {"category": category} if category in CATEGORIES else {}
        following = urlencode(asked_again | {"after": found[SHOWN - 1].pk})
    return {
        "rows": [_row(one, names) for one in found[:SHOWN]], "following": following,
        "category": category if category in CATEGORIES else "", "begun": bool(after),
    }  # fmt: skip


def _row(one: ProposedChange, kinds: dict[str, str]) -> dict[str, Any]:
    fields = {name: {"before": before, "after": after} for name, (before, after) in one.fields.items()}
    return {
        "id": one.pk, "code": one.code, "name": one.name, "kind": kinds.get(one.kind, one.kind), "row": one.row,
        "asset": one.asset, "category": one.category, "category_name": CATEGORIES[one.category], "replaces": one.replaces,
        "distance": one.distance, "left_out": one.left_out, "changes": import_words.changes(fields),
    }  # fmt: skip


def _said(one: dict[str, Any]) -> dict[str, Any]:
    if one["field"] == "asset":
        words = {True: gettext("it stood there"), False: gettext("it did not stand there")}
    elif one["field"] == "retired":
        words = {True: gettext("decommissioned"), False: gettext("in service")}
    else:
        return one | {"name": import_words.field(one["field"])}
    name = "" if one["field"] == "asset" else import_words.field("retired")
    return one | {"name": name, "then": words[one["then"]], "now": words[one["now"]]}
