"""Tables of the sirens of a control room: how each is driven, and whether it is reached."""

from django.db import models

from assets.models import Site


class Siren(models.Model):
    """Sound and lamp of a room. Written by response.siren.moves alone."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="sirens", db_index=False)
    slug = models.SlugField(max_length=60)
    name = models.CharField(max_length=120)
    settings = models.TextField(help_text="How it is reached, encrypted, as response.siren.spec reads it.")
    patterns = models.JSONField(help_text="By severity, how it sounds and shines; a severity that is not there does neither.")
    enabled_at = models.DateTimeField(null=True, help_text="Since when it is driven; none: switched off.")
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150)
    test_until = models.DateTimeField(null=True)
    reached_at = models.DateTimeField(null=True, help_text="When it last took what it was told.")
    said = models.JSONField(null=True, help_text="What it was told then.")
    fault = models.CharField(max_length=300, blank=True, help_text="Why it is not reached.")
    failing_since = models.DateTimeField(null=True)

    class Meta:
        ordering = ["site", "slug"]
        constraints = [models.UniqueConstraint(fields=["site", "slug"], name="siren_slug_once_per_site")]

    def __str__(self) -> str:
        return self.slug
