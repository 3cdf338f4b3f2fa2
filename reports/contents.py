"""The tables of a report: key figures with their targets, what was left out, nuisances, floods, times, parts, availability."""

import datetime as dt
from collections.abc import Callable
from zoneinfo import ZoneInfo

import numpy as np

from assets.instants import instant
from reports import names
from reports.columns import HOUR, SECOND
from reports.definitions import PRIORITIES, TARGETS, Definitions
from reports.figures import Figures, Frequent, Times
from reports.groups import Part
from reports.report import Report
from reports.tables import Cell, Heading, Row, Table, Unit, Words

SEVERITY_WORDS = {
    0: Words("toutes", "all"), 1: Words("critique", "critical"), 2: Words("haute", "high"), 3: Words("moyenne", "medium"),
    4: Words("basse", "low"),
}  # fmt: skip
UNHEARD_WORDS = {
    1: Words("apprises après coup : déjà finies", "learned afterwards: already over"),
    2: Words("inhibées : une autre alarme les explique", "suppressed: another alarm explains them"),
    3: Words("en veille", "shelved"),
    4: Words("hors service ou en maintenance", "out of service or under maintenance"),
}
PART_WORDS = {
    "sector": Words("Par secteur", "By sector"), "kind": Words("Par type d’équipement", "By kind of asset"),
    "rule": Words("Par règle", "By rule"), "supervisor": Words("Par superviseur", "By supervisor"),
    "position": Words("Par poste tenu", "By position held"),
}  # fmt: skip
TITLES = {
    "figures": Words("Indicateurs", "Key figures"),
    "left_out": Words("Ce qui n’est pas compté", "What is left out"),
    "severities": Words("Gravités", "Severities"),
    "times": Words("Délais", "Times"),
    "top": Words("Les dix plus fréquentes", "The ten most frequent"),
    "together": Words("Candidates à l’inhibition", "What could be suppressed"),
    "chattering": Words("Alarmes intermittentes", "Chattering alarms"),
    "fleeting": Words("Alarmes fugitives", "Fleeting alarms"),
    "floods": Words("Avalanches", "Floods"),
    "availability": Words("Disponibilité", "Availability"),
    "days": Words("Jour par jour", "Day by day"),
    **{f"by_{what}": words for what, words in PART_WORDS.items()},
}
"""Of the tables by key."""
_QUARTER = HOUR // 4
_COUNT = Heading("count", Words("Annonces", "Annunciations"))
_SHARE = Heading("share", Words("Part", "Share"), "share")


def key_figures(report: Report) -> Table:
    """Each with its target and what it was in the period before."""
    rows = []
    for key, name, unit, read, proof in _KEY:
        target, value = TARGETS.get(key), read(report.now)
        limits = (target.good, target.most) if target else (None, None)
        before = read(report.before) if report.before else None
        cells = (name, value, *limits, before, target.verdict(value) if target else "")
        rows.append(Row(cells, proof, dict.fromkeys((1, 2, 3, 4), unit)))
    stale = int(report.stale.max(initial=0))
    target = TARGETS["stale"]
    name = Words("Alarmes stagnantes, le plus à un minuit", "Stale alarms, most at a midnight")
    rows.append(Row((name, stale, target.good, target.most, None, target.verdict(stale))))
    note = Words(
        "Cibles d’ISA-18.2 et d’EEMUA 191, pour un poste d’opérateur et au moins trente jours. Une annonce est un passage à "
        "« non acquittée » que quelqu’un pouvait entendre ; acquittements, commentaires et retours ne sont pas comptés.",
        "Targets of ISA-18.2 and EEMUA 191, for one operator position and at least thirty days. An annunciation is a way into "
        "“unacknowledged” that somebody could hear; acknowledgements, comments and returns are not counted.",
    )
    headings = (
        Heading("figure", Words("Indicateur", "Figure"), "text"), Heading("value", Words("Valeur", "Value"), "rate"),
        Heading("target", Words("Cible", "Target"), "rate"), Heading("most", Words("Maximum", "Maximum"), "rate"),
        Heading("before", Words("Période précédente", "Period before"), "rate"),
        Heading("verdict", Words("Avis", "Verdict"), "verdict"),
    )  # fmt: skip
    return Table("figures", TITLES["figures"], note, headings, rows)


