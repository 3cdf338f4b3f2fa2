"""Where readers of plates, access-management systems and commanded supervisors send to, each with a token of its own; not for
people."""

import msgspec
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from assets import tokens
from commands import answers, connectors
from commands.mapping import BadAnswerMapping, Http, compiled, keys_at, read_later
from hypervisor.api.problems import plain
from passages import hook, letters
from passages.models import PermitSource
from passages.permits import imports

LONGEST_ANSWER = 64 * 1024
"""Bytes of a supervisor's answer."""


@csrf_exempt
def reads(request: HttpRequest, reader: str) -> HttpResponse:
    """A reader's message: 202 once it is durable, whatever is in it; some readers give a hook up after a few errors."""
    if request.method != "POST":
        return _only_post()
    try:
        said = request.headers.get("Authorization", "")
        hook.receive(reader, said, request.headers.get("Content-Type", ""), request.body, timezone.now())
    except letters.LetterRefused as refused:
        answer = plain(refused.status, refused.detail)
        if refused.status == 401:
            answer["WWW-Authenticate"] = 'Token, Basic realm="reader"'
        if refused.status == 503:
            answer["Retry-After"] = "5"
        return answer
    return HttpResponse(status=202)


@csrf_exempt
def permits(request: HttpRequest, source: str) -> HttpResponse:
    """What an access-management system says of its permits: compared with what there is, and written."""
    if request.method != "POST":
        return _only_post()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    row = PermitSource.objects.select_related("site").filter(slug=source).first()
    said = token.strip() if scheme.lower() == "token" else ""
    if not tokens.opens(said, row.token_hash if row is not None else None) or row is None:
        answer = plain(401, "Send the system's own token as `Authorization: Token …`.")
        answer["WWW-Authenticate"] = "Token"
        return answer
    if not row.enabled:
        return plain(403, "This system is disabled.")
    try:
        run = imports.take_message(row, request.body, timezone.now())
    except imports.BadMessage as error:
        return plain(422, str(error))
    told = {name: getattr(run, name) for name in ("new", "changed", "unchanged", "gone", "refused", "details")}
    return HttpResponse(msgspec.json.encode(told), content_type="application/json")


@csrf_exempt
def command_answers(request: HttpRequest, site: str, supervisor: str) -> HttpResponse:
    """What a supervisor says of a command after the time it had to answer, or instead of answering; again does no harm."""
    if request.method != "POST":
        return _only_post()
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    row = connectors.of_token(site, supervisor, token.strip()) if scheme.lower() == "token" else None
    if row is None:
        answer = plain(401, "Send the supervisor's own token as `Authorization: Token …`.")
        answer["WWW-Authenticate"] = "Token"
        return answer
    if not row.enabled:
        return plain(403, "This connector is switched off.")
    if len(request.body) > LONGEST_ANSWER:
        return plain(413, f"The answer is larger than {LONGEST_ANSWER} bytes.")
    try:
        declared = compiled(row.mapping)
    except BadAnswerMapping as error:
        return plain(422, str(error))
    header = declared.key_header if isinstance(declared, Http) else "Idempotency-Key"
    named = request.headers.get(header, "")
    keys = [named] if named else keys_at(request.body, declared.correlation)
    said = read_later(declared.answer, request.body)
    if not keys or said is None:
        missing = "which command it is about" if not keys else "yes, no or a failure"
        return plain(422, f"The answer does not say {missing}, as the connector's mapping reads it.")
    command = answers.hear_first(row.supervisor_id, keys, said, timezone.now())
    if command is None:
        return plain(404, "No command of this key was sent to this supervisor.")
    return HttpResponse(msgspec.json.encode({"command": command.pk, "state": command.state}), content_type="application/json")


def _only_post() -> HttpResponse:
    answer = plain(405, "Send it with POST.")
    answer["Allow"] = "POST"
    return answer
