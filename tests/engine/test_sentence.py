"""What the operator reads: one sentence, in French as the French write it, and in English."""

import pytest

from alarms.engine import SilenceEvidence, StateEvidence, ThresholdEvidence, Transition
from alarms.engine.sentence import Named, duration, number, sentence
from alarms.engine.spec import Message

SECOND, MINUTE, HOUR = 1_000_000, 60_000_000, 3_600_000_000
T = 1_790_000_000 * SECOND
GAUGE = Named("Verdanson aval", {"fr": "Niveau d'eau", "en": "Water level"}, "m")
DOOR = Named(
    "Accès nord",
    {"fr": "Porte", "en": "Door"},
    states={"fr": {"0": "fermée", "1": "ouverte"}, "en": {"0": "closed", "1": "open"}},
)


def moved(kind: str, evidence: object, at: int, since: int = T, learned: int | None = None, severity: str = "high") -> Transition:
    previous = None if kind == "raise" else severity
    return Transition(kind, 1, "point", 1, severity, previous, at, since, learned or at, evidence)


def level(value: float, limit: float, delay: int = 2 * MINUTE, first_at: int = T) -> ThresholdEvidence:
    return ThresholdEvidence("above", value, T, limit, value, first_at, delay, 0.1)


def plain(text: str) -> str:
    return text.replace("\u00a0", "_").replace("\u202f", "'")


def test_a_level_above_its_limit_reads_as_what_how_much_how_long_and_where() -> None:
    french, english = sentence(moved("raise", level(2.631, 2.5), T + 2 * MINUTE), GAUGE)
    assert plain(french) == "Niveau d'eau 2,63_m > 2,50_m depuis 2_min — Verdanson aval"
    assert plain(english) == "Water level 2.63_m > 2.50_m for 2_min — Verdanson aval"


def test_without_a_delay_nothing_is_said_of_how_long() -> None:
    french, _ = sentence(moved("raise", level(3.0, 2.5, delay=0), T), GAUGE)
    assert plain(french) == "Niveau d'eau 3,0_m > 2,5_m — Verdanson aval"


def test_what_was_learned_late_says_how_late() -> None:
    french, english = sentence(moved("raise", level(3.0, 2.5), T + 2 * MINUTE, learned=T + 3 * HOUR + 2 * MINUTE), GAUGE)
    assert plain(french) == "Niveau d'eau 3,0_m > 2,5_m depuis 2_min, su 3_h plus tard — Verdanson aval"
    assert plain(english) == "Water level 3.0_m > 2.5_m for 2_min, learned 3_h later — Verdanson aval"


def test_the_return_to_normal_compares_with_where_the_alarm_ends() -> None:
    french, english = sentence(moved("clear", level(2.31, 2.4, delay=0, first_at=T + HOUR), T + HOUR), GAUGE)
    assert plain(french) == "Retour à la normale_: niveau d'eau 2,31_m < 2,40_m — Verdanson aval"
    assert plain(english) == "Back to normal: water level 2.31_m < 2.40_m — Verdanson aval"


def test_a_state_is_told_by_its_label() -> None:
    evidence = StateEvidence(1.0, T, (1.0,), 1.0, T, 30 * SECOND)
    french, english = sentence(moved("raise", evidence, T + 30 * SECOND), DOOR)
    assert plain(french) == "Porte_: ouverte depuis 30_s — Accès nord"
    assert plain(english) == "Door: open for 30_s — Accès nord"


def test_a_state_without_a_label_is_told_by_its_code() -> None:
    french, _ = sentence(moved("raise", StateEvidence(7.0, T, (7.0,), 7.0, T, 0), T), DOOR)
    assert plain(french) == "Porte_: 7 — Accès nord"


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        ("asset", "Muet depuis 3_min (attendu toutes les 1_min) — Éclairage"),
        ("feed", "Flux muet depuis 3_min (attendu toutes les 1_min) — Éclairage"),
    ],
)
def test_a_silence_says_how_long_and_what_was_expected(of: str, expected: str) -> None:
    evidence = SilenceEvidence(of, T, 3 * MINUTE, MINUTE, 3.0, 4)
    assert plain(sentence(moved("raise", evidence, T + 3 * MINUTE), Named("Éclairage"))[0]) == expected


def test_the_end_of_a_silence_says_how_long_it_lasted() -> None:
    evidence = SilenceEvidence("asset", T, 3 * MINUTE, MINUTE, 3.0, 4)
    french, english = sentence(moved("clear", evidence, T + 90 * MINUTE), Named("Lampadaire 12"))
    assert plain(french) == "De nouveau entendu après 1_h_30_min de silence — Lampadaire 12"
    assert plain(english) == "Heard again after 1_h_30_min of silence — Lampadaire 12"


def test_the_rule_s_own_message_takes_precedence_while_the_alarm_stands() -> None:
    message = Message(fr="{asset} déborde : {value} (seuil {limit}, {severity})", en="{asset} overflows: {value}")
    raised = moved("raise", level(2.631, 2.5), T + 2 * MINUTE, severity="critical")
    assert plain(sentence(raised, GAUGE, message)[0]) == "Verdanson aval déborde : 2,63_m (seuil 2,50_m, critique)"
    cleared = moved("clear", level(2.31, 2.4, delay=0), T + HOUR)
    assert sentence(cleared, GAUGE, message)[0].startswith("Retour à la normale")


def test_two_different_values_never_read_the_same() -> None:
    french, _ = sentence(moved("raise", level(2.5004, 2.5, delay=0), T), GAUGE)
    assert plain(french) == "Niveau d'eau 2,5004_m > 2,5000_m — Verdanson aval"


@pytest.mark.parametrize(
    ("value", "decimals", "french", "english"),
    [
        (1234567.5, 1, "1'234'567,5", "1,234,567.5"),
        (-3.25, 2, "\u22123,25", "\u22123.25"),
        (-0.001, 2, "0,00", "0.00"),
        (12.0, 0, "12", "12"),
    ],
)
def test_numbers_are_written_as_each_language_writes_them(value: float, decimals: int, french: str, english: str) -> None:
    assert plain(number(value, "fr", decimals)) == french
    assert number(value, "en", decimals) == english


def test_a_percentage_is_spaced_in_french_only() -> None:
    load = Named("Poste 4", {"fr": "Charge", "en": "Load"}, "%")
    french, english = sentence(moved("raise", level(95, 90, delay=0), T), load)
    assert plain(french) == "Charge 95_% > 90_% — Poste 4"
    assert plain(english) == "Load 95% > 90% — Poste 4"


@pytest.mark.parametrize(
    ("seconds", "french"),
    [
        (0, "0_s"), (45, "45_s"), (90, "90_s"), (120, "2_min"), (3540, "59_min"), (3600, "1_h"), (3900, "1_h_05_min"),
        (47 * 3600, "47_h"), (76 * 3600, "3_j_4_h"), (72 * 3600, "3_j"),
    ],
)  # fmt: skip
def test_durations_are_given_to_two_units(seconds: int, french: str) -> None:
    assert plain(duration(seconds * SECOND, "fr")) == french
    assert plain(duration(seconds * SECOND, "en")) == french.replace("j", "d")
