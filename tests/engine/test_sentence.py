"""What the operator reads: one sentence, in French as the French write it, and in English."""

import pytest

from alarms.engine import SilenceEvidence, StateEvidence, ThresholdEvidence, Transition
from alarms.engine.evidence import (
    AnomalyEvidence,
    CalendarEvidence,
    ConditionEvidence,
    CountEvidence,
    ForecastEvidence,
    MissingEvidence,
    RateEvidence,
    Seen,
    SequenceEvidence,
    TermSeen,
)
from alarms.engine.figures import number
from alarms.engine.sentence import Named, duration, sentence
from alarms.engine.spec import Bilingual, Message

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
        ("asset", "Muet depuis 3_min (intervalle attendu_: 1_min) — Éclairage"),
        ("feed", "Flux muet depuis 3_min (intervalle attendu_: 1_min) — Éclairage"),
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


LABEL = Bilingual(fr="porte forcée", en="door forced")
ENTRY = Bilingual(fr="badge", en="badge")
TWO = (Seen(ENTRY, "asset:1", 1, T), Seen(LABEL, "asset:1", 1, T + 30 * SECOND))
TERMS = (TermSeen(LABEL, "asset", True, 1, 1.0, T), TermSeen(ENTRY, "parent", True, 2, 1.0, T))
SLOPE = (0.35, T, 0.2, 0.3, T, 0, 0.0)


@pytest.mark.parametrize(
    ("kind", "evidence", "french", "english"),
    [
        (
            "raise", RateEvidence("above", *SLOPE, 10 * MINUTE, 2.1, 12),
            "Niveau d'eau_: 0,35_m par heure > 0,20_m par heure, sur 10_min — V",
            "Water level: 0.35_m per hour > 0.20_m per hour, over 10_min — V",
        ),
        (
            "raise", ForecastEvidence("above", 2.6, T, 2.5, 2.6, T, 0, 0.0, HOUR, 2 * HOUR, 2.0, 0.3, T + 100 * MINUTE),
            "Niveau d'eau_: 2,6_m attendu dans 2_h > 2,5_m (limite atteinte dans 1_h_40_min) — V",
            "Water level: 2.6_m expected in 2_h > 2.5_m (limit reached in 1_h_40_min) — V",
        ),
        (
            "raise", AnomalyEvidence("both", 4.2, T, 3.0, 4.2, T, 0, 0.0, 3.1, 1.0, 0.5, 0.25, 2.5, 8, 168),
            "Niveau d'eau_: 3,1_m là où 0,25 à 2,5_m est habituel à cette heure (8 semaines, 4,2 écarts) — V",
            "Water level unusual: 3.1_m where 0.25 to 2.5_m is usual at this hour (8 weeks, 4.2 deviations) — V",
        ),
        (
            "raise", AnomalyEvidence("both", 4.2, T, 3.0, 4.2, T, 0, 0.0, -1.1, 1.0, 0.5, -0.5, 2.5, 1, 24),
            "Niveau d'eau_: −1,1_m là où −0,5 à 2,5_m est habituel à cette heure (1 semaine, 4,2 écarts) — V",
            "Water level unusual: −1.1_m where −0.5 to 2.5_m is usual at this hour (1 week, 4.2 deviations) — V",
        ),
        (
            "raise", AnomalyEvidence("both", 4.2, T, 3.0, 4.2, T, 0, 0.0, 3.1, 1.0, 0.5),
            "Niveau d'eau_: 3,1_m au lieu de 1,0_m à cette heure (4,2 écarts) — V",
            "Water level unusual: 3.1_m instead of 1.0_m at this hour (4.2 deviations) — V",
        ),
        (
            "clear", AnomalyEvidence("both", 1.2, T, 3.0, 1.2, T, 0, 0.0, 1.6, 1.0, 0.5),
            "Retour à l’habitude_: Niveau d'eau 1,6_m — V", "Water level usual again: 1.6_m — V",
        ),
        (
            "raise", ConditionEvidence(TERMS, T, 0),
            "Porte forcée et badge — V", "Door forced and badge — V",
        ),
        (
            "raise", CountEvidence(LABEL, "sector", 12, 5, 10 * MINUTE, (), 12),
            "12 × porte forcée en 10_min — V", "12 × door forced within 10_min — V",
        ),
        (
            "clear", CountEvidence(LABEL, "sector", 2, 5, 10 * MINUTE, (), 2),
            "Retour à la normale_: porte forcée, 2 restants — V", "Back to normal: door forced, 2 left — V",
        ),
        (
            "raise", SequenceEvidence(*TWO, "asset", MINUTE, T + HOUR),
            "Badge puis porte forcée 30_s après — V", "Badge, then door forced 30_s later — V",
        ),
        (
            "raise", MissingEvidence(TWO[0], LABEL, "asset", 5 * MINUTE, None),
            "Badge sans porte forcée en 5_min — V", "Badge without door forced within 5_min — V",
        ),
        (
            "clear", MissingEvidence(TWO[0], LABEL, "asset", 5 * MINUTE, TWO[1]),
            "Retour à la normale_: porte forcée après 30_s — V", "Back to normal: door forced after 30_s — V",
        ),
        (
            "clear", CalendarEvidence(T, None),
            "La règle n’est plus en vigueur à cette heure — V", "The rule is not in force at this hour — V",
        ),
    ],
)  # fmt: skip
def test_every_kind_has_a_sentence_in_both_languages(kind: str, evidence: object, french: str, english: str) -> None:
    gauge = Named("V", GAUGE.quantity, GAUGE.unit)
    told = sentence(moved(kind, evidence, T), gauge)
    assert (plain(told[0]), plain(told[1])) == (french, english)


