"""What whoever answers a message may: their rights as they are when the answer comes."""

from collections.abc import Callable

from alarms.models import Alarm
from hypervisor import rights
from hypervisor.rights import Verb
from response.models import Contact


def may_of(contact: Contact) -> Callable[[Alarm], bool]:
    """Whether the reader of a contact may acknowledge an alarm."""
    theirs = rights.what(contact.person).by_site.get(contact.site_id)

    def may(alarm: Alarm) -> bool:
        path = alarm.sector.path if alarm.sector is not None else None
        return theirs is not None and theirs.may(Verb.ACKNOWLEDGE) and theirs.covers(path)

    return may
