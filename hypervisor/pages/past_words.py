"""What the module of the page of past alarms says when somebody acts on all that is found."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def past_words() -> dict[str, str]:
    """As `words` in words.py."""
    return {
        "bulk.would.one": ngettext("{n} alarm would be moved", "{n} alarms would be moved", 1),
        "bulk.would.other": ngettext("{n} alarm would be moved", "{n} alarms would be moved", 2),
        "bulk.already.one": ngettext("{n} is so already", "{n} are so already", 1),
        "bulk.already.other": ngettext("{n} is so already", "{n} are so already", 2),
        "bulk.refused": _("{n} would not: {why}"),
        "bulk.too_many": _("That is more than {n} at once: narrow the filter."),
        "bulk.none": _("None of these alarms would be moved."),
        "bulk.go": _("Apply to {n}"),
        "bulk.under_way": _("{n} of {all}…"),
        "bulk.done.one": ngettext("Done to {n} alarm", "Done to {n} alarms", 1),
        "bulk.done.other": ngettext("Done to {n} alarm", "Done to {n} alarms", 2),
        "bulk.undone.one": ngettext("Taken back from {n} alarm", "Taken back from {n} alarms", 1),
        "bulk.undone.other": ngettext("Taken back from {n} alarm", "Taken back from {n} alarms", 2),
        "bulk.undo.acknowledge": _("An acknowledgement can be taken back for ten seconds."),
        "bulk.undo.take": _("You can release them again at any time."),
        "bulk.undo.shelve": _("You can end the shelving at any time."),
        "bulk.undo.comment": _("A comment stays in the journal: it cannot be taken back."),
    }
