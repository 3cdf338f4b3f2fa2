"""Loads a whole site from a folder: site.json, supervisors.csv, feeds.json, sectors, base layer, assets and points.

The format is docs/inventory.md's. Loading the same folder again changes nothing and takes no time.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from django.db import transaction

from assets import tokens
from assets.inventory import kinds, store, table
from assets.inventory.failures import BrokenCity
from assets.inventory.importer import apply_file
from assets.inventory.mapping import NATIVE, Authority, Fields, Mapping
from assets.inventory.points import apply_points
from assets.inventory.version import raise_version
from assets.models import AssetKind, BaseFeature, Feed, ImportRun, Protocol, Sector, Site, Supervisor

FILES = ("site.json", "supervisors.csv", "sectors.geojson", "base.geojson", "assets.csv", "points.csv", "rules.json")
"""What the digest covers, rules included though others load them: whoever changed one since does not lose the change.
feeds.json is read every time, as the address of the city may change from start to start."""

Say = Callable[[str], None]


class _Site(msgspec.Struct):
    slug: str
    name: str
    longitude: float
    latitude: float
    timezone: str = "Europe/Paris"
    zoom: float = 14


class _Feed(msgspec.Struct):
    slug: str
    name: str
    supervisor: str
    protocol: str
    address: str = ""
    mapping: dict[str, Any] = {}
    expected_interval: int = 60
    token: str = ""


class _Properties(msgspec.Struct):
    slug: str = ""
    name: str = ""
    parent: str = ""
    layer: str = ""
    rank: int = 0


class _Feature(msgspec.Struct):
    properties: _Properties
    geometry: dict[str, Any]


class _Features(msgspec.Struct):
    features: list[_Feature]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The site, and whether anything but its feeds had to be loaded."""

    site: Site
    fresh: bool


def load_city(folder: Path, *, city: str = "", now: datetime, say: Say = lambda line: None) -> Loaded:
    """Load a folder in one transaction. `city` replaces {city} in addresses; feeds that need it are off without it.

    Raises an InventoryFailure, and then nothing was written.
    """
    described = _decode(folder / "site.json", _Site)
    digest = _digest(folder)
    with transaction.atomic():
        site, _ = Site.objects.update_or_create(
            slug=described.slug,
            defaults={
                "name": described.name, "timezone": described.timezone, "longitude": described.longitude,
                "latitude": described.latitude, "zoom": described.zoom, "demo": True, "allow_private_pull": True,
            },
        )  # fmt: skip
        last = ImportRun.objects.filter(site=site, file_path=str(folder), state=ImportRun.State.DONE).first()
        same = last is not None and last.details.get("digest") == digest
        if not same:
            _supervisors(site, folder / "supervisors.csv")
        _feeds(site, folder / "feeds.json", city, private=True)
        if same:
            return Loaded(site, fresh=False)
        say(f"Loading {described.name} …")
        kinds.load_kinds(kinds.read_catalogue())
        _sectors(site, folder / "sectors.geojson")
        _base(site, folder / "base.geojson")
        counts = _inventory(site, folder, now, say)
        raise_version([site.pk])
        ImportRun.objects.create(
            site=site, file_name=folder.name[:200], file_path=str(folder)[:500], state=ImportRun.State.DONE, started_at=now,
            finished_at=now, details={"digest": digest}, **counts,
        )  # fmt: skip
    return Loaded(site, fresh=True)


def load_site(folder: Path, *, say: Say = lambda line: None) -> Site:
    """Make or refresh a real site from a folder: site.json, and of the rest what is there. Its assets come by their own imports.

    Raises an InventoryFailure, and then nothing was written.
    """
    described = _decode(folder / "site.json", _Site)
    parts = (
        ("supervisors.csv", _supervisors), ("feeds.json", _feeds), ("sectors.geojson", _sectors),
        ("base.geojson", _base),
    )  # fmt: skip
    with transaction.atomic():
        site, made = Site.objects.update_or_create(
            slug=described.slug,
            defaults={
                "name": described.name, "timezone": described.timezone, "longitude": described.longitude,
                "latitude": described.latitude, "zoom": described.zoom,
            },
        )  # fmt: skip
        say(f"{site.name}: {'made' if made else 'known already'}")
        kinds.load_kinds(kinds.read_catalogue())
        for name, load in parts:
            if (folder / name).exists():
                load(site, folder / name)
                say(f"{name}: loaded")
        raise_version([site.pk])
    return site


