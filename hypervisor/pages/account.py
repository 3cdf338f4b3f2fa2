"""A person's own account: its password, and where it is logged in; and the page of the link that opens a new one."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from assets.models import Site
from hypervisor import accounts, known_browsers, passwords, rights, sessions, throttle
from hypervisor.pages.frame import around


class ChangeForm(PasswordChangeForm):
    """The old password once more, so that a desk left open is not an account lost."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def account(request: HttpRequest, site: str) -> HttpResponse:
    """Change one's password, see where one is logged in."""
    right = rights.of(request).on(site)
    form = ChangeForm(request.user, request.POST if request.method == "POST" else None)
    now = timezone.now()
    if request.method == "POST" and _may_try(request) and _saved(form):
        update_session_auth_hash(request, form.user)
        throttle.forgive(*_counted(request), _browser(request))
        accounts.password_chosen(form.user, now=now, kept=request.session.session_key)
        messages.success(request, _("Your password was changed. Your other sessions have ended."))
        return redirect("account", site)
    own = [{"row": row, "here": row.session_key == request.session.session_key} for row in sessions.of_person(request.user, now)]
    context = around(request, right, get_object_or_404(Site, pk=right.site_id), "account") | {"form": form, "own": own}
    return render(request, "account/account.html", context, status=422 if form.errors else 200)


def _may_try(request: HttpRequest) -> bool:
    """The old password is guessed no faster here than at the door."""
    try:
        throttle.enter(*_counted(request), throttle.clock(), _browser(request))
    except throttle.TooManyTries as refused:
        messages.error(request, _("Too many tries: wait {n} s and try again.").format(n=refused.wait))
        return False
    return True


def _counted(request: HttpRequest) -> tuple[str, str]:
    return request.user.get_username(), throttle.address_of(request)


def _browser(request: HttpRequest) -> str:
    """The number of the browser when this person logged in with it before: guesses of neighbours do not count for it."""
    return known_browsers.number_for(request, throttle.plain(request.user.get_username()))


def _saved(form: SetPasswordForm) -> bool:
    """Whether the form is right and its password stored; when too many are hashed at this moment, it says so."""
    try:
        if form.is_valid():
            form.save()
            return True
    except passwords.Busy:
        form.add_error(None, _("Too many people are logging in at this moment: try again in a few seconds."))
    return False


@require_POST
@login_required
def end_sessions(request: HttpRequest, site: str) -> HttpResponse:
    """End one's other sessions."""
    rights.of(request).on(site)
    ended = sessions.end_others(request.user, request.session.session_key)
    messages.success(request, _("Your other sessions have ended.") if ended else _("You have no other session."))
    return redirect("account", site)


class ChoosePassword(PasswordResetConfirmView):
    """The page of a link: the owner of an account chooses its password, once."""

    template_name = "account/choose.html"
    form_class = SetPasswordForm
    success_url = reverse_lazy("login")
    reset_url_token = "choose"
    title = gettext_lazy("Choose your password")

    def form_valid(self, form: SetPasswordForm) -> HttpResponse:
        if not _saved(form):
            return self.form_invalid(form)
        del self.request.session[INTERNAL_RESET_SESSION_TOKEN]
        accounts.password_chosen(self.user, now=timezone.now())
        messages.success(self.request, _("Your password is set: log in with it."))
        return redirect(self.success_url)
