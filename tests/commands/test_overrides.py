"""What stands until its end: begun when it leaves, ended by its end or a person, told when the field holds it longer."""

import datetime as dt

import pytest
from django.utils import timezone

from assets.refusal import Refused
from commands import moves, overrides
from commands.delivery import worker
from commands.models import Command, Override
from journal.models import JournalEntry
from tests.commands.field import OPERATOR, RULE, SECOND, again

HOUR = dt.timedelta(hours=1)


def hold(field, **told) -> Override:
    now = timezone.now()
    told = {"until": now + HOUR, "because": "livraison", **told}
    command = moves.request(field.gate, "hold-open", by=OPERATOR, role="operator", now=now, **told)
    worker.deliver(command.pk)
    return Override.objects.get(command=command)


def fresh(standing: Override) -> Override:
    return Override.objects.get(pk=standing.pk)


def told(standing: Override) -> list[str]:
    lines = JournalEntry.objects.filter(site=standing.site_id).order_by("seq")
    return [line.kind for line in lines if standing.pk in line.ids("override")]


@pytest.mark.parametrize(
    ("wrong", "field_named"),
    [({"until": None}, "until"), ({"because": "  "}, "because"), ({"until": dt.datetime(2020, 1, 1, tzinfo=dt.UTC)}, "until"),
     ({"until": dt.datetime(2090, 1, 1, tzinfo=dt.UTC)}, "until")],
)  # fmt: skip
def test_it_needs_an_end_within_reach_and_a_reason(field, wrong, field_named):
    with pytest.raises(Refused) as refusal:
        hold(field, **wrong)
    assert refusal.value.field == field_named
    assert not Command.objects.exists()


def test_at_its_end_the_gate_is_closed_and_it_is_over_when_the_field_says_so(field, supervisor):
    standing = hold(field)
    field.read(1, timezone.now())
    assert (again(standing.command).state, fresh(standing).holding) == ("accepted", "yes")
    end = timezone.now() + HOUR
    field.read(1, end)
    overrides.sweep(field.site.pk, end)
    standing = fresh(standing)
    assert (standing.ended_at is not None, standing.ended_by, standing.release.type.slug) == (True, "", "close")
    field.read(0, end + 5 * SECOND)
    assert fresh(standing).released_at is not None
    assert told(standing) == ["override.begun", "override.ended", "override.released"]


def test_what_the_field_holds_past_its_end_is_told_once_and_again_when_it_is_over(field):
    standing = hold(field)
    end = timezone.now() + HOUR
    field.read(1, end)
    for seconds in (1, 60, 200, 400):
        overrides.sweep(field.site.pk, end + seconds * SECOND)
    assert fresh(standing).overdue_at is not None
    assert told(standing) == ["override.begun", "override.ended", "override.overdue"]
    field.read(0, end + 500 * SECOND)
    assert told(standing)[-1] == "override.released"
    overrides.sweep(field.site.pk, end + 900 * SECOND)
    assert fresh(standing).check_at is None


def test_a_person_ends_it_early_and_again_does_no_harm(field):
    standing = hold(field)
    field.read(1, timezone.now())
    for _ in range(2):
        overrides.end(standing.pk, by=OPERATOR, role="operator", now=timezone.now())
    standing = fresh(standing)
    assert (standing.ended_by, standing.release.actor) == ("operateur", "operateur")
    assert Command.objects.filter(type__slug="close").count() == 1
    with pytest.raises(Refused, match="role"):
        overrides.end(standing.pk, by=OPERATOR, role="auditor", now=timezone.now())


def test_what_the_supervisor_refuses_does_not_stand(field, supervisor):
    supervisor.answer = lambda *_: (409, b"")
    standing = hold(field)
    assert (standing.released_at is not None, told(standing)) == (True, ["override.begun", "override.withdrawn"])


def test_the_same_again_takes_the_place_of_what_stands(field):
    first = hold(field)
    field.read(1, timezone.now())
    field.read(1, timezone.now() + 3 * SECOND)
    Command.objects.filter(pk=first.command_id).update(state="confirmed", ended_at=timezone.now())
    second = hold(field)
    assert (fresh(first).released_at is not None, second.ended_at) == (True, None)


def test_nothing_that_goes_by_itself_undoes_what_a_person_made_stand(field):
    from commands import catalogue
    from tests.commands.field import CHIEF, type_of

    catalogue.choose(field.site.pk, type_of("close"), enabled=True, automatic=True, by=CHIEF, now=timezone.now())
    hold(field)
    field.read(1, timezone.now())
    with pytest.raises(Refused) as refusal:
        moves.request(field.gate, "close", by=RULE, now=timezone.now(), cause="alarm:1")
    assert refusal.value.code == "blocked_by_hierarchy"
