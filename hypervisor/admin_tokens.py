"""Tokens of programs in Django's administration: made there, shown once, revoked; never changed."""

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from assets.models import Site
from assets.refusal import Refused
from hypervisor import tokens
from hypervisor.acting import actor_of
from hypervisor.models import ApiToken, Grant, Role


class TokenForm(forms.ModelForm):
    may = forms.MultipleChoiceField(choices=ApiToken.May.choices, widget=forms.CheckboxSelectMultiple)
    role = forms.ChoiceField(choices=[(role.value, role.label) for role in tokens.ROLES])

    class Meta:
        model = ApiToken
        fields = ("site", "name", "may", "role", "ends_at")

    def clean(self) -> None:
        """Refused as the API refuses, before anything is written."""
        super().clean()
        told = self.cleaned_data
        if self.errors or not set(self.Meta.fields) <= told.keys():
            return
        try:
            tokens.check(told["name"], told["may"], told["role"], told["ends_at"], now=timezone.now())
        except Refused as refusal:
            self.add_error(refusal.field or None, refusal.fr)


@admin.register(ApiToken)
class ApiTokenAdmin(ModelAdmin):
    form = TokenForm
    list_display = ("name", "site", "may", "role", "token_hint", "ends_at", "used_at", "revoked_at")
    list_filter = ("site",)
    actions = ("revoke",)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        return super().get_queryset(request).filter(site__in=_administered(request))

    def formfield_for_foreignkey(self, field: object, request: HttpRequest, **options: object) -> object:
        return super().formfield_for_foreignkey(field, request, queryset=Site.objects.filter(pk__in=_administered(request)))

    def save_model(self, request: HttpRequest, obj: ApiToken, form: TokenForm, change: bool) -> None:
        """The row comes from `tokens.create`; whoever made it sees the token in the message, once."""
        row, token = tokens.create(**form.cleaned_data, by=actor_of(request), now=timezone.now())
        obj.pk, obj.__dict__ = row.pk, row.__dict__
        messages.warning(request, _("Copy the token now, it is not shown again: %(token)s") % {"token": token})

    @admin.action(description=gettext_lazy("Revoke"))
    def revoke(self, request: HttpRequest, rows: QuerySet[ApiToken]) -> None:
        for row in rows:
            tokens.revoke(row, by=actor_of(request), now=timezone.now())


def _administered(request: HttpRequest) -> list[int]:
    """Sites that whoever asks administers whole."""
    grants = Grant.objects.filter(user_id=request.user.pk, role=Role.ADMINISTRATOR, confined=False)
    return list(grants.values_list("site_id", flat=True))
