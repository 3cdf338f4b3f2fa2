"""A person in a template: the full name where there is one, with the login as its title."""

from django import template
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag(takes_context=True)
def person(context: Context, login: str | None) -> str | SafeString:
    """`names` of the context is what `hypervisor.names.names_on` answers; nobody is a dash."""
    if not login:
        return "—"
    name = context["names"].get(login)
    return format_html('<span title="{}">{}</span>', login, name) if name else login
