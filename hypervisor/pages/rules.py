"""Règles: the list with what each rule does today, the editor, what changed between versions, and rules as YAML."""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Count, Q
from django.db.models.fields.json import KT
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from alarms.engine.faults import Trouble
from alarms.models import Alarm, Rule, RuleVersion
from alarms.rules import overlapping, retirement_asked_by, rulebook
from alarms.rules.mishaps import Mishap
from alarms.rules.overlap import worst
from assets.alphabet import alphabetical
from assets.models import Site
from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import reasons
from hypervisor.names import names_on
from hypervisor.pages import rule_form, rule_labels
from hypervisor.pages.frame import SEVERITY_NAMES, around
from hypervisor.pages.rule_differences import names, told_differences
from hypervisor.pages.rule_labels import words
from hypervisor.rights import Right, Verb


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule of the list; `version` is its newest, `today` and `month` are how many alarms it raised."""

    rule: Rule
    name: str
    version: RuleVersion
    kind: str
    opened: int
    today: int
    month: int
    trouble: str
    severity: str
    severity_name: str
    others: list[str]
    """Names of the active rules that may hear the same, by the alphabet."""


def _site(request: HttpRequest, site: str) -> tuple[Right, Site]:
    return rights.on_site(request, site, Verb.RULES)


def _language(request: HttpRequest) -> str:
    return "en" if request.LANGUAGE_CODE == "en" else "fr"


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The rules of the site, or their rows alone for who types (`part=rows`)."""
    right, the_site = _site(request, site)
    context = _context(request, the_site)
    if request.GET.get("part") == "rows":
        here = request.GET.get("here", "")
        here = int(here) if here.isdecimal() and len(here) < 19 else 0
        return render(
            request, "rules/_rows.html", context | {"site": the_site, "rule": {"pk": here}, "names": names_on(the_site.pk)}
        )
    return render(request, "rules/list.html", around(request, right, the_site, "rules") | context)


def _context(request: HttpRequest, site: Site) -> dict[str, object]:
    language = _language(request)
    asked = {name: request.GET.get(name, "").replace("\0", "").strip() for name in ("q", "kind", "state")}
    found = rows(site, language, timezone.now())
    return {
        "w": words(language),
        "asked": asked,
        "total": len(found),
        "rows": [row for row in found if _wanted(row, asked)],
        "kinds": sorted(
            ((told[0 if language == "fr" else 1], slug) for slug, told in rule_labels.KINDS.items()),
            key=lambda kind: alphabetical(kind[0]),
        ),
        "states": [(state, words(language)[f"state_{state}"]) for state in Rule.State.values],
    }


