"""What a month of a contract says, as tables and in one sentence, in both languages: page, CSV, paper. Pure."""

import datetime as dt
from collections.abc import Callable

from reports.contracts.commitments import MEASURE_WORDS, OF_ORDERS, Commitment, formula, money
from reports.contracts.reckoning import Result
from reports.contracts.statement import Month, at_text
from reports.models import Exclusion
from reports.tables import Heading, Row, Table, Words
from response.orders.terms import PRIORITY_WORDS

_MONTHS_FR = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre",
              "décembre")  # fmt: skip
_MONTHS_EN = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
              "December")  # fmt: skip
OUTCOME_WORDS = {
    "kept": Words("tenu", "kept"), "late": Words("en retard", "late"), "waiting": Words("en cours", "under way"),
    "missed": Words("manqué", "missed"),
}  # fmt: skip
KIND_WORDS: dict[str, Words] = {
    Exclusion.Kind.FORCE_MAJEURE: Words("force majeure", "force majeure"),
    Exclusion.Kind.ACCESS: Words("accès impossible", "no access"),
    Exclusion.Kind.WORKS: Words("travaux de tiers", "works of others"),
    Exclusion.Kind.MAINTENANCE: Words("maintenance programmée", "planned maintenance"),
    Exclusion.Kind.DISPUTE: Words("litige en cours", "under dispute"),
}
_NUMBER = Heading("commitment", Words("N°", "No"), "id")


def month_words(first: dt.date) -> Words:
    return Words(f"{_MONTHS_FR[first.month - 1]} {first.year}", f"{_MONTHS_EN[first.month - 1]} {first.year}")


def name_of(told: Commitment) -> Words:
    """A commitment by its measure and the priority it is about."""
    name = MEASURE_WORDS[told.measure]
    if told.priority is not None:
        which = PRIORITY_WORDS[told.priority]
        return Words(f"{name.fr}, priorité {which.fr}", f"{name.en}, {which.en} priority")
    if told.at_all_hours:
        return Words(f"{name.fr}, à toute heure", f"{name.en}, at all hours")
    return name


def target_of(told: Commitment) -> Words:
    value = f"{told.target:g}"
    least = ("au plus", "at most") if told.measure == "failures" else ("au moins", "at least")
    return Words(f"{least[0]} {value.replace('.', ',')} %", f"{least[1]} {value}%")


def share_of(told: Result) -> float | None:
    return None if told.share is None else told.share[0] / told.share[1]


def reckoning_of(told: Commitment, result: Result) -> Words:
    """How the penalty of the month comes about."""
    if not told.cents or not result.units:
        return Words("", "")
    each, whole, owed = money(told.cents), money(result.uncapped), money(result.cents)
    words = Words(f"{result.units} × {each.fr} = {whole.fr}", f"{result.units} × {each.en} = {whole.en}")
    if result.cents == result.uncapped:
        return words
    return Words(f"{words.fr}, plafond {owed.fr}", f"{words.en}, limited to {owed.en}")


def summary(month: Month) -> list[Words]:
    """Sentences for whoever reads nothing else, the first one first."""
    when, judged = month_words(dt.date.fromisoformat(month.first)), [each for each in month.results if each.met is not None]
    met, owed = sum(bool(each.met) for each in judged), money(month.cents)
    if not judged:
        nothing = Words(
            f"En {when.fr}, rien n’était à juger du contrat {month.contract} de {month.contractor}.",
            f"In {when.en}, there was nothing to judge of contract {month.contract} of {month.contractor}.",
        )
        return [nothing]
    said = [
        Words(
            f"En {when.fr}, {month.contractor} a tenu {met} {_s(met, 'engagement')} sur {len(judged)} du contrat "
            f"{month.contract} ; les pénalités s’élèvent à {owed.fr}.",
            f"In {when.en}, {month.contractor} met {met} of {len(judged)} {_s(len(judged), 'commitment')} of contract "
            f"{month.contract}; penalties come to {owed.en}.",
        )
    ]  # fmt: skip
    said += [_missed(month.commitments.each[each.commitment], each) for each in judged if not each.met]
    if (count := len(month.exclusions)) == 1:
        said.append(Words("Une exclusion motivée n’est pas comptée.", "One exclusion, with its reason, is not counted."))
    elif count:
        fr, en = f"{count} exclusions motivées ne sont pas comptées.", f"{count} exclusions, with their reasons, are not counted."
        said.append(Words(fr, en))
    if not month.over:
        fr = "Ce décompte est provisoire : le mois, ou une intervention, n’est pas fini."
        said.append(Words(fr, "These figures are provisional: the month, or a work order, is not over."))
    return said


def _missed(told: Commitment, result: Result) -> Words:
    name, share = name_of(told), 100 * (share_of(result) or 0)
    target = target_of(told)
    fr, en = f"{share:.2f}".replace(".", ","), f"{share:.2f}"
    if told.measure in OF_ORDERS:
        return Words(
            f"{name.fr} : {result.missed} {_s(result.missed, 'intervention')} sur {result.of} hors délai.",
            f"{name.en}: {result.missed} of {result.of} work orders out of time.",
        )
    return Words(f"{name.fr} : {fr} % pour {target.fr}.", f"{name.en}: {en}% for {target.en}.")


