"""Réglages, people: who may do what on this site. An administrator rules the grants of the site and nobody's other account."""

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from assets.models import Sector, Site
from hypervisor import changes, rights
from hypervisor.api.moves import desk_of
from hypervisor.models import Grant, Role, User
from hypervisor.pages.frame import ROLE_NAMES, around
from hypervisor.rights import Right, Verb

ROLES = [(role, ROLE_NAMES[role]) for role in Role]


class GrantForm(forms.Form):
    """A role here, on the whole site or on some sectors."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=ROLES)
    sectors = forms.ModelMultipleChoiceField(
        Sector.objects.none(),
        label=gettext_lazy("Only these sectors"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 10}),
    )

    def __init__(self, site: Site, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.site = site
        self.fields["sectors"].queryset = site.sectors.defer("polygon")
        self.fields["sectors"].label_from_instance = lambda sector: f"{'— ' * sector.path.count('/')}{sector.name}"
        for field in self.fields.values():
            field.widget.attrs["class"] = "input"

    def give(self, user: User, request: HttpRequest) -> None:
        """Write the grant, in place of the one the person had here."""
        given, now = self.cleaned_data, timezone.now()
        changes.give(user, self.site, given["role"], given["sectors"], by=request.user, now=now, desk=desk_of(request))


class PersonForm(GrantForm):
    """A grant for a person with an account, or for a new one, who then needs a password."""

    username = forms.CharField(label=gettext_lazy("User name"), max_length=150, validators=[User.username_validator])
    full_name = forms.CharField(label=gettext_lazy("Name"), max_length=150, required=False)
    password = forms.CharField(
        label=gettext_lazy("First password, for a new account"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    field_order = ("username", "full_name", "password", "role", "sectors")

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if "username" in given:  # as accounts are stored; and one that is almost another's is that other's
            given["username"] = User.normalize_username(given["username"])
        self.known = User.objects.filter(username=given.get("username", "")).first()
        self.known = self.known or User.objects.filter(username__iexact=given.get("username", "")).first()
        if self.known is not None and given.get("password"):
            self.add_error("password", _("This account exists: its password is not yours to change."))
        elif self.known is not None and Grant.objects.filter(user=self.known, site=self.site).exists():
            self.add_error("username", _("This person already has a role here."))
        elif self.known is None and "username" in given:
            self._check_password(given)
        return given

    def _check_password(self, given: dict[str, object]) -> None:
        try:
            validate_password(given.get("password") or "", User(username=given["username"]))
        except forms.ValidationError as error:
            self.add_error("password", error)

    @transaction.atomic
    def save(self, request: HttpRequest) -> User:
        given = self.cleaned_data
        user = self.known or User.objects.create_user(given["username"], password=given["password"], last_name=given["full_name"])
        self.give(user, request)
        return user


def _site(request: HttpRequest, site: str) -> tuple[Right, Site]:
    right = rights.of(request).on(site, Verb.USERS)
    return right, get_object_or_404(Site, pk=right.site_id)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def people(request: HttpRequest, site: str) -> HttpResponse:
    """Who has a role here, and the form for one more."""
    right, the_site = _site(request, site)
    form = PersonForm(the_site, request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = form.save(request)
        messages.success(request, _("{name} now has a role here.").format(name=user.get_username()))
        return redirect("people_settings", site)
    grants = Grant.objects.filter(site=the_site).select_related("user").prefetch_related("sectors").order_by("user__username")
    rows = [
        {"grant": grant, "role": ROLE_NAMES[Role(grant.role)], "sectors": [sector.name for sector in grant.sectors.all()]}
        for grant in grants
    ]
    context = around(request, right, the_site, "settings") | {"rows": rows, "form": form, "tab": "people", "me": request.user.pk}
    return render(request, "configuration/people.html", context, status=422 if form.errors else 200)


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
        form.give(row.user, request)
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
        changes.withdraw(row, by=request.user, now=timezone.now(), desk=desk_of(request))
        messages.success(request, _("{name} has no role here any more.").format(name=row.user.get_username()))
    return redirect("people_settings", site)
