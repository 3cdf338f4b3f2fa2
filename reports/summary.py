"""A report in sentences, for whoever reads nothing else: how much was told, whether that was bearable, what stood out."""

from alarms.engine.figures import number
from reports.definitions import TARGETS
from reports.figures import Figures
from reports.report import Report
from reports.tables import Words

_BEARABLE = {
    "good": Words("c’est ce que recommandent ISA-18.2 et EEMUA 191", "as ISA-18.2 and EEMUA 191 advise"),
    "bearable": Words("c’est supportable, au-delà de ce qui est recommandé", "bearable, and beyond what is advised"),
    "bad": Words("c’est plus qu’un opérateur ne peut traiter", "more than one operator can deal with"),
    "": Words("", ""),
}


def summary(report: Report) -> list[Words]:
    """Sentences, the first of which says it all."""
    now = report.now
    if not now.annunciated:
        nothing = Words("Aucune alarme n’a été annoncée dans la période.", "No alarm was annunciated in the period.")
        return [nothing, *_left_out(now)]
    verdict = _BEARABLE[TARGETS["per_day"].verdict(now.per_day)]
    count, day = _both(now.annunciated, 0), _both(now.per_day, 0)
    said = [
        Words(
            f"{count.fr} annonces d’alarme ont demandé un opérateur, soit {day.fr} par jour : {verdict.fr}.",
            f"{count.en} annunciations asked for an operator, {day.en} a day: {verdict.en}.",
        )
    ]  # fmt: skip
    said += _compared(report)
    said.append(_floods(now))
    if now.top_ten is not None and now.top_ten > TARGETS["top_ten"].most:
        share = _both(100 * now.top_ten, 0)
        fr = f"Les dix alarmes les plus fréquentes font {share.fr} % des annonces : les traiter allège le plus le poste."
        said.append(Words(fr, f"The ten most frequent alarms make {share.en}% of it: dealing with them relieves the desk most."))
    if (wait := now.acknowledged[0].p50) is not None:
        half = _both(wait / 60, 1)
        fr = f"La moitié des acquittements est venue en moins de {half.fr} min."
        said.append(Words(fr, f"Half of the acknowledgements came within {half.en} min."))
    return said + _left_out(now)


def _compared(report: Report) -> list[Words]:
    if report.before is None or not report.before.per_day:
        return []
    change = report.now.per_day / report.before.per_day - 1
    if abs(change) < 0.005:
        return [Words("C’est autant par jour que la période précédente.", "As many a day as in the period before.")]
    by = _both(100 * abs(change), 0)
    fr, en = ("plus", "more") if change > 0 else ("moins", "fewer")
    fr = f"C’est {by.fr} % de {fr} par jour que la période précédente."
    return [Words(fr, f"{by.en}% {en} a day than in the period before.")]


def _floods(now: Figures) -> Words:
    if not (count := len(now.floods)):
        return Words("Aucune avalanche d’alarmes.", "No flood of alarms.")
    share, many = _both(100 * now.in_flood, 1), "s" * (count > 1)
    fr = f"{count} avalanche{many} : {share.fr} % du temps (cible : moins de 1 %)."
    return Words(fr, f"{count} flood{many}: {share.en}% of the time (target: less than 1%).")


def _left_out(now: Figures) -> list[Words]:
    if not (count := sum(now.unheard.values())):
        return []
    many = _both(count, 0)
    fr = f"Ne sont pas comptées : {many.fr} que personne ne pouvait entendre (voir « Ce qui n’est pas compté »)."
    return [Words(fr, f"Not counted: {many.en} that nobody could hear (see “What is left out”).")]


def _both(value: float, digits: int) -> Words:
    return Words(number(value, "fr", digits), number(value, "en", digits))
