"""Tables of work orders: contractors, their contracts, orders with their notes and photos, links for a phone, and plans."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from alarms.models import Alarm, Incident
from assets.models import Asset, AssetKind, Sector, Site


class Contractor(models.Model):
    """A company, or a crew of the city's own, that carries out work orders. Written by response.orders.contracts alone."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="contractors")
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=40, blank=True)
    contact = models.CharField(max_length=200, blank=True, help_text="Who answers, and when.")
    mails = models.BooleanField(default=False, help_text="Each order is mailed to it as soon as it is made.")
    language = models.CharField(max_length=2, choices=[("fr", "French"), ("en", "English")], default="fr")
    retired_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["site", "slug"], name="contractor_slug_once_per_site")]

    def __str__(self) -> str:
        return self.name


class Contract(models.Model):
    """What a contractor owes: for which assets, and how soon by priority. Written by response.orders.contracts alone."""

    contractor = models.ForeignKey(Contractor, models.CASCADE, related_name="contracts")
    reference = models.CharField(max_length=60)
    kinds = models.ManyToManyField(AssetKind, related_name="+", help_text="None: assets of every kind.")
    sectors = models.ManyToManyField(Sector, related_name="+", help_text="None: the whole site.")
    terms = models.JSONField(help_text="By priority, as response.orders.terms reads it.")
    hours = models.JSONField(default=dict, help_text="The hours that count, as alarms.engine.calendar reads them; {}: all.")
    holidays = models.CharField(
        max_length=3,
        blank=True,
        help_text="Public holidays that do not count: FR, or a region of response.rota; none: all count.",
    )
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, help_text="Its last day.")

    class Meta:
        ordering = ["contractor", "reference"]
        constraints = [models.UniqueConstraint(fields=["contractor", "reference"], name="contract_reference_once")]

    def __str__(self) -> str:
        return self.reference


class OrderPlan(models.Model):
    """Work that is ordered again and again, of an asset or of all of a kind. Written by response.orders.plans alone."""

    class Unit(models.TextChoices):
        DAYS = "days", "days"
        MONTHS = "months", "months"

    site = models.ForeignKey(Site, models.CASCADE, related_name="order_plans")
    name = models.CharField(max_length=120)
    contract = models.ForeignKey(Contract, models.PROTECT, related_name="plans")
    work = models.CharField(max_length=1000, help_text="What is to be done.")
    kind = models.ForeignKey(AssetKind, models.PROTECT, null=True, related_name="+")
    sector = models.ForeignKey(Sector, models.PROTECT, null=True, related_name="+", help_text="Of a kind: only there.")
    assets = models.ManyToManyField(Asset, related_name="order_plans")
    every = models.PositiveSmallIntegerField()
    unit = models.CharField(max_length=6, choices=Unit.choices)
    starts_on = models.DateField(help_text="The first day on which it is due; the others are reckoned from it.")
    season = ArrayField(models.PositiveSmallIntegerField(), default=list, help_text="Months in which it is done; none: all.")
    remind_days = models.PositiveSmallIntegerField(default=0, help_text="Days ahead of the due date.")
    window_start = models.TimeField(null=True, help_text="When its maintenance window begins on the due date; none: no window.")
    window_minutes = models.PositiveSmallIntegerField(default=0)
    next_on = models.DateField(null=True, help_text="The next due date without an order; none: the plan has ended.")
    reminded_on = models.DateField(null=True, help_text="The due date that was reminded of last.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["site", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], condition=Q(ended_at=None), name="order_plan_name_once_per_site"),
            models.CheckConstraint(condition=Q(every__gt=0), name="order_plan_comes_again"),
        ]
        indexes = [models.Index(fields=["next_on"], condition=Q(ended_at=None), name="order_plan_next")]

    def __str__(self) -> str:
        return self.name