def test_a_message_may_speak_of_what_its_kind_knows() -> None:
    message = Message(fr="{count} en {within}", en="{count} within {within}")
    evidence = CountEvidence(LABEL, "sector", 12, 5, 10 * MINUTE, (), 12)
    assert plain(sentence(moved("raise", evidence, T), Named("V"), message)[1]) == "12 within 10_min"


@pytest.mark.parametrize("kind", ["raise", "clear"])
@pytest.mark.parametrize("message", [None, Message(fr="{asset} : {forecast}", en="{asset}: {forecast}")])
def test_a_forecast_beyond_what_is_plausible_is_never_told_as_a_number(kind: str, message: Message | None) -> None:
    evidence = ForecastEvidence("above", 20.0, T, 3.01, 20.0, T, 0, 0.0, HOUR, HOUR, 2.5, 24.0, T + 80 * SECOND, True)
    told = [plain(text) for text in sentence(moved(kind, evidence, T), GAUGE, message)]
    if kind == "clear":
        assert told[1] == "Back to normal: Water level no longer heading for 3.01_m — Verdanson aval"
    elif message is None:
        assert told[0] == "Niveau d'eau en route vers 3,01_m (limite atteinte dans 80_s) — Verdanson aval"
    else:
        assert told == ["Verdanson aval : plus de 20_m", "Verdanson aval: more than 20_m"]


@pytest.mark.parametrize(
    ("ahead", "french", "english"),
    [
        (
            7 * MINUTE,
            "L’horloge du superviseur avance de 7_min_: il parle, ses mesures sont inutilisables depuis 12_min — Éclairage",
            "Its clock is 7_min ahead: the supervisor speaks, its readings cannot be used for 12_min — Éclairage",
        ),
        (
            -2 * HOUR,
            "L’horloge du superviseur retarde de 2_h_: il parle, ses mesures sont inutilisables depuis 12_min — Éclairage",
            "Its clock is 2_h behind: the supervisor speaks, its readings cannot be used for 12_min — Éclairage",
        ),
        (
            0,
            "Le superviseur parle, mais rien de ce qu’il envoie n’est utilisable depuis 12_min — Éclairage",
            "The supervisor speaks, but nothing it has sent for 12_min can be used — Éclairage",
        ),
    ],
)
def test_who_speaks_without_being_of_use_is_not_called_silent_whatever_the_rule_says(
    ahead: int, french: str, english: str
) -> None:
    evidence = SilenceEvidence("feed", T, 3 * MINUTE, MINUTE, 3, 40, ahead)
    message = Message(fr="Flux muet : {feed}", en="Feed silent: {feed}")
    told = sentence(moved("raise", evidence, T + 12 * MINUTE), Named("Éclairage"), message)
    assert tuple(map(plain, told)) == (french, english)
    told = sentence(moved("clear", evidence, T + 12 * MINUTE), Named("Éclairage"), message)
    assert plain(told[0]) == "Mesures de nouveau utilisables après 12_min — Éclairage"


def test_a_sentence_never_says_that_something_holds_since_no_time_at_all() -> None:
    evidence = ThresholdEvidence("above", 2.63, T, 2.5, 2.63, T, 2 * MINUTE, 0.1)
    told = sentence(Transition("raise", 1, "point", 1, "high", None, T, T, T, evidence), GAUGE)
    assert "0_s" not in plain(told[0])


def test_a_sentence_begins_with_a_capital_but_for_what_is_written_otherwise() -> None:
    named = Named("V", {"fr": "pH", "en": "pH"})
    evidence = ThresholdEvidence("above", 9.1, T, 8.5, 9.1, T, 0, 0.1)
    told = sentence(Transition("raise", 1, "point", 1, "high", None, T, T, T, evidence), named)
    assert plain(told[0]).startswith("pH 9,1")
