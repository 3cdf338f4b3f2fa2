"""What the desk's detail says of who was told of an alarm, in the reader's language."""

from django.utils.translation import gettext as _


def notified_words() -> dict[str, str]:
    return {
        "notified.next": _("{name}: step {step} in {wait}"),
        "notified.last": _("{name}: every step was carried out; begins again or ends in {wait}"),
        "notified.held": _("held back by the limit: {n} for this contact, next at {when}"),
        "notified.of_end": _("end of the alarm"),
        "notified.pending": _("waits to leave"),
        "notified.sending": _("is being sent"),
        "notified.sent": _("sent"),
        "notified.delivered": _("delivered"),
        "notified.failed": _("failed"),
        "notified.cancelled": _("withdrawn before it left"),
        "notified.tried": _("withdrawn, a try may have arrived"),
        "notified.by.mail": _("mail"),
        "notified.by.sms": _("SMS"),
        "notified.by.webhook": _("webhook"),
        "notified.by.push": _("this browser"),
        "notified.by.apprise": "Apprise",
        "notified.end.acknowledged": _("ended, the alarm was acknowledged"),
        "notified.end.returned": _("ended, back to normal"),
        "notified.end.closed": _("ended, the alarm was closed"),
        "notified.end.silenced": _("ended, the alarm was silenced"),
        "notified.end.exhausted": _("nobody answered"),
    }
