"""What things are called in a report: alarms by rule and asset, parts of the site, positions. A query each."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from alarms.models import Alarm, Rule
from assets.models import AssetKind, Sector, Supervisor
from reports.columns import NONE
from reports.tables import Words
from response.models import Position

_NOBODY = {
    "sector": Words("hors secteur", "in no sector"), "kind": Words("sans équipement", "of no asset"),
    "rule": Words("sans règle", "of no rule"), "supervisor": Words("sans superviseur", "of no supervisor"),
    "position": Words("—", "—"),
}  # fmt: skip
_GONE = Words("supprimé depuis", "deleted since")


class Called(msgspec.Struct, frozen=True):
    """An alarm: its rule, what it is about, its sentence."""

    rule: Words
    about: str
    sentence: Words


def of_alarms(ids: Collection[int]) -> dict[int, Called]:
    columns = ("pk", "rule__name_fr", "rule__name_en", "asset__name", "feed__name", "sector__name", "sentence_fr", "sentence_en")
    rows = Alarm.objects.filter(pk__in=list(ids)).values_list(*columns)
    return {
        id_: Called(Words(fr, en), asset or feed or sector or "—", Words(said_fr, said_en))
        for id_, fr, en, asset, feed, sector, said_fr, said_en in rows
    }


def of_parts(what: str, ids: Iterable[int]) -> dict[int, Words]:
    """Sectors, kinds, rules, supervisors or positions by id; what is gone, and NONE, has a name too."""
    wanted = set(ids)
    found: dict[int, Words] = dict.fromkeys(wanted, _GONE)
    if NONE in wanted:
        found[NONE] = _NOBODY[what]
    return found | {id_: Words(fr, en) for id_, fr, en in _rows(what, wanted)}


def _rows(what: str, ids: set[int]) -> Iterable[tuple[int, str, str]]:
    tables: dict[str, tuple[Any, str, str]] = {
        "sector": (Sector, "name", "name"), "kind": (AssetKind, "name_fr", "name_en"), "rule": (Rule, "name_fr", "name_en"),
        "supervisor": (Supervisor, "name", "name"), "position": (Position, "name_fr", "name_en"),
    }  # fmt: skip
    model, fr, en = tables[what]
    rows: Iterable[tuple[int, str, str]] = model.objects.filter(pk__in=ids).values_list("pk", fr, en)
    return rows
