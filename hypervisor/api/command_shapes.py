"""The shapes of commands, overrides and scenarios in the public interface; rows are built by commands.rows."""

from django.utils.translation import gettext as _
from rest_framework import serializers as s

from commands.models import Origin, Override, ScenarioRun
from commands.states import Reason, State
from hypervisor.api import shapes
from hypervisor.api.shapes import Bilingual

COMMAND_STATES = [state.value for state in State]
COMMAND_REASONS = [reason.value for reason in Reason]
ORIGINS = list(Origin.values)
RUN_STATES = list(ScenarioRun.State.values)
HOLDING = list(Override.Holding.values)
ROLES = ["operator", "shift_supervisor", "administrator"]
ACTORS = ["person", "token", "rule", "procedure", "supervisor", "system"]


class Shown(s.Serializer):
    """Parameters as text for people."""

    fr = s.CharField(allow_blank=True)
    en = s.CharField(allow_blank=True)


class ProofRow(s.Serializer):
    point = s.IntegerField(allow_null=True)
    quantity = s.CharField(allow_null=True)
    comparison = s.ChoiceField(["in", "near", "above", "below"])
    values = s.ListField(child=s.FloatField())
    tolerance = s.FloatField()
    hold = s.FloatField(help_text="Seconds for which the value must hold.")
    read = s.FloatField(allow_null=True, help_text="The value that first met the condition.")
    read_at = s.DateTimeField(allow_null=True)


class CommandRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    seq = s.IntegerField(help_text="Number of the journal line that last changed this row.")
    state = s.ChoiceField(
        COMMAND_STATES,
        help_text="`accepted` is the answer of the supervisor; only a reading from the field makes it `confirmed`.",
    )
    state_name = Bilingual()
    reason = s.ChoiceField(COMMAND_REASONS, allow_null=True)
    reason_name = Bilingual(allow_null=True)
    said = Bilingual(allow_null=True, help_text="Details of the reason.")
    asset = shapes.AssetBrief()
    sector = shapes.SectorBrief(allow_null=True)
    type = s.CharField()
    type_name = Bilingual()
    parameters = s.DictField()
    parameters_shown = Shown()
    dangerous = s.BooleanField()
    second_person = s.BooleanField()
    idempotent = s.BooleanField()
    proof = ProofRow(allow_null=True)
    origin = s.ChoiceField(ORIGINS)
    cause = s.CharField(allow_blank=True, help_text="What caused the command, such as alarm:12 or passage:7.")
    because = s.CharField(allow_blank=True, help_text="The reason given by the person.")
    actor_kind = s.ChoiceField(ACTORS)
    actor = s.CharField(allow_blank=True)
    desk = s.CharField(allow_blank=True)
    second = s.CharField(allow_blank=True, help_text="User name of the second person who confirmed the command.")
    armed_by = s.CharField(allow_blank=True)
    armed_desk = s.CharField(allow_blank=True)
    requested_at = s.DateTimeField()
    authorised_at = s.DateTimeField(allow_null=True)
    armed_at = s.DateTimeField(allow_null=True)
    sent_at = s.DateTimeField(allow_null=True)
    accepted_at = s.DateTimeField(allow_null=True)
    ended_at = s.DateTimeField(allow_null=True)
    deadline = s.DateTimeField(allow_null=True, help_text="Deadline of the next step.")
    until = s.DateTimeField(allow_null=True, help_text="End of an override; else null.")
    answered_at = s.DateTimeField(allow_null=True)
    met_at = s.DateTimeField(
        allow_null=True, help_text="Since when the field is in the requested state, which may have to hold for some time."
    )
    attempt = s.IntegerField()
    supervisor_ref = s.CharField(allow_blank=True)
    override = s.IntegerField(allow_null=True)
    scenario_run = s.IntegerField(allow_null=True)


class CommandDetail(CommandRow):
    may = s.ListField(
        child=s.ChoiceField(["second", "arm", "execute", "cancel"]), help_text="The steps that you can request now."
    )


class BlockRow(s.Serializer):
    reason = s.ChoiceField(COMMAND_REASONS)
    sentence = Bilingual()


