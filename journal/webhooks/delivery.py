"""A webhook as a follower: takes the lines it wants into a message, and sends that until it arrives, or for a day."""

import datetime as dt
from collections.abc import Sequence

import msgspec
from django.conf import settings
from django.db import transaction

from journal import followers, nouns
from journal.followers import Follower
from journal.models import JournalEntry, Webhook
from journal.rows import EntryRow, entry_rows
from journal.webhooks import moves
from journal.webhooks.sending import NotDelivered, send

MOST_LINES = 100
"""Of one message."""
MOST_PASSED = 5_000
"""Lines that are looked at for those that are wanted, at a time."""
LONGEST_PAUSE = 300
"""Seconds between two tries; the first pauses are 1, 2, 4 … seconds."""
GIVEN_UP_AFTER = dt.timedelta(days=1)


def of_site(site: int) -> list[Follower]:
    """The webhooks of a site that are switched on."""
    return [WebhookFollower(site, pk) for pk in Webhook.objects.filter(site_id=site, enabled=True).values_list("pk", flat=True)]


class WebhookFollower(Follower):
    def __init__(self, site: int, webhook: int) -> None:
        super().__init__(site, moves.name_of(webhook))
        self._webhook = webhook

    def deal(self, after: int, last: int, now: dt.datetime) -> int:
        """Send what is under way, or make a message of the next lines and send that."""
        hook = Webhook.objects.select_related("site").filter(pk=self._webhook, enabled=True).first()
        if hook is None or (hook.next_try_at is not None and now < hook.next_try_at):
            return after
        if hook.message_to is None:
            reached, wanted = _next(hook, after, last)
            if not wanted:
                followers.move(self.site, self.name, reached, now)
                return reached
            hook.message, hook.message_to = _message(hook, after + 1, reached, wanted), reached
            hook.save(update_fields=["message", "message_to"])  # before it is sent: each try sends the same
        return self._send(hook, after, now)

    def _send(self, hook: Webhook, after: int, now: dt.datetime) -> int:
        assert hook.message_to is not None
        id_ = f"{hook.site.slug}-{hook.pk}-{after + 1}-{hook.message_to}"
        try:
            send(hook.url, hook.secret, id_, hook.message.encode(), allow_private=settings.ALLOW_PRIVATE_PULL)
        except NotDelivered as failure:
            self._failed(hook, failure, now)
            return after
        reached = hook.message_to
        with transaction.atomic():
            followers.move(self.site, self.name, reached, now)
            Webhook.objects.filter(pk=hook.pk).update(
                message="", message_to=None, failures=0, failing_since=None, next_try_at=None, last_error="", delivered_at=now
            )
        return reached

    def _failed(self, hook: Webhook, failure: NotDelivered, now: dt.datetime) -> None:
        since = hook.failing_since or now
        if failure.gone or now - since >= GIVEN_UP_AFTER:
            moves.give_up(hook.pk, failure.fr, failure.en, now)
            return
        pause = min(2 ** min(hook.failures, 16), LONGEST_PAUSE)
        Webhook.objects.filter(pk=hook.pk).update(
            failures=hook.failures + 1, failing_since=since, last_error=failure.en[:200],
            next_try_at=now + dt.timedelta(seconds=pause),
        )  # fmt: skip


def _next(hook: Webhook, after: int, last: int) -> tuple[int, list[EntryRow]]:
    """(number of the last line that was looked at, those of them that are wanted)."""
    upto = min(last, after + MOST_PASSED)
    entries = JournalEntry.objects.filter(site_id=hook.site_id, seq__gt=after, seq__lte=upto).order_by("seq")
    wanted: list[EntryRow] = []
    rows = entry_rows(entries)
    for start in range(0, len(rows), MOST_LINES):
        chunk = rows[start : start + MOST_LINES]
        severities = _severities(chunk) if hook.severities else {}
        for row in chunk:
            if _is_wanted(hook, row, severities):
                wanted.append(row)
                if len(wanted) == MOST_LINES:
                    return row["seq"], wanted
        if wanted:
            return chunk[-1]["seq"], wanted
    return upto, wanted


def _severities(rows: Sequence[EntryRow]) -> dict[int, str]:
    """Severity of the alarms these lines are about, as it is now."""
    ids = {id_ for row in rows for id_ in row["about"].get("alarm", ())}
    return {row["id"]: row["severity"] for row in nouns.rows("alarm", ids)}


def _is_wanted(hook: Webhook, row: EntryRow, severities: dict[int, str]) -> bool:
    if hook.nouns and not any(noun in row["about"] for noun in hook.nouns):
        return False
    alarms = row["about"].get("alarm", ())
    return not hook.severities or not alarms or any(severities.get(id_) in hook.severities for id_ in alarms)


def _message(hook: Webhook, first: int, last: int, lines: Sequence[EntryRow]) -> str:
    """The body: the lines, and the rows of what they are about as these stand now."""
    site = hook.site.slug
    ids: dict[str, set[int]] = {}
    for line in lines:
        for noun, its in line["about"].items():
            ids.setdefault(noun, set()).update(its)
    rows = {noun: found for noun, its in sorted(ids.items()) if (found := nouns.rows(noun, sorted(its)))}
    told = {
        "type": "journal.lines", "site": site, "from": first, "to": last,
        "lines": [{"id": f"{site}-{line['seq']}", **line} for line in lines], "rows": rows,
    }  # fmt: skip
    return msgspec.json.encode(told).decode()
