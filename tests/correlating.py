"""A correlator at work inside a test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from alarms.correlation.correlator import Correlator
from assets.models import Site


@contextmanager
def correlating(site: Site, *, with_defects: bool = False) -> Iterator[None]:
    """A correlator at work in a thread of its own; a defect of it fails the test, unless the test is about one."""
    stop = threading.Event()
    correlator = Correlator(site.id, stop)

    def work():
        try:
            correlator.run()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    assert with_defects or correlator.defects == 0
