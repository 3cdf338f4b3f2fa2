"""Personal attributes of events, and their pseudonyms."""

from django.db import models

from assets.models import Site


class PersonalAttribute(models.Model):
    """An attribute of events that names a person, as a site declares it; some are personal everywhere (`pseudonyms.ALWAYS`)."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="personal_attributes")
    event_kind = models.CharField(max_length=60, blank=True, help_text="Empty: events of every kind.")
    attribute = models.SlugField(max_length=60)

    class Meta:
        ordering = ["event_kind", "attribute"]
        constraints = [models.UniqueConstraint(fields=["site", "event_kind", "attribute"], name="personal_attribute_once")]

    def __str__(self) -> str:
        return f"{self.event_kind or '*'}: {self.attribute}"


class PseudonymKey(models.Model):
    """What the pseudonyms of one month are made with; written and destroyed by `alarms.pseudonyms` alone."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="+")
    month = models.DateField()
    secret = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["site", "month"], name="one_pseudonym_key_per_month")]

    def __str__(self) -> str:
        return f"{self.site_id} {self.month:%Y-%m}"


class PersonalValue(models.Model):
    """Whom a pseudonym in an alarm names, until its key is destroyed; written by `alarms.pseudonyms` alone."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="+")
    pseudonym = models.CharField(max_length=17, unique=True)
    attribute = models.CharField(max_length=60)
    value = models.CharField(max_length=200)
    forgotten_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.pseudonym
