"""Shapes of reports, as the interface tells and takes them."""

from rest_framework import serializers as s

from hypervisor.api.shapes import Bilingual
from reports.definitions import Definitions

_DEFAULT = Definitions()


class ReportColumn(s.Serializer):
    key = s.CharField(help_text="Names the column in CSV.")
    name = Bilingual()
    unit = s.CharField(help_text="text, count, share, seconds, hours, instant, day, rate, verdict.")


class ReportRow(s.Serializer):
    cells = s.ListField(
        child=s.JSONField(), help_text="In order of the columns; null where there is none, a text may be in both languages."
    )
    proof = s.DictField(allow_null=True, help_text="Criteria of the annunciations it is made of; null: they cannot be listed.")


class ReportTableShape(s.Serializer):
    key = s.CharField()
    title = Bilingual()
    note = s.DictField(child=s.CharField(allow_blank=True), help_text="How it is counted, in both languages.")
    columns = ReportColumn(many=True)
    rows = ReportRow(many=True)


class DefinitionsShape(s.Serializer):
    flood_above = s.IntegerField(min_value=1, max_value=1000, default=_DEFAULT.flood_above)
    flood_below = s.IntegerField(min_value=1, max_value=1000, default=_DEFAULT.flood_below)
    busy_hour = s.IntegerField(min_value=1, max_value=1000, default=_DEFAULT.busy_hour)
    chattering_times = s.IntegerField(min_value=2, max_value=100, default=_DEFAULT.chattering_times)
    chattering_within = s.IntegerField(min_value=1, max_value=604_800, default=_DEFAULT.chattering_within, help_text="Seconds.")
    fleeting_below = s.IntegerField(min_value=1, max_value=604_800, default=_DEFAULT.fleeting_below, help_text="Seconds.")
    fleeting_apart = s.IntegerField(min_value=1, max_value=604_800, default=_DEFAULT.fleeting_apart, help_text="Seconds.")
    stale_after = s.IntegerField(min_value=1, max_value=604_800, default=_DEFAULT.stale_after, help_text="Seconds.")
    together_within = s.IntegerField(min_value=1, max_value=604_800, default=_DEFAULT.together_within, help_text="Seconds.")
    together_share = s.IntegerField(min_value=50, max_value=100, default=_DEFAULT.together_share, help_text="Per cent.")
    down_rules = s.ListField(
        child=s.SlugField(max_length=60), max_length=200, default=list,
        help_text="Slugs of rules whose alarms say that an asset is down, beside those that say it is silent.",
    )  # fmt: skip


class ReportShape(s.Serializer):
    site = s.CharField()
    to = s.DateField(help_text="Last day.")
    made_at = s.DateTimeField()
    until = s.DateTimeField(help_text="Up to when it is counted: now, while the period is not over.")
    reached = s.IntegerField(help_text="Number of the last journal line that is counted.")
    definitions = DefinitionsShape()
    tables = ReportTableShape(many=True)

    def get_fields(self) -> dict[str, s.Field]:
        return {"from": s.DateField(help_text="First day.")} | super().get_fields()


class ReportCharts(s.Serializer):
    rate = s.DictField(help_text="Annunciations by day or hour: a Plotly figure, data and layout.")
    load = s.DictField(help_text="Ten-minute periods by how many annunciations they held.")
    severities = s.DictField()
    waits = s.DictField(help_text="Times until an acknowledgement.")


class LoadShape(s.Serializer):
    count = s.IntegerField(help_text="Annunciated within the last ten minutes.")
    hour = s.IntegerField(help_text="Annunciated within the last hour.")
    level = s.ChoiceField(("acceptable", "manageable", "demanding", "excessive"))
    flood = s.BooleanField()
    good = s.FloatField(help_text="Annunciations in ten minutes that are as they should be.")
    most = s.FloatField(help_text="Annunciations in ten minutes that are bearable.")
