"""Réglages, people: who may do what on this site. An administrator rules the grants of the site and nobody's other account."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.validators import ASCIIUsernameValidator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from assets.alphabet import alphabetical, in_tree
from assets.models import Sector, Site
from hypervisor import accounts, approvals, changes, rights
from hypervisor.acting import actor_of
from hypervisor.models import Grant, GrantRequest, Role, User
from hypervisor.pages.frame import ROLE_NAMES, around, indented
from hypervisor.pages.refused import in_messages
from hypervisor.rights import Right, Verb

ROLES = [(role, ROLE_NAMES[role]) for role in Role]


class GrantForm(forms.Form):
    """A role here, on the whole site or on some sectors."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES)
    sectors = forms.ModelMultipleChoiceField(
        Sector.objects.none(),
        label=gettext_lazy("Only these sectors"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, site: Site, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.site = site
        sectors = site.sectors.defer("polygon")
        self.fields["sectors"].queryset = sectors
        self.fields["sectors"].choices = [(sector.pk, indented(sector)) for sector in in_tree(sectors)]
        for name in self.fields.keys() - {"sectors"}:
            self.fields[name].widget.attrs["class"] = "input"

    def give(self, user: User, request: HttpRequest) -> Grant | GrantRequest:
        """Write the grant, in place of the one the person had here, or ask for it where another person must confirm it."""
        given, now = self.cleaned_data, timezone.now()
        sectors = list(given["sectors"])
        return approvals.give(user, self.site, given["role"], sectors, by=actor_of(request), now=now)


class PersonForm(GrantForm):
    """A grant for a person with an account, or for a new one, whose owner chooses its password through a link."""

    username = forms.CharField(label=gettext_lazy("User name"), max_length=150)
    full_name = forms.CharField(label=gettext_lazy("Name"), max_length=150, required=False)
    field_order = ("username", "full_name", "role", "sectors")

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if "username" in given:  # as accounts are stored; and one that is almost another's is that other's
            given["username"] = User.normalize_username(given["username"])
        self.known = User.objects.filter(username=given.get("username", "")).first()
        self.known = self.known or User.objects.filter(username__iexact=given.get("username", "")).first()
        if self.known is not None and Grant.objects.filter(user=self.known, site=self.site).exists():
            self.add_error("username", _("This person already has a role here."))
        elif self.known is None and "username" in given:
            self._check_name(given["username"])
        return given

    def _check_name(self, name: str) -> None:
        """A new name is of letters that look like nothing else: `admin` is not written with a Cyrillic a."""
        try:
            ASCIIUsernameValidator()(name)
        except forms.ValidationError:
            self.add_error("username", _("Letters without accents, digits and @ . + - _ only."))

    @transaction.atomic
    def save(self, request: HttpRequest) -> tuple[User, Grant | GrantRequest]:
        given = self.cleaned_data
        user = self.known or User.objects.create_user(given["username"], password=None, last_name=given["full_name"])
        return user, self.give(user, request)


def _site(request: HttpRequest, site: str) -> tuple[Right, Site]:
    return rights.on_site(request, site, Verb.USERS)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def people(request: HttpRequest, site: str) -> HttpResponse:
    """Who has a role here, the roles that wait for a second administrator, and the form for one more person."""
    right, the_site = _site(request, site)
    form = PersonForm(the_site, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user, given = form.save(request)
        _say_given(request, user, given)
        if form.known is not None:
            return redirect("people_settings", site)
        return _page(request, right, the_site, PersonForm(the_site), _link(request, user))
    return _page(request, right, the_site, form)


def _page(request: HttpRequest, right: Right, site: Site, form: PersonForm, link: dict[str, str] | None = None) -> HttpResponse:
    grants = Grant.objects.filter(site=site).select_related("user").prefetch_related("sectors")
    rows = [
        {
            "grant": grant,
            "role": ROLE_NAMES[Role(grant.role)],
            "sectors": sorted((sector.name for sector in grant.sectors.all()), key=alphabetical),
        }
        for grant in sorted(grants, key=lambda grant: alphabetical(grant.user.get_username()))
    ]
    waiting = [
        {"request": each, "mine": request.user.pk in (each.asked_by_id, each.user_id)}
        for each in GrantRequest.objects.filter(site=site).select_related("user", "asked_by").order_by("asked_at")
    ]
    context = around(request, right, site, "settings") | {
        "rows": rows, "waiting": waiting, "form": form, "tab": "people", "me": request.user.pk, "link": link,
    }  # fmt: skip
    return render(request, "configuration/people.html", context, status=422 if form.errors else 200)


def _say_given(request: HttpRequest, user: User, given: Grant | GrantRequest) -> None:
    name = user.get_username()
    if isinstance(given, GrantRequest):
        text = _("{name} will be administrator when another administrator has confirmed it.")
    else:
        text = _("{name} now has a role here.")
    messages.success(request, text.format(name=name))


def _link(request: HttpRequest, user: User) -> dict[str, str]:
    """What the page shows once: whose link it is, and where it leads."""
    path = accounts.make_link(user, by=actor_of(request), now=timezone.now())
    return {"name": user.get_username(), "url": request.build_absolute_uri(path)}


@require_POST
@login_required
def link(request: HttpRequest, site: str, grant: int) -> HttpResponse:
    """Make a link for a person who forgot their password, shown once."""
    right, the_site = _site(request, site)
    row = get_object_or_404(Grant.objects.select_related("user"), pk=grant, site=the_site)
    if not accounts.may_help(request.user, row.user):
        messages.error(request, _("This account is also of sites that are not yours: its password is not yours to renew."))
        return redirect("people_settings", site)
    return _page(request, right, the_site, PersonForm(the_site), _link(request, row.user))


def _asked(request: HttpRequest, site: str, asked: int) -> GrantRequest:
    _right, the_site = _site(request, site)
    return get_object_or_404(GrantRequest.objects.select_related("user", "site"), pk=asked, site=the_site)


@require_POST
@login_required
def confirm(request: HttpRequest, site: str, asked: int) -> HttpResponse:
    """Give the role that another administrator asked for."""
    row = _asked(request, site, asked)
    name = row.user.get_username()
    with in_messages(request):
        approvals.confirm(row, by=actor_of(request), now=timezone.now())
        messages.success(request, _("{name} now has a role here.").format(name=name))
    return redirect("people_settings", site)


@require_POST
@login_required
def refuse(request: HttpRequest, site: str, asked: int) -> HttpResponse:
    """Drop the role that an administrator asked for."""
    row = _asked(request, site, asked)
    approvals.refuse(row, by=actor_of(request), now=timezone.now())
    messages.success(request, _("The role asked for {name} was refused.").format(name=row.user.get_username()))
    return redirect("people_settings", site)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def person(request: HttpRequest, site: str, grant: int) -> HttpResponse:
    """Change what one person may do here. Nobody changes their own: a site must not lose its last administrator by a slip."""
    right, the_site = _site(request, site)
    row = get_object_or_404(Grant.objects.select_related("user"), pk=grant, site=the_site)
    first = {"role": row.role, "sectors": row.sectors.all()}
    form = GrantForm(the_site, request.POST or None, initial=first)
    if request.method == "POST" and row.user_id == request.user.pk:
        messages.error(request, _("You cannot change your own role."))
        return redirect("people_settings", site)
    if request.method == "POST" and form.is_valid():
        given = form.give(row.user, request)
        if isinstance(given, GrantRequest):
            _say_given(request, row.user, given)
        else:
            messages.success(request, _("The role of {name} was changed.").format(name=row.user.get_username()))
        return redirect("people_settings", site)
    context = around(request, right, the_site, "settings") | {"row": row, "form": form, "tab": "people"}
    return render(request, "configuration/person.html", context, status=422 if form.errors else 200)


@require_POST
@login_required
def withdraw(request: HttpRequest, site: str, grant: int) -> HttpResponse:
    """Take a person's role here away; the account stays, and what it signed."""
    _right, the_site = _site(request, site)
    row = get_object_or_404(Grant.objects.select_related("user"), pk=grant, site=the_site)
    if row.user_id == request.user.pk:
        messages.error(request, _("You cannot change your own role."))
    else:
        changes.withdraw(row, by=actor_of(request), now=timezone.now())
        messages.success(request, _("{name} has no role here any more.").format(name=row.user.get_username()))
    return redirect("people_settings", site)
