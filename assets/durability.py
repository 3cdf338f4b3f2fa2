"""Whether both engines keep what was acknowledged, as far as their settings tell.

A 202 or a PUBACK promises that a batch outlives any kill and a power cut. Valkey keeps that promise when it syncs its append-only
file before it answers (`appendfsync always`): with `everysec` it holds back what it should write while a sync is under way, and
a kill then loses what was acknowledged. The log is trimmed behind what PostgreSQL committed, so a commit must be on disk too.
"""

from dataclasses import dataclass

import redis
from django.conf import settings
from django.db import connection


@dataclass(frozen=True, slots=True)
class DurabilityFlaw:
    """One setting that breaks the promise; `certain` is False where it only may, or cannot be asked for."""

    name: str
    text: str
    hint: str
    certain: bool = True


def of_valkey(client: redis.Redis) -> list[DurabilityFlaw]:
    """Raises redis.RedisError when Valkey does not answer."""
    try:
        kept = client.config_get("appendonly", "appendfsync", "maxmemory-policy", "maxmemory")
    except redis.ResponseError:  # managed servers do not let their configuration be read
        hint = "Ask its provider for an append-only file that is synced before a write is answered, and for no eviction."
        return [
            DurabilityFlaw("unverified", "Whether Valkey keeps what was acknowledged cannot be verified.", hint, certain=False)
        ]
    flaws = []
    if kept.get("appendonly") != "yes":
        text = "Valkey keeps no append-only file: a restart loses what was accepted and not yet stored."
        flaws.append(DurabilityFlaw("appendonly", text, "Set appendonly yes and appendfsync always."))
    elif kept.get("appendfsync") != "always":
        text = "Valkey acknowledges before its disk does: a kill or a power cut loses what was accepted and not yet stored."
        flaws.append(DurabilityFlaw("appendfsync", text, "Set appendfsync always."))
    if kept.get("maxmemory-policy") != "noeviction":
        text = "Valkey forgets when memory is short: what was accepted could be lost."
        flaws.append(DurabilityFlaw("eviction", text, "Set maxmemory-policy noeviction."))
    least = 2 * settings.LOG_MAX_BYTES
    if int(kept.get("maxmemory") or 0) < least:
        text = "Valkey's memory has no bound, or one below twice what a site's log may hold."
        hint = f"Set maxmemory to {least // 2**20}mb or more for each site, or lower VIGIE_LOG_MAX_MB."
        flaws.append(DurabilityFlaw("maxmemory", text, hint, certain=False))
    return flaws


def of_postgresql() -> list[DurabilityFlaw]:
    """Raises DatabaseError or InterfaceError when PostgreSQL does not answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        fsync, synchronous = cursor.fetchone()
    flaws = []
    if fsync == "off":
        text = "PostgreSQL does not sync to disk: a power cut can destroy the database."
        flaws.append(DurabilityFlaw("fsync", text, "Set fsync on."))
    if synchronous == "off":
        text = "PostgreSQL commits before its disk does: a kill loses what left the log when it was stored."
        flaws.append(DurabilityFlaw("synchronous_commit", text, "Set synchronous_commit on."))
    return flaws
