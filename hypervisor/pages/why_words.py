"""The words of Pourquoi ?: one sentence or two per kind of evidence, as `static/js/why.js` fills them."""

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def why_words() -> dict[str, str]:
    """Key → text, as in `words`."""
    return _of_values() | _of_facts()


def _of_values() -> dict[str, str]:
    return {
        "why.above": _("{value} at {when} is above the {severity} limit {limit}"),
        "why.below": _("{value} at {when} is below the {severity} limit {limit}"),
        "why.worst.one": _("The only point of the sector beyond it"),
        "why.worst.other": _("The worst of the {n} points of the sector beyond it"),
        "why.first": _("Beyond it since {when} ({value}), confirmed for {delay}"),
        "why.at_once": _("Beyond it since {when} ({value})"),
        "why.deadband.above": _("Ends once it is back under the limit by {deadband}: below {level}"),
        "why.deadband.below": _("Ends once it is back over the limit by {deadband}: above {level}"),
        "why.deadband.both": _("Ends once it is back within the limit by {deadband}"),
        "why.state": _("State {value} at {when}, which is {severity}"),
        "why.state_first": _("In this state since {when}, confirmed for {delay}"),
        "why.state_at_once": _("In this state since {when}"),
        "why.silence.feed": _("Nothing received from this feed since {when}"),
        "why.silence.asset": _("Nothing received from this asset since {when}"),
        "why.silence.ahead": _("Its clock is {time} ahead of ours: since {when} it has spoken and nothing of it could be used"),
        "why.silence.behind": _("Its clock is {time} behind ours: since {when} it has spoken and nothing of it could be used"),
        "why.silence.unusable": _("Since {when} it has spoken and nothing of it could be used"),
        "why.silence.limit": _("Expected interval: {interval}; silence is told after {period}"),
        "why.silence.points": _("{n} points are now unknown"),
        "why.per_hour": _("{value} per hour"),
        "why.rate.above": _("Slope of {value} over {window}, above the {severity} limit {limit}"),
        "why.rate.below": _("Slope of {value} over {window}, below the {severity} limit {limit}"),
        "why.rate.reading.one": _("{value} read at {when}; the slope is that of {n} reading"),
        "why.rate.reading.other": _("{value} read at {when}; the slope is that of {n} readings"),
        "why.forecast.above": _("{value} expected within {within}, above the {severity} limit {limit}"),
        "why.forecast.below": _("{value} expected within {within}, below the {severity} limit {limit}"),
        "why.forecast.trend": _("Trend of {window}: {level} at {when}, {slope}"),
        "why.forecast.reached": _("The limit is reached towards {when}"),
        "why.forecast.beyond": _("The trend is beyond the limit already"),
        "why.anomaly": _("{reading} at {when}, where {median} is usual at this hour of the week"),
        "why.anomaly.hour": _("{reading} consumed in the hour before {when}, where {median} is usual at that hour of the week"),
        "why.anomaly.range": _("Usual then: {low} to {high}, by {weeks} weeks and {samples} past hours about this time of day"),
        "why.anomaly.score": _("{score} deviations away, the {severity} limit is {limit} (one deviation: {deviation})"),
        "why.rule": _("Rule {name}, version {n}"),
        "why.end.confirmed": _("Ended since {when}, confirmed for {delay}"),
        "why.end.at_once": _("Ended at {when}"),
        "why.calendar.closed": _("The rule’s hours ended at {when}: it no longer judges, and says nothing about the field"),
        "why.calendar.opens": _("In force again from {when}"),
        "why.calendar.never": _("It has no later hours"),
        "why.set_aside.one": _("{n} entry of the log could not be applied since {when} and was set aside, not lost"),
        "why.set_aside.other": _("{n} entries of the log could not be applied since {when} and were set aside, not lost"),
        "why.set_aside.first": _("The first is number {number}, {offset} in the log: {fault}"),
        "why.rule_set_aside": _("Version {version} does not run since {when}, for a defect of Vigie: {fault}"),
    }


def _of_facts() -> dict[str, str]:
    return {
        "why.term.holds": _("True: {what}, since {when} ({value})"),
        "why.term.fails": _("False: {what}, since {when} ({value})"),
        "why.term.unknown": _("Unknown, never read: {what}"),
        "why.condition.first": _("Together since {when}, confirmed for {delay}"),
        "why.condition.at_once": _("Together since {when}"),
        "why.count": _("{count} × {what} within {within}, {by}"),
        "why.count.limit": _("The {severity} limit is {limit}"),
        "why.count.left": _("{count} × {what} left, below {limit}"),
        "why.members": _("Who counts: {members}"),
        "why.members.more.one": _("Who counts: {members} and {n} other"),
        "why.members.more.other": _("Who counts: {members} and {n} others"),
        "why.sequence.first": _("First: {what} at {when}"),
        "why.sequence.then": _("Then: {what} at {when}"),
        "why.sequence.gap": _("{gap} apart, at most {within}, {by}"),
        "why.until": _("Ends at {when} unless it happens again"),
        "why.missing.first": _("{what} at {when}"),
        "why.missing.expected": _("{what} was to follow within {within}, by {when}, {by}: nothing came"),
        "why.missing.came": _("Came at last: {what} at {when}, {gap} after"),
        "why.missing.never": _("No longer waiting for it"),
        "why.by.site": _("on the whole site"),
        "why.by.sector": _("in one sector"),
        "why.by.parent": _("under one asset"),
        "why.by.asset": pgettext("counted", "on one asset"),
        "why.by.metres": _("less than {name} apart"),
        "why.by.attribute": _("with the same {name}"),
    }