Reader = Callable[[Figures], float | None]
_KEY: tuple[tuple[str, Words, Unit, Reader, dict[str, str | int] | None], ...] = (
    ("annunciated", Words("Annonces", "Annunciations"), "count", lambda f: f.annunciated, {}),
    ("per_day", Words("Annonces par jour", "Annunciations a day"), "rate", lambda f: f.per_day, {}),
    ("per_hour", Words("Annonces par heure", "Annunciations an hour"), "rate", lambda f: f.per_hour, {}),
    ("per_ten_minutes", Words("Annonces par 10 min", "Annunciations in 10 min"), "rate", lambda f: f.per_ten_minutes, {}),
    ("busy_hours", Words("Heures trop chargées", "Hours that are too busy"), "share", lambda f: f.busy_hours, None),
    ("busy_periods", Words("Périodes de 10 min trop chargées", "10-minute periods that are too busy"), "share",
     lambda f: f.busy_periods, None),
    ("most_in_ten_minutes", Words("Au plus, en 10 min", "Most in 10 min"), "count", lambda f: f.most_in_ten_minutes, None),
    ("in_flood", Words("Temps en avalanche", "Time in flood"), "share", lambda f: f.in_flood, None),
    ("top_ten", Words("Part des dix plus fréquentes", "Share of the ten most frequent"), "share", lambda f: f.top_ten, None),
    ("chattering", Words("Annonces d’alarmes intermittentes", "Annunciations of chattering alarms"), "count",
     lambda f: f.chattering_count, {"flag": "chattering"}),
    ("fleeting", Words("Annonces d’alarmes fugitives", "Annunciations of fleeting alarms"), "count",
     lambda f: f.fleeting_count, {"flag": "fleeting"}),
    ("unanswered", Words("Alarmes jamais acquittées", "Alarms never acknowledged"), "count", lambda f: f.unanswered,
     {"flag": "unanswered"}),
    ("never_acted", Words("Alarmes sans suite", "Alarms nobody acted upon"), "count", lambda f: f.never_acted,
     {"flag": "never_acted"}),
)  # fmt: skip


def left_out(report: Report) -> Table:
    note = Words(
        "Levées sans que personne ait pu les entendre : elles ne comptent dans aucun autre tableau.",
        "Raised while nobody could hear them: they count in no other table.",
    )
    rows = [Row((UNHEARD_WORDS[why], count), {"unheard": why}) for why, count in report.now.unheard.items()]
    headings = (Heading("why", Words("Pourquoi", "Why"), "text"), Heading("count", Words("Nombre", "Number")))
    return Table("left_out", TITLES["left_out"], note, headings, rows)


def severities(report: Report) -> Table:
    now, before = report.now, report.before
    labels = ("critical", "high", "medium", "low")
    rows = [
        Row((SEVERITY_WORDS[number], now.severities[number], _part_of(now, number), PRIORITIES[label],
             _part_of(before, number) if before else None), {"severity": number})
        for number, label in enumerate(labels, start=1)
    ]  # fmt: skip
    headings = (
        Heading("severity", Words("Gravité", "Severity"), "text"), _COUNT, _SHARE,
        Heading("target", Words("Cible", "Target"), "share"),
        Heading("before", Words("Période précédente", "Period before"), "share"),
    )  # fmt: skip
    note = Words("Répartition conseillée : 80 / 15 / 5 / moins de 1 %.", "Advised spread: 80 / 15 / 5 / less than 1 %.")
    return Table("severities", TITLES["severities"], note, headings, rows)


