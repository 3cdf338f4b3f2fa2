"""The people of the control room and what each may do, where."""

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models

from assets.models import Sector, Site


class User(AbstractUser):
    """A person with a login; rights come from grants, never from the account itself."""

    language = models.CharField(max_length=2, choices=[("fr", "Français"), ("en", "English")], default="fr")
    theme = models.CharField(max_length=5, choices=[("dark", "dark"), ("light", "light")], default="dark")
    toured = models.BooleanField(default=False, help_text="Has seen the tour of the desk, or left it.")
    habits = models.JSONField(
        default=dict, blank=True, help_text="How the person has the desk, by name: splitters, order, density, filters."
    )


class Role(models.TextChoices):
    OPERATOR = "operator", "opérateur"
    SHIFT_SUPERVISOR = "shift_supervisor", "chef de quart"
    ADMINISTRATOR = "administrator", "administrateur"
    AUDITOR = "auditor", "auditeur"


class Grant(models.Model):
    """One role of one user on one site, on the whole of it or on some sectors and what they contain."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grants")
    site = models.ForeignKey(Site, models.CASCADE, related_name="grants")
    role = models.CharField(max_length=20, choices=Role.choices)
    sectors = models.ManyToManyField(Sector, blank=True, related_name="grants", help_text="None: the whole site.")
    confined = models.BooleanField(
        default=False, help_text="Only its sectors, also when an inventory has taken the last of them away."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "site"], name="one_grant_per_user_and_site")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.role} {self.site_id}"


class ApiToken(models.Model):
    """What a program may do on a site in its own name, until an end; written by `hypervisor.tokens` alone."""

    class May(models.TextChoices):
        COMMANDS = "commands", "commandes"
        SCENARIOS = "scenarios", "scénarios"
        PASSAGES = "passages", "passages"
        WORK_ORDERS = "work_orders", "interventions"
        DATA = "data", "consultation"
        ALARMS = "alarms", "alarmes"

    site = models.ForeignKey(Site, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60, help_text="Names it in the journal.")
    may = ArrayField(models.CharField(max_length=11, choices=May.choices), help_text="What it is for.")
    role = models.CharField(max_length=20, choices=Role.choices, help_text="It commands what this role may.")
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token, in hexadecimal.")
    token_hint = models.CharField(max_length=4, help_text="Its last characters.")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    ends_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=150, blank=True)
    used_at = models.DateTimeField(null=True, help_text="To the minute.")

    class Meta:
        ordering = ["site", "name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["site", "name"], condition=models.Q(revoked_at=None), name="api_token_name_once_per_site"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=["operator", "shift_supervisor"]), name="api_token_administers_nothing"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Wall(models.Model):
    """A screen that shows a site read-only, opened by a token until that is revoked; written by `hypervisor.walls` alone."""

    site = models.ForeignKey(Site, models.CASCADE, related_name="walls")
    name = models.CharField(max_length=60, help_text="Names it in the journal.")
    token_hash = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the token, in hexadecimal.")
    token_hint = models.CharField(max_length=4, help_text="Its last characters.")
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=150, blank=True)
    used_at = models.DateTimeField(null=True, help_text="To the minute.")

    class Meta:
        ordering = ["site", "name", "id"]
        constraints = [
            models.UniqueConstraint(fields=["site", "name"], condition=models.Q(revoked_at=None), name="wall_name_once_per_site")
        ]

    def __str__(self) -> str:
        return self.name


class SavedView(models.Model):
    """The filters of a list under a name, a person's own or shared with the site. Written by `hypervisor.saved_views` alone."""

    class Page(models.TextChoices):
        ALARMS = "alarms", "alarmes"
        EVENTS = "events", "évènements"
        INCIDENTS = "incidents", "incidents"
        DESK = "desk", "conduite"

    site = models.ForeignKey(Site, models.CASCADE, related_name="saved_views")
    page = models.CharField(max_length=9, choices=Page.choices)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, help_text="Query string of the page.")
    shared = models.BooleanField(default=False, help_text="With everybody on the site.")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["site", "page", "owner", "name"], name="saved_view_name_once_per_owner")]

    def __str__(self) -> str:
        return self.name


class GrantRequest(models.Model):
    """A grant to approve rules that one administrator asked for and another has not confirmed yet; written by `grants` alone."""

    user = models.ForeignKey(User, models.CASCADE, related_name="grant_requests")
    site = models.ForeignKey(Site, models.CASCADE, related_name="grant_requests")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    asked_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "site"], name="one_grant_request_per_user_and_site")]

    def __str__(self) -> str:
        return f"{self.user_id} {self.site_id}"


class Session(AbstractBaseSession):
    """A session, and whose it is: people see their own and end them; written by `hypervisor.sessions` alone."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")
    began_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=45, blank=True, help_text="Network address of the login.")
    browser = models.CharField(max_length=60, blank=True, help_text="As its browser names itself, in words.")

    objects = BaseSessionManager()

    @classmethod
    def get_session_store_class(cls) -> type:
        from hypervisor.sessions import SessionStore

        return SessionStore