class WorkOrder(models.Model):
    """Work ordered from a contractor. Written by response.orders.moves alone."""

    class State(models.TextChoices):
        ORDERED = "ordered", "ordered"
        ACCEPTED = "accepted", "accepted"
        ON_SITE = "on_site", "on site"
        RESTORED = "restored", "restored"
        CLOSED = "closed", "closed"
        REFUSED = "refused", "refused"
        CANCELLED = "cancelled", "cancelled"

    site = models.ForeignKey(Site, models.CASCADE, related_name="work_orders", db_index=False)
    number = models.PositiveBigIntegerField(help_text="From 1, without a gap, in the order of ordering.")
    contractor = models.ForeignKey(Contractor, models.PROTECT, related_name="orders")
    contract = models.ForeignKey(Contract, models.PROTECT, null=True, related_name="orders")
    priority = models.CharField(max_length=6)
    fault = models.CharField(max_length=1000, help_text="What is wrong, or what is to be done.")
    asset = models.ForeignKey(Asset, models.PROTECT, null=True, related_name="work_orders")
    sector = models.ForeignKey(Sector, models.PROTECT, null=True, related_name="+", help_text="Of the asset, where there is one.")
    alarm = models.ForeignKey(Alarm, models.SET_NULL, null=True, related_name="work_orders")
    incident = models.ForeignKey(Incident, models.SET_NULL, null=True, related_name="work_orders")
    plan = models.ForeignKey(OrderPlan, models.PROTECT, null=True, related_name="orders")
    due_on = models.DateField(null=True, help_text="The due date of its plan.")
    external_ref = models.CharField(max_length=60, blank=True, help_text="What the contractor calls it.")
    state = models.CharField(max_length=9, choices=State.choices, default=State.ORDERED)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was refused, cancelled or taken up again.")
    ordered_at = models.DateTimeField()
    ordered_by = models.CharField(max_length=150)
    accept_due = models.DateTimeField(null=True)
    arrive_due = models.DateTimeField(null=True)
    restore_due = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    on_site_at = models.DateTimeField(null=True)
    restored_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True, help_text="When it was closed, refused or cancelled.")
    due_at = models.DateTimeField(null=True, help_text="Until when its next step is due; none when nothing is.")
    late_since = models.DateTimeField(null=True, help_text="It was told that this step is late.")
    seq = models.PositiveBigIntegerField(help_text="Journal number of its last line.")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["site", "number"], name="work_order_number_once_per_site"),
            models.UniqueConstraint(fields=["plan", "due_on"], name="work_order_once_per_due_date"),
            models.CheckConstraint(condition=Q(plan=None, due_on=None) | Q(plan__isnull=False, due_on__isnull=False),
                                   name="work_order_due_by_its_plan"),
            models.CheckConstraint(
                condition=Q(state__in=["closed", "refused", "cancelled"], closed_at__isnull=False)
                | (~Q(state__in=["closed", "refused", "cancelled"]) & Q(closed_at=None)), name="work_order_has_ended_or_not",
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["due_at"], condition=Q(closed_at=None, late_since=None), name="work_order_due"),
            models.Index(fields=["site", "due_at"], condition=Q(closed_at=None), name="work_order_open"),
            models.Index(fields=["asset", "-id"], name="work_order_asset"),
        ]

    def __str__(self) -> str:
        return f"{self.site_id} {self.number}"


class OrderEntry(models.Model):
    """One step of a work order, or a note on it: who, when. Written by response.orders.moves alone."""

    order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="entries")
    move = models.CharField(max_length=8, help_text="As response.orders.states names it; note: words alone; photo.")
    at = models.DateTimeField()
    by_kind = models.CharField(max_length=10)
    by = models.CharField(max_length=150)
    text = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return f"{self.order_id} {self.move}"


class OrderPhoto(models.Model):
    """A picture beside an entry, without the place it was taken at. Written by response.orders.moves alone."""

    entry = models.OneToOneField(OrderEntry, models.CASCADE, related_name="photo")
    order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="photos")
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=40, help_text="As its first bytes say, not as it was called.")
    size = models.PositiveIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    content = models.BinaryField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["order", "sha256"], name="photo_once_per_order")]

    def __str__(self) -> str:
        return self.name


class OrderLink(models.Model):
    """What lets a contractor act on one work order from a phone, without an account. Written by response.orders.links alone."""

    order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="links")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.order_id} {self.pk}"


class OrderMail(models.Model):
    """The mail by which a contractor gets an order, with its link: it waits, has left, or failed.

    Written by response.orders.mails alone.
    """

    order = models.ForeignKey(WorkOrder, models.CASCADE, related_name="mails")
    link = models.OneToOneField(OrderLink, models.CASCADE, related_name="mail")
    address = models.EmailField()
    asked_at = models.DateTimeField()
    asked_by = models.CharField(max_length=150)
    due_at = models.DateTimeField(help_text="When it may leave, or be tried again.")
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it failed or is tried again.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(condition=Q(sent_at=None) | Q(failed_at=None), name="order_mail_left_or_failed"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(sent_at=None, failed_at=None), name="order_mail_due")]

    def __str__(self) -> str:
        return f"{self.order_id} {self.address}"
