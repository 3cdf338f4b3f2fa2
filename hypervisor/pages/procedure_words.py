"""What the modules of the pages say of procedures and their runs, in the reader's language."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def procedure_words() -> dict[str, str]:
    """Key → text, as `hypervisor.pages.words.words` gives them for every page."""
    return _of_runs() | _of_steps()


def _of_runs() -> dict[str, str]:
    return {
        "procedure.begin": _("Follow “{name}”"),
        "procedure.because": _("fits: {reasons}"),
        "procedure.version": pgettext("procedure", "version {n}"),
        "procedure.progress.one": _("{done} of {n} step"),
        "procedure.progress.other": _("{done} of {n} steps"),
        "procedure.begun": pgettext("procedure", "begun by {who} at {when}"),
        "procedure.ended": pgettext("procedure", "ended at {when}"),
        "procedure.run.running": pgettext("procedure", "under way"),
        "procedure.run.done": pgettext("procedure", "completed"),
        "procedure.run.abandoned": pgettext("procedure", "abandoned"),
        "procedure.edit.step": _("Step {n}"),
        "procedure.edit.end": _("the end"),
        "procedure.no_json": _("The file is no JSON."),
        "procedure.supervisor": _("For the shift supervisor"),
        "procedure.look": _("See the run"),
        "procedure.abandon": _("Abandon the procedure"),
        "procedure.ask.abandon": _("Abandon the procedure?"),
        "procedure.owed": _("Mandatory steps are not done: {names}. A reason is required."),
    }


def _of_steps() -> dict[str, str]:
    return {
        "procedure.step.todo": pgettext("step", "to come"),
        "procedure.step.open": pgettext("step", "to do"),
        "procedure.step.doing": pgettext("step", "begun"),
        "procedure.step.done": pgettext("step", "done"),
        "procedure.step.skipped": pgettext("step", "skipped"),
        "procedure.step.failed": pgettext("step", "failed"),
        "procedure.step.left_out": pgettext("step", "left out"),
        "procedure.said.doing": _("begun by {who} at {when}"),
        "procedure.said.done": _("done by {who} at {when}"),
        "procedure.said.skipped": _("skipped by {who} at {when}"),
        "procedure.said.failed": _("failed, {who} at {when}"),
        "procedure.left": pgettext("step", "{n} left"),
        "procedure.late": pgettext("step", "late by {n}"),
        "procedure.too_late": _("not done in time"),
        "procedure.asked": _("Asked of {names}"),
        "procedure.call_found": _("{whom}, by the directory:"),
        "procedure.call_gone": _("{whom} is not in the directory any more."),
        "procedure.call_without_number": _("{whom} has no number in the directory."),
        "procedure.call_typed": _("Number written in the procedure:"),
        "procedure.call_nobody": _("The procedure has no number either: look for one, and tell the administrator."),
        "procedure.waits": _("Done by itself once nothing stands any more."),
        "procedure.within": _("Done once the procedure {name} is completed."),
        "procedure.order.command": _("Command it…"),
        "procedure.order.scenario": _("Run the scenario…"),
        "procedure.order.nowhere": _("No single asset can be given the command {name}: ask for it on the sheet of the asset."),
        "procedure.order.reason": _("Run the scenario?"),
        "procedure.exercise_order": _("Exercise: {name} is not commanded. Confirm what would have been asked for."),
        "procedure.note": _("Note (optional)"),
        "procedure.do.form": pgettext("step", "Save"),
        "procedure.do.other": pgettext("step", "Done"),
        "procedure.act.start": _("I am on it"),
        "procedure.act.fail": _("Not possible…"),
        "procedure.act.skip": _("Skip…"),
        "procedure.go.fail": _("It was not possible"),
        "procedure.go.skip": _("Skip the step"),
        "procedure.ask.fail": _("This step was not possible"),
        "procedure.ask.skip": _("Skip this step?"),
        "procedure.skip_advice": _("The step is mandatory: the reason is required, and the shift supervisor is told."),
        "procedure.yes": pgettext("answer", "yes"),
        "procedure.no": pgettext("answer", "no"),
        "procedure.for.operator": _("for the operator"),
        "procedure.for.supervisor": _("for the shift supervisor"),
        "procedure.for.agent": _("for whoever is on site"),
    }
