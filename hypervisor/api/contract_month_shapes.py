"""Shapes of commitments, exclusions and months of contracts, as the interface tells and takes them."""

from rest_framework import serializers as s

from hypervisor.api.shapes import Bilingual
from hypervisor.api.work_order_shapes import PRIORITIES
from reports.contracts.commitments import MEASURE_WORDS, MOST, PER_WORDS
from reports.contracts.keeping import LONGEST
from reports.models import Exclusion

EXCLUSION_KINDS = Exclusion.Kind.values
JUDGED, DIFFERING = ("work_order", "asset"), ("result", "work_order", "asset")


class CommitmentShape(s.Serializer):
    measure = s.ChoiceField(
        list(MEASURE_WORDS),
        help_text="`arrive` (GTI) and `restore` (GTR): the share of orders in the time that the terms of the contract promise; "
        "`availability`: of the time of the assets; `failures`: the share of assets that failed.",
    )
    target = s.FloatField(
        min_value=0, max_value=100, default=100, help_text="Per cent: the least share; of `failures` the largest."
    )
    priority = s.ChoiceField(PRIORITIES, allow_null=True, default=None, help_text="Of orders; null: all priorities.")
    cents = s.IntegerField(min_value=0, max_value=100_000_000, default=0, help_text="Owed for each unit, in cents.")
    per = s.ChoiceField(
        list(PER_WORDS), default="miss",
        help_text="The unit: each miss, each hour or 24 hours of delay begun (orders only), each percentage point begun.",
    )  # fmt: skip
    most = s.IntegerField(
        min_value=0, max_value=100_000_000, allow_null=True, default=None, help_text="Owed in a month at most, in cents."
    )
    at_all_hours = s.BooleanField(
        default=False, help_text="Of `availability` and `failures`: every hour counts, not only those of the contract."
    )


class CommitmentsShape(s.Serializer):
    each = s.ListField(child=CommitmentShape(), max_length=MOST, default=list)
    failed_after = s.IntegerField(
        min_value=1, max_value=44_640, default=60, help_text="Minutes down in the month from which on an asset has failed."
    )
    most = s.IntegerField(
        min_value=0, max_value=100_000_000, allow_null=True, default=None, help_text="Of all penalties of a month, in cents."
    )


class WantedExclusion(s.Serializer):
    kind = s.ChoiceField(EXCLUSION_KINDS)
    why = s.CharField(max_length=LONGEST, help_text="The argument, as it is printed.")
    begins_at = s.DateTimeField()
    ends_at = s.DateTimeField()
    asset = s.CharField(max_length=80, required=False, allow_null=True, help_text="Code; without it and `order`: all of them.")
    order = s.IntegerField(min_value=1, max_value=2**53, required=False, allow_null=True, help_text="Number of a work order.")


class ExclusionRow(WantedExclusion):
    id = s.IntegerField()
    added_at = s.DateTimeField()
    added_by = s.CharField()
    withdrawn_at = s.DateTimeField(allow_null=True)
    withdrawn_by = s.CharField(allow_blank=True)
    seq = s.IntegerField(help_text="Number of the journal line that tells of it.")


class ResultRow(s.Serializer):
    commitment = s.IntegerField(help_text="Place in `commitments.each`, from 0.")
    of = s.IntegerField(help_text="How many orders or assets were judged; of availability, how many assets were down.")
    missed = s.IntegerField()
    waiting = s.IntegerField(help_text="Orders whose step is not taken and not late yet.")
    share = s.ListField(child=s.IntegerField(), allow_null=True, help_text="Numerator and denominator; null: nothing to judge.")
    met = s.BooleanField(allow_null=True)
    units = s.IntegerField(help_text="What the penalty is multiplied by.")
    cents = s.IntegerField()
    uncapped = s.IntegerField(help_text="Cents before the limit of a month.")


