"""The pages of Réglages: one list, from which their tabs and what the palette finds of them are made."""

from django.urls import reverse
from django.utils.translation import gettext_lazy

from assets.models import Site
from hypervisor.rights import Right, Verb

PAGES = (
    ("feeds", "site_settings", gettext_lazy("Feeds"), Verb.FEEDS),
    ("supervisors", "supervisor_settings", gettext_lazy("Supervisors"), Verb.FEEDS),
    ("people", "people_settings", gettext_lazy("People"), Verb.USERS),
    ("kinds", "kinds_settings", gettext_lazy("Asset kinds"), Verb.IMPORTS),
    ("sectors", "sector_settings", gettext_lazy("Sectors"), Verb.IMPORTS),
    ("inventory", "imports", gettext_lazy("Inventory"), Verb.IMPORTS),
    ("silences", "silence_settings", gettext_lazy("Longest silences"), Verb.RULES),
    ("reports", "report_definitions", gettext_lazy("Reports"), Verb.RULES),
    ("mailings", "report_schedules", gettext_lazy("Reports by mail"), Verb.NOTIFICATION),
    ("privacy", "privacy_settings", gettext_lazy("Personal data"), Verb.FEEDS),
    ("gates", "gate_settings", gettext_lazy("Gates"), Verb.GATES),
    ("plates", "plate_settings", gettext_lazy("Plates"), Verb.GATES),
    ("commands", "command_settings", gettext_lazy("Commands"), Verb.FEEDS),
    ("notification", "notification_settings", gettext_lazy("Notification"), Verb.NOTIFICATION),
    ("tokens", "api_tokens", gettext_lazy("API tokens"), Verb.USERS),
    ("walls", "wall_settings", gettext_lazy("Walls"), Verb.USERS),
    ("contractors", "contractor_settings", gettext_lazy("Contractors"), Verb.CONTRACTS),
    ("siren", "siren_settings", gettext_lazy("Siren"), Verb.SIRENS),
    ("webhooks", "webhook_settings", gettext_lazy("Webhooks"), Verb.FEEDS),
)
"""In the order of the tabs: tab, name of the page's address, name on screen, the verb it asks for."""


def settings_pages(site: Site, right: Right) -> list[dict[str, object]]:
    """Those that the person may open: `tab`, `name` and `url`."""
    return [
        {"tab": tab, "name": label, "url": reverse(address, args=[site.slug])}
        for tab, address, label, verb in PAGES
        if right.may(verb)
    ]
