"""The right of one process among several to do a work: by a lock of PostgreSQL's, which ends with the connection that took it."""

from django.db import connection


class Sole:
    """One process at a time holds `lock`; a spare one asks again. For the thread whose connection it is."""

    def __init__(self, lock: int) -> None:
        self._lock = lock
        self._holder: object = None

    def held(self) -> bool:
        """Whether this process holds it, taking it when it is free. With its connection the right is lost."""
        connection.ensure_connection()
        if connection.connection is not self._holder:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_try_advisory_lock(%s)", [self._lock])
                if not cursor.fetchone()[0]:
                    return False
            self._holder = connection.connection
        return True
