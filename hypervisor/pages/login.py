"""The door: in by password, slowed down when it is guessed; out, and nothing is left for the next person."""

import logging

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from redis.exceptions import RedisError

from hypervisor import known_browsers, passwords, sessions, throttle
from hypervisor.language import SESSION_KEY
from hypervisor.models import User

logger = logging.getLogger(__name__)

RETRY_AFTER = "5"
"""Seconds."""
DEMO_ACCOUNTS, DEMO_PASSWORD = ("operateur", "chef", "admin", "auditeur"), "vigie"


class Credentials(AuthenticationForm):
    error_messages = {
        "invalid_login": gettext_lazy("The user name or the password is wrong."),
        "inactive": gettext_lazy("The user name or the password is wrong."),
    }
    wait = 0
    """Seconds to wait, when there were too many tries."""

    def clean(self) -> dict[str, object]:
        address = throttle.address_of(self.request)
        try:
            throttle.enter(self.data.get("username", ""), address, throttle.clock(), _browser(self.request))
        except throttle.TooManyTries as refused:
            self.wait = refused.wait
            logger.warning("login refused without looking: too many tries from %s", address)
            text = _("Too many tries: wait {n} s and try again.").format(n=refused.wait)
            raise forms.ValidationError(text, code="throttled") from refused
        except RedisError as error:
            logger.error("nobody can log in, Valkey does not answer: %s", error)
            text = _("Nobody can log in at the moment: a part of the control room does not answer.")
            raise forms.ValidationError(text, code="closed") from error
        try:
            return super().clean()
        except passwords.Busy as error:
            logger.warning("a login waits outside: too many passwords at once, the last from %s", address)
            text = _("Too many people are logging in at this moment: try again in a few seconds.")
            raise forms.ValidationError(text, code="busy") from error

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        if not settings.DEBUG and user.get_username() in DEMO_ACCOUNTS and self.cleaned_data["password"] == DEMO_PASSWORD:
            text = _("The demo's accounts are closed on a real control room: ask an administrator for one of your own.")
            raise forms.ValidationError(text, code="demo")


class Login(LoginView):
    template_name = "login.html"
    form_class = Credentials
    redirect_authenticated_user = True

    def form_valid(self, form: Credentials) -> HttpResponse:
        user, address = form.get_user(), throttle.address_of(self.request)
        throttle.forgive(form.data.get("username", ""), address, _browser(self.request))
        answer = super().form_valid(form)  # a new session key, whatever the browser came with
        self.request.session.setdefault(SESSION_KEY, user.language)
        known_browsers.remember(self.request, answer, throttle.plain(form.data.get("username", "")))
        sessions.begin(self.request, address, timezone.now())
        logger.info("login of %s from %s", user.get_username(), address)
        return answer

    def form_invalid(self, form: Credentials) -> HttpResponse:
        answer = super().form_invalid(form)
        codes = {error.code for error in form.non_field_errors().as_data()}
        if "throttled" in codes:
            answer.status_code = 429
            answer["Retry-After"] = str(form.wait)
        elif codes & {"closed", "busy"}:
            answer.status_code = 503
            answer["Retry-After"] = RETRY_AFTER
        else:
            logger.warning("login failed from %s", throttle.address_of(self.request))
        return answer


class Logout(LogoutView):
    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        answer = super().dispatch(request, *args, **kwargs)
        answer["Clear-Site-Data"] = '"cache"'  # not what this browser was told of the desk, nor whom it knows
        return answer


def _browser(request: HttpRequest) -> str:
    """The number of the browser, if the name that is tried logged in with it before."""
    return known_browsers.number_for(request, throttle.plain(request.POST.get("username", "")))


def admin_door(request: HttpRequest) -> HttpResponse:
    """The administration has no door of its own, which would have no throttle: everybody comes in by ours."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or "/admin/")
