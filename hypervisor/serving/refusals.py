"""Refusals from outside Django: problem documents for the interface, a sentence in both languages for everybody else."""

import msgspec

from hypervisor.api import problems

SENTENCE = "text/plain; charset=utf-8"


def written(address: str, status: int, for_programs: str, for_people: str) -> tuple[str, bytes]:
    """(Content-Type, body) of a refusal at `address`."""
    if address.startswith("/api/"):
        return problems.CONTENT_TYPE, msgspec.json.encode(problems.document(status, for_programs))
    return SENTENCE, for_people.encode()