def _s(count: int, one: str) -> str:
    """One in French is zero too; English calls this for two numbers only, of which none is zero."""
    return one if count < 2 else f"{one}s"


def commitments(month: Month) -> Table:
    rows = []
    for result in month.results:
        told = month.commitments.each[result.commitment]
        verdict = "" if result.met is None else "good" if result.met else "bad"
        rows.append(Row((
            result.commitment + 1, name_of(told), target_of(told), share_of(result), result.of, result.missed, result.waiting,
            formula(told), reckoning_of(told, result), result.cents / 100, verdict,
        )))  # fmt: skip
    note = Words(
        "Les temps sont comptés en secondes entières dans les heures du contrat, moins les exclusions. Rien n’est dû tant que "
        "la cible est tenue. Les interventions des plans de maintenance ne sont pas jugées, ni celle qui est annulée dans son "
        "délai ; celle que l’entreprise refuse est manquée. Qui rétablit sans être venu est réputé sur place à ce moment.",
        "Times are counted in whole seconds within the hours of the contract, less the exclusions. Nothing is owed while the "
        "target is met. Orders of maintenance plans are not judged, nor is one that was cancelled in time; one that the "
        "contractor refuses is missed. Whoever restores without coming is taken to be there at that moment.",
    )
    headings = (
        _NUMBER, Heading("measure", Words("Engagement", "Commitment"), "text"),
        Heading("target", Words("Cible", "Target"), "text"), Heading("value", Words("Constaté", "Value"), "share"),
        Heading("of", Words("Jugés", "Judged")), Heading("missed", Words("Manqués", "Missed")),
        Heading("waiting", Words("En cours", "Under way")), Heading("formula", Words("Pénalité", "Penalty"), "text"),
        Heading("reckoning", Words("Calcul", "Reckoning"), "text"), Heading("owed", Words("Dû", "Owed"), "money"),
        Heading("verdict", Words("Avis", "Verdict"), "verdict"),
    )  # fmt: skip
    return Table("commitments", Words("Engagements", "Commitments"), note, headings, rows)


def items(month: Month) -> Table:
    """Each order and asset, as each commitment counts it."""
    names = {(each.noun, each.id): each for each in month.things}
    rows = []
    for item in month.items:
        told, thing = month.commitments.each[item.commitment], names[item.noun, item.id]
        rows.append(Row((
            item.commitment + 1, name_of(told), item.noun, thing.name, thing.more, OUTCOME_WORDS[item.outcome],
            at_text(item.begin), at_text(item.end), item.allowed, item.counted, item.excluded, item.late, item.units,
            " ".join(map(str, thing.lines)), " ".join(map(str, thing.alarms)),
        )))  # fmt: skip
    headings = (
        _NUMBER, Heading("measure", Words("Engagement", "Commitment"), "text"),
        Heading("noun", Words("Nature", "What"), "text"), Heading("name", Words("Référence", "Name"), "text"),
        Heading("more", Words("Objet", "About"), "text"), Heading("outcome", Words("Résultat", "Outcome"), "text"),
        Heading("begin", Words("Début", "Begin"), "instant"), Heading("end", Words("Fin", "End"), "instant"),
        Heading("allowed", Words("Promis", "Promised"), "seconds"), Heading("counted", Words("Compté", "Counted"), "seconds"),
        Heading("excluded", Words("Exclu", "Excluded"), "seconds"), Heading("late", Words("Retard", "Late"), "seconds"),
        Heading("units", Words("Unités", "Units")), Heading("lines", Words("Lignes du journal", "Journal lines"), "text"),
        Heading("alarms", Words("Alarmes", "Alarms"), "text"),
    )  # fmt: skip
    return Table("items", Words("Preuves", "Proof"), Words("", ""), headings, rows)


def exclusions(month: Month) -> Table:
    rows = [
        Row((KIND_WORDS[each.kind], each.why, each.begins_at, each.ends_at, each.asset, each.order, each.by, each.at, each.line))
        for each in month.exclusions
    ]
    headings = (
        Heading("kind", Words("Motif", "Kind"), "text"), Heading("why", Words("Argument", "Reason"), "text"),
        Heading("begins_at", Words("De", "From"), "instant"), Heading("ends_at", Words("À", "Until"), "instant"),
        Heading("asset", Words("Équipement", "Asset"), "text"), Heading("order", Words("Intervention", "Work order"), "id"),
        Heading("by", Words("Par", "By"), "text"), Heading("at", Words("Saisie le", "Added at"), "instant"),
        Heading("line", Words("Ligne du journal", "Journal line"), "id"),
    )  # fmt: skip
    return Table("exclusions", Words("Exclusions", "Exclusions"), Words("", ""), headings, rows)


TABLES: dict[str, Callable[[Month], Table]] = {"commitments": commitments, "items": items, "exclusions": exclusions}
