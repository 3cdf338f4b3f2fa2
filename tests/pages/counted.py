"""How many queries a page makes, once what a process asks once was asked."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def queries_of(client: Client, path: str) -> int:
    assert client.get(path).status_code == 200
    with CaptureQueriesContext(connection) as told:
        client.get(path)
    return len(told)
