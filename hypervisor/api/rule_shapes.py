"""The shapes of rules, their versions, trials and would-be alarms: what the interface says of them, and takes."""

from rest_framework import serializers as s

from hypervisor.api.shapes import RULE_STATES, SEVERITIES, AssetBrief, Bilingual


class RuleVersionRow(s.Serializer):
    id = s.IntegerField()
    number = s.IntegerField()
    spec = s.DictField(help_text="A rule spec; its JSON Schema is /api/v1/rules/schema.")
    created_at = s.DateTimeField()
    created_by = s.CharField(allow_null=True)
    note = s.CharField()


class RuleRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    slug = s.CharField()
    name = Bilingual()
    state = s.ChoiceField(RULE_STATES)
    active_version = s.IntegerField(allow_null=True, help_text="Number of the version in force.")
    shadow_version = s.IntegerField(allow_null=True, help_text="Number of the version in shadow.")
    trouble = s.CharField(help_text="Why the rule cannot run; empty if it can.")
    open_alarms = s.IntegerField()
    retirement_asked_by = s.CharField(
        allow_null=True,
        help_text="User name of the person who asked to stop the rule, while the confirmation of another person is awaited.",
    )


class RuleDetail(RuleRow):
    versions = RuleVersionRow(many=True)


class RuleName(s.Serializer):
    fr = s.CharField(max_length=120)
    en = s.CharField(max_length=120)


class WrittenSpec(s.Serializer):
    spec = s.DictField()
    note = s.CharField(max_length=300, allow_blank=True, default="")


class NewVersion(WrittenSpec):
    name = RuleName(required=False, help_text="New name of the rule.")


class NewRule(WrittenSpec):
    site = s.SlugField()
    slug = s.SlugField(max_length=60)
    name = RuleName()


class Previewed(s.Serializer):
    spec = s.DictField()
    rule = s.CharField(
        required=False, allow_blank=True, default="", help_text="Slug of the rule that the spec would be a version of."
    )


class Remark(s.Serializer):
    path = s.CharField(help_text="Path of the field; empty for the whole spec.")
    reason = s.CharField(help_text="Reason, in the language of the request.")


class Rhythm(s.Serializer):
    declared = s.FloatField(help_text="Median of the expected seconds between two readings of a point, from the inventory.")
    measured = s.FloatField(
        allow_null=True, help_text="Measured seconds between two readings, from the history of some points; null without history."
    )


class OtherRule(s.Serializer):
    id = s.IntegerField()
    name = Bilingual()
    severity = s.ChoiceField(SEVERITIES, help_text="Worst severity it can raise.")


class Preview(s.Serializer):
    points = s.IntegerField(help_text="Number of points in scope.")
    assets = s.IntegerField(help_text="Number of assets in scope.")
    places = s.ListField(
        child=s.ListField(child=s.FloatField(), min_length=2, max_length=2),
        help_text="Positions of assets in scope, at most 5,000.",
    )
    sample = AssetBrief(many=True)
    sentence = Bilingual(help_text="Example sentence for the first asset.")
    severity = s.ChoiceField(SEVERITIES)
    rhythm = Rhythm(allow_null=True, help_text="How often these points send readings; null without points.")
    others = OtherRule(many=True, help_text="Active rules that may listen to the same things in the same places.")
    errors = Remark(many=True, help_text="Warnings about what is allowed and probably not intended.")


class Bin(s.Serializer):
    low = s.FloatField()
    high = s.FloatField()
    count = s.IntegerField()


class ReadState(s.Serializer):
    code = s.FloatField()
    name = Bilingual()
    count = s.IntegerField()


class Percentile(s.Serializer):
    percent = s.IntegerField()
    value = s.FloatField()


class Lately(s.Serializer):
    points = s.IntegerField(help_text="Number of points that were looked at, at most 40; 0 when there is nothing to tell.")
    since = s.DateTimeField(allow_null=True)
    unit = s.CharField(allow_blank=True)
    low = s.FloatField(allow_null=True)
    high = s.FloatField(allow_null=True)
    percentiles = Percentile(many=True)
    bins = Bin(many=True, help_text="Equal steps from the lowest to the highest reading.")
    states = ReadState(many=True, help_text="Of a quantity with states: readings of each, by code.")


class Activation(s.Serializer):
    version = s.IntegerField(min_value=1, help_text="Number of the version.")


class NewBacktest(s.Serializer):
    spec = s.DictField(required=False, help_text="The spec to try. Default: the newest version.")

    def get_fields(self) -> dict[str, s.Field]:
        return {"from": s.DateTimeField(), "to": s.DateTimeField(), **super().get_fields()}


class BacktestRow(s.Serializer):
    id = s.IntegerField()
    rule = s.IntegerField()
    to = s.DateTimeField()
    state = s.ChoiceField(["queued", "running", "done", "failed", "cancelled"])
    progress = s.FloatField(help_text="Progress from 0 to 1.")
    readings = s.IntegerField(help_text="Number of readings judged so far.")
    spec = s.DictField()
    against = s.IntegerField(allow_null=True, help_text="Id of the version that was active when the backtest was requested.")
    figures = s.DictField(
        allow_null=True,
        help_text="`draft`, `active` (null without one), `added`, `removed`; null until done. `stored` (`from`, `to`, "
        "`whole`) is the part of the period that history holds and the figures are of; null when it holds nothing.",
    )
    message = s.CharField(help_text="Why the backtest failed.")
    created_at = s.DateTimeField()
    finished_at = s.DateTimeField(allow_null=True)

    def get_fields(self) -> dict[str, s.Field]:
        return {"from": s.DateTimeField(), **super().get_fields()}


class BriefAsset(s.Serializer):
    id = s.IntegerField()
    code = s.CharField()
    name = s.CharField()


class WouldBeRow(s.Serializer):
    id = s.IntegerField()
    of = s.ChoiceField(["draft", "active", "shadow"])
    alone = s.BooleanField(help_text="Whether the other version raises nothing about this subject at that time.")
    subject = s.CharField()
    severity = s.ChoiceField(SEVERITIES)
    asset = BriefAsset(allow_null=True)
    raised_at = s.DateTimeField()
    cleared_at = s.DateTimeField(allow_null=True)
    sentence = Bilingual()
    evidence = s.DictField()
    version = s.IntegerField(allow_null=True, help_text="Number of the version; null for a spec that is not stored.")
    unit = s.CharField(help_text="Unit of the point the alarm is about.")
    codes = s.DictField(help_text="Names of the states of the point by number, under `fr` and `en`.")
    named = s.DictField(help_text="Names of the assets and points whose ids are in the evidence.")