class OutlookRow(s.Serializer):
    """Preview of a command."""

    free = s.BooleanField(help_text="Whether the command would be sent.")
    blocks = BlockRow(many=True, help_text="The interlocks that forbid the command.")
    reached = s.BooleanField(help_text="Whether the field is already in the requested state.")
    age = s.FloatField(allow_null=True, help_text="Seconds since the newest reading that would confirm the command.")
    under_way = s.IntegerField(allow_null=True, help_text="Id of the same command if it is already under way.")
    carried = s.BooleanField(help_text="Whether a supervisor accepts the command.")
    parameters = s.DictField()


class OfferRow(s.Serializer):
    """A command that an asset accepts."""

    type = s.CharField()
    name = Bilingual()
    parameters = s.ListField(child=s.DictField(), help_text="Parameters as form fields: type, name, label, limits, default.")
    schema = s.DictField(help_text="JSON Schema of the parameters.")
    dangerous = s.BooleanField(help_text="Whether the command must be armed first.")
    second_person = s.BooleanField()
    idempotent = s.BooleanField()
    confirm_within = s.FloatField(help_text="Seconds within which the field must confirm the command.")
    longest = s.FloatField(allow_null=True, help_text="Longest duration in seconds of a command that stands.")
    proven = s.BooleanField(help_text="Whether a reading can confirm the command.")
    permitted = s.BooleanField(help_text="Whether your role includes the command.")
    outlook = OutlookRow()


class OverrideRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    seq = s.IntegerField()
    asset = shapes.AssetBrief()
    sector = shapes.SectorBrief(allow_null=True)
    type = s.CharField()
    type_name = Bilingual()
    parameters_shown = Shown()
    command = s.IntegerField()
    release = s.IntegerField(allow_null=True, help_text="Id of the command that releases the override.")
    actor_kind = s.ChoiceField(ACTORS)
    actor = s.CharField(allow_blank=True)
    desk = s.CharField(allow_blank=True)
    because = s.CharField(allow_blank=True)
    since = s.DateTimeField()
    until = s.DateTimeField()
    ended_at = s.DateTimeField(allow_null=True)
    ended_by = s.CharField(allow_blank=True, help_text="User name of the person who ended it; empty if it ended on time.")
    released_at = s.DateTimeField(allow_null=True, help_text="When the field released it.")
    overdue_at = s.DateTimeField(
        allow_null=True, help_text="When it was reported that the field holds the override past its end."
    )
    holding = s.ChoiceField(HOLDING, help_text="Whether the field holds the override, according to the last reading.")
    standing = s.BooleanField()


class TypeRow(s.Serializer):
    id = s.IntegerField()
    kind = s.CharField()
    type = s.CharField()
    name = Bilingual()
    spec = s.DictField(help_text="Steps in the format of docs/commands.md.")
    own = s.BooleanField(help_text="Whether the site changed it; the catalogue of Vigie no longer updates it.")
    enabled = s.BooleanField(help_text="Whether the type is enabled in the catalogue and on this site.")
    automatic = s.BooleanField(help_text="Whether rules and procedures may send it without a person.")


class ConnectorRow(s.Serializer):
    supervisor = s.CharField()
    name = s.CharField()
    address = s.CharField(allow_null=True, help_text="Address without its password; null without a connector.")
    mapping = s.DictField(allow_null=True)
    enabled = s.BooleanField()
    allow_private_address = s.BooleanField()
    token_hint = s.CharField(allow_null=True, help_text="Last characters of the token with which it answers later.")


class ScenarioRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    slug = s.CharField()
    name = Bilingual()
    steps = s.ListField(child=s.DictField(), help_text="Steps in the format of docs/commands.md.")
    roles = s.ListField(child=s.ChoiceField(ROLES))
    automatic = s.BooleanField(help_text="Whether rules and procedures may run it without a person.")
    enabled = s.BooleanField()
    version = s.IntegerField(help_text="Version, raised when the steps change.")
    running = s.IntegerField(allow_null=True, help_text="Id of the current run.")
    permitted = s.BooleanField(help_text="Whether you may run it.")


class ForeseenRow(s.Serializer):
    """A command of a scenario as it would proceed now."""

    step = s.IntegerField(help_text="Number of the step, from 0.")
    asset = shapes.AssetBrief()
    type = s.CharField()
    parameters = s.DictField()
    outlook = OutlookRow(allow_null=True, help_text="Null if there is no such command; `said` gives the reason.")
    said = Bilingual(allow_null=True)


