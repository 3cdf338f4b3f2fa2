"""In whose name a request acts: the one place that makes an actor of a person and the desk they sit at, or of a program."""

from django.http import HttpRequest

from hypervisor.tokens import Program
from journal.actors import Actor

DESK = "desk"
"""Session key: at which desk the person sits."""


def desk_of(request: HttpRequest) -> str:
    return request.session.get(DESK, "")


def actor_of(request: HttpRequest) -> Actor:
    if isinstance(request.user, Program):
        return request.user.actor
    return Actor.of(request.user, desk_of(request))
