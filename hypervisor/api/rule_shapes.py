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
    shadow_version = s.IntegerField(allow_null=True, help_text="Number of the version that runs unheard.")
    trouble = s.CharField(help_text="Why what should run cannot; empty when it can.")
    open_alarms = s.IntegerField()
    retirement_asked_by = s.CharField(
        allow_null=True, help_text="Who asked to stop the rule, while the site waits for another person to confirm."
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
    name = RuleName(required=False, help_text="Renames the rule.")


class NewRule(WrittenSpec):
    site = s.SlugField()
    slug = s.SlugField(max_length=60)
    name = RuleName()


class Previewed(s.Serializer):
    spec = s.DictField()
    rule = s.CharField(required=False, allow_blank=True, default="", help_text="Slug of the rule it would be a version of.")


class Remark(s.Serializer):
    path = s.CharField(help_text="The field, empty for the whole.")
    reason = s.CharField(help_text="In the language asked for.")


class Rhythm(s.Serializer):
    declared = s.FloatField(help_text="Seconds between two readings of a point, as the inventory says: the median.")
    measured = s.FloatField(allow_null=True, help_text="As history shows of some of the points; null where it shows nothing yet.")


class Preview(s.Serializer):
    points = s.IntegerField(help_text="Points it would read.")
    assets = s.IntegerField(help_text="Assets it could be about.")
    places = s.ListField(child=s.ListField(child=s.FloatField(), min_length=2, max_length=2), help_text="At most 5,000.")
    sample = AssetBrief(many=True)
    sentence = Bilingual(help_text="What it would say of the first of them.")
    severity = s.ChoiceField(SEVERITIES)
    rhythm = Rhythm(allow_null=True, help_text="How often these points speak; null without points.")
    errors = Remark(many=True, help_text="What does not forbid it and is probably not meant.")


class Activation(s.Serializer):
    version = s.IntegerField(min_value=1, help_text="Number of the version.")


class NewBacktest(s.Serializer):
    spec = s.DictField(required=False, help_text="What to try; the newest version unless given.")

    def get_fields(self) -> dict[str, s.Field]:
        return {"from": s.DateTimeField(), "to": s.DateTimeField(), **super().get_fields()}


class BacktestRow(s.Serializer):
    id = s.IntegerField()
    rule = s.IntegerField()
    to = s.DateTimeField()
    state = s.ChoiceField(["queued", "running", "done", "failed", "cancelled"])
    progress = s.FloatField(help_text="0 to 1, of the period.")
    readings = s.IntegerField(help_text="Judged so far.")
    spec = s.DictField()
    against = s.IntegerField(allow_null=True, help_text="Id of the version that ran when it was ordered.")
    figures = s.DictField(
        allow_null=True,
        help_text="`draft`, `active` (null without one), `added`, `removed`; null until done. `stored` (`from`, `to`, "
        "`whole`) is the part of the period that history holds and the figures are of; null when it holds nothing.",
    )
    message = s.CharField(help_text="Why it failed.")
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
    alone = s.BooleanField(help_text="The version it is compared with raises nothing about this subject meanwhile.")
    subject = s.CharField()
    severity = s.ChoiceField(SEVERITIES)
    asset = BriefAsset(allow_null=True)
    raised_at = s.DateTimeField()
    cleared_at = s.DateTimeField(allow_null=True)
    sentence = Bilingual()
    evidence = s.DictField()
    version = s.IntegerField(allow_null=True, help_text="Number of the version; null for what was tried and is not stored.")
    unit = s.CharField(help_text="Of the point it is about, if it is about one.")
    codes = s.DictField(help_text="Language → number of a state → its name, of that point.")
    named = s.DictField(help_text="What the ids in the evidence are called: assets and points.")
