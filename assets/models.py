"""The inventory of a site: where things are, what they are, who speaks for them and what they measure."""

from django.contrib.postgres.indexes import GinIndex, GistIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Func, Q

from assets import spelling


class GeometricPoint(Func):
    """PostgreSQL's own `point(x, y)`: boxes are searched with GiST and no extension is needed."""

    function = "point"
    output_field = models.TextField()


class Site(models.Model):
    """What one control room runs: the unit of rights, of correlation and of scale."""

    slug = models.SlugField(unique=True, max_length=50)
    name = models.CharField(max_length=120)
    timezone = models.CharField(max_length=60, default="Europe/Paris")
    longitude = models.FloatField(default=0, help_text="Centre of the map at opening, WGS84 degrees.")
    latitude = models.FloatField(default=0)
    zoom = models.FloatField(default=14)
    inventory_version = models.PositiveIntegerField(
        default=1, help_text="Grows when assets, points, sectors or the base layer change: tiles and engine follow it."
    )
    allow_private_pull = models.BooleanField(
        default=False, help_text="Feeds of this site may pull from private and loopback addresses."
    )
    rules_need_second_person = models.BooleanField(
        default=False, help_text="Who wrote a version of a rule cannot be the one who activates it."
    )
    demo = models.BooleanField(default=False, help_text="A pretend city: administrators may start scenarios.")

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


class Sector(models.Model):
    """A named polygon of a site; sectors nest, and a right on one is a right on those inside it."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="sectors")
    parent = models.ForeignKey("self", models.CASCADE, null=True, blank=True, related_name="children")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    path = models.CharField(max_length=400, help_text="Slugs from the outermost sector to this one, joined by '/'.")
    polygon = models.JSONField(help_text="GeoJSON Polygon or MultiPolygon, WGS84.")

    class Meta:
        ordering = ["path"]
        constraints = [models.UniqueConstraint(fields=["site", "slug"], name="sector_slug_once_per_site")]

    def __str__(self) -> str:
        return self.name


class Supervisor(models.Model):
    """An external system that speaks for assets: lighting CMS, access control, VMS, BMS."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="supervisors")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)

    class Meta:
        ordering = ["slug"]
        constraints = [models.UniqueConstraint(fields=["site", "slug"], name="supervisor_slug_once_per_site")]

    def __str__(self) -> str:
        return self.name


class Protocol(models.TextChoices):
    PUSH = "push", "HTTP push"
    PULL = "pull", "HTTP pull"
    MQTT = "mqtt", "MQTT"
    NGSI_LD = "ngsi-ld", "NGSI-LD"
    REPLAY = "replay", "Replay"


class Feed(models.Model):
    """How one supervisor reaches us: protocol, address, credentials, expected rhythm."""

    supervisor = models.ForeignKey(Supervisor, models.CASCADE, related_name="feeds")
    slug = models.SlugField(unique=True, max_length=60, help_text="Names the feed in its URL.")
    name = models.CharField(max_length=120)
    protocol = models.CharField(max_length=10, choices=Protocol.choices)
    address = models.CharField(max_length=500, blank=True, help_text="URL to pull, or topic filter to subscribe to.")
    mapping = models.JSONField(default=dict, blank=True, help_text="How to read the supervisor's messages (docs/feeds).")
    expected_interval = models.PositiveIntegerField(default=60, help_text="Seconds between two messages in normal times.")
    enabled = models.BooleanField(default=True)
    token_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the token, in hexadecimal.")
    token_hint = models.CharField(max_length=8, blank=True, help_text="The token's last characters, to recognise it.")
    allow_private_address = models.BooleanField(default=False)
    clock_ahead = models.FloatField(
        default=0, help_text="Seconds by which the supervisor's clock is ahead of ours: taken from its times. Behind if negative."
    )
    made_from = models.SlugField(
        max_length=40, blank=True, db_index=False, help_text="What of the list of protocols it was made from; empty for none."
    )
    capture_until = models.DateTimeField(null=True, help_text="Until when its messages are kept aside for whoever maps them.")

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name


