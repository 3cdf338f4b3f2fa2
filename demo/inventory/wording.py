"""One rule as rules.json has it: a slug, two names, a spec with its message and advice."""

from typing import Any

Rule = dict[str, Any]


def written(
    slug: str, fr: str, en: str, spec: dict[str, Any], message: tuple[str, str] | None, action: tuple[str, str] | None = None
) -> Rule:
    """Texts are pairs, French first; without a message the rule says what its kind says."""
    if message:
        spec = {**spec, "message": {"fr": message[0], "en": message[1]}}
    if action:
        spec = {**spec, "suggested_action": {"fr": action[0], "en": action[1]}}
    return {"slug": slug, "name_fr": fr, "name_en": en, "spec": spec}
