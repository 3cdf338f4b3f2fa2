"""What somebody sees whose page is not there, not theirs, or broken: a page of the house, in their language and theme.

It asks the database nothing, which may be what is broken.
"""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from assets.refusal import Refused
from hypervisor.api import problems
from hypervisor.pages.frame import THEME_COOKIE, THEMES


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _of_the_interface(request):
        return problems.plain(400, "The request is malformed.")
    return _page(request, 400, _("This request cannot be understood"), _("Go back and try again."))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _of_the_interface(request):
        return problems.plain(403, "Not allowed.")
    return _page(request, 403, _("Not open to your role"), _("An administrator of the site gives roles, under Settings."))


@csrf_exempt  # a supervisor that mistypes its address is told so, not asked for a form's cookie
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if _of_the_interface(request):
        return problems.nothing_here(request)
    return _page(request, 404, _("Nothing at this address"), _("It was taken away, or it is not yours to see."))


def our_fault(request: HttpRequest) -> HttpResponse:
    if _of_the_interface(request):
        return problems.plain(500, "The control room made a mistake; it is in its log.")
    return _page(request, 500, _("The control room made a mistake"), _("It is in its log. Try again; alarms go on meanwhile."))


def refused(request: HttpRequest, error: Refused) -> HttpResponse:
    """What the domain refuses, where the page that was asked has no place of its own to say so."""
    status = problems.STATUS[error.meaning]
    if _of_the_interface(request):
        return problems.plain(status, problems.said(error))
    return _page(request, status, _("This cannot be done"), problems.said(error))


def not_now(request: HttpRequest) -> HttpResponse:
    if _of_the_interface(request):
        return problems.plain(503, "Not at the moment: try again in a few seconds.")
    return _page(request, 503, _("Not at the moment"), _("The control room has too much to do. Try again in a few seconds."))


def engine_away(request: HttpRequest) -> HttpResponse:
    if _of_the_interface(request):
        return problems.plain(503, "An engine does not answer: nothing was done. Try again in a few seconds.")
    text = _("A part of the control room is being started again. This page tries again by itself.")
    if request.method != "GET":
        text = _("A part of the control room is being started again. Go back and send it again in a few seconds.")
    return _page(request, 503, _("Not at the moment"), text, again=request.method == "GET")


def cross_site(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose token is missing or too old."""
    text = _("The form is too old, or came from elsewhere. Go back, reload the page and send it again.")
    return _page(request, 403, _("This form was not taken"), text)


def _of_the_interface(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _page(request: HttpRequest, status: int, title: str, text: str, *, again: bool = False) -> HttpResponse:
    """`again`: the browser asks for the page once more by itself."""
    theme = request.COOKIES.get(THEME_COOKIE)
    told = {"status": status, "title": title, "text": text, "theme": theme if theme in THEMES else THEMES[0], "again": again}
    return HttpResponse(render_to_string("refusal.html", told), status=status)