def _part_of(figures: Figures, severity: int) -> float | None:
    return figures.severities[severity] / figures.annunciated if figures.annunciated else None


def times(report: Report) -> Table:
    now = report.now
    rows = [
        Row((words, *_times(now.acknowledged[number]), *_times(now.taken[number]), *_times(now.returned[number])),
            {"severity": number} if number else {})
        for number, words in SEVERITY_WORDS.items()
    ]  # fmt: skip
    did = (
        ("acknowledged", Words("Acquittées", "Acknowledged")), ("taken", Words("Prises en charge", "Taken in charge")),
        ("returned", Words("Revenues à la normale", "Back to normal")),
    )  # fmt: skip
    headings = [Heading("severity", Words("Gravité", "Severity"), "text")]
    for key, name in did:
        headings += [
            Heading(f"{key}_count", name),
            Heading(f"{key}_p50", Words("médiane", "median"), "seconds"),
            Heading(f"{key}_p90", Words("9 sur 10 en", "9 of 10 within"), "seconds"),
        ]
    note = Words(
        "Acquittement et prise en charge : depuis la première annonce à laquelle ils répondent. Retour à la normale : durée de "
        "la condition sur le terrain, à l’heure des mesures.",
        "Acknowledged and taken in charge: since the first annunciation they answer. Back to normal: how long the condition "
        "held in the field, by the time of the readings.",
    )
    return Table("times", TITLES["times"], note, tuple(headings), rows)


def _times(some: Times) -> tuple[Cell, ...]:
    return some.count, some.p50, some.p90


def frequent(report: Report, key: str) -> Table:
    """The ten most frequent alarms, the chattering or the fleeting ones."""
    found: dict[str, list[Frequent]] = {
        "top": report.now.top, "chattering": report.now.chattering, "fleeting": report.now.fleeting,
    }  # fmt: skip
    called = names.of_alarms({each.last for each in found[key]})
    rows = [
        Row((called[each.last].rule, called[each.last].about, each.count, each.share, each.acted),
            {"same": each.same} | ({} if key == "top" else {"flag": key}))
        for each in found[key] if each.last in called
    ]  # fmt: skip
    headings = (
        Heading("rule", Words("Règle", "Rule"), "text"), Heading("about", Words("Sujet", "About"), "text"), _COUNT, _SHARE,
        Heading("acted", Words("dont suivies d’un acte", "acted upon")),
    )  # fmt: skip
    return Table(key, TITLES[key], _nuisance_words(report.definitions)[key], headings, rows)


def _nuisance_words(by: Definitions) -> dict[str, Words]:
    return {
        "top": Words("La même alarme : même règle, même sujet.", "The same alarm: same rule, same subject."),
        "chattering": Words(
            f"La même alarme levée {by.chattering_times} fois ou plus en {by.chattering_within} s.",
            f"The same alarm raised {by.chattering_times} times or more within {by.chattering_within} s.",
        ),
        "fleeting": Words(
            f"Finie en moins de {by.fleeting_below} s, et pas revenue dans les {by.fleeting_apart} s.",
            f"Over in less than {by.fleeting_below} s, and not back within {by.fleeting_apart} s.",
        ),
    }


def together(report: Report) -> Table:
    last = {each.same: each.last for each in report.now.top}
    pairs = [pair for pair in report.now.together if pair.same in last]
    others = {pair.other: _last_of(report, pair.other) for pair in pairs}
    called = names.of_alarms({*last.values(), *others.values()})
    rows = []
    for pair in pairs:
        mine, other = called.get(last[pair.same]), called.get(others[pair.other])
        if mine and other:
            rows.append(
                Row((mine.rule, mine.about, other.rule, other.about, pair.count, pair.share), {"same": pair.same})
            )  # fmt: skip
    by = report.definitions
    note = Words(
        f"Des dix plus fréquentes, celles qu’une autre précède de {by.together_within} s au plus, dans {by.together_share} % des "
        "cas au moins : l’une des deux peut être inhibée par conception.",
        f"Of the ten most frequent, those that another precedes by {by.together_within} s at most, in at least "
        f"{by.together_share} % of the cases: one of the two can be suppressed by design.",
    )
    headings = (
        Heading("rule", Words("Règle", "Rule"), "text"), Heading("about", Words("Sujet", "About"), "text"),
        Heading("other_rule", Words("Précédée de", "Preceded by"), "text"), Heading("other", Words("Sujet", "About"), "text"),
        Heading("looked_at", Words("Annonces examinées", "Looked at")), _SHARE,
    )  # fmt: skip
    return Table("together", TITLES["together"], note, headings, rows)


