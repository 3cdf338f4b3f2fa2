"""The administration in the reader's language: names of models and fields, and their help, as they are asked for.

Models stay English and their migrations know nothing of it: Django compares what a field was declared with, and what is put
here is equal to it while nothing is translated.
"""

from django.apps import AppConfig, apps
from django.db.models import Field, Model
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

ROOMS = ("assets", "journal", "alarms", "commands", "passages", "response", "hypervisor")
_PLURALS = {
    "abouts": "subjects of lines", "journal entrys": "journal entries", "latests": "latest readings",
    "order entrys": "order entries", "unknown addresss": "unknown addresses",
    "watchs": "watches", "would be alarms": "would-be alarms",
}  # fmt: skip
"""English that Django's added s does not make."""


def translate() -> None:
    """Give the models of every room their words in both languages; once, when all of them are there."""
    for config in apps.get_app_configs():
        if config.label in ROOMS:
            _name(config)


def _name(config: AppConfig) -> None:
    config.verbose_name = _translated(config.verbose_name)
    for model in config.get_models():
        _name_model(model)


def _name_model(model: type[Model]) -> None:
    options = model._meta
    if not isinstance(options.verbose_name, Promise):
        plural = str(options.verbose_name_plural)
        options.verbose_name_plural = _translated(_PLURALS.get(plural, plural))
        options.verbose_name = _translated(options.verbose_name)
    for field in options.get_fields():
        if isinstance(field, Field) and field.model is model:
            field.verbose_name = _translated(field.verbose_name)
            if field.help_text:
                field.help_text = _translated(field.help_text)
            if field.choices:
                field.choices = [(value, _translated(label)) for value, label in field.choices]


def _translated(words: str) -> str:
    """In French as the administration has it; what Django translates itself is left to it."""
    return words if isinstance(words, Promise) else pgettext_lazy("administration", words)
