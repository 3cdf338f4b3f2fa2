"""Entries of the log that a defect of ours kept from being applied: kept with their bytes, told as an alarm, taken up again.

The only writer of SetAside. The correlator sets an entry aside in the transaction that moves the offset past it, and marks it
replayed in the transaction that stores what it brought, so that it is applied exactly once. Its alarm comes from these rows
and not from the engine, whose defect it may tell: one for each feed, of a rule that the house brings along.
"""

import datetime as dt
import traceback

import msgspec
from django.db import transaction
from django.db.models import Count, Q

from alarms.correlation import built_in
from alarms.engine.evidence import SetAsideEvidence
from alarms.engine.transitions import SubjectKind, Transition
from alarms.models import SetAside
from alarms.site.running import ENTRIES_ASIDE
from alarms.site.survey import Survey
from assets.instants import microseconds
from assets.log import Packed
from assets.refusal import Refused
from journal import live
from journal.page import Line, open_page

LEFT = Q(replayed_at=None, discarded_at=None)
MOST_TRACE = 20_000
"""Characters of a trace, its end: where it failed."""

_SPEC = {
    # As near as the language of rules comes: it says what the alarm is about, and is never run.
    "kind": "missing",
    "scope": {},
    "first": {"event": "set_aside", "label": {"fr": "envoi mis à part", "en": "entry set aside"}},
    "then": {"event": "replayed", "label": {"fr": "reprise", "en": "replay"}},
    "by": {"attribute": "feed"},
    "within": 1.0,
    "severity": "critical",
    "message": {
        "fr": "Envoi que Vigie n’a pas su traiter, mis à part sans être perdu — {feed}",
        "en": "Entry that Vigie could not apply, set aside and not lost — {feed}",
    },
    "suggested_action": {
        "fr": "Prévenir l’exploitant de Vigie : « manage.py set_aside list » dit ce qui manque et pourquoi.",
        "en": "Tell whoever runs Vigie: `manage.py set_aside list` says what is missing and why.",
    },
}


# -- by the correlator, in its transactions -----------------------------------------------------------------------------


def keep(site: int, packed: Packed, defect: Exception, now: dt.datetime) -> None:
    """Set an entry aside; the caller moves the offset past it."""
    SetAside.objects.create(
        site_id=site, feed=int(packed.feed) if packed.feed.isdigit() else None, offset=packed.offset, kind=packed.kind,
        data=packed.data, set_aside_at=now, **_failure(defect, now),
    )  # fmt: skip


def keep_again(number: int, defect: Exception, now: dt.datetime) -> None:
    """Its replay failed: it waits as before."""
    row = SetAside.objects.get(pk=number)
    SetAside.objects.filter(pk=number).update(replay_asked_at=None, failures=row.failures + 1, **_failure(defect, now))


def _failure(defect: Exception, now: dt.datetime) -> dict[str, object]:
    error, trace = account(defect)
    return {"error": error, "trace": trace, "failed_at": now}


def account(defect: Exception) -> tuple[str, str]:
    """(error, trace) as they are kept of whatever is set aside."""
    error = f"{type(defect).__name__}: {str(defect).strip()}".replace("\0", "")
    trace = "".join(traceback.format_exception(defect)).replace("\0", "")
    return error[:300], trace[-MOST_TRACE:]


def replayed(number: int, now: dt.datetime) -> None:
    """It is applied: its bytes are in history."""
    SetAside.objects.filter(pk=number).update(replayed_at=now, data=b"", trace="")


def asked(site: int) -> tuple[int, Packed] | None:
    """Number and bytes of the first entry that is to be replayed."""
    row = SetAside.objects.filter(LEFT, site_id=site, replay_asked_at__isnull=False).first()
    if row is None:
        return None
    feed = b"" if row.feed is None else b"%d" % row.feed
    return row.pk, Packed(row.offset, feed, bytes(row.kind), bytes(row.data))


