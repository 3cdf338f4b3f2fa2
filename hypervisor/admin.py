"""Django's administration for the rare: what the pages of the control room do not offer. Alarms and journal only to be read."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import BaseFormSet, BaseInlineFormSet, ModelForm, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin, TabularInline

from alarms.models import Alarm, Rule
from assets.inventory import kinds
from assets.inventory.version import raise_version
from assets.models import Asset, AssetKind, Feed, ImportRun, Sector, Site, Supervisor
from assets.spelling import in_sql
from hypervisor import accounts, admin_tokens, approvals, changes  # noqa: F401 - it registers its own
from hypervisor.acting import actor_of
from hypervisor.admin_points import AssetKindForm, PointInline
from hypervisor.models import Grant, User
from journal.models import JournalEntry

admin.site.unregister(Group)  # rights come from grants alone


class ReadOnly(ModelAdmin):
    """What has one writer, which is not this: alarms.lifecycle, journal.page, the importer, the rules page."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Followed(ModelAdmin):
    """What feeds, engine and tiles follow by the site's inventory version: it grows with each change made here too."""

    site_of = "site"
    """Lookup of the site of a row."""

    def _touch(self, rows: QuerySet) -> None:
        raise_version(rows.order_by().values_list(self.site_of, flat=True).distinct())

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: list, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        self._touch(self.model.objects.filter(pk=form.instance.pk))

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        self._touch(self.model.objects.filter(pk=obj.pk))
        super().delete_model(request, obj)

    @transaction.atomic
    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._touch(queryset)
        super().delete_queryset(request, queryset)


class GrantFormSet(BaseInlineFormSet):
    """Grants of one person; who may approve rules where two people must is named on the page People, by two."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            given = form.cleaned_data if form.is_valid() else {}
            if given and not given.get("DELETE"):
                sectors = given.get("sectors") or ([None] if given.get("confined") else [])
                if approvals.needs_two(self.instance, given["site"], given["role"], sectors):
                    form.add_error(
                        "role", _("On this site a second administrator confirms this role: give it on its page People.")
                    )


class GrantInline(TabularInline):
    model = Grant
    formset = GrantFormSet
    fields = ("site", "role", "sectors", "confined")
    autocomplete_fields = ("sectors",)
    extra = 0


class NewPersonForm(ModelForm):
    """An account without a password: its owner chooses one through a link."""

    class Meta:
        model = User
        fields = ("username", "last_name")

    def save(self, commit: bool = True) -> User:
        self.instance.set_unusable_password()
        return super().save(commit)


class PersonForm(UserChangeForm):
    """Without the password, which is its owner's to choose."""

    password = None


