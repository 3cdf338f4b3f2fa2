"""What the modules of every page say of messages between rooms, in the reader's language."""

from django.utils.translation import gettext as _


def message_words() -> dict[str, str]:
    """Key → text, as `hypervisor.pages.words.words` gives them for every page."""
    return {
        "message.left": _("{age} left"),
        "message.over": _("late by {age}"),
        "message.question_to": _("Question No {n} to {to}"),
        "message.message_to": _("Message No {n} to {to}"),
        "message.answers": _("{given} of {all} answered"),
        "message.read": _("read by {given} of {all}"),
        "message.new": _("Message for you"),
        "message.new_question": _("Question for you"),
        "message.look": _("See"),
        "message.answered": _("Answer of {entity}: {answer}"),
        "message.waiting.one": _("1 message waits for you"),
        "message.waiting.other": _("{n} messages wait for you"),
        "message.sent": _("Message No {n} is sent"),
    }
