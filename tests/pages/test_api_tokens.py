"""Tokens of programs are made and revoked on a page as through the interface: shown once, with an end."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from hypervisor import tokens
from hypervisor.models import ApiToken
from journal.actors import Actor
from tests.factories import make_command_type
from tests.pages.counted import queries_of

TOKENS = "/sites/quai/settings/api-tokens"


def sent(**other: object) -> dict[str, object]:
    day = timezone.now() + dt.timedelta(days=30)
    return {"name": "planning", "may": ["commands"], "role": "operator", "last_day": f"{day:%Y-%m-%d}"} | other


def make(city, name: str = "robot", site: object = None) -> ApiToken:
    by, now = Actor.of(city.users["administrator"]), timezone.now()
    return tokens.create(site or city.site, name, ["commands"], "operator", now + dt.timedelta(days=9), by=by, now=now)[0]


def test_a_token_is_shown_once_works_says_when_it_was_used_and_is_revoked(city):
    make_command_type()
    admin = city.client("administrator")
    shown = admin.post(TOKENS, sent())
    token = shown.context["token"]
    assert (shown.status_code, token in shown.text, "no-store" in shown.headers["Cache-Control"]) == (200, True, True)
    row = ApiToken.objects.get()
    page = admin.get(TOKENS)
    assert (token in page.text, f"…{token[-4:]}" in page.text, row.used_at) == (False, True, None)
    program = Client(headers={"authorization": f"Token {token}"})
    commands = "/api/v1/sites/quai/commands"
    assert program.get(commands).status_code == 200
    row.refresh_from_db()
    assert f'datetime="{row.used_at:%Y-%m-%dT%H:%M}' in admin.get(TOKENS).text
    assert admin.post(f"{TOKENS}/{row.pk}/revocation").status_code == 302
    assert program.get(commands).status_code == 401
    told = admin.get(TOKENS).context
    assert [[each["row"].pk for each in told[name]] for name in ("in_force", "ended")] == [[], [row.pk]]


def test_the_last_day_is_whole_and_of_the_sites_own_calendar(city):
    city.client("administrator").post(TOKENS, sent(last_day="2027-03-31"))
    ends_at, zone = ApiToken.objects.get().ends_at, ZoneInfo(city.site.timezone)
    assert ends_at.astimezone(zone) == dt.datetime(2027, 4, 1, tzinfo=zone)


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"name": "robot"}, "name"), ({"name": "a\u202eb"}, "name"), ({"may": []}, "may"), ({"may": ["everything"]}, "may"),
        ({"role": "administrator"}, "role"), ({"last_day": "2020-01-01"}, "last_day"), ({"last_day": "9999-12-31"}, "last_day"),
        ({"last_day": "0001-01-01"}, "last_day"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said_at_its_field_and_no_token_is_made(city, wrong, where):
    make(city)
    answer = city.client("administrator").post(TOKENS, sent(**wrong))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [where])
    assert answer.context.get("token") is None
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize("who", ["operator", "shift_supervisor", "auditor", "nord_admin"])
def test_tokens_are_for_administrators_of_the_whole_site(city, who):
    row, client = make(city), city.client(who)
    assert client.get(TOKENS).status_code == 403
    assert [client.post(path, sent()).status_code for path in (TOKENS, f"{TOKENS}/{row.pk}/revocation")] == [403, 403]
    row.refresh_from_db()
    assert row.revoked_at is None


def test_a_token_of_another_site_is_neither_shown_nor_revoked(city):
    row, admin = make(city, site=city.other), city.client("administrator")
    assert admin.get(TOKENS).context["in_force"] == []
    assert admin.post(f"{TOKENS}/{row.pk}/revocation").status_code == 404


def test_the_page_asks_as_much_for_many_as_for_one(city):
    admin = city.client("administrator")
    make(city)
    few = queries_of(admin, TOKENS)
    for number in range(12):
        make(city, f"robot {number}")
    assert queries_of(admin, TOKENS) == few
