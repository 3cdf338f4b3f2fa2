"""What points usually do."""

from django.db import models

from assets.models import Point, Site


class ProfileSet(models.Model):
    """The profiles of a site as they were last computed. Written by alarms.site.profiles and by nothing else, as Profile is."""

    site = models.OneToOneField(Site, models.CASCADE, primary_key=True, related_name="profile_set")
    until = models.DateTimeField(help_text="They are made of the weeks before it.")
    made_for = models.TextField(help_text="Inventory, zone and versions they were made for.")
    made_at = models.DateTimeField()
    points = models.PositiveIntegerField(help_text="Points that have a profile.")

    def __str__(self) -> str:
        return f"{self.site_id} {self.until:%Y-%m-%d}"


class Profile(models.Model):
    """What a point usually does: 168 numbers a column, one per hour of the week, packed little-endian."""

    point = models.OneToOneField(Point, models.CASCADE, primary_key=True, related_name="+")
    site = models.ForeignKey(Site, models.CASCADE, related_name="+")
    median = models.BinaryField(help_text="float64")
    above = models.BinaryField(help_text="float64")
    below = models.BinaryField(help_text="float64")
    weeks = models.BinaryField(help_text="int16; 0: never observed.")
    samples = models.BinaryField(help_text="int16")

    def __str__(self) -> str:
        return f"{self.point_id}"
