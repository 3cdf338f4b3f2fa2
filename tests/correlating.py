"""A correlator at work inside a test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from alarms.correlator import Correlator
from assets.models import Site


@contextmanager
def correlating(site: Site) -> Iterator[None]:
    """A correlator at work in a thread of its own; a defect of it fails the test."""
    stop, defects = threading.Event(), []

    def work():
        try:
            Correlator(site.id, stop).run()
        except BaseException as defect:
            defects.append(defect)
            raise
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not defects
