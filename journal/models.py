"""Tables of the journal: its lines, what each is about and their counter, which journal.page alone writes; and who follows."""

import msgspec
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from assets.models import Site

ORIGINAL, ABOUT_ANY_NOUN = 1, 2
"""Formats of a line, which say what its hash was made of: before the journal knew any noun, and since."""


class Ledger(models.Model):
    """The site's journal counter. Its row is locked last, just before commit: numbers follow commits, without gaps."""

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True, related_name="ledger")
    seq = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    def __str__(self) -> str:
        return f"{self.site_id} {self.seq}"


class JournalEntry(models.Model):
    """One line of the site's append-only, hash-chained journal."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="journal", db_index=False, db_constraint=False)
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=30)
    about = models.TextField(default="[]", help_text="JSON as it was hashed: [[noun, id], …].")
    actor_kind = models.CharField(max_length=10, default="system", help_text="person, rule, procedure, supervisor, system.")
    actor = models.CharField(max_length=150, blank=True, help_text="Name of who acted: a user name, a slug.")
    desk = models.CharField(max_length=60, blank=True)
    text_fr = models.CharField(max_length=600)
    text_en = models.CharField(max_length=600)
    details = models.TextField(default="{}", help_text="JSON as it was hashed, never parsed by the database.")
    format = models.PositiveSmallIntegerField(default=ABOUT_ANY_NOUN, help_text="What the hash was made of.")
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["site", "seq"]
        constraints = [models.UniqueConstraint(fields=["site", "seq"], name="journal_number_once_per_site")]

    def __str__(self) -> str:
        return f"{self.site_id} #{self.seq} {self.kind}"

    def ids(self, noun: str) -> list[int]:
        """Ids of the things of this noun that the line is about."""
        return [id_ for each, id_ in msgspec.json.decode(self.about) if each == noun]


class About(models.Model):
    """What a line is about, by noun and id: the story of one thing is quick to read. It can be made anew from the lines."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="+", db_index=False, db_constraint=False)
    noun = models.CharField(max_length=20)
    ref = models.BigIntegerField(help_text="Id of the thing.")
    seq = models.BigIntegerField()

    pk = models.CompositePrimaryKey("site", "noun", "ref", "seq")

    def __str__(self) -> str:
        return f"{self.noun} {self.ref} #{self.seq}"


class Bookmark(models.Model):
    """Up to which line a follower has dealt with the journal of a site. Written by journal.followers alone."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="bookmarks")
    follower = models.CharField(max_length=60)
    seq = models.PositiveBigIntegerField()
    moved_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "follower"], name="one_bookmark_per_follower")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.follower} {self.seq}"


class Webhook(models.Model):
    """An address that is told of the journal's lines as they come. Written by journal.webhooks alone."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=80)
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=80, help_text="What messages are signed with; it cannot be a hash, for we sign.")
    nouns = ArrayField(models.CharField(max_length=20), default=list, help_text="Lines about any of these; empty: all lines.")
    severities = ArrayField(models.CharField(max_length=10), default=list, help_text="Of the lines about alarms; empty: all.")
    enabled = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    message = models.TextField(blank=True, help_text="What is under way, as it was signed first: each try sends the same bytes.")
    message_to = models.PositiveBigIntegerField(null=True, help_text="Number of the last line dealt with once it arrived.")
    failures = models.PositiveIntegerField(default=0, help_text="Tries in vain since the last success.")
    failing_since = models.DateTimeField(null=True)
    next_try_at = models.DateTimeField(null=True)
    last_error = models.CharField(max_length=200, blank=True)
    delivered_at = models.DateTimeField(null=True)
    died_at = models.DateTimeField(null=True, help_text="When it was given up: nothing arrived for a day.")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["site"], condition=Q(enabled=True), name="webhook_enabled")]

    def __str__(self) -> str:
        return self.name
