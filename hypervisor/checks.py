"""What can be wrong with an installation, found before it runs: `manage.py check --deploy --database default`.

Checks that ask an engine are tagged `database`: Django runs them when a database is named, and before it migrates.
"""

import os
import zoneinfo
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, identify_hasher
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.utils.module_loading import import_string

from assets import durability
from assets.models import Feed, Protocol, Site
from hypervisor.models import User
from hypervisor.pages.login import DEMO_ACCOUNTS, DEMO_PASSWORD

SHORTEST_KEY = 50
OLDEST_POSTGRESQL = 150_000
TIMEOUT = 2.0
"""Seconds Valkey may take to answer."""
UNSAFE_LAYER = "channels.layers.InMemoryChannelLayer"


@register(Tags.security)
def secret_key(**_: Any) -> list[CheckMessage]:
    hint = 'Set VIGIE_SECRET_KEY to what `python -c "import secrets; print(secrets.token_urlsafe(50))"` prints, and keep it.'
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:
        return [Error("There is no secret key.", hint=hint, id="vigie.E001")]
    if settings.DEBUG or (len(key) >= SHORTEST_KEY and len(set(key)) >= 10 and not key.startswith("unsafe")):
        return []
    return [Error("The secret key can be guessed: sessions could be forged.", hint=hint, id="vigie.E002")]


@register(Tags.security)
def passwords(**_: Any) -> list[CheckMessage]:
    hint = "Put hypervisor.passwords.Argon2id first in PASSWORD_HASHERS, and install argon2-cffi."
    try:
        import argon2  # noqa: F401
    except ImportError:
        return [Error("Passwords cannot be hashed with Argon2id.", hint=hint, id="vigie.E003")]
    if issubclass(import_string(settings.PASSWORD_HASHERS[0]), Argon2PasswordHasher):
        return []
    return [Error("Passwords are not hashed with Argon2id.", hint=hint, id="vigie.E003")]


@register(Tags.security)
def hosts(**_: Any) -> list[CheckMessage]:
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Error(
            "Any host name is allowed, and so is any page that opens a live socket.",
            hint="Name the hosts people use in VIGIE_ALLOWED_HOSTS, joined by commas.",
            id="vigie.E004",
        )
    ]


@register()
def layer(**_: Any) -> list[CheckMessage]:
    backend = settings.CHANNEL_LAYERS.get("default", {}).get("BACKEND")
    if backend and backend != UNSAFE_LAYER:
        return []
    text = "Processes cannot tell each other of alarms: there is no channel layer between them."
    hint = "Use channels_redis.pubsub.RedisPubSubChannelLayer in CHANNEL_LAYERS."
    return [Error(text, hint=hint, id="vigie.E005")]


@register(Tags.staticfiles)
def libraries(**_: Any) -> list[CheckMessage]:
    folders = [Path(entry[1]) for entry in settings.STATICFILES_DIRS if isinstance(entry, tuple)]
    missing = [str(folder) for folder in folders if not folder.is_dir()]
    if not missing:
        return []
    hint = "Run `npm ci` beside package.json; script/demo does it for you."
    return [Warning(f"Libraries of the screens are missing: {', '.join(missing)}.", hint=hint, id="vigie.W006")]


@register()
def data_folder(**_: Any) -> list[CheckMessage]:
    folder = settings.DATA
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK):
        return []
    hint = "Give it to the account that runs Vigie, or name another folder in VIGIE_DATA."
    return [Error(f"{folder} cannot be written.", hint=hint, id="vigie.E007")]


