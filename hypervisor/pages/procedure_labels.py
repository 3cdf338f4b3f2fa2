"""What the parts of a procedure are called on pages, and what changed from one version to the next in those words."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from hypervisor.pages.frame import SEVERITY_NAMES
from response.procedures.offers import INCIDENT_TYPES

TYPES = {
    "manual": pgettext_lazy("step", "do and confirm"),
    "question": pgettext_lazy("step", "question"),
    "form": pgettext_lazy("step", "write down"),
    "call": pgettext_lazy("step", "call"),
    "link": pgettext_lazy("step", "page to look at"),
    "document": pgettext_lazy("step", "document"),
    "command": pgettext_lazy("step", "command"),
    "scenario": pgettext_lazy("step", "scenario of commands"),
    "wait_state": pgettext_lazy("step", "wait for normal"),
    "notify": pgettext_lazy("step", "tell somebody"),
    "ask_entity": pgettext_lazy("step", "ask another room"),
    "sub_procedure": pgettext_lazy("step", "another procedure"),
}
AUDIENCES = {
    "operator": gettext_lazy("operator"),
    "supervisor": gettext_lazy("shift supervisor"),
    "agent": gettext_lazy("agent on site"),
}
FIELDS = {
    "name": gettext_lazy("Name"),
    "purpose": gettext_lazy("Purpose"),
    "kind": gettext_lazy("Kind"),
    "audience": gettext_lazy("For whom"),
    "attached_to": gettext_lazy("What it is for"),
    "rules": gettext_lazy("Rules"),
    "kinds": gettext_lazy("Kinds of assets"),
    "incident_types": gettext_lazy("Incidents"),
    "sectors": gettext_lazy("Sectors"),
    "severity": gettext_lazy("From severity"),
    "free_order": gettext_lazy("In any order"),
    "source": gettext_lazy("Source"),
    "title": gettext_lazy("Title"),
    "text": gettext_lazy("Instructions"),
    "type": gettext_lazy("Type"),
    "mandatory": gettext_lazy("Mandatory"),
    "timeout": gettext_lazy("Time limit"),
    "on_timeout": gettext_lazy("When it is late"),
    "next": gettext_lazy("Next step"),
    "on_failure": gettext_lazy("If it is not possible"),
    "choices": gettext_lazy("Answers"),
    "fields": gettext_lazy("Values to write down"),
    "number": gettext_lazy("Number to call"),
    "url": gettext_lazy("Address of the page"),
    "procedure": gettext_lazy("Procedure"),
    "document": gettext_lazy("Document"),
    "command": gettext_lazy("Command"),
    "asset": gettext_lazy("Asset"),
    "parameters": gettext_lazy("Parameters"),
    "scenario": gettext_lazy("Scenario"),
    "to": gettext_lazy("Who is told"),
    "message": gettext_lazy("Message"),
    "entities": gettext_lazy("Entities asked"),
    "question": gettext_lazy("Question"),
}
VALUES = {
    "simple": gettext_lazy("list"),
    "flow": gettext_lazy("answers lead"),
    "tell": gettext_lazy("the shift supervisor is told"),
    "fail": gettext_lazy("the step has failed"),
    "on_call": gettext_lazy("the on-call staff"),
}
NOTHING = "—"


def incident_type(name: str, language: str) -> str:
    """An incident by what makes it one."""
    fr, en = INCIDENT_TYPES[name]
    return _("incident {what}").format(what=en if language == "en" else fr)


def limit(seconds: int) -> str:
    """A time limit as one says it."""
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"


def severity_words(severity: str) -> str:
    return _("from severity {severity}").format(severity=SEVERITY_NAMES[severity])


def told_differences(old: dict[str, Any], new: dict[str, Any], language: str) -> list[tuple[str, str, str]]:
    """(where, before, after): what is said of the whole, then of each step; steps are the same by their id."""
    return [*_changed("", old, new, language), *_steps(old["steps"], new["steps"], language)]


def _steps(old: list[dict[str, Any]], new: list[dict[str, Any]], language: str) -> Iterator[tuple[str, str, str]]:
    was, now = ({step["id"]: step for step in steps} for steps in (old, new))
    for id_, step in now.items():
        title = step["title"][language]
        if id_ not in was:
            yield _("Step “{title}”").format(title=title), NOTHING, _("added")
        else:
            yield from _changed(_("Step “{title}”").format(title=title) + " · ", was[id_], step, language)
    for id_, step in was.items():
        if id_ not in now:
            yield _("Step “{title}”").format(title=step["title"][language]), NOTHING, _("removed")
    before, after = (
        [step["title"][language] for step in steps if step["id"] in was and step["id"] in now] for steps in (old, new)
    )
    if [each for each in was if each in now] != [each for each in now if each in was]:
        yield _("Order of the steps"), ", ".join(before), ", ".join(after)


def _changed(where: str, old: dict[str, Any], new: dict[str, Any], language: str) -> Iterator[tuple[str, str, str]]:
    for field in FIELDS:
        was, now = old.get(field), new.get(field)
        if was != now:
            yield f"{where}{FIELDS[field]}", _told(field, was, language), _told(field, now, language)


def _told(field: str, value: Any, language: str) -> str:
    if value in (None, "", [], {}):
        return NOTHING
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dict) and {"fr", "en"} <= value.keys():
        return str(value[language])
    if isinstance(value, dict):
        return ", ".join(f"{FIELDS.get(name, name)} {_told(name, each, language)}" for name, each in value.items() if each)
    if isinstance(value, list):
        return ", ".join(_item(field, each, language) for each in value)
    if field == "timeout":
        return limit(value)
    known: dict[str, Any] = {"type": TYPES, "severity": SEVERITY_NAMES, "audience": AUDIENCES}.get(field, VALUES)
    return str(known.get(value, value))


def _item(field: str, value: Any, language: str) -> str:
    """An answer, a value to write down, or a name."""
    if not isinstance(value, dict):
        return str(AUDIENCES.get(value, value)) if field == "audience" else str(value)
    label = value["label"][language]
    aside = value.get("next") or value.get("unit")
    return f"{label} ({aside})" if aside else label
