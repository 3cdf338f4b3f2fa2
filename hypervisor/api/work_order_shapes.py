"""Shapes of contractors, contracts and work orders, as the interface tells and takes them."""

from rest_framework import serializers as s

from hypervisor.api import shapes
from hypervisor.api.command_shapes import ACTORS
from hypervisor.api.daylog_shapes import Numbered
from hypervisor.api.rule_shapes import BriefAsset
from response.models import OrderPlan
from response.orders.moves import LONGEST, LONGEST_REASON, LONGEST_REF
from response.orders.states import Move, State
from response.orders.terms import HOLIDAYS, Priority

ORDER_STATES = [state.value for state in State]
ORDER_MOVES = [move.value for move in Move]
PRIORITIES = [priority.value for priority in Priority]
ENTRIES = ["order", *ORDER_MOVES, "note", "photo"]


LANGUAGES = ("fr", "en")


class ContractorBrief(s.Serializer):
    slug = s.CharField()
    name = s.CharField()


class ContractorRow(ContractorBrief):
    id = s.IntegerField()
    email = s.CharField(allow_blank=True)
    phone = s.CharField(allow_blank=True)
    contact = s.CharField(allow_blank=True, help_text="Who answers, and when.")
    mails = s.BooleanField(help_text="Each order is mailed to it as soon as it is made.")
    language = s.ChoiceField(LANGUAGES, help_text="Of the mails.")
    retired_at = s.DateTimeField(allow_null=True)


class WantedContractor(s.Serializer):
    name = s.CharField(max_length=120)
    email = s.EmailField(max_length=254, required=False, allow_blank=True, default="")
    phone = s.CharField(max_length=40, required=False, allow_blank=True, default="")
    contact = s.CharField(max_length=200, required=False, allow_blank=True, default="")
    mails = s.BooleanField(default=False, help_text="Mail each order to it as soon as it is made; needs an address.")
    language = s.ChoiceField(LANGUAGES, default="fr", help_text="Of the mails.")
    retired = s.BooleanField(default=False, help_text="Nothing more is ordered from it.")


class TermsShape(s.Serializer):
    accept = s.IntegerField(required=False, allow_null=True, min_value=1, help_text="Minutes to accept the order.")
    arrive = s.IntegerField(required=False, allow_null=True, min_value=1, help_text="Minutes to be on site (GTI).")
    restore = s.IntegerField(required=False, allow_null=True, min_value=1, help_text="Minutes to restore service (GTR).")
    at_all_hours = s.BooleanField(required=False, help_text="Every hour counts, not only those of the contract.")


class PriorityTerms(s.Serializer):
    """What is promised, by priority; all minutes are counted from the order, in the hours that count."""

    urgent = TermsShape(required=False)
    high = TermsShape(required=False)
    normal = TermsShape(required=False)
    low = TermsShape(required=False)


class WantedContract(s.Serializer):
    contractor = s.SlugField(max_length=60)
    reference = s.CharField(max_length=60)
    kinds = s.ListField(
        child=s.SlugField(), default=list, max_length=200, help_text="Kinds of assets it serves; none: every kind."
    )
    sectors = s.ListField(child=s.SlugField(), default=list, max_length=200, help_text="None: the whole site.")
    terms = PriorityTerms()
    hours = s.DictField(
        default=dict, help_text="The hours that count: `weekly` and `exceptions`, as in the calendar of a rule; {}: all hours."
    )
    holidays = s.ChoiceField(
        HOLIDAYS, default="", allow_blank=True,
        help_text="Public holidays that do not count: `FR`, or the code (ISO 3166-2) of a region with more; empty: they count.",
    )  # fmt: skip
    starts_on = s.DateField()
    ends_on = s.DateField(required=False, allow_null=True, default=None, help_text="Its last day.")


class ContractRow(s.Serializer):
    id = s.IntegerField()
    contractor = s.CharField()
    reference = s.CharField()
    kinds = s.ListField(child=s.CharField())
    sectors = s.ListField(child=s.CharField())
    terms = PriorityTerms()
    hours = s.DictField()
    holidays = s.ChoiceField(HOLIDAYS, allow_blank=True)
    starts_on = s.DateField()
    ends_on = s.DateField(allow_null=True)


class DueRow(s.Serializer):
    priority = s.ChoiceField(PRIORITIES)
    priority_name = shapes.Bilingual()
    accept_due = s.DateTimeField(allow_null=True)
    arrive_due = s.DateTimeField(allow_null=True)
    restore_due = s.DateTimeField(allow_null=True)


class ProposalRow(s.Serializer):
    contract = s.IntegerField()
    reference = s.CharField()
    contractor = ContractorBrief()
    phone = s.CharField(allow_blank=True)
    priority = s.ChoiceField(PRIORITIES, help_text="The one proposed.")
    reason = shapes.Bilingual(help_text="Why this contract, and why so urgent.")
    priorities = DueRow(many=True, help_text="Those of the contract, and when each step would be due if ordered now.")


class WorkOrderRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    seq = s.IntegerField(help_text="Number of the journal line that changed it last.")
    number = s.IntegerField(help_text="Of the site, from 1 and without a gap.")
    state = s.ChoiceField(ORDER_STATES)
    state_name = shapes.Bilingual()
    priority = s.ChoiceField(PRIORITIES)
    priority_name = shapes.Bilingual()
    fault = s.CharField(help_text="What is wrong, or what is to be done.")
    contractor = ContractorBrief()
    contract = s.CharField(allow_null=True, help_text="Its reference.")
    asset = BriefAsset(allow_null=True)
    sector = shapes.SectorBrief(allow_null=True)
    alarm = s.IntegerField(allow_null=True)
    incident = Numbered(allow_null=True)
    plan = s.CharField(allow_null=True, help_text="Name of the plan that ordered it.")
    external_ref = s.CharField(allow_blank=True, help_text="What the contractor calls it.")
    reason = s.CharField(allow_blank=True, help_text="Why it was refused, cancelled or taken up again.")
    ordered_by = s.CharField()
    ordered_at = s.DateTimeField()
    accept_due = s.DateTimeField(allow_null=True)
    arrive_due = s.DateTimeField(allow_null=True)
    restore_due = s.DateTimeField(allow_null=True)
    accepted_at = s.DateTimeField(allow_null=True)
    on_site_at = s.DateTimeField(allow_null=True)
    restored_at = s.DateTimeField(allow_null=True)
    closed_at = s.DateTimeField(allow_null=True, help_text="When it was closed, refused or cancelled; null while it is open.")
    due_at = s.DateTimeField(allow_null=True, help_text="When its next step is due.")
    late_since = s.DateTimeField(allow_null=True)
    late = s.BooleanField(help_text="Its next step was not taken in time.")
    moves = s.ListField(child=s.ChoiceField(ORDER_MOVES), help_text="What can be done next.")


class PhotoRow(s.Serializer):
    id = s.IntegerField()
    name = s.CharField()
    media_type = s.CharField(help_text="As its content says.")
    size = s.IntegerField(help_text="Bytes.")
    sha256 = s.CharField(help_text="Of what is kept; also in the journal.")


class OrderEntryRow(s.Serializer):
    id = s.IntegerField()
    move = s.ChoiceField(ENTRIES, help_text="The step, a note or a photo.")
    at = s.DateTimeField()
    by_kind = s.ChoiceField(ACTORS)
    by = s.CharField(allow_blank=True, help_text="User name, name of a token, or contractor.")
    text = s.CharField(allow_blank=True)
    photo = PhotoRow(allow_null=True)


class WorkOrderDetail(WorkOrderRow):
    entries = OrderEntryRow(many=True, help_text="Its steps, notes and photos, the oldest first.")


class NewWorkOrder(s.Serializer):
    fault = s.CharField(max_length=LONGEST)
    contract = s.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    contractor = s.SlugField(max_length=60, required=False, help_text="Without a contract: nothing is due then.")
    priority = s.ChoiceField(PRIORITIES, default=Priority.NORMAL.value)
    asset = s.CharField(
        max_length=200, required=False, help_text="Its code, or words that find it alone; that of the alarm unless said."
    )
    sector = s.SlugField(max_length=60, required=False, help_text="Where there is no asset.")
    alarm = s.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    incident = s.IntegerField(required=False, min_value=1, max_value=2**63 - 1)


class OrderMove(s.Serializer):
    move = s.ChoiceField(ORDER_MOVES)
    text = s.CharField(
        max_length=LONGEST_REASON, required=False, allow_blank=True, default="",
        help_text="The reason of a refusal, a cancellation or of taking it up again; else a note, if any.",
    )  # fmt: skip
    external_ref = s.CharField(
        max_length=LONGEST_REF, required=False, allow_blank=True, help_text="What the contractor calls it."
    )


class PlanRow(s.Serializer):
    id = s.IntegerField()
    name = s.CharField()
    contract = s.IntegerField()
    contractor = ContractorBrief()
    work = s.CharField(help_text="What is to be done.")
    kind = s.CharField(allow_null=True)
    sector = s.CharField(allow_null=True)
    assets = s.ListField(child=s.CharField(), help_text="Codes.")
    every = s.IntegerField()
    unit = s.ChoiceField(OrderPlan.Unit.values)
    starts_on = s.DateField()
    season = s.ListField(child=s.IntegerField(), help_text="Months; none: all.")
    remind_days = s.IntegerField()
    window_start = s.TimeField(allow_null=True)
    window_minutes = s.IntegerField()
    next_on = s.DateField(allow_null=True, help_text="The next due day without an order.")
    ended_at = s.DateTimeField(allow_null=True)


class WantedPlan(s.Serializer):
    name = s.CharField(max_length=120)
    contract = s.IntegerField(min_value=1, max_value=2**63 - 1)
    work = s.CharField(max_length=LONGEST)
    assets = s.ListField(child=s.CharField(max_length=80), default=list, max_length=200, help_text="Codes; or else a kind.")
    kind = s.SlugField(max_length=40, required=False, help_text="All assets of a kind, as one order.")
    sector = s.SlugField(max_length=60, required=False, help_text="Of a kind: only there.")
    every = s.IntegerField(min_value=1, max_value=1000)
    unit = s.ChoiceField(OrderPlan.Unit.values)
    starts_on = s.DateField(help_text="The first day on which it is due.")
    season = s.ListField(child=s.IntegerField(min_value=1, max_value=12), default=list, max_length=12, help_text="Months.")
    remind_days = s.IntegerField(min_value=0, max_value=365, default=0)
    window_start = s.TimeField(required=False, allow_null=True, default=None, help_text="On the site's clocks; none: no window.")
    window_minutes = s.IntegerField(min_value=0, max_value=1440, default=0)


class NewLink(s.Serializer):
    days = s.IntegerField(min_value=1, max_value=31, default=7, help_text="How long it is valid.")


class LinkRow(s.Serializer):
    url = s.CharField(help_text="For the contractor alone: whoever has it acts in its name.")
    ends_at = s.DateTimeField()


class MailRow(s.Serializer):
    id = s.IntegerField()
    address = s.CharField()
    asked_at = s.DateTimeField()
    sent_at = s.DateTimeField(allow_null=True)
    failed_at = s.DateTimeField(allow_null=True)
    reason = s.CharField(allow_blank=True, help_text="Why it failed, or is tried again.")


class OrderNote(s.Serializer):
    text = s.CharField(max_length=LONGEST)