class ScenarioCommandRow(s.Serializer):
    position = s.IntegerField()
    command = s.IntegerField(allow_null=True)
    state = s.ChoiceField(COMMAND_STATES)
    said = Bilingual(allow_null=True, help_text="Reason why there is no command.")


class ScenarioRunRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    seq = s.IntegerField()
    scenario = s.IntegerField()
    slug = s.CharField()
    name = Bilingual()
    version = s.IntegerField()
    state = s.ChoiceField(RUN_STATES)
    said = Bilingual(allow_null=True)
    step = s.IntegerField(help_text="Number of the current step, from 0.")
    orders = s.IntegerField(help_text="Number of commands that the run will request.")
    done = s.IntegerField(help_text="Number of commands confirmed.")
    failed = s.IntegerField(help_text="Number of commands refused, failed, timed out or cancelled.")
    origin = s.ChoiceField(ORIGINS)
    cause = s.CharField(allow_blank=True)
    because = s.CharField(allow_blank=True)
    actor_kind = s.ChoiceField(ACTORS)
    actor = s.CharField(allow_blank=True)
    desk = s.CharField(allow_blank=True)
    started_at = s.DateTimeField()
    ended_at = s.DateTimeField(allow_null=True)
    commands = ScenarioCommandRow(many=True)


class ReactionRow(s.Serializer):
    """A command or scenario that a rule sends automatically when it raises an alarm."""

    rule = s.CharField(help_text="Slug of the rule.")
    type = s.CharField(allow_blank=True, help_text="Command type sent to the asset of the alarm; empty if the scenario is run.")
    parameters = s.DictField()
    minutes = s.IntegerField(allow_null=True, help_text="Duration in minutes of a command that stands.")
    scenario = s.CharField(allow_null=True)
    enabled = s.BooleanField()


# --- what comes in ---


class NewReaction(s.Serializer):
    type = s.SlugField(max_length=60, required=False, allow_blank=True, default="")
    parameters = s.DictField(default=dict)
    minutes = s.IntegerField(required=False, allow_null=True, min_value=1, max_value=366 * 1440, default=None)
    scenario = s.SlugField(max_length=60, required=False, allow_blank=True, default="")
    enabled = s.BooleanField(default=True)


class NewScenario(s.Serializer):
    name = Bilingual()
    steps = s.ListField(child=s.DictField(), min_length=1, max_length=100)
    roles = s.ListField(child=s.ChoiceField(ROLES), min_length=1, default=ROLES)
    automatic = s.BooleanField(default=False)
    enabled = s.BooleanField(default=True)


class NewScenarioRun(s.Serializer):
    because = s.CharField(max_length=300, allow_blank=True, default="")
    until = s.DateTimeField(required=False, help_text="End of the commands that stand.")
    cause = s.RegexField(r"^[a-z_]+:[0-9]+\Z", max_length=80, required=False, help_text="Such as alarm:12.")


class NewCommand(s.Serializer):
    type = s.SlugField(max_length=60)
    parameters = s.DictField(default=dict)
    because = s.CharField(
        max_length=300, allow_blank=True, default="", help_text="Required for a command that stands until an end."
    )
    until = s.DateTimeField(required=False, help_text="End of a command that stands; alternatively give `minutes` from now.")
    minutes = s.IntegerField(required=False, min_value=1, max_value=366 * 1440)
    cause = s.RegexField(r"^[a-z_]+:[0-9]+\Z", max_length=80, required=False, help_text="Such as alarm:12.")

    def validate(self, given: dict[str, object]) -> dict[str, object]:
        if "until" in given and "minutes" in given:
            raise s.ValidationError({"until": _("Give either until or minutes.")})
        return given


class Draft(s.Serializer):
    type = s.SlugField(max_length=60)
    parameters = s.DictField(default=dict)


class Choice(s.Serializer):
    enabled = s.BooleanField()
    automatic = s.BooleanField()


class NewConnector(s.Serializer):
    address = s.CharField(max_length=500)
    mapping = s.DictField()
    enabled = s.BooleanField(default=True)
    allow_private_address = s.BooleanField(default=False)
