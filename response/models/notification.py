"""Tables of notification: contacts, rotas, policies and rules; escalations, and the messages that leave.

Addresses, codes and the settings of gateways are encrypted (response.notification.sealed).
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from alarms.models import Alarm
from alarms.models.severity import Severity
from assets.models import Site


class Means(models.TextChoices):
    """How a person is told."""

    MAIL = "mail", "mail"
    SMS = "sms", "SMS"
    WEBHOOK = "webhook", "webhook"
    PUSH = "push", "web push"
    APPRISE = "apprise", "Apprise"


class Contact(models.Model):
    """One way to reach a person, who has proven to be there by a code. Written by response.notification.contacts alone."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="contacts", db_index=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="contacts")
    means = models.CharField(max_length=8, choices=Means.choices)
    address = models.TextField(help_text="Encrypted.")
    hint = models.CharField(max_length=60, help_text="What may be shown of the address.")
    fingerprint = models.CharField(max_length=32, help_text="By which the same address is found again.")
    created_at = models.DateTimeField()
    verified_at = models.DateTimeField(null=True)
    code_hash = models.CharField(max_length=64, blank=True)
    code_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0, help_text="Wrong codes since the last one was sent.")
    gone_at = models.DateTimeField(null=True, help_text="When the other side said that nobody is there any more.")

    class Meta:
        ordering = ["site", "person", "id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "person", "means", "fingerprint"], name="contact_once_per_person"),
            models.CheckConstraint(
                condition=Q(code_hash="", code_until=None) | (~Q(code_hash="") & Q(code_until__isnull=False)),
                name="contact_code_has_an_end",
            ),
            models.CheckConstraint(condition=Q(verified_at=None) | Q(code_hash=""), name="contact_verified_waits_for_no_code"),
            models.CheckConstraint(condition=Q(gone_at=None) | Q(verified_at__isnull=False), name="contact_gone_was_there"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.means} {self.hint}"


class Gateway(models.Model):
    """By which mail or SMS of a site leave. Written by response.notification.gateways alone."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="gateways", db_index=False)
    means = models.CharField(max_length=8, choices=Means.choices)
    settings = models.TextField(help_text="Encrypted JSON, as response.notification.transports reads it.")
    token_hash = models.CharField(max_length=64, blank=True, help_text="SHA-256 of the token with which receipts are sent.")
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "means"], name="one_gateway_per_site_and_means")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.means}"


class OnCallRota(models.Model):
    """Who is on call when. Written by response.notification.plans alone."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="on_call_rotas", db_index=False)
    slug = models.SlugField(max_length=60)
    document = models.JSONField(help_text="As response.notification.spec.Rota.")

    class Meta:
        ordering = ["slug"]
        constraints = [models.UniqueConstraint(fields=["site", "slug"], name="on_call_rota_slug_once_per_site")]

    def __str__(self) -> str:
        return self.slug


class OnCallOverride(models.Model):
    """Somebody is on call instead of whom the rota names. Written by response.notification.plans alone."""

    rota = models.ForeignKey(OnCallRota, models.CASCADE, related_name="overrides")
    person = models.CharField(max_length=150)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["id"]
        constraints = [models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="on_call_override_lasts")]

    def __str__(self) -> str:
        return f"{self.rota_id} {self.person}"