@register()
def urls(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    parts = urlsplit(settings.REDIS_URL)
    if parts.scheme not in {"redis", "rediss", "unix"} or not (parts.hostname or parts.path.strip("/")):
        hint = "Write redis://host:6379/0, rediss://… with TLS, or unix:///path/to.sock?db=0."
        found.append(Error("REDIS_URL is no address of a Valkey or Redis server.", hint=hint, id="vigie.E008"))
    for name, url in (("VIGIE_MQTT_URL", settings.MQTT_URL), ("VIGIE_MQTT_OUT_URL", settings.MQTT_OUT_URL)):
        if url and urlsplit(url).scheme not in {"mqtt", "mqtts"}:
            hint = "Write mqtt://user:password@host:1883, or mqtts://… with TLS."
            found.append(Error(f"{name} is no address of an MQTT broker.", hint=hint, id="vigie.E009"))
    return found


@register(Tags.database)
def database(databases: list[str] | None = None, **_: Any) -> list[CheckMessage]:
    if not databases or "default" not in databases:
        return []
    connection = connections["default"]
    try:
        connection.ensure_connection()
        version = connection.pg_version
    except (OperationalError, InterfaceError) as error:
        hint = "Start it, or correct DATABASE_URL; without one, `manage.py engines` starts a private one."
        return [Error(f"PostgreSQL does not answer: {_first_line(error)}", hint=hint, id="vigie.E010")]
    found = _flaws(durability.of_postgresql())
    if version < OLDEST_POSTGRESQL:
        found.append(Error(f"PostgreSQL {version // 10_000} is too old.", hint="Use 15 or newer.", id="vigie.E011"))
    tables = connection.introspection.table_names()
    if {User._meta.db_table, Site._meta.db_table, Feed._meta.db_table} <= set(tables):
        try:
            found.extend(_contents())
        except DatabaseError as error:
            hint = "Run `manage.py migrate`."
            found.append(Warning(f"The tables are of another version: {_first_line(error)}", hint=hint, id="vigie.W012"))
    return found


def _contents() -> Iterator[CheckMessage]:
    for site in Site.objects.only("slug", "timezone"):
        try:
            zoneinfo.ZoneInfo(site.timezone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            text = f"The site {site.slug} has an unknown time zone, {site.timezone!r}."
            yield Error(text, hint="Give it an IANA name such as Europe/Paris.", id="vigie.E013")
    if not settings.MQTT_URL and (feeds := Feed.objects.filter(enabled=True, protocol=Protocol.MQTT).count()):
        text = f"{feeds} enabled feed(s) speak MQTT and no broker is named."
        yield Warning(text, hint="Set VIGIE_MQTT_URL, or disable the feeds.", id="vigie.W014")
    if not settings.DEBUG:
        left = [user.username for user in User.objects.filter(username__in=DEMO_ACCOUNTS, is_active=True) if _is_demo(user)]
        if left:
            text = f"The demo's accounts are still there: {', '.join(left)}."
            yield Error(text, hint="Delete them; the login refuses them already.", id="vigie.E015")


def _is_demo(user: User) -> bool:
    try:
        return identify_hasher(user.password).verify(DEMO_PASSWORD, user.password)
    except ValueError:
        return False


@register(Tags.database)
def valkey(databases: list[str] | None = None, **_: Any) -> list[CheckMessage]:
    if not databases or "default" not in databases:
        return []
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT) as client:
            client.ping()
            return _flaws(durability.of_valkey(client))
    except (redis.RedisError, ValueError, OSError) as error:
        hint = "Start it, or correct REDIS_URL; without one, `manage.py engines` starts a private one."
        return [Error(f"Valkey does not answer: {_first_line(error)}", hint=hint, id="vigie.E016")]


def _flaws(flaws: list[durability.DurabilityFlaw]) -> list[CheckMessage]:
    kinds = {"unverified": (Warning, "W019"), "appendonly": (Warning, "W017"), "eviction": (Error, "E018")}
    kinds |= {"appendfsync": (Warning, "W020"), "fsync": (Warning, "W021"), "synchronous_commit": (Warning, "W022")}
    kinds["maxmemory"] = (Warning, "W023")
    return [kinds[flaw.name][0](flaw.text, hint=flaw.hint, id=f"vigie.{kinds[flaw.name][1]}") for flaw in flaws]


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
