"""What a page asks of PostgreSQL is given up in time; what a worker asks is not."""

import os
import subprocess
import sys

import psycopg
from django.db import OperationalError

from hypervisor.unavailable import UnavailableMiddleware, answer

ASK = "from django.db import connection; c = connection.cursor(); c.execute('SHOW statement_timeout'); print(c.fetchone()[0])"


def timeout_of(before: str) -> str:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "hypervisor.settings"}
    told = subprocess.run([sys.executable, "-c", f"{before}; {ASK}"], env=environment, capture_output=True, text=True, check=True)
    return told.stdout.strip()


def test_a_web_process_gives_up_after_half_a_minute_and_a_worker_does_not():
    assert timeout_of("import hypervisor.asgi") == "30s"
    assert timeout_of("import django; django.setup()") == "0"


def test_who_asked_for_what_took_too_long_is_told_so_and_not_made_to_ask_again_at_once(rf):
    error = OperationalError()
    error.__cause__ = psycopg.errors.QueryCanceled()
    request = rf.get("/sites/quai/")
    told = answer(request, error)
    assert (told.status_code, told["Retry-After"], b"http-equiv" in told.content) == (503, "5", False)
    assert UnavailableMiddleware(lambda _: None).process_exception(request, ValueError()) is None
