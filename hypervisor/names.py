"""How persons are shown: by their full name, with the login behind it; by the login where there is no name, or no role here."""

from hypervisor.models import User


def names_on(site_id: int) -> dict[str, str]:
    """Login → full name of everybody who has a role on the site and a name, in one query."""
    people = User.objects.filter(grants__site=site_id).only("username", "first_name", "last_name")
    return {user.username: name for user in people if (name := user.get_full_name())}