def _inventory(site: Site, folder: Path, now: datetime, say: Say) -> dict[str, int]:
    """Assets and points; what an earlier, larger city had and this one has not is retired."""

    def told(what: str) -> store.Progress:
        return lambda done, total: say(f"{what} {done:,} of {total:,}") if done % 10_000 == 0 or done == total else None

    every_kind = Authority(gone="retire", kinds=list(AssetKind.objects.values_list("slug", flat=True)))
    mapping = msgspec.structs.replace(NATIVE, authority=every_kind)
    diff = apply_file(site, folder / "assets.csv", mapping, now=now, progress=told("assets")).diff
    points = apply_points(site, folder / "points.csv", progress=told("points"), accept_units=True)
    say(f"assets: {len(diff.new):,} new, {len(diff.changed):,} changed, {diff.unchanged:,} unchanged")
    say(f"points: {len(points.new):,} new, {len(points.changed):,} changed, {points.unchanged:,} unchanged")
    return {
        "new": len(diff.new), "changed": len(diff.changed), "unchanged": diff.unchanged, "gone": len(diff.gone),
        "done": len(diff.new) + len(diff.changed),
    }  # fmt: skip


def _supervisors(site: Site, path: Path) -> None:
    read = table.parse(_bytes(path), Mapping(fields=Fields(), format="csv"))
    if not {"slug", "name"} <= read.columns.keys():
        raise BrokenCity(reason=f"{path.name} has no columns slug and name")
    if read.refused:
        raise BrokenCity(reason=f"{path.name}: row {read.refused[0].row}: {read.refused[0].sentence}")
    named = zip(read.columns["slug"], read.columns["name"], strict=True)
    Supervisor.objects.bulk_create(
        [Supervisor(site=site, slug=slug, name=name) for slug, name in named],
        update_conflicts=True, unique_fields=["site", "slug"], update_fields=["name"],
    )  # fmt: skip


def _feeds(site: Site, path: Path, city: str = "", *, private: bool = False) -> None:
    """Tokens are stored hashed; only their last characters can be recognised afterwards."""
    supervisors = {supervisor.slug: supervisor for supervisor in Supervisor.objects.filter(site=site)}
    stolen = Feed.objects.exclude(supervisor__site=site)
    feeds = []
    for feed in _decode(path, list[_Feed]):
        if feed.supervisor not in supervisors:
            raise BrokenCity(reason=f"{path.name} names the supervisor {feed.supervisor}, which supervisors.csv does not have")
        if feed.protocol not in Protocol.values:
            raise BrokenCity(reason=f"{path.name} has the unknown protocol {feed.protocol}")
        if stolen.filter(slug=feed.slug).exists():
            raise BrokenCity(reason=f"the feed {feed.slug} belongs to another site")
        feeds.append(
            Feed(
                supervisor=supervisors[feed.supervisor], slug=feed.slug, name=feed.name, protocol=feed.protocol,
                address=feed.address.replace("{city}", city.rstrip("/")), mapping=feed.mapping,
                expected_interval=feed.expected_interval, enabled="{city}" not in feed.address or bool(city),
                token_hash=tokens.digest(feed.token) if feed.token else "", token_hint=feed.token[-4:],
                allow_private_address=private,
            )
        )  # fmt: skip
    fields = [name.attname for name in Feed._meta.concrete_fields if name.attname not in ("id", "slug")]
    Feed.objects.bulk_create(feeds, update_conflicts=True, unique_fields=["slug"], update_fields=fields)


def _sectors(site: Site, path: Path) -> None:
    features = {feature.properties.slug: feature for feature in _decode(path, _Features).features}
    saved: dict[str, Sector] = {}

    def save(slug: str, above: tuple[str, ...] = ()) -> Sector:
        if slug in saved:
            return saved[slug]
        if slug in above or slug not in features:
            raise BrokenCity(reason=f"{path.name}: the sector {slug} is in itself, or is missing")
        one = features[slug]
        parent = save(one.properties.parent, (*above, slug)) if one.properties.parent else None
        saved[slug], _ = Sector.objects.update_or_create(
            site=site,
            slug=slug,
            defaults={
                "name": one.properties.name,
                "parent": parent,
                "path": f"{parent.path}/{slug}" if parent else slug,
                "polygon": one.geometry,
            },
        )
        return saved[slug]

    for slug in features:
        save(slug)
    Sector.objects.filter(site=site).exclude(slug__in=features).delete()


def _base(site: Site, path: Path) -> None:
    BaseFeature.objects.filter(site=site).delete()
    store.copy(
        "assets_basefeature",
        ("site_id", "layer", "name", "rank", "geometry"),
        [
            (
                site.pk,
                one.properties.layer,
                one.properties.name[:120],
                one.properties.rank,
                msgspec.json.encode(one.geometry).decode(),
            )
            for one in _decode(path, _Features).features
        ],
    )


def _decode(path: Path, type: Any) -> Any:
    try:
        return msgspec.json.decode(_bytes(path), type=type)
    except msgspec.DecodeError as error:
        raise BrokenCity(reason=f"{path.name}: {error}") from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BrokenCity(reason=f"{path} cannot be read: {error.strerror}") from error


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in FILES:
        digest.update(hashlib.sha256(_bytes(folder / name)).digest())
    digest.update(_bytes(kinds.CATALOGUE))
    return digest.hexdigest()
