"""What the modules of every page say of commands, in the reader's language."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def command_words() -> dict[str, str]:
    """Key → text, as `hypervisor.pages.words.words` gives them for every page."""
    return {
        "step.second": _("Confirm as second person"),
        "step.arm": _("Arm"),
        "step.execute": _("Execute"),
        "step.cancel": pgettext("command", "Withdraw"),
        "command.waits": _("{n} to confirm it"),
        "command.left": _("{n} left"),
        "command.until": _("until {when}"),
        "command.none": _("This asset has no command."),
        "command.forbidden": _("Your role gives it no command."),
        "command.uncarried": _("No supervisor takes commands for this asset."),
        "command.under_way": _("The same command is under way."),
        "command.reached": _("It is so already: nothing will be sent."),
        "command.free": _("No interlock forbids it."),
        "command.unproven": _("No reading can confirm it: it will end without proof."),
        "command.proven": _("The field has {n} to confirm it."),
        "command.dangerous": _("Dangerous: it is armed first, for 30 s, and seen on every desk."),
        "command.second_person": _("Another person must confirm it."),
        "command.arm": _("Arm it"),
        "command.ask": _("Ask for it"),
        "command.send": _("Send it"),
        "armed.told": _("{type} · {asset}: armed by {who}, {n}"),
        "armed.asked": _("{type} · {asset}: asked for by {who}, waits for a second person"),
        "origin.rule": _("by a rule"),
        "origin.scenario": _("by a scenario"),
        "origin.procedure": _("by a procedure"),
        "override.overdue": _("still so in the field past its end"),
        "override.holding.yes": _("held by the field"),
        "override.holding.no": _("not so in the field"),
        "override.holding.unknown": _("unknown in the field"),
        "override.ended": _("ended by {who}, the field has not let go yet"),
        "scenario.done": _("{done} of {n} done"),
        "scenario.failed.one": _("{n} did not succeed"),
        "scenario.failed.other": pgettext("several", "{n} did not succeed"),
        "scenario.free": _("leaves at once"),
        "scenario.blocked.one": _("{n} asset is left out by an interlock"),
        "scenario.blocked.other": _("{n} assets are left out by an interlock"),
        "scenario.counted.one": _("{n} command"),
        "scenario.counted.other": _("{n} commands"),
    }
