"""Messages of a feed that are kept with what its mapping makes of them, and held against what another mapping would make."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from assets.feeds import trial
from assets.feeds.trial import Trial
from assets.models import Feed, RecordedMessage
from assets.refusal import Meaning, Refused

MOST = 50
"""Messages a feed may have: all are read at each trial."""
LARGEST = 64 * 1024
"""Characters of one."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A kept message, what the mapping makes of it now, and whether that is what it made when it was kept."""

    message: RecordedMessage
    now: Trial
    same: bool


def keep(
    feed: Feed, name: str, message: str, topic: str, mapping: Mapping[str, object], address: str, *, by: str, now: datetime
) -> RecordedMessage:
    """Keep a message with what this mapping makes of it. Raises Refused."""
    if not message.strip():
        raise _refused("no_message", "Il n’y a pas de message à enregistrer.", "There is no message to keep.")
    if len(message) > LARGEST:
        raise _refused(
            "message_too_long", f"Un message enregistré a {LARGEST} caractères au plus.",
            f"A message that is kept has {LARGEST} characters at most.",
        )  # fmt: skip
    if RecordedMessage.objects.filter(feed=feed).count() >= MOST:
        raise _refused(
            "too_many_messages", f"Un flux garde {MOST} messages au plus.", f"A feed keeps {MOST} messages at most."
        )  # fmt: skip
    made = trial.tried(feed, mapping, address, message.encode(), topic, now, points=False)
    if made.failed:
        raise _refused(
            "mapping_unusable", "Un message s’enregistre avec les mesures qu’il donne : cette correspondance ne le lit pas.",
            "A message is kept with the readings it gives: this mapping cannot read it.", "mapping",
        )  # fmt: skip
    return RecordedMessage.objects.create(
        feed=feed, name=name, topic=topic, message=message, received_at=now, made=_plain(made), kept_by=by
    )


def _refused(code: str, fr: str, en: str, field: str = "message") -> Refused:
    return Refused(code, fr, en, meaning=Meaning.INVALID, field=field)


def forget(feed: Feed, pk: int) -> None:
    RecordedMessage.objects.filter(feed=feed, pk=pk).delete()


def check(feed: Feed, mapping: Mapping[str, object], address: str) -> list[Checked]:
    """Each kept message of the feed, read with this mapping."""
    checked = []
    for row in RecordedMessage.objects.filter(feed=feed):
        made = trial.tried(feed, mapping, address, row.message.encode(), row.topic, row.received_at, points=False)
        checked.append(Checked(row, made, _plain(made) == row.made))
    return checked


def accept(checked: list[Checked]) -> None:
    """From now on, what the mapping makes of these is what they are to give."""
    for one in checked:
        one.message.made = _plain(one.now)
    RecordedMessage.objects.bulk_update([one.message for one in checked], ["made"])


def _plain(made: Trial) -> dict[str, object]:
    """As it comes back from the database."""
    told: dict[str, object] = json.loads(json.dumps(made.made).replace("\\u0000", "\\ufffd"))
    return told