class RecordedMessage(models.Model):
    """A message of a feed, kept with what its mapping made of it: tried again with each new mapping.

    Written by assets.feeds.recorded alone.
    """

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="recorded_messages")
    name = models.CharField(max_length=80)
    topic = models.CharField(max_length=400, blank=True)
    message = models.TextField(help_text="As it was sent.")
    received_at = models.DateTimeField()
    made = models.JSONField(default=dict, help_text="The readings and refusals it gave when it was kept.")
    kept_by = models.CharField(max_length=150, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class AssetKind(models.Model):
    """What can be installed: a camera, a lamp, a lift; one catalogue for all sites."""

    slug = models.SlugField(unique=True, max_length=40)
    name_fr = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    domain = models.SlugField(max_length=30, help_text="Lighting, access, video, water…: groups kinds in filters.")
    glyph = models.CharField(max_length=30, help_text="Name of the map glyph.")
    points = models.JSONField(
        default=list, help_text="Templates of the points such an asset may have: quantity, unit, interval, codes."
    )

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.name_fr


class Asset(models.Model):
    """One installed thing; it may depend on another (lamp → cabinet → substation)."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="assets")
    code = models.CharField(max_length=80, help_text="The city's own identifier, unique in the site.")
    name = models.CharField(max_length=160)
    kind = models.ForeignKey(AssetKind, models.PROTECT, related_name="assets")
    sector = models.ForeignKey(Sector, models.SET_NULL, null=True, blank=True, related_name="assets")
    depends_on = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="dependents")
    supervisor = models.ForeignKey(Supervisor, models.SET_NULL, null=True, blank=True, related_name="assets")
    longitude = models.FloatField()
    latitude = models.FloatField()
    level = models.SmallIntegerField(default=0, help_text="Storey, 0 at street level, negative below.")
    attributes = models.JSONField(default=dict, blank=True, help_text="What the owner's file says beside; shown, not queried.")
    retired_at = models.DateTimeField(null=True, blank=True, help_text="Gone from the field; kept for its history.")
    search = models.GeneratedField(
        expression=SearchVector(spelling.in_sql("code"), spelling.in_sql("name"), config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["site", "code"], name="asset_code_once_per_site"),
            models.CheckConstraint(
                condition=Q(longitude__range=(-180, 180), latitude__range=(-90, 90)), name="asset_position_in_degrees"
            ),
        ]
        indexes = [
            GinIndex(fields=["search"], name="asset_search"),
            GistIndex(GeometricPoint("longitude", "latitude"), name="asset_position"),
            models.Index(fields=["site", "kind", "code"], name="asset_by_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Point(models.Model):
    """One measured quantity or state of an asset."""

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="points")
    quantity = models.SlugField(max_length=60, help_text="What is measured: water_level, lamp_state, speed.")
    unit = models.CharField(max_length=20, blank=True)
    interval = models.PositiveIntegerField(default=60, help_text="Expected seconds between two readings.")
    codes = models.JSONField(default=dict, blank=True, help_text="For states: number → label, as {'1': 'fault'}.")
    limits = models.JSONField(default=dict, blank=True, help_text="Limits of this very point by name, read by rules.")
    feed = models.ForeignKey(Feed, models.SET_NULL, null=True, blank=True, related_name="points")
    address = models.CharField(max_length=200, blank=True, help_text="How the supervisor names this point.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["asset", "quantity"], name="point_quantity_once_per_asset"),
            models.UniqueConstraint(fields=["feed", "address"], condition=~Q(address=""), name="point_address_once_per_feed"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id}:{self.quantity}"


class UnknownAddress(models.Model):
    """An address that a feed speaks of and no point has: kept with a sample until somebody adopts it."""

    feed = models.ForeignKey(Feed, models.CASCADE, related_name="unknown_addresses")
    address = models.CharField(max_length=200)
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    seen = models.PositiveBigIntegerField(default=1)
    sample = models.CharField(max_length=200, blank=True, help_text="The last value seen, as text.")

    class Meta:
        ordering = ["-last_seen_at"]
        constraints = [models.UniqueConstraint(fields=["feed", "address"], name="unknown_address_once_per_feed")]

    def __str__(self) -> str:
        return self.address


class BaseFeature(models.Model):
    """A street, a building, a tunnel: the site's own offline base layer."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="base_features")
    layer = models.CharField(max_length=20, help_text="street, building, water, green, tunnel, rail, level.")
    name = models.CharField(max_length=120, blank=True)
    rank = models.SmallIntegerField(default=0, help_text="Importance (streets) or storeys (buildings).")
    geometry = models.JSONField(help_text="GeoJSON geometry, WGS84.")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["site", "layer"], name="base_feature_by_layer")]

    def __str__(self) -> str:
        return self.name or f"{self.layer} {self.pk}"


