"""What the modules of the passages' pages say, in the reader's language."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

STATES = {
    "waiting": pgettext_lazy("passage", "waits for a decision"),
    "opening": pgettext_lazy("passage", "being opened"),
    "passed": pgettext_lazy("passage", "passed"),
    "refused": pgettext_lazy("passage", "refused"),
    "left": pgettext_lazy("passage", "left without a decision"),
}
VERDICTS = {
    "open": pgettext_lazy("recommended", "open"),
    "check": pgettext_lazy("recommended", "check"),
    "refuse": pgettext_lazy("recommended", "refuse"),
}
DIRECTIONS = {"in": gettext_lazy("entering"), "out": gettext_lazy("leaving"), "unknown": ""}


def passage_words() -> dict[str, str]:
    """Key → text, as `hypervisor.pages.words.words` gives them for every page."""
    return {
        **{f"passage.{state}": str(name) for state, name in STATES.items()},
        **{f"verdict.{verdict}": str(name) for verdict, name in VERDICTS.items()},
        **{f"way.{way}": str(name) for way, name in DIRECTIONS.items()},
        "verdict.told": _("Recommended: {verdict}"),
        "plate.none": _("not read yet"),
        "plate.hidden": _("plate not shown to your role"),
        "plate.erased": _("plate erased"),
        "plate.differs": _("the marked characters were read otherwise"),
        "queue.none": _("Nobody waits."),
        "queue.blind": _("This gate reads no plates: no purpose is stated for it."),
        "queue.waiting.one": _("{n} waits"),
        "queue.waiting.other": _("{n} wait"),
        "queue.inside.one": _("{n} inside"),
        "queue.inside.other": pgettext("several vehicles", "{n} inside"),
        "queue.arrived": _("{gate}: a vehicle waits, {verdict} is recommended"),
        "barrier.open": _("barrier open"),
        "barrier.closed": _("barrier closed"),
        "barrier.fault": _("barrier at fault"),
        "barrier.unknown": _("barrier unknown"),
        "barrier.age": _("{state}, {age} ago"),
        "barrier.stale": _("{state} {age} ago, unknown since"),
        "case.reads": _("{n} of {reads} reads agree"),
        "case.since": _("since {when}"),
        "case.arrived": _("· arrived at {when}"),
        "case.no_permit": _("No permit"),
        "case.until": _("until {when}"),
        "case.every_gate": _("every gate"),
        "case.escort": _("escort required"),
        "case.stay": _("{age} at most"),
        "case.always": _("at all hours"),
        "case.twin": _("easily taken for another permitted plate"),
        "permit.company": _("Company"),
        "permit.reference": _("Reference"),
        "permit.purpose": pgettext("permit", "For"),
        "permit.valid": pgettext("permit", "Valid"),
        "permit.hours": _("Hours"),
        "permit.gates": _("Gates"),
        "permit.stay": _("Longest stay"),
        "permit.escort": _("Escort"),
        "permit.contact": _("Contact"),
        "decision.open": _("Opened by {who} at {when}"),
        "decision.refuse": _("Refused by {who} at {when}"),
        "decision.automatic": _("Opened by itself at {when}"),
        "decision.why": _("{told}: {reason}"),
        "decision.mine": pgettext("decision", "you"),
        "order.stage": _("command {state}"),
        "order.told": _("Order to the barrier: {state}"),
        "order.because": _("{told} ({reason})"),
        "act.again": _("Ask for the opening again"),
        "act.open": _("Validate"),
        "other.reason": _("Say why in a few words."),
    }