def _last_of(report: Report, same: int) -> int:
    return int(report.told.alarm[report.told.same == same][-1])


def floods(report: Report) -> Table:
    heard, found = report.told.heard, report.now.floods
    called = names.of_alarms({int(heard.alarm[each.first]) for each in found})
    rows = []
    for each in reversed(found):
        first = called.get(int(heard.alarm[each.first]))
        rows.append(
            Row((_text(each.begin), (each.end - each.begin) / SECOND, each.count, each.peak, first.sentence if first else None),
                {"begin": each.begin, "end": each.end})
        )  # fmt: skip
    by = report.definitions
    note = Words(
        f"Une avalanche commence quand plus de {by.flood_above} annonces tombent en 10 minutes, et finit quand il en reste moins "
        f"de {by.flood_below}.",
        f"A flood begins when more than {by.flood_above} are annunciated within 10 minutes, and ends when fewer than "
        f"{by.flood_below} are left.",
    )
    headings = (
        Heading("begin", Words("Début", "Begin"), "instant"), Heading("lasted", Words("Durée", "Lasted"), "seconds"), _COUNT,
        Heading("peak", Words("Au plus en 10 min", "Most in 10 min")),
        Heading("first", Words("La première", "The first"), "text"),
    )  # fmt: skip
    return Table("floods", TITLES["floods"], note, headings, rows)


def parts(report: Report, what: str) -> Table:
    found: list[Part] = report.positions if what == "position" else report.parts[what]
    called = names.of_parts(what, (part.id for part in found))
    rows = [
        Row((called[part.id], part.annunciated, part.share, part.per_hour, part.most_in_ten_minutes, part.floods, part.in_flood,
             part.acknowledged.p50, part.acknowledged.p90, part.never_acted, part.span / HOUR),
            None if what == "position" else {what: part.id})
        for part in found
    ]  # fmt: skip
    headings = (
        Heading(what, PART_WORDS[what], "text"), _COUNT, _SHARE, Heading("per_hour", Words("Par heure", "An hour"), "rate"),
        Heading("peak", Words("Au plus en 10 min", "Most in 10 min")), Heading("floods", Words("Avalanches", "Floods")),
        Heading("in_flood", Words("Temps en avalanche", "Time in flood"), "share"),
        Heading("acknowledged_p50", Words("Acquittées : médiane", "Acknowledged: median"), "seconds"),
        Heading("acknowledged_p90", Words("9 sur 10 en", "9 of 10 within"), "seconds"),
        Heading("never_acted", Words("Sans suite", "Never acted upon")), Heading("hours", Words("Heures", "Hours"), "hours"),
    )  # fmt: skip
    note = Words("", "")
    if what == "position":
        note = Words(
            "Ce qui a été annoncé pendant qu’une personne tenait le poste, dans les secteurs qu’elle voit.",
            "What was annunciated while somebody held the position, in the sectors they see.",
        )
    return Table(f"by_{what}", TITLES[f"by_{what}"], note, headings, rows)