def line(packed: Packed, defect: Exception, now: dt.datetime) -> Line:
    """What the journal says of it: the kind of the defect alone, as its text may quote a plate, and the journal has no end."""
    name = type(defect).__name__
    return Line(
        "entry.set_aside", now, f"Envoi {packed.offset} mis à part, non traité ({name})",
        f"Entry {packed.offset} set aside, not applied ({name})", details={"offset": packed.offset, "bytes": len(packed.data)},
    )  # fmt: skip


def line_replayed(packed: Packed, now: dt.datetime) -> Line:
    return Line(
        "entry.replayed", now, f"Envoi {packed.offset}, mis à part, traité", f"Entry {packed.offset}, set aside, applied",
        details={"offset": packed.offset},
    )  # fmt: skip


# -- its alarms -----------------------------------------------------------------------------------------------------------


def with_rule(survey: Survey, now: dt.datetime) -> Survey:
    """The same, with the built-in rule."""
    return built_in.with_rule(survey, ENTRIES_ASIDE, ("Envois mis à part", "Entries set aside"), _SPEC, now)


def moves(survey: Survey, now: dt.datetime) -> list[Transition]:
    """What brings the alarms in line with what is set aside: a feed that is in the inventory has one of its own, all others
    share that of the site."""
    return built_in.moves(survey, ENTRIES_ASIDE, _wanted(survey), now) if ENTRIES_ASIDE in survey.built_in else []


def standing(survey: Survey) -> set[tuple[int, str]]:
    """(rule, subject) of the alarms that what is set aside holds up."""
    rule = survey.built_in.get(ENTRIES_ASIDE)
    return set() if rule is None else {(rule.rule, f"{kind}:{ident}") for kind, ident in _wanted(survey)}


def _wanted(survey: Survey) -> dict[tuple[SubjectKind, int], SetAsideEvidence]:
    feeds = set(survey.register.feed_id.tolist())
    wanted: dict[tuple[SubjectKind, int], SetAsideEvidence] = {}
    for row in SetAside.objects.filter(LEFT, site=survey.site).defer("data", "trace"):
        subject: tuple[SubjectKind, int] = ("feed", row.feed) if row.feed in feeds else ("site", 0)
        if subject in wanted:
            wanted[subject] = msgspec.structs.replace(wanted[subject], count=wanted[subject].count + 1)
        else:
            fault = row.error.partition(":")[0]
            wanted[subject] = SetAsideEvidence(1, row.pk, row.offset, fault, microseconds(row.set_aside_at))
    return wanted


# -- by whoever looks after the house -------------------------------------------------------------------------------------


def left() -> dict[int, int]:
    """How many entries are set aside, by site; sites that have none are not in it."""
    return dict(SetAside.objects.filter(LEFT).order_by().values_list("site").annotate(Count("pk")))


def ask_replay(number: int, now: dt.datetime) -> None:
    """Have the correlator take an entry up with its next batch. Raises Refused."""
    _change(number, replay_asked_at=now)


def discard(number: int, now: dt.datetime) -> None:
    """Give an entry up: it is never applied, and its bytes stay for a while; journaled. Raises Refused."""
    with transaction.atomic():
        _change(number, discarded_at=now)
        row = SetAside.objects.defer("data", "trace").get(pk=number)
        page = open_page(row.site_id)
        page.write(
            Line("entry.discarded", now, f"Envoi {row.offset}, mis à part, abandonné", f"Entry {row.offset}, set aside, given up",
                 details={"offset": row.offset})
        )  # fmt: skip
        live.publish(page)


def drop_old(before: dt.datetime) -> int:
    """Forget what was replayed or given up before then, when readings of that time are no longer kept; returns how many."""
    return SetAside.objects.exclude(LEFT).filter(failed_at__lt=before).delete()[0]


def _change(number: int, **to: dt.datetime) -> None:
    if not SetAside.objects.filter(LEFT, pk=number, replay_asked_at=None).update(**to):
        raise Refused(
            "not_set_aside", f"L’envoi {number} n’est plus mis à part, ou son traitement est déjà demandé.",
            f"Entry {number} is not set aside any more, or its replay is asked for already.",
        )  # fmt: skip