class ItemRow(s.Serializer):
    commitment = s.IntegerField()
    noun = s.ChoiceField(JUDGED)
    id = s.IntegerField()
    outcome = s.ChoiceField(("kept", "late", "waiting", "missed"))
    begin = s.IntegerField(help_text="Seconds since 1970; of an asset, when it was down first.")
    end = s.IntegerField()
    allowed = s.IntegerField(help_text="Seconds promised.")
    counted = s.IntegerField(help_text="Seconds that count: in the hours of the contract, without what is excluded.")
    excluded = s.IntegerField()
    late = s.IntegerField()
    units = s.IntegerField()


class ThingRow(s.Serializer):
    noun = s.ChoiceField(JUDGED)
    id = s.IntegerField()
    name = s.CharField(help_text="Number of the order, code of the asset.")
    more = s.CharField(allow_blank=True)
    lines = s.ListField(child=s.IntegerField(), help_text="Numbers of the journal lines that prove it.")
    alarms = s.ListField(child=s.IntegerField())


class LeftOutRow(s.Serializer):
    id = s.IntegerField()
    kind = s.ChoiceField(EXCLUSION_KINDS)
    why = s.CharField()
    begins_at = s.DateTimeField()
    ends_at = s.DateTimeField()
    asset = s.CharField(allow_null=True)
    order = s.IntegerField(allow_null=True)
    by = s.CharField()
    at = s.DateTimeField()
    line = s.IntegerField()


class MonthShape(s.Serializer):
    """A month of a contract: what was promised, what was counted, what proves it."""

    site = s.CharField()
    zone = s.CharField()
    contract = s.CharField(help_text="Its reference.")
    contractor = s.CharField()
    first = s.DateField()
    last = s.DateField()
    made_at = s.DateTimeField()
    over = s.BooleanField(help_text="The month is over, and so is every order that was made in it.")
    reached = s.IntegerField(help_text="Number of the last journal line when it was made.")
    terms = s.DictField()
    hours = s.DictField()
    holidays = s.CharField(allow_blank=True)
    kinds = s.ListField(child=s.CharField())
    sectors = s.ListField(child=s.CharField())
    down_rules = s.ListField(child=s.CharField(), help_text="Rules whose alarms said that an asset was down.")
    commitments = CommitmentsShape()
    assets = s.IntegerField(help_text="How many the contract served.")
    results = ResultRow(many=True)
    items = ItemRow(many=True)
    things = ThingRow(many=True)
    exclusions = LeftOutRow(many=True)
    cents = s.IntegerField(help_text="Penalties of the month.")
    uncapped = s.IntegerField()


class StatementRow(s.Serializer):
    version = s.IntegerField()
    made_at = s.DateTimeField()
    made_by = s.CharField()
    reason = s.CharField(allow_blank=True)
    sha256 = s.CharField(help_text="Of the document as it was frozen; also in the journal.")
    holds = s.BooleanField(help_text="The document is the one that was hashed.")
    cents = s.IntegerField()
    seq = s.IntegerField(help_text="Number of the journal line that tells of it.")


class DifferenceRow(s.Serializer):
    commitment = s.IntegerField()
    noun = s.ChoiceField(DIFFERING)
    name = s.CharField(allow_blank=True)
    before = s.CharField(allow_null=True, help_text="As it is frozen; null: it is not there.")
    after = s.CharField(allow_null=True, help_text="As it is counted now.")
    cents_before = s.IntegerField(allow_null=True)
    cents_after = s.IntegerField(allow_null=True)


class MonthAnswer(s.Serializer):
    month = MonthShape()
    summary = s.ListField(child=Bilingual(), help_text="Sentences; the first says it all.")
    statement = StatementRow(allow_null=True, help_text="What `month` is, where it is a frozen one.")
    differences = DifferenceRow(many=True, help_text="Between the last frozen version and the month as it is counted now.")


class WantedStatement(s.Serializer):
    reason = s.CharField(
        max_length=LONGEST, required=False, allow_blank=True, default="", help_text="Needed when the month is frozen again."
    )