def available(report: Report) -> Table:
    views = ("kind", "sector", "supervisor")
    called = {by: names.of_parts(by, (each.id for each in report.available if each.by == by)) for by in views}
    rows = [
        Row((PART_WORDS[each.by], called[each.by][each.id], each.assets, each.hit, each.down / HOUR, each.share))
        for each in sorted(report.available, key=lambda each: views.index(each.by))
    ]  # fmt: skip
    rules = ", ".join(report.definitions.down_rules)
    note = Words(
        "Un équipement est indisponible tant qu’une alarme dit qu’il est muet, ou que le flux qui parle pour lui l’est"
        + (f", ou tant qu’une de ces règles est active : {rules}" if rules else "")
        + ". Annoncée ou non ; ce qui se recouvre ne compte qu’une fois. Les équipements sont ceux d’aujourd’hui.",
        "An asset is unavailable while an alarm says that it is silent, or that the feed that speaks for it is"
        + (f", or while one of these rules holds: {rules}" if rules else "")
        + ". Heard or not; what overlaps counts once. The assets are those of today.",
    )
    headings = (
        Heading("by", Words("Vue", "View"), "text"), Heading("name", Words("Nom", "Name"), "text"),
        Heading("assets", Words("Équipements", "Assets")), Heading("hit", Words("touchés", "hit")),
        Heading("down", Words("Heures perdues", "Hours lost"), "hours"),
        Heading("share", Words("Disponibilité", "Availability"), "share"),
    )  # fmt: skip
    return Table("availability", TITLES["availability"], note, headings, rows)


def days(report: Report) -> Table:
    """Day by day on the site's clocks: heard ones by severity, and the stale alarms at its end."""
    zone = ZoneInfo(report.asked.period.zone)
    heard = report.told.heard
    begin = report.asked.period.first
    # Counted by quarters of an hour first: no zone's day begins within one.
    quarters, places = np.unique(heard.at // _QUARTER * _QUARTER, return_inverse=True)
    counted = np.bincount(places * 5 + heard.severity, minlength=len(quarters) * 5).reshape(-1, 5)
    rows_of: dict[dt.date, list[int]] = {}
    for quarter, counts in zip(quarters.tolist(), counted.tolist(), strict=True):
        day = instant(quarter).astimezone(zone).date()
        rows_of[day] = [one + more for one, more in zip(rows_of.get(day, [0] * 5), counts, strict=True)]
    rows = []
    for place in range((report.asked.period.after - begin).days):
        day = begin + dt.timedelta(days=place)
        if dt.datetime.combine(day, dt.time(), zone) >= report.end:
            break
        counts = rows_of.get(day, [0] * 5)
        stale = int(report.stale[place]) if place < len(report.stale) else None
        rows.append(Row((day.isoformat(), sum(counts), *counts[1:], stale)))
    headings = (
        Heading("day", Words("Jour", "Day"), "day"), _COUNT,
        *(Heading(name, SEVERITY_WORDS[place]) for place, name in enumerate(("critical", "high", "medium", "low"), start=1)),
        Heading("stale", Words("Stagnantes à minuit", "Stale at midnight")),
    )  # fmt: skip
    hours = report.definitions.stale_after // 3600
    fr, en = f"Stagnante : la condition dure depuis plus de {hours} h.", f"Stale: the condition has held for more than {hours} h."
    return Table("days", TITLES["days"], Words(fr, en), headings, rows)


TABLES: dict[str, Callable[[Report], Table]] = {
    "figures": key_figures,
    "left_out": left_out,
    "severities": severities,
    "times": times,
    "top": lambda report: frequent(report, "top"),
    "together": together,
    "chattering": lambda report: frequent(report, "chattering"),
    "fleeting": lambda report: frequent(report, "fleeting"),
    "floods": floods,
    "by_position": lambda report: parts(report, "position"),
    "by_sector": lambda report: parts(report, "sector"),
    "by_kind": lambda report: parts(report, "kind"),
    "by_rule": lambda report: parts(report, "rule"),
    "by_supervisor": lambda report: parts(report, "supervisor"),
    "availability": available,
    "days": days,
}


def _text(at: int) -> str:
    return instant(at).isoformat().replace("+00:00", "Z")
