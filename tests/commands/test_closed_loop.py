"""A command from the desk to the field and back: what is sent, what is answered, and what the field says."""

import datetime as dt

import pytest
from django.utils import timezone

from assets.refusal import Meaning, Refused
from commands import answers, connectors, deadlines, moves
from commands.delivery import worker
from commands.mapping import Said
from commands.models import Command
from journal.models import JournalEntry
from journal.reading import verify
from tests.commands.field import CHIEF, MAPPING, OPERATOR, RULE, SECOND, again


def ask(field, slug="open", by=OPERATOR, role="operator", **told) -> Command:
    return moves.request(field.gate, slug, by=by, role=role, now=timezone.now(), **told)


def sent(field, slug="open", **told) -> Command:
    command = ask(field, slug, **told)
    worker.deliver(command.pk)
    return again(command)


def story(command: Command) -> list[str]:
    lines = JournalEntry.objects.filter(site=command.site_id).order_by("seq")
    return [line.kind for line in lines if command.pk in line.ids("command")]


def test_the_field_confirms_what_was_asked_for(field, supervisor):
    command = sent(field)
    assert (command.state, command.supervisor_ref, command.attempt) == ("accepted", "S-1", 1)
    field.read(1, timezone.now())
    command = again(command)
    assert (command.state, command.reason, command.proof_value) == ("confirmed", "", 1.0)
    assert story(command) == ["command.authorised", "command.sent", "command.accepted", "command.confirmed"]
    assert list(verify(field.site.pk)) == []
    asked = supervisor.asked[0]
    assert asked["path"] == "/gates/B-1/orders"
    assert asked["body"] == {"order": "open", "by": command.key, "with": command.pk}
    assert asked["headers"]["idempotency-key"] == command.key


def test_accepted_is_never_success(field):
    command = sent(field)
    deadlines.sweep(field.site.pk, timezone.now() + 60 * SECOND)
    command = again(command)
    assert (command.state, command.reason) == ("timed_out", "not_confirmed")


def test_a_late_proof_says_so(field):
    command = sent(field)
    deadlines.sweep(field.site.pk, timezone.now() + 60 * SECOND)
    field.read(1, timezone.now() + 70 * SECOND)
    assert again(command).state == "confirmed_late"


def test_what_opens_when_nobody_expects_it_any_more_is_no_late_proof(field):
    """It may have been forced: whoever believed a command had opened it would not look. Told by reception, swept or not."""
    command = sent(field)
    deadlines.sweep(field.site.pk, timezone.now() + 60 * SECOND)
    field.read(1, timezone.now() + 80 * SECOND)
    assert again(command).state == "timed_out"
    deadlines.sweep(field.site.pk, timezone.now() + 80 * SECOND)
    field.read(1, timezone.now() + 90 * SECOND)
    assert again(command).state == "timed_out"
    assert "command.confirmed_late" not in story(command)


def test_what_the_field_does_after_a_newer_command_is_no_answer_to_an_older_one(field, supervisor):
    first = sent(field)
    deadlines.sweep(field.site.pk, timezone.now() + 60 * SECOND)
    second = sent(field)
    field.read(1, timezone.now())
    assert (again(first).state, again(second).state) == ("timed_out", "confirmed")


def test_a_buffered_reading_confirms_nothing(field):
    command = sent(field)
    now = timezone.now()
    field.read(1, now, at=now - 300 * SECOND)
    assert again(command).state == "accepted"
    field.read(1, now)
    assert again(command).state == "confirmed"


def test_answers_come_in_any_order_and_twice_and_the_field_has_the_last_word(field, supervisor):
    supervisor.answer = lambda *_: (0, b"")
    command = sent(field)
    field.read(1, timezone.now())
    for said in ("accepted", "refused", "accepted", "failed"):
        answers.hear(command.pk, Said(said, "S-2"), timezone.now())
        assert again(command).state == "confirmed"
    assert again(command).supervisor_ref == "S-2"


def test_two_answers_that_disagree_are_a_failure_until_the_field_speaks(field):
    command = sent(field)
    answers.hear(command.pk, Said("refused"), timezone.now())
    assert (again(command).state, again(command).reason) == ("failed", "answers_disagree")
    field.read(1, timezone.now())
    assert again(command).state == "confirmed_late"


def test_a_supervisor_that_refuses_is_believed(field, supervisor):
    supervisor.answer = lambda *_: (200, '{"state": "no", "why": "véhicule sous la lisse"}'.encode())
    command = sent(field)
    assert (command.state, command.reason, command.said_fr) == ("refused", "supervisor_refused", "véhicule sous la lisse")


@pytest.mark.parametrize("status", [400, 403, 404, 409])
def test_a_refusal_by_status_is_a_refusal(field, supervisor, status):
    supervisor.answer = lambda *_: (status, b"")
    assert sent(field).reason == "supervisor_refused"


@pytest.mark.parametrize(
    "answered", [(500, b""), (200, b"<html>"), (200, b"[" * 50_000), (200, b'{"state": "peut-etre"}'), (302, b"")]
)
def test_nonsense_is_a_failure_and_is_not_sent_again(field, supervisor, answered):
    supervisor.answer = lambda *_: answered
    command = sent(field, "close")
    assert (command.state, command.reason) == ("confirmed", "position_already_reached")
    field.read(1, timezone.now())
    command = sent(field, "close")
    assert (command.state, command.reason) == ("failed", "supervisor_failed")
    deadlines.sweep(field.site.pk, timezone.now() + 10 * SECOND)
    worker.deliver(command.pk)
    assert len(supervisor.asked) == 1