@admin.register(User)
class PersonAdmin(UserAdmin, ModelAdmin):
    form = PersonForm
    add_form = NewPersonForm
    add_fieldsets = ((None, {"fields": ("username", "last_name")}),)
    actions = ("make_link",)
    list_display = ("username", "last_name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("username", "last_name", "email")
    fieldsets = (
        (None, {"fields": ("username",)}),
        (None, {"fields": ("first_name", "last_name", "email", "language", "theme")}),
        (None, {"fields": ("is_active", "is_staff", "is_superuser", "last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()
    inlines = (GrantInline,)

    @admin.action(description=gettext_lazy("Make a link with which the person chooses a password, once"))
    def make_link(self, request: HttpRequest, chosen: QuerySet) -> None:
        for user in chosen:
            path = accounts.make_link(user, by=actor_of(request), now=timezone.now())
            self.message_user(request, f"{user.get_username()}: {request.build_absolute_uri(path)}")

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """Send whoever would set another's password back: the list offers a link."""
        self.message_user(request, _("A password is chosen by its owner: select the person here and make a link."))
        return HttpResponseRedirect("../../")

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: list, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        # After the grants: a site's journal is locked last.
        if change and "is_active" in form.changed_data:
            changes.told_of_account(form.instance, by=actor_of(request), now=timezone.now())

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        self._withdraw(request, Grant.objects.filter(user=obj))
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        self._withdraw(request, Grant.objects.filter(user__in=queryset))
        super().delete_queryset(request, queryset)

    def _withdraw(self, request: HttpRequest, grants: QuerySet) -> None:
        for grant in grants.select_related("user"):
            changes.withdraw(grant, by=actor_of(request), now=timezone.now())

    def save_formset(self, request: HttpRequest, form: ModelForm, formset: BaseFormSet, change: bool) -> None:
        """Grants leave a line in the journal of their site, as those given on its page do."""
        before = {each.instance.pk: changes.stands(each.instance.pk) for each in formset.forms}
        with transaction.atomic():
            for grant in [each.instance for each in formset.deleted_forms if each.instance.pk]:
                changes.withdraw(grant, by=actor_of(request), now=timezone.now())
            formset.save()
            for grant, *_fields in [*((each,) for each in formset.new_objects), *formset.changed_objects]:
                if not grant.confined and grant.sectors.exists():
                    grant.confined = True
                    grant.save(update_fields=["confined"])
                changes.told_of_grant(grant, before.get(grant.pk), by=actor_of(request), now=timezone.now())


class SiteForm(ModelForm):
    """A site that asks for two people has two: else nobody could approve, or name who may."""

    def clean(self) -> dict[str, object]:
        given = super().clean()
        if given.get("rules_need_second_person") and (self.instance.pk is None or approvals.approvers(self.instance) < 2):
            raise ValidationError({"rules_need_second_person": _("Give two people the role of administrator first.")})
        return given


@admin.register(Site)
class SiteAdmin(ModelAdmin):
    form = SiteForm
    list_display = ("name", "slug", "timezone", "inventory_version", "demo")
    fields = (
        "slug", "name", "timezone", "longitude", "latitude", "zoom", "allow_private_pull", "rules_need_second_person", "demo",
        "inventory_version",
    )  # fmt: skip
    readonly_fields = ("inventory_version",)

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: list, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if change:
            changes.told_of_site(form.instance, form.changed_data, by=actor_of(request), now=timezone.now())


@admin.register(Sector)
class SectorAdmin(Followed):
    list_display = ("name", "path", "site")
    list_filter = ("site",)
    list_select_related = ("site",)
    search_fields = ("name", "path")
    autocomplete_fields = ("parent",)
    fields = ("site", "parent", "slug", "name", "path", "polygon")


@admin.register(Supervisor)
class SupervisorAdmin(ModelAdmin):
    list_display = ("name", "slug", "site")
    list_filter = ("site",)
    list_select_related = ("site",)
    search_fields = ("name", "slug")
    fields = ("site", "slug", "name")


@admin.register(Feed)
class FeedAdmin(Followed):
    """Tokens are made on the settings page, which shows them once; only their end is seen here."""

    site_of = "supervisor__site"
    list_display = ("name", "slug", "supervisor", "protocol", "expected_interval", "enabled")
    list_filter = ("protocol", "enabled", "supervisor__site")
    list_select_related = ("supervisor",)
    search_fields = ("name", "slug")
    autocomplete_fields = ("supervisor",)
    fields = (
        "supervisor", "slug", "name", "protocol", "address", "mapping", "expected_interval", "enabled", "allow_private_address",
        "token_hint",
    )  # fmt: skip
    readonly_fields = ("token_hint",)

    def save_related(self, request: HttpRequest, form: ModelForm, formsets: list, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        changes.told_of_feed(form.instance, form.changed_data, by=actor_of(request), now=timezone.now())


@admin.register(AssetKind)
class AssetKindAdmin(ModelAdmin):
    form = AssetKindForm
    list_display = ("name_fr", "name_en", "slug", "domain", "glyph")
    ordering = (in_sql("name_fr"),)
    list_filter = ("domain",)
    search_fields = ("slug", "name_fr", "name_en")
    fields = ("slug", "name_fr", "name_en", "domain", "glyph", "points", "accept_meaning")

    def save_model(self, request: HttpRequest, obj: AssetKind, form: ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        kinds.follow([obj.slug])


@admin.register(Asset)
class AssetAdmin(Followed):
    list_display = ("code", "name", "kind", "sector", "supervisor", "retired_at")
    list_filter = ("site", "kind")
    list_select_related = ("kind", "sector", "supervisor")
    list_per_page = 50
    show_full_result_count = False
    search_fields = ("code__startswith",)
    search_help_text = gettext_lazy("Beginning of the code; the page Assets searches by words.")
    autocomplete_fields = ("kind", "sector", "supervisor", "depends_on")
    fields = (
        "site", "code", "name", "kind", "sector", "supervisor", "depends_on", "longitude", "latitude", "level", "attributes",
        "retired_at",
    )  # fmt: skip
    inlines = (PointInline,)


@admin.register(ImportRun)
class ImportRunAdmin(ReadOnly):
    list_display = ("file_name", "site", "state", "started_at", "started_by", "new", "changed", "refused")
    list_filter = ("site", "state")
    list_select_related = ("site",)


@admin.register(Rule)
class RuleAdmin(ReadOnly):
    list_display = ("name_fr", "slug", "site", "state")
    list_filter = ("site", "state")
    list_select_related = ("site",)
    search_fields = ("slug", "name_fr")


@admin.register(Alarm)
class AlarmAdmin(ReadOnly):
    list_display = ("id", "severity", "state", "sentence_fr", "raised_at", "site")
    list_filter = ("site", "state", "severity")
    list_select_related = ("site",)
    show_full_result_count = False


@admin.register(JournalEntry)
class JournalAdmin(ReadOnly):
    list_display = ("seq", "at", "kind", "text_fr", "actor", "site")
    list_filter = ("site",)
    list_select_related = ("site",)
    show_full_result_count = False