class Latest(models.Model):
    """The newest reading of a point, refreshed by the correlator: every two seconds while an alarm of the point is open, else
    about once a minute."""

    point = models.OneToOneField(Point, models.CASCADE, primary_key=True, related_name="latest")
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    value = models.FloatField()
    quality = models.SmallIntegerField(default=0)
    trend = models.SmallIntegerField(db_default=2, help_text="By the last readings: -1 falling, 0 steady, 1 rising, 2 not known.")
    rate = models.FloatField(null=True, help_text="Of a counter in alarm: what it consumes per hour, as a rule judged it last.")
    rate_at = models.DateTimeField(null=True, help_text="The reading by which that is known.")

    def __str__(self) -> str:
        return f"{self.point_id} {self.value}"


class Watch(models.Model):
    """A point whose readings are handed on one by one, beside their history, until an instant. Written by assets.watches."""

    point = models.OneToOneField(Point, models.CASCADE, primary_key=True, related_name="+")
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.point_id} {self.until}"


class Sighting(models.Model):
    """A reading of a watched point, as it was committed, until somebody has taken it. Written by assets.watches."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="+", db_constraint=False)
    point = models.BigIntegerField()
    at = models.DateTimeField()
    received_at = models.DateTimeField()
    value = models.FloatField()
    quality = models.SmallIntegerField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.point} {self.value}"


class ImportRun(models.Model):
    """One import of an inventory file: its dry run, its confirmation, its progress."""

    class State(models.TextChoices):
        COMPARED = "compared", "compared"
        REFUSED = "refused", "refused"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"

    class Content(models.TextChoices):
        ASSETS = "assets", "assets"
        POINTS = "points", "points"

    site = models.ForeignKey(Site, models.CASCADE, related_name="imports")
    content = models.CharField(max_length=10, choices=Content.choices, default=Content.ASSETS)
    file_name = models.CharField(max_length=200)
    file_path = models.CharField(max_length=500)
    mapping = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State.choices)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    started_by = models.CharField(max_length=150, blank=True)
    new = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0, help_text="Rows written so far, for the progress bar.")
    message = models.TextField(blank=True)
    details = models.JSONField(default=dict, help_text="Samples of each class of difference, with row and reason.")
    inventory_version = models.PositiveIntegerField(default=0, help_text="The version of the inventory it was compared with.")
    approved_by = models.CharField(max_length=150, blank=True)
    approved_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.file_name} {self.state}"


class ProposedChange(models.Model):
    """One asset that a compared file would change, to be approved or left out. Written by assets.inventory.proposals alone."""

    class Category(models.TextChoices):
        ADDED = "added", "added"
        MOVED = "moved", "moved"
        REPLACED = "replaced", "replaced"
        CHANGED = "changed", "changed"
        BACK = "back", "back"
        ABSENT = "absent", "absent"

    run = models.ForeignKey(ImportRun, models.CASCADE, related_name="changes")
    category = models.CharField(max_length=10, choices=Category.choices)
    code = models.CharField(max_length=80)
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=40, help_text="Slug of the kind.")
    row = models.PositiveIntegerField(null=True, help_text="Where the file says it; null for an absent asset.")
    asset = models.BigIntegerField(null=True, help_text="The asset that it changes or decommissions; null for an added one.")
    replaces = models.CharField(max_length=80, blank=True, help_text="The code of the asset that it stands in place of.")
    fields = models.JSONField(default=dict, help_text="Field by field what it was and what it would be.")
    distance = models.FloatField(null=True, help_text="Metres by which it moves.")
    left_out = models.BooleanField(default=False, help_text="Not to be written, whoever approves the rest.")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["run", "code"], name="change_once_per_code")]
        indexes = [models.Index(fields=["run", "category", "id"], name="change_by_category")]

    def __str__(self) -> str:
        return f"{self.category} {self.code}"
