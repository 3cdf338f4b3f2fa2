"""Queries of the hot path are planned once, and nothing else is prepared with them."""

import psycopg
import pytest
from django.db import connection

from assets.models import Sector
from journal.compiled import Compiled
from tests.factories import make_sector, make_site

pytestmark = pytest.mark.django_db


def prepared() -> dict[str, tuple[str, int, int]]:
    """By name: the statement, how often its one plan served, and how often one was made for the values."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, statement, generic_plans, custom_plans FROM pg_prepared_statements")
        return {name: (statement, generic, custom) for name, statement, generic, custom in cursor}


def test_one_plan_serves_lists_of_every_length_and_other_queries_stay_unprepared():
    site = make_site()
    ids = [make_sector(site, f"s{number}").pk for number in range(5)]
    before = prepared()
    named = Compiled(
        lambda site, ids: Sector.objects.filter(site_id=site, id__any_of=ids).order_by("id").values_list("id", "slug"), values=2
    )
    for count in (1, 3, 5, 2):
        found = Sector.objects.filter(site=site, id__in=ids[:count]).order_by("id").values_list("id", "slug")
        assert named(site.pk, ids[:count]) == list(found)
    for _ in range(10):
        with psycopg.Cursor(connection.connection) as cursor:
            cursor.execute("SELECT 1")
    ours = [plan for name, plan in prepared().items() if name not in before]
    assert [(generic, custom) for _, generic, custom in ours] == [(4, 0)]
    assert "ANY" in ours[0][0]
