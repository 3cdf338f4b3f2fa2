"""Shapes of procedures and of their runs, as the interface tells and takes them."""

from django.utils.translation import gettext as _
from rest_framework import serializers as s

from response.procedures.choice import WEIGHT

PROCEDURE_STATES = ["draft", "active", "retired"]
RUN_STATES = ["running", "done", "abandoned"]
PROCEDURE_KINDS = ["simple", "flow"]
AUDIENCES = ["operator", "supervisor", "agent"]
ACTS = ["start", "do", "skip", "fail"]
STEP_STATES = ["todo", "open", "doing", "done", "skipped", "failed", "left_out"]


class Named(s.Serializer):
    fr = s.CharField()
    en = s.CharField()


class ProcedureRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    slug = s.CharField()
    name = Named()
    state = s.ChoiceField(PROCEDURE_STATES)
    active = s.IntegerField(allow_null=True, help_text="Number of the version in force.")
    newest = s.IntegerField(help_text="Number of the newest version.")


class ProcedureVersionRow(s.Serializer):
    number = s.IntegerField()
    definition = s.DictField()
    note = s.CharField()
    created_at = s.DateTimeField()
    created_by = s.CharField()


class ProcedureDetail(ProcedureRow):
    versions = ProcedureVersionRow(many=True, help_text="Newest first.")


class WrittenProcedure(s.Serializer):
    slug = s.RegexField(r"^[a-z0-9][a-z0-9-]{0,59}\Z")
    definition = s.DictField(help_text="Definition, following `/api/v1/procedures/schema`.")
    note = s.CharField(max_length=300, default="", allow_blank=True, help_text="Reason for the change.")


class VersionNumber(s.Serializer):
    version = s.IntegerField(min_value=1, max_value=2**31 - 1)


class Because(s.Serializer):
    what = s.ChoiceField(list(WEIGHT))
    name = s.CharField(help_text="Slug of the rule, kind or sector that fits.")
    text = Named(help_text="The reason as a sentence.")


class Offer(s.Serializer):
    id = s.IntegerField()
    slug = s.CharField()
    name = Named()
    steps = s.IntegerField()
    because = Because(many=True, help_text="Reasons why the procedure fits, most important first.")
    run = s.IntegerField(
        allow_null=True, help_text="The current run of the procedure for this alarm or incident; null if there is none."
    )


class StepRow(s.Serializer):
    id = s.CharField()
    type = s.CharField()
    title = Named()
    text = Named(allow_null=True)
    mandatory = s.BooleanField()
    audience = s.ChoiceField(AUDIENCES, allow_null=True, help_text="Whom the step is for; null for whoever runs the procedure.")
    state = s.ChoiceField(STEP_STATES)
    at = s.DateTimeField(allow_null=True, help_text="When its state last changed.")
    by = s.CharField(help_text="User name of the person who last changed the step; empty if nobody.")
    answer = s.JSONField(help_text="Answer to the step; null if none.")
    reason = s.CharField()
    due_at = s.DateTimeField(allow_null=True, help_text="Deadline of the step.")
    late = s.BooleanField()
    may = s.ListField(child=s.ChoiceField(ACTS), help_text="What a person may do about the step now.")
    asks = s.DictField(help_text="What the form of the step needs: choices, fields, number or url.")
    names = s.DictField(
        child=Named(), help_text="What the command, scenario, procedure and entities are called that the step names, by slug."
    )


class RunRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    seq = s.IntegerField(help_text="Number of the journal line that last changed this row.")
    procedure = s.CharField()
    version = s.IntegerField()
    name = Named()
    incident = s.IntegerField(allow_null=True)
    alarm = s.IntegerField(allow_null=True)
    parent = s.IntegerField(allow_null=True, help_text="Id of the run that this run is a step of.")
    kind = s.ChoiceField(PROCEDURE_KINDS)
    path = s.ListField(child=s.CharField(), help_text="Ids of the steps in the order in which they could be done.")
    exercise = s.BooleanField()
    state = s.ChoiceField(RUN_STATES)
    begun_at = s.DateTimeField()
    begun_by = s.CharField()
    closed_at = s.DateTimeField(allow_null=True, help_text="When the run ended.")
    undone = s.ListField(child=s.CharField(), help_text="Ids of mandatory steps that are not done yet.")
    steps = StepRow(many=True)


class NewRun(s.Serializer):
    procedure = s.SlugField(max_length=60)
    incident = s.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    alarm = s.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    exercise = s.BooleanField(default=False)

    def validate(self, body: dict[str, object]) -> dict[str, object]:
        if "incident" in body and "alarm" in body:
            raise s.ValidationError(_("Give an incident or an alarm, not both."))
        return body


class StepAct(s.Serializer):
    act = s.ChoiceField(ACTS)
    answer = s.JSONField(required=False, help_text="A choice's value, a form's values by field, or a note.")
    reason = s.CharField(max_length=500, default="", allow_blank=True)


class Abandonment(s.Serializer):
    reason = s.CharField(max_length=500, default="", allow_blank=True)
