"""Steps that would reach nobody, in the reader's language."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy

from assets.models import Site
from response.notification import reach

WHY = {
    "nobody_on_call": gettext_lazy("{who}: nobody on call"),
    "position_not_held": gettext_lazy("{who}: nobody holds this position now"),
    "position_gone": gettext_lazy("{who}: this position is no more"),
    "rota_gone": gettext_lazy("{who}: this rota is no more"),
    "no_right": gettext_lazy("{who}: has no right on this site any more"),
    "no_contact": gettext_lazy("{who}: has no contact"),
    "not_confirmed": gettext_lazy("{who}: contact not confirmed"),
    "gone": gettext_lazy("{who}: the contact is no longer there"),
    "other_kinds": gettext_lazy("{who}: no contact of the kinds of this step"),
    "no_gateway": gettext_lazy("{who}: no server is set for this kind of contact"),
}


def gaps_in_words(site: Site, names: Mapping[str, str], others: Mapping[str, str], now: dt.datetime) -> list[dict[str, Any]]:
    """`names` of people by user name, `others` of rotas and positions by slug."""
    called = {**names, **others}
    return [
        {
            "name": gap.name, "step": gap.step, "now": gap.starts <= now, "starts": gap.starts,
            "ends": gap.ends if gap.ends < now + reach.AHEAD else None,
            "reasons": [str(WHY[each.code]).format(who=called.get(each.who, each.who)) for each in gap.reasons],
        }
        for gap in reach.gaps(site, now)
    ]  # fmt: skip