def test_a_cut_line_repeats_nothing_of_what_may_not_be_repeated(field, supervisor):
    supervisor.answer = lambda *_: (0, b"")
    command = sent(field)
    assert (command.state, command.trouble, command.retry_at) == ("sent", "supervisor_silent", None)
    for _ in range(3):
        deadlines.sweep(field.site.pk, timezone.now())
        worker.deliver(command.pk)
    assert len(supervisor.asked) == 1
    deadlines.sweep(field.site.pk, timezone.now() + 60 * SECOND)
    assert again(command).reason == "supervisor_silent"


def test_what_is_idempotent_is_sent_again_under_the_same_key_while_nothing_answers(field, supervisor):
    field.read(1, timezone.now())
    supervisor.answer = lambda *_: (0, b"")
    command = sent(field, "close")
    assert command.state == "sent"
    supervisor.answer = lambda *_: (200, b'{"state": "ok"}')
    Command.objects.filter(pk=command.pk).update(retry_at=timezone.now())
    worker.deliver(command.pk)
    command = again(command)
    assert (command.state, command.attempt) == ("accepted", 2)
    assert supervisor.keys == [command.key] * 2
    worker.deliver(command.pk)
    assert len(supervisor.asked) == 2
    assert story(command) == ["command.authorised", "command.sent", "command.sent_again", "command.accepted"]


def test_a_supervisor_that_is_not_there_is_said_to_be_unreachable(field, free_port):
    connectors.set_up(
        field.gate.supervisor,
        f"http://127.0.0.1:{free_port()}",
        MAPPING,
        by=CHIEF,
        now=timezone.now(),
        allow_private_address=True,
    )
    command = sent(field)
    assert (command.state, command.reason) == ("failed", "device_unreachable")


def test_a_private_address_that_was_not_allowed_is_not_reached(field, supervisor, settings):
    settings.ALLOW_PRIVATE_PULL = False
    command = sent(field)
    assert (command.state, command.reason) == ("failed", "no_connector")
    assert supervisor.asked == []


def test_an_order_that_waited_too_long_does_not_leave(field, supervisor):
    command = ask(field)
    Command.objects.filter(pk=command.pk).update(deadline=timezone.now() - SECOND)
    worker.deliver(command.pk)
    assert supervisor.asked == []
    deadlines.sweep(field.site.pk, timezone.now())
    assert (again(command).state, again(command).reason) == ("cancelled", "time_limit_over")


def test_the_database_lets_one_command_of_an_asset_and_type_be_under_way(field):
    first = ask(field)
    with pytest.raises(Refused, match="under way") as refusal:
        ask(field, by=CHIEF, role="shift_supervisor")
    assert refusal.value.code == "one_of_n_control"
    assert again(first).state == "authorised"


def test_a_person_comes_before_what_goes_by_itself(field):
    from commands import catalogue
    from tests.commands.field import type_of

    catalogue.choose(field.site.pk, type_of("open"), enabled=True, automatic=True, by=CHIEF, now=timezone.now())
    automatic = ask(field, by=RULE, role=None, cause="alarm:7")
    mine = ask(field)
    assert (again(automatic).state, again(automatic).reason) == ("cancelled", "blocked_by_hierarchy")
    assert mine.state == "authorised"


def test_a_rule_commands_only_where_the_site_allows_it_and_once_per_cause(field):
    from commands import catalogue
    from tests.commands.field import type_of

    with pytest.raises(Refused) as refusal:
        ask(field, by=RULE, role=None, cause="alarm:7")
    assert (refusal.value.code, refusal.value.meaning) == ("not_automatic", Meaning.NOT_ALLOWED)
    catalogue.choose(field.site.pk, type_of("open"), enabled=True, automatic=True, by=CHIEF, now=timezone.now())
    sent(field, by=RULE, role=None, cause="alarm:7")
    field.read(1, timezone.now())
    with pytest.raises(Refused) as refusal:
        ask(field, by=RULE, role=None, cause="alarm:7")
    assert refusal.value.code == "once_per_cause"


def test_an_interlock_refuses_and_says_why(field, supervisor):
    field.read(1, timezone.now(), asset=field.opposing)
    command = ask(field)
    assert (command.state, command.reason) == ("refused", "blocked_by_interlock")
    assert command.said_fr == "La barrière d’en face est ouverte (B-2)."
    worker.deliver(command.pk)
    assert supervisor.asked == []


def test_an_asset_that_says_nothing_is_not_commanded(field):
    from assets.models import Latest

    long_ago = timezone.now() - dt.timedelta(hours=1)
    Latest.objects.filter(point=field.point).update(at=long_ago, received_at=long_ago)
    assert ask(field).reason == "stale_state"


def test_whoever_has_not_the_role_is_refused_and_nothing_is_written(field):
    with pytest.raises(Refused) as refusal:
        ask(field, role="auditor")
    assert refusal.value.meaning == Meaning.NOT_ALLOWED
    assert not Command.objects.exists()


def test_cancelling_is_for_what_has_not_left(field):
    command = ask(field)
    moves.cancel(command.pk, by=OPERATOR, role="operator", now=timezone.now())
    assert moves.cancel(command.pk, by=OPERATOR, role="operator", now=timezone.now()).state == "cancelled"
    worker.deliver(command.pk)
    assert again(command).state == "cancelled"
    command = sent(field)
    with pytest.raises(Refused, match="accepted"):
        moves.cancel(command.pk, by=OPERATOR, role="operator", now=timezone.now())