def rows(site: Site, language: str, now: dt.datetime) -> list[RuleLine]:
    """By name; five queries whatever their number."""
    midnight = now.astimezone(ZoneInfo(site.timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
    is_open, month = Q(is_open=True), Q(raised_at__gte=now - dt.timedelta(days=30))
    counted = {
        each["rule"]: each
        for each in Alarm.objects.filter(is_open | month, site=site)
        .order_by()
        .values("rule")
        .annotate(opened=Count("pk", is_open), today=Count("pk", Q(raised_at__gte=midnight)), month=Count("pk", month))
    }
    newest = RuleVersion.objects.filter(rule__site=site).order_by("rule_id", "-number").distinct("rule_id")
    versions = {each.rule_id: each for each in newest.select_related("created_by").annotate(kind=KT("spec__kind"))}
    rules = Rule.objects.filter(site=site, built_in=False).select_related("active_version", "shadow_version")
    rules = rules.defer("active_version__spec", "shadow_version__spec")
    heard, called = overlapping.Heard.of(site.pk), "name_en" if language == "en" else "name_fr"
    found = []
    for rule in rules:
        if (version := versions.get(rule.pk)) is None:
            continue
        told = counted.get(rule.pk, {"opened": 0, "today": 0, "month": 0})
        kind = rule_labels.KINDS[version.kind][0 if language == "fr" else 1]
        name = rule.name_en if language == "en" else rule.name_fr
        trouble = _trouble(rule, version.kind, language)
        spec = overlapping.decoded(version.spec)
        severity = worst(spec) if spec else ""
        others = sorted((getattr(each.rule, called) for each in heard.beside(spec, rule.slug)), key=alphabetical) if spec else []
        found.append(
            RuleLine(
                rule, name, version, kind, told["opened"], told["today"], told["month"], trouble, severity,
                str(SEVERITY_NAMES.get(severity, "")), others,
            )
        )  # fmt: skip
    return sorted(found, key=lambda row: alphabetical(row.name))


def _wanted(row: RuleLine, asked: dict[str, str]) -> bool:
    text = f"{row.rule.name_fr} {row.rule.name_en} {row.rule.slug} {row.kind}".casefold()
    return (
        all(word in text for word in asked["q"].casefold().split())
        and asked["kind"] in ("", row.version.kind)
        and asked["state"] in ("", row.rule.state, "trouble" if row.rule.trouble else "")
    )


@require_safe
@login_required
def editor(request: HttpRequest, site: str, rule: int | None = None) -> HttpResponse:
    """The form of one rule, or of one that is not there yet, with what is known of it beside."""
    right, the_site = _site(request, site)
    language = _language(request)
    row = None if rule is None else _rule(the_site, rule)
    versions = [] if row is None else list(row.versions.select_related("created_by"))
    told = row and {
        "id": row.pk, "slug": row.slug, "name": {"fr": row.name_fr, "en": row.name_en}, "state": row.state,
        "active": row.active_version and row.active_version.number, "number": versions[0].number, "spec": versions[0].spec,
    }  # fmt: skip
    data = rule_form.form(language) | {
        "vocabulary": rule_form.vocabulary(the_site, language), "rule": told, "words": words(language), "site": the_site.slug,
    }  # fmt: skip
    context = around(request, right, the_site, "rules") | _context(request, the_site)
    runs = row and {row.shadow_version_id, row.active_version_id if row.state == Rule.State.ACTIVE else None} - {None}
    waits = bool(runs) and versions[0].pk not in runs
    context |= {"rule": row, "versions": versions, "data": data, "newest_waits": waits}
    asked_by = row and retirement_asked_by(row, timezone.now()) and row.retirement_asked_by.username
    context["retirement_asked_by"] = asked_by and context["names"].get(asked_by, asked_by)
    context["trouble"] = row and _trouble(row, versions[0].spec["kind"], language)
    return render(request, "rules/editor.html", context)


def _rule(site: Site, pk: int) -> Rule:
    rules = Rule.objects.filter(built_in=False).select_related("active_version", "shadow_version", "retirement_asked_by")
    return get_object_or_404(rules, pk=pk, site=site)


@require_safe
@login_required
def compared(request: HttpRequest, site: str, rule: int, old: int, new: int) -> HttpResponse:
    """What changed from one version to another, field by field."""
    _right, the_site = _site(request, site)
    row = _rule(the_site, rule)
    specs = dict(row.versions.filter(number__in=[old, new]).values_list("number", "spec"))
    if set(specs) != {old, new}:
        raise Http404
    language = _language(request)
    lines = told_differences(specs[old], specs[new], language, names(the_site, language))
    context = {"w": words(language), "old": old, "new": new, "lines": lines}
    return render(request, "rules/_differences.html", context)


@require_safe
@login_required
def export(request: HttpRequest, site: str) -> HttpResponse:
    """All rules of the site, or one (`rule=slug`), as a YAML file."""
    _right, the_site = _site(request, site)
    found = Rule.objects.filter(site=the_site, built_in=False).order_by("slug")
    if slug := request.GET.get("rule", "").replace("\0", "\ufffd"):
        found = found.filter(slug=slug)
        if not found:
            raise Http404
    text = rulebook.dump(found.prefetch_related("versions"))
    answer = HttpResponse(text, content_type="application/yaml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{slug or f"{the_site.slug}-rules"}.yaml"'
    return answer


@require_POST
@login_required
def bring_in(request: HttpRequest, site: str) -> HttpResponse:
    """A file or a ready-made pack: what it would change is shown; what was shown is written when `apply` comes back with it."""
    right, the_site = _site(request, site)
    language = _language(request)
    said = words(language)
    try:
        text = _sent(request)
        entries = rulebook.pack(request.POST["pack"]) if request.POST.get("pack") else rulebook.read(text)
    except (rulebook.BookError, UnicodeDecodeError) as error:
        messages.error(request, said["import_refused"].format(reason=_refused(error, language)))
        return redirect("site_rules", site)
    if request.POST.get("apply"):
        changes = rulebook.bring_in(the_site, entries, by=actor_of(request), language=language, now=timezone.now())
        written = sum(change.kind != "same" for change in changes)
        messages.success(request, said["import_done_one" if written == 1 else "import_done"].format(n=written))
        return redirect("site_rules", site)
    changes, named = rulebook.compare(the_site, entries), names(the_site, language)
    shown = [
        {"change": change, "name": getattr(change.entry.name, language), "note": change.entry.note_in(language),
         "kind": rule_labels.KINDS[change.entry.spec["kind"]][0 if language == "fr" else 1],
         "said": said[f"import_{change.kind}"],
         "lines": told_differences(change.old, change.entry.spec, language, named) if change.kind == "changed" else []}
        for change in changes
    ]  # fmt: skip
    counts = {kind: sum(change.kind == kind for change in changes) for kind in ("new", "changed", "same")}
    context = {"w": said, "shown": shown, "counts": counts, "text": text, "pack": request.POST.get("pack", "")}
    return render(request, "rules/import.html", around(request, right, the_site, "rules") | context)


def _refused(error: rulebook.BookError | UnicodeDecodeError, language: str) -> str:
    """The rule, the field and the reason in the reader's words."""
    if isinstance(error, UnicodeDecodeError):
        return reasons.said(Trouble("", Mishap.NOT_UTF8), language)
    reason = reasons.said(error.trouble, language)
    if error.entry is None:
        return f"{error.where} : {reason}" if error.where else reason
    spec = error.entry.spec
    path = error.trouble.path
    parts = [getattr(error.entry.name, language), _path_said(spec.get("kind"), path, language), reason]
    return " : ".join(part for part in parts if part)


def _path_said(kind: object, path: str, language: str) -> str:
    """A field of a spec in words; of a kind that nobody knows, as it stands in the file."""
    if not path or not isinstance(kind, str) or kind not in rule_labels.KINDS:
        return path
    return rule_labels.path_label(rule_form.schema()["$defs"], kind, path, language)


def _trouble(rule: Rule, kind: str, language: str) -> str:
    """Why what should run cannot, or hears less than it says, in the reader's words."""
    found = reasons.stored(rule.trouble, language)
    return " ; ".join(f"{_path_said(kind, path, language)} : {reason}" if path else reason for path, reason in found)


def _sent(request: HttpRequest) -> str:
    file = request.FILES.get("file")
    if file is None:
        return request.POST.get("text", "")
    if file.size > 4 * rulebook.MOST_CHARACTERS:
        raise rulebook.BookError("", Trouble("", Mishap.FILE_TOO_LONG, {"most": rulebook.MOST_CHARACTERS}))
    return file.read().decode("utf-8-sig")
