"""The procedure that fits best comes first, and says why it fits."""

from response.procedures.choice import Subject, fits
from response.procedures.spec import Attachment

SUBJECT = Subject("high", rules=("lift-stopped",), kinds=("lift",), sectors=("tower-a", "north"))


def named(**attached: Attachment) -> list[str]:
    return [fit.procedure for fit in fits(attached, SUBJECT)]


def test_a_rule_says_more_than_a_kind_and_a_sector_together():
    kind = Attachment(kinds=("lift",))
    there = Attachment(kinds=("lift",), sectors=("north",))
    assert named(kind=kind, there=there, rule=Attachment(rules=("lift-stopped",))) == ["rule", "there", "kind"]


def test_of_two_sectors_the_narrower_is_nearer():
    assert named(north=Attachment(sectors=("north",)), tower=Attachment(sectors=("tower-a",))) == ["tower", "north"]


def test_each_list_that_is_given_must_hold():
    assert (
        named(
            other=Attachment(kinds=("lift",), sectors=("south",)), mild=Attachment(rules=("lift-stopped",), severity="critical")
        )
        == []
    )


def test_what_is_for_nothing_in_particular_never_offers_itself():
    assert named(any=Attachment(), severe=Attachment(severity="low")) == []


def test_a_fit_says_what_holds():
    (fit,) = fits({"p": Attachment(kinds=("lift", "escalator"), sectors=("north",), severity="medium")}, SUBJECT)
    assert fit.because == (("kind", "lift"), ("sector", "north"))
