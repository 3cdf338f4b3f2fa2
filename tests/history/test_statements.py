"""Columns as statements of the hot path take them: PostgreSQL reads back what was written."""

import datetime as dt

import pytest
from django.db import connection
from django.db.utils import DataError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assets import statements

pytestmark = pytest.mark.django_db

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)))
INSTANTS = st.integers(-(10**10), 10**11).map(lambda second: dt.datetime.fromtimestamp(second, dt.UTC))
COLUMNS = {
    "text": TEXTS | st.sampled_from(["NULL", "", "{", '"', "\\", "a,b", "'", "\n", "%s"]),
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "smallint": st.integers(-(2**15), 2**15 - 1),
    "int": st.integers(-(2**31), 2**31 - 1),
    "boolean": st.booleans(),
    "timestamptz": INSTANTS,
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), kind=st.sampled_from(sorted(COLUMNS)))
def test_a_column_comes_back_as_it_went(data, kind):
    column = data.draw(st.lists(st.none() | COLUMNS[kind], max_size=6))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT unnest(%s::{kind}[])", [statements.array(kind, column)])
        assert [value for (value,) in cursor.fetchall()] == column
    assert [value for (value,) in statements.rows(f"SELECT unnest(%b::{kind}[])", [statements.array(kind, column)])] == column


def test_a_statement_that_fails_fails_with_an_error_of_django():
    with pytest.raises(DataError):
        statements.rows("SELECT 1 / %b::int", [0])