class EscalationPolicy(models.Model):
    """Steps by which people are told until somebody answers. Written by response.notification.plans alone."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="escalation_policies", db_index=False)
    slug = models.SlugField(max_length=60)
    document = models.JSONField(help_text="As response.notification.spec.Policy.")

    class Meta:
        ordering = ["slug"]
        constraints = [models.UniqueConstraint(fields=["site", "slug"], name="escalation_policy_slug_once_per_site")]

    def __str__(self) -> str:
        return self.slug


class NotificationRules(models.Model):
    """Which alarms of a site follow which policy. Written by response.notification.plans alone."""

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True, related_name="notification_rules")
    document = models.JSONField(default=dict, help_text="As response.notification.spec.Rules.")

    def __str__(self) -> str:
        return f"{self.site_id}"


class Escalation(models.Model):
    """How far an alarm has been told: one row for each alarm that a rule applied to.

    It has the policy as it was when it began. Written by response.notification.escalation alone.
    """

    class End(models.TextChoices):
        ACKNOWLEDGED = "acknowledged", "acknowledged"
        RETURNED = "returned", "returned to normal"
        CLOSED = "closed", "closed"
        SILENCED = "silenced", "shelved, out of service or explained by another"
        EXHAUSTED = "exhausted", "every step was carried out"

    alarm = models.OneToOneField(Alarm, models.CASCADE, primary_key=True, related_name="escalation")
    site = models.ForeignKey(Site, models.CASCADE, related_name="escalations", db_index=False)
    policy = models.SlugField(max_length=60, help_text="Slug of the policy, which may be another by now or gone.")
    document = models.JSONField(help_text="The policy as it was.")
    severity = models.SmallIntegerField(choices=Severity.choices, help_text="Of the alarm when it began.")
    tells_end = models.BooleanField(default=False, help_text="Whom it reached is told that the alarm has ended.")
    end_told_at = models.DateTimeField(null=True, help_text="When the messages that tell it were made.")
    run = models.PositiveIntegerField(default=1, help_text="Times it began for this alarm.")
    turn = models.PositiveSmallIntegerField(default=0, help_text="Times all steps have been carried out.")
    step = models.PositiveSmallIntegerField(default=0, help_text="The next one, from 0.")
    began_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True, help_text="When the next step is carried out.")
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=12, choices=End.choices, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, end="", next_at__isnull=False)
                | (Q(ended_at__isnull=False, next_at=None) & ~Q(end="")),
                name="escalation_goes_on_or_has_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["site", "next_at"], condition=Q(ended_at=None), name="escalation_due"),
            models.Index(fields=["site"], condition=Q(tells_end=True, end_told_at=None), name="escalation_end_untold"),
        ]

    def __str__(self) -> str:
        return f"{self.alarm_id} {self.policy}"


class Message(models.Model):
    """What one contact is to be told of one alarm by one step, or of its end, or of maintenance; or a code, a test, or the
    canary, which is for no contact.

    Several that leave together have one `letter`. Written by response.notification.outbox alone.
    """

    class Kind(models.TextChoices):
        ALARM = "alarm", "alarm"
        ENDED = "ended", "end of an alarm"
        MAINTENANCE = "maintenance", "maintenance"
        CODE = "code", "code"
        TEST = "test", "test"
        CANARY = "canary", "canary"

    class State(models.TextChoices):
        PENDING = "pending", "pending"
        SENDING = "sending", "sending"
        SENT = "sent", "sent"
        DELIVERED = "delivered", "delivered"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    site = models.ForeignKey(Site, models.CASCADE, related_name="messages", db_index=False)
    contact = models.ForeignKey(Contact, models.CASCADE, null=True, related_name="messages")
    kind = models.CharField(max_length=11, choices=Kind.choices)
    escalation = models.ForeignKey(Escalation, models.CASCADE, null=True, related_name="messages", db_index=False)
    run = models.PositiveIntegerField(default=0)
    turn = models.PositiveSmallIntegerField(default=0)
    step = models.PositiveSmallIntegerField(default=0)
    line = models.PositiveBigIntegerField(null=True, help_text="Number in the journal of the line on maintenance that it tells.")
    body = models.TextField(blank=True, help_text="Of a code, encrypted; erased once it has left.")
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="When it may leave, or be tried again.")
    held_since = models.DateTimeField(null=True, help_text="Since when the contact's limit has held it back.")
    letter = models.UUIDField(null=True, help_text="What it leaves with; the same at each try.")
    tries = models.PositiveSmallIntegerField(default=0)
    claimed_until = models.DateTimeField(null=True, help_text="When a worker that has not answered is taken for dead.")
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it failed, was cancelled or is tried again.")
    provider_id = models.CharField(max_length=120, blank=True, help_text="By which receipts name it.")
    answer_code = models.CharField(max_length=6, blank=True, help_text="By which an answer by SMS names its letter.")
    answered_at = models.DateTimeField(null=True, help_text="When it was answered, by its link or its code.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["escalation", "run", "turn", "step", "contact"], condition=Q(kind="alarm"), name="message_once_per_step"
            ),
            models.UniqueConstraint(
                fields=["escalation", "contact", "step"],
                condition=Q(kind="alarm", state__in=["pending", "sending"]),
                name="message_waits_once",
            ),
            models.UniqueConstraint(
                fields=["escalation", "run", "contact"], condition=Q(kind="ended"), name="message_of_an_end_once"
            ),
            models.UniqueConstraint(
                fields=["site", "line", "contact"], condition=Q(line__isnull=False), name="message_of_a_line_once"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["alarm", "ended"], escalation__isnull=False)
                | (~Q(kind__in=["alarm", "ended"]) & Q(escalation=None)),
                name="message_of_an_alarm_has_its_escalation",
            ),
            models.CheckConstraint(
                condition=Q(kind="maintenance", line__isnull=False) | (~Q(kind="maintenance") & Q(line=None)),
                name="message_of_maintenance_has_its_line",
            ),
            models.CheckConstraint(
                condition=Q(kind="canary", contact=None) | (~Q(kind="canary") & Q(contact__isnull=False)),
                name="message_has_a_contact_unless_it_is_the_canary",
            ),
            models.CheckConstraint(
                condition=Q(state="sending", claimed_until__isnull=False, letter__isnull=False)
                | (~Q(state="sending") & Q(claimed_until=None)),
                name="message_is_claimed_while_it_is_sent",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["sent", "delivered"], sent_at__isnull=False)
                | Q(state="failed")
                | Q(state__in=["pending", "sending", "cancelled"], sent_at=None),
                name="message_sent_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state="delivered", delivered_at__isnull=False) | (~Q(state="delivered") & Q(delivered_at=None)),
                name="message_delivered_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state="failed", failed_at__isnull=False) | (~Q(state="failed") & Q(failed_at=None)),
                name="message_failed_has_its_time",
            ),
            models.CheckConstraint(
                condition=Q(state="cancelled", cancelled_at__isnull=False) | (~Q(state="cancelled") & Q(cancelled_at=None)),
                name="message_cancelled_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(state="pending"), name="message_due"),
            models.Index(fields=["claimed_until"], condition=Q(state="sending"), name="message_claimed"),
            models.Index(fields=["letter"], condition=Q(letter__isnull=False), name="message_letter"),
            models.Index(fields=["site", "-id"], name="message_newest"),
            models.Index(fields=["site", "provider_id"], condition=~Q(provider_id=""), name="message_receipt"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.kind} {self.state}"


class Canary(models.Model):
    """How the messages of a site do: one that is for nobody walks their way every few minutes. Written by
    response.notification.canary alone."""

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True, related_name="canary")
    walks = models.PositiveIntegerField(default=0, help_text="How many it began.")
    begun_at = models.DateTimeField(help_text="When it began the last one.")
    arrived_at = models.DateTimeField(null=True, help_text="When it last arrived.")

    def __str__(self) -> str:
        return f"{self.site_id} {self.walks}"
