"""What the modules of the page say, in the reader's language: templates hold the rest of the words."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from hypervisor.pages.command_words import command_words
from hypervisor.pages.message_words import message_words
from hypervisor.pages.notified_words import notified_words
from hypervisor.pages.order_words import order_words
from hypervisor.pages.past_words import past_words
from hypervisor.pages.procedure_words import procedure_words
from hypervisor.pages.why_words import why_words


def words() -> dict[str, str]:
    """Key → text; `{n}` and other names in braces are filled in by the page, `.one` and `.other` chosen by its number."""
    return (
        why_words()
        | command_words()
        | order_words()
        | procedure_words()
        | notified_words()
        | past_words()
        | message_words()
        | _of_the_list()
        | _of_the_page()
        | _of_incidents()
        | _of_the_detail()
        | _of_the_present()
    )


def _counts() -> dict[str, str]:
    """How many alarms of each severity."""
    return {
        "count.critical.one": ngettext("{n} critical", "{n} critical ones", 1),
        "count.critical.other": ngettext("{n} critical", "{n} critical ones", 2),
        "count.high.one": ngettext("{n} high", "{n} high ones", 1),
        "count.high.other": ngettext("{n} high", "{n} high ones", 2),
        "count.medium.one": ngettext("{n} medium", "{n} medium ones", 1),
        "count.medium.other": ngettext("{n} medium", "{n} medium ones", 2),
        "count.low.one": ngettext("{n} low", "{n} low ones", 1),
        "count.low.other": ngettext("{n} low", "{n} low ones", 2),
    }


def _of_the_list() -> dict[str, str]:
    """What rows of alarms and the head of their list say."""
    return {
        "severity.critical": _("critical"),
        "severity.high": _("high"),
        "severity.medium": _("medium"),
        "severity.low": _("low"),
        "stake.life": _("lives at stake"),
        "stake.environment": _("environment at stake"),
        "stake.continuity": _("continuity of service at stake"),
        "stake.goods": _("goods at stake"),
        "state.unacknowledged": _("unacknowledged"),
        "state.acknowledged": _("acknowledged"),
        "state.returned": _("back to normal, to acknowledge"),
        "state.normal": _("closed"),
        # Not "back to normal": a rule whose hours end leaves its alarms without anybody knowing that the field is well.
        "tag.returned": pgettext("alarm", "ended"),
        "tag.normal": _("closed"),
        "tag.shelved": _("shelved"),
        "tag.suppressed": _("suppressed"),
        "tag.out_of_service": _("out of service"),
        "tag.maintenance": _("under maintenance"),
        "instant.past": _("learned when it was over"),
        "instant.suppressed": _("suppressed"),
        "instant.shelved": _("shelved"),
        "instant.out_of_service": _("out of service"),
        "list.open.one": _("{n} open"),
        "list.open.other": pgettext("several", "{n} open"),
        "order.worst": _("order: severity, stake, then newest"),
        "order.newest": _("order: newest first"),
        "order.oldest": _("order: oldest first"),
        "order.place": _("order: sector, then asset"),
        "views.kept": _("The view {name} is kept."),
        "views.removed": _("The view {name} is removed."),
        "list.shown": _("{n} of {total}"),
        **_counts(),
        "acknowledge.unseen.one": _("{n} critical one out of sight"),
        "acknowledge.unseen.other": _("{n} critical ones out of sight"),
        "list.ended.one": _("✓ {n} ended"),
        "list.ended.other": pgettext("several", "✓ {n} ended"),
        "daylog.correct": _("Correct No {n}"),
        "list.returned.one": _("Acknowledge the one that has ended"),
        "list.returned.other": _("Acknowledge the {n} that have ended"),
        "list.held.one": _("held: {n} new"),
        "list.held.other": pgettext("several", "held: {n} new"),
        "list.selected.one": _("{n} selected"),
        "list.selected.other": pgettext("several", "{n} selected"),
        "list.frozen": _("frozen for {age}"),
        "outside.one": _("{n} outside the filter"),
        "outside.other": pgettext("several", "{n} outside the filter"),
        "outside.critical": _("{told}, {n} of them critical"),
        "scope.open": _("open"),
        "scope.shelved": _("shelved or out of service"),
        "scope.suppressed": _("suppressed by design"),
        "tag.chattering": _("chattering ×{n}"),
        "filter.zone": _("drawn zone"),
        "scope.cause": _("explained by alarm {n}"),
        "state.hours": _("outside the rule’s hours, to acknowledge"),
    }


def _of_the_page() -> dict[str, str]:
    """The link to the server, refusals, sound, and what is read aloud."""
    return {
        "link.live": _("live"),
        "link.late": _("late {n} s"),
        "link.cut": _("cut"),
        "link.opening": _("connecting"),
        "link.refused": _("refused"),
        "refused.session": _("This page is no longer live: your session has ended. Log in again to go on."),
        "refused.rights": _("This page is no longer live: you may no longer watch this site. Ask an administrator."),
        "refused.message": _("This page is no longer live: the server did not understand it. Reload the page."),
        "announce.critical": _("New critical alarm: {sentence}"),
        "undo": _("Undo"),
        "undo.acknowledged.one": _("{n} alarm acknowledged"),
        "undo.acknowledged.other": _("{n} alarms acknowledged"),
        "undo.taken.one": _("{n} alarm taken in charge"),
        "undo.taken.other": _("{n} alarms taken in charge"),
        "quiet.announced.one": _("Heard {n} time in four weeks."),
        "quiet.announced.other": _("Heard {n} times in four weeks."),
        "quiet.hidden.one": _("Shelved for so long each time, {n} would not have been heard."),
        "quiet.hidden.other": pgettext("several", "Shelved for so long each time, {n} would not have been heard."),
        "undo.shelved.one": _("{n} alarm shelved"),
        "undo.shelved.other": _("{n} alarms shelved"),
        "fault.some.one": _("{n} alarm refused"),
        "fault.some.other": _("{n} alarms refused"),
        "sound.on": _("Sound on"),
        "sound.elsewhere": _("Sound on, from another window of this browser"),
        "sound.test_done": _(
            "This is what a critical alarm sounds like. If you heard nothing, look at the volume and the loudspeaker."
        ),
        "sound.test_failed": _("This window cannot sound."),
        "cut": _("Nothing has been heard of the control room for {age}: what you see is as it was then."),
        "sound.off": _("No window of this browser can sound: click anywhere or press a key to allow it"),
        "sound.blocked": _("no sound"),
        "sound.short": pgettext("top bar", "sound"),
        "sound.quiet": pgettext("top bar", "muted {n}"),
        "sound.muted": _("Muted for {n} more"),
        "load.acceptable": pgettext("load", "acceptable"),
        "load.manageable": pgettext("load", "manageable"),
        "load.demanding": pgettext("load", "demanding"),
        "load.excessive": pgettext("load", "excessive"),
        "load.flood": pgettext("load", "flood"),
        "load.told.one": _("{n} annunciation in 10 min, {hour} within the hour. Target: {good} in 10 min, {most} at most."),
        "load.told.other": _("{n} annunciations in 10 min, {hour} within the hour. Target: {good} in 10 min, {most} at most."),
        "fault.title": _("It was not done"),
        "fault.network": _("The server did not answer. Check the link lamp and try again."),
        "fault.away": _("The control room does not answer at the moment: nothing was done. Try again."),
        "wait.title": _("The control room is being started again"),
        "wait.text": _("What you asked is sent again by itself."),
        "fault.rights": _("Your role does not allow it."),
        "fault.session": _("Your session has ended: reload the page and log in."),
        "fault.chart": _("The chart cannot be shown."),
        "figure.none": _("Write a figure, such as 3.4."),
        "figure.least": _("{n} or more."),
        "figure.most": _("{n} or less."),
        "figure.step": _("In steps of {n}."),
    }


def _of_incidents() -> dict[str, str]:
    """Incidents, in the list and opened."""
    return {
        "incident.name": _("Incident {number}"),
        "incident.fold": _("Fold the incident"),
        "incident.unfold": _("Show the alarms of the incident"),
        "incident.open.one": _("{n} open"),
        "incident.open.other": pgettext("several", "{n} open"),
        "incident.still_open.one": _("Not to be closed yet: {n} alarm still stands"),
        "incident.still_open.other": _("Not to be closed yet: {n} alarms still stand"),
        "incident.waiting": _("{n} to acknowledge"),
        "incident.waiting_short": _("{n} unacked"),
        "incident.suppressed.one": _("{n} suppressed"),
        "incident.suppressed.other": pgettext("several", "{n} suppressed"),
        "incident.set_aside": _("{n} shelved"),
        "incident.show_set_aside.one": _("Show the {n} shelved alarm"),
        "incident.show_set_aside.other": _("Show the {n} shelved alarms"),
        "incident.show_suppressed.one": _("Show the {n} suppressed alarm"),
        "incident.show_suppressed.other": _("Show the {n} suppressed alarms"),
        "incident.alarms.one": _("{n} alarm"),
        "incident.alarms.other": _("{n} alarms"),
        "incident.to_close": _("to close"),
        "incident.opened": _("opened at {when}"),
        "incident.closed": _("closed at {when}"),
        "incident.cause_closed": _("alarm {n}, closed"),
        "incident.state.open": pgettext("incident", "open"),
        "incident.state.in_hand": _("in hand"),
        "incident.state.closed": pgettext("incident", "closed"),
    }


def _of_the_detail() -> dict[str, str]:
    """One alarm and its cameras."""
    return {
        "chattering.told": _("It comes and goes: {n} times within ten minutes."),
        "chattering.reason": _("Chattering alarm: came {n} times"),
        "detail.show_cause": _("Show its cause"),
        "detail.explains.one": _("Explains {n} suppressed alarm"),
        "detail.explains.other": _("Explains {n} suppressed alarms"),
        "detail.since": _("since {when}"),
        "detail.learned": _("known at {when}, {n} after it began"),
        "detail.raised": _("raised at {when}"),
        "detail.occurrences": _("raised {n} times"),
        "detail.first": _("first raised at {when}"),
        "detail.eased": _("now {severity}"),
        "detail.acknowledged": _("acknowledged by {who} at {when}"),
        "detail.taken": _("taken in charge by {who} at {when}"),
        "detail.returned": _("back to normal at {when}"),
        "detail.hours": _("the rule’s hours ended at {when}"),
        "detail.shelved": _("shelved until {when} by {who}: {reason}"),
        "detail.out_of_service": _("this alarm is out of service until {when}, by {who}: {reason}"),
        "detail.asset_out_of_service": _("the whole asset is out of service until {when}, by {who}: {reason}"),
        "detail.maintenance": _("under maintenance until {when}, by {who}: {reason}"),
        "detail.end": _("End it"),
        "detail.suppressed": _("suppressed: its cause is alarm {n}"),
        "detail.sector": _("sector {name}"),
        "detail.system": _("system"),
        "camera.live": _("live"),
        "camera.none": _("No camera near this asset"),
        "camera.lost": _("no picture"),
    }


def _of_the_present() -> dict[str, str]:
    """What a point reads now, beside the sentence of its alarm's worst moment."""
    return {
        "present.now": _("Now {value}, {age} ago"),
        "present.moving": _("Now {value} {trend}, {age} ago"),
        "present.hourly": _("{value} per hour"),
        "present.rising": _("rising"),
        "present.falling": _("falling"),
        "present.steady": _("steady"),
        "present.last": _("Last read {value}, {age} ago"),
        "present.bad": _("Unknown now: the last reading, {age} ago, is of poor quality"),
        "present.silent": _("Unknown now: its feed has been silent for {age}. Last read {value} at {when}"),
        "present.unknown": _("unknown"),
        "present.quiet": _("Nothing has come for {age}"),
        "present.quiet_briefly": _("nothing for {age}"),
        "present.unusable_briefly": _("unusable for {age}"),
        "present.quiet_from": _("Nothing has come since {when}"),
        "present.unusable": _("Nothing of use has come for {age}"),
    }
