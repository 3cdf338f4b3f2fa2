"""What the modules of every page say of work orders, in the reader's language."""

from django.utils.translation import gettext as _


def order_words() -> dict[str, str]:
    """Key → text, as `hypervisor.pages.words.words` gives them for every page."""
    return {
        "priority.urgent": _("urgent"),
        "priority.high": _("high priority"),
        "priority.normal": _("normal"),
        "priority.low": _("low priority"),
        "order.beside": _("Work order No {n}, {contractor}: {state}"),
        "order.late": _("late"),
        "order.due": _("to accept by {accept} · on site by {arrive} · restored by {restore}"),
        "order.nothing_due": _("Nothing is due: no contract."),
        "order.none": _("No contract serves this asset: choose a contractor."),
        "order.made": _("Work order No {n} is ordered"),
        "order.made_of": _("{contractor}, {priority} priority"),
        "order.link_shown": _("Valid until {when}; hand it to the contractor alone."),
    }
