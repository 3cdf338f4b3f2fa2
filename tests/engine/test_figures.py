"""Numbers as an operator reads them: a limit as it was written, a comparison that is true as printed."""

import math
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alarms.engine import Engine, ScopedRule, Transition
from alarms.engine.evidence import AnomalyEvidence, ForecastEvidence, RateEvidence, ThresholdEvidence
from alarms.engine.figures import less, plain
from alarms.engine.predicates import Predicate
from alarms.engine.sentence import Named, sentence
from alarms.engine.spec import Limit, Scope, Threshold
from alarms.site.labels import labelled
from assets.readings import Readings
from tests.engine.worlds import World

T = 1_790_000_000_000_000
numbers = st.floats(allow_nan=False, allow_infinity=False)
measured = st.one_of(
    numbers, st.integers(-(10**6), 10**6).map(float),
    st.builds(lambda n, d: n / 10**d, st.integers(-(10**7), 10**7), st.integers(0, 6)),
)  # fmt: skip
close = st.builds(lambda x, by: (x * (1 + by), x), measured, st.sampled_from([0.0, 1e-16, 2e-16, -2e-16, 1e-12, -1e-9, 1e-5]))
pairs = st.one_of(st.tuples(measured, measured), close).filter(lambda pair: all(map(math.isfinite, pair)))
FIGURE = r"(\u2212?[\d\u202f,.]+(?:e[+\u2212-]?\d+)?)"
PRINTED = re.compile(rf"^(?:Niveau|Level)[\u00a0: ]+{FIGURE}.*? ([<>=]) {FIGURE}")


def read_back(text: str, language: str) -> float:
    text = text.replace("\u2212", "-")
    return float(text.replace(",", "") if language == "en" else text.replace("\u202f", "").replace(",", "."))


def evidences(value: float, limit: float) -> list:
    common = ("above", value, T, limit, value, T, 0, 0.0)
    return [
        ThresholdEvidence(*common), RateEvidence(*common, 600_000_000, 2.0, 3),
        ForecastEvidence(*common, 600_000_000, 600_000_000, 1.0, 0.1, None),
    ]  # fmt: skip


def raised(evidence: object) -> Transition:
    return Transition("raise", 1, "point", 1, "high", None, T, T, T, evidence)


@given(pairs, st.sampled_from(["", "m", "%", "°C", "1/km"]))
@example((1000.0, 2.3), "m")
@example((-0.001, 0.0), "m")
@example((2.3000000000000003, 2.3), "m")
@example((1e300, 1e-300), "m")
def test_the_relation_of_a_sentence_holds_when_its_numbers_are_read_back(pair: tuple[float, float], unit: str) -> None:
    value, limit = pair
    named = Named("", {"fr": "Niveau", "en": "Level"}, unit)
    for evidence in evidences(value, limit):
        for language, told in zip(("fr", "en"), sentence(raised(evidence), named), strict=True):
            left, sign, right = PRINTED.search(told).groups()
            one, other = read_back(left, language), read_back(right, language)
            assert other == limit, told
            assert {"<": one < other, ">": one > other, "=": one == other}[sign], told
            assert sign == ("<" if value < limit else ">" if value > limit else "="), told


@given(pairs)
def test_the_score_of_an_anomaly_is_never_told_as_its_limit(pair: tuple[float, float]) -> None:
    score, limit = pair
    told = sentence(raised(AnomalyEvidence("both", score, T, limit, score, T, 0, 0.0, 3.0, 1.0, 0.5)), Named(""))[1]
    text = re.search(r"\((\S+) deviations\)", told).group(1)
    assert (read_back(text, "en") > limit) == (score > limit), told


@pytest.mark.parametrize(
    ("value", "limit", "told"),
    [
        (1000.0, 2.3, "1,000.0_m > 2.3_m"), (0.004, 0.0, "0.004_m > 0.000_m"), (-0.2, 0.0, "\u22120.2_m < 0.0_m"),
        (1000.4, 1000.0, "1,000.4_m > 1,000.0_m"), (2.63, 2.5, "2.63_m > 2.50_m"),
        (-0.25, -0.125, "\u22120.250_m < \u22120.125_m"),
    ],
)  # fmt: skip
def test_a_limit_is_quoted_as_it_was_written(value: float, limit: float, told: str) -> None:
    evidence = ThresholdEvidence("above", value, T, limit, value, T, 0, 0.0)
    assert told in sentence(raised(evidence), Named("", {}, "m"))[1].replace("\u00a0", "_")


@given(numbers)
def test_a_plain_number_has_all_its_digits(value: float) -> None:
    assert float(plain(value)) == value
    assert "e" not in plain(1234567.0)


def test_a_comparison_of_another_rule_quotes_its_limit_as_it_was_written() -> None:
    meter = {("meter", "volume"): {"quantity": "volume", "name_fr": "Volume", "name_en": "Volume", "unit": "m3"}}
    asked = Predicate(quantity="volume", above=1234567.25)
    assert asked.named().fr == "volume > 1234567,25"
    rule = Threshold(scope=Scope(quantity="volume"), direction="above", limits=(Limit(severity="low", limit=1.0),))
    assert labelled(rule, meter, {}) is rule
    assert Predicate(quantity="volume", below=0.0000005).named().en == "volume < 0.0000005"


@given(measured.filter(lambda limit: abs(limit) < 1e300), st.sampled_from([0.05, 0.1, 0.2, 0.3, 0.7, 1.1]))
def test_a_level_ends_a_deadband_from_its_limit_as_on_paper(limit: float, band: float) -> None:
    end = less(limit, band)
    world = World((1,), (1,), (0,), (0,), (math.nan,), ())
    spec = Threshold(
        scope=Scope(quantity="level"), direction="above", limits=(Limit(severity="low", limit=limit),), deadband=band
    )
    register = world.register()
    engine = Engine(register, [ScopedRule(1, spec, register.rows(register.point_id))], started=T)
    raised = engine.apply(Readings.of([1], [T], [math.nextafter(limit, math.inf)], [0], [T])).transitions
    assert [move.kind for move in raised] == ["raise"]
    assert not engine.apply(Readings.of([1], [T + 1], [end], [0], [T + 1])).transitions


def test_a_value_that_is_the_end_of_a_level_does_not_end_it_for_a_hair_of_floating_point() -> None:
    assert 0.8 - 0.1 > 0.7
    assert less(0.8, 0.1) == 0.7
