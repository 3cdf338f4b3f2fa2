"""Members of an incident as rows, each with why it is there, in words."""

from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from msgspec import structs

from alarms.engine.wording import Bilingual
from alarms.incidents.grouping import Where, apart
from alarms.lifecycle.reasons import WORDS, Reason, reason
from alarms.models import Alarm
from alarms.pseudonyms import name_people
from alarms.rows import AlarmRow, AssetBrief, alarm_rows

_WORDS = {
    "first": Bilingual("L'incident a commencé par elle", "The incident began with it"),
    "root": Bilingual("Elle explique les autres", "It explains the others"),
    "cause": Bilingual("Expliquée par : {sentence}{code}", "Explained by: {sentence}{code}"),
    "asset": Bilingual("Même équipement que : {sentence}{code}", "Same asset as: {sentence}{code}"),
    "dependency": Bilingual("Dépend de {name}{code}, en alarme", "Depends on {name}{code}, which is in alarm"),
    "building": Bilingual("Même bâtiment et même superviseur que {name}{code}", "Same building and supervisor as {name}{code}"),
    "system": Bilingual(
        "Même alimentation et même superviseur que {name}{code}", "Same feeding asset and supervisor as {name}{code}"
    ),
    "rule": Bilingual("Même règle, à {metres} m de {name}{code}", "Same rule, {metres} m from {name}{code}"),
    "supervisor": Bilingual("Même superviseur que : {sentence}", "Same supervisor as: {sentence}"),
    "host": Bilingual("Interrogé à la même adresse que : {sentence}", "Asked at the same address as: {sentence}"),
    "hand": Bilingual("Mise là à la main par {reference}", "Put there by hand by {reference}"),
    "before": Bilingual("Réunie avant que les motifs soient gardés", "Put there before reasons were kept"),
}
_HERE = Bilingual("Même règle, au même endroit que {name}{code}", "Same rule and place as {name}{code}")
_NEAR = Bilingual("Même règle, non loin de : {sentence}{code}", "Same rule, not far from: {sentence}{code}")
_UNSEEN = Bilingual("avec une alarme hors de vos secteurs", "with an alarm beyond your sectors")


class _Other(NamedTuple):
    """The alarm that a reason refers to."""

    id: int
    sentence_fr: str
    sentence_en: str
    code: str | None
    name: str | None
    longitude: float | None
    latitude: float | None


def member_rows(alarms: QuerySet[Alarm], within: Q) -> list[dict[str, object]]:
    """Alarm rows, each with `why_together`, which names other alarms only `within` this filter."""
    rows = alarm_rows(alarms)
    kept = Alarm.objects.filter(pk__in=[row.id for row in rows]).values_list("pk", "together")
    reasons = {id_: reason(text) for id_, text in kept}
    asked = {each.alarm for each in reasons.values()} - {None}
    columns = ("pk", "sentence_fr", "sentence_en", "asset__code", "asset__name", "asset__longitude", "asset__latitude")
    others = {row[0]: _Other(*row) for row in Alarm.objects.filter(within, pk__in=asked).values_list(*columns)}
    reasons = _with_names(reasons)
    told = name_people([_why_in_words(row, reasons[row.id], others) for row in rows], "text")
    return [structs.asdict(row) | {"why_together": why} for row, why in zip(rows, told, strict=True)]


def _with_names(reasons: dict[int, Reason]) -> dict[int, Reason]:
    """The full name of whoever has one, instead of the login that is kept; one query, and none where no hand was at work."""
    logins = {each.reference for each in reasons.values() if each.code == "hand"}
    if not logins:
        return reasons
    names = {user.get_username(): user.get_full_name() for user in get_user_model().objects.filter(username__in=logins)}
    return {
        id_: Reason("hand", names.get(each.reference) or each.reference) if each.code == "hand" else each
        for id_, each in reasons.items()
    }


def _why_in_words(row: AlarmRow, why: Reason, others: dict[int, _Other]) -> dict[str, object]:
    other = others.get(why.alarm)
    if why.alarm is not None and other is None:
        words = WORDS[why.code]
        text = {"fr": f"{_capital(words.fr)}, {_UNSEEN.fr}", "en": f"{_capital(words.en)}, {_UNSEEN.en}"}
    else:
        words = _WORDS[why.code]
        if why.code == "rule" and (row.asset is None or other.longitude is None):
            words = _NEAR
        elif why.code == "rule" and _metres(row.asset, other) == 0:
            words = _HERE
        text = {tongue: getattr(words, tongue).format_map(_parts(row, why, other, tongue)) for tongue in ("fr", "en")}
    return {"code": why.code, "alarm": other and other.id, "text": text}


def _parts(row: AlarmRow, why: Reason, other: _Other | None, language: str) -> dict[str, object]:
    if other is None:
        return {"reference": why.reference}
    sentence = other.sentence_en if language == "en" else other.sentence_fr
    code = f" ({other.code})" if other.code else ""
    return {"sentence": sentence, "name": other.name or sentence, "code": code, "metres": _metres(row.asset, other)}


def _metres(asset: AssetBrief | None, other: _Other) -> int:
    """To ten metres."""
    if asset is None or other.longitude is None:
        return 0
    return round(apart(Where(asset.lon, asset.lat), Where(other.longitude, other.latitude)) / 10) * 10


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
