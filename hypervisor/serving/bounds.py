"""How long a body may be at each address; the proxy says the same (docker/Caddyfile), this holds without one."""

import re

FORM = 1024 * 1024
"""Bytes of a form, or of a body of the interface."""
BATCH = 9 * 1024 * 1024
"""Bytes of a batch of a feed; `assets/feeds/body.py` refuses a little less, and by name."""
INVENTORY = 210 * 1024 * 1024
"""Bytes of an inventory and the form around it."""
ATTACHMENT = 8 * 1024 * 1024 + 1
"""Bytes of a file beside a note, as `response/daylog/files.py` has it, and one more: that one refuses by name."""

LINKED = ATTACHMENT + 64 * 1024
"""Bytes of a photo that a contractor sends by a link, and the form around it."""

UNASKED = 64 * 1024
"""Bytes of a batch that are read before it is asked whose they are; asking takes longer than reading them."""

_LONGER = (
    (re.compile(rb"/api/v1/feeds/[^/?]{1,60}/[^/?]{1,20}(\?|$)"), BATCH),
    (re.compile(rb"/sites/[^/?]{1,60}/assets/imports(\?|$)"), INVENTORY),
    (re.compile(rb"/api/v1/sites/[^/?]{1,60}/change-sets(\?|$)"), INVENTORY),
    (re.compile(rb"/api/v1/notes/[0-9]{1,19}/attachments(\?|$)"), ATTACHMENT),
    (re.compile(rb"/api/v1/work-orders/[0-9]{1,19}/photos(\?|$)"), ATTACHMENT),
    (re.compile(rb"/work/[^/?]{1,200}(\?|$)"), LINKED),
)


def most(address: bytes) -> int:
    """Bytes that the body of a request for `address` may have; `address` is the target as sent, query included."""
    return next((bound for pattern, bound in _LONGER if pattern.match(address)), FORM)


def is_for_feeds(address: bytes) -> bool:
    """Whether supervisors send their batches here, and nobody else anything."""
    return most(address) == BATCH


def is_for_members(address: bytes) -> bool:
    """Whether a body longer than a form is taken here from people who are signed in, and from nobody else."""
    return most(address) in (INVENTORY, ATTACHMENT)


def is_for_links(address: bytes) -> bool:
    """Whether a body longer than a form is taken here from whoever has a link to a work order that is in force."""
    return most(address) == LINKED
