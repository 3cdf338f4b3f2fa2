"""One rule as rules.json has it: a slug, two names, a spec with its message and advice."""

from typing import Any

Rule = dict[str, Any]
STAKES = {
    "life": {"flood-level", "tunnel-co", "fan-fault", "lift-fault", "fire"},
    "goods": {"door-forced", "intrusion", "power-subscribed", "valve-leak"},
    "environment": {"air-no2"},
}
"""What is at stake, by slug; of the others, that something goes on."""


def written(
    slug: str, fr: str, en: str, spec: dict[str, Any], message: tuple[str, str] | None, action: tuple[str, str] | None = None
) -> Rule:
    """Texts are pairs, French first; without a message the rule says what its kind says."""
    if message:
        spec = {**spec, "message": {"fr": message[0], "en": message[1]}}
    if action:
        spec = {**spec, "suggested_action": {"fr": action[0], "en": action[1]}}
    return {"slug": slug, "name_fr": fr, "name_en": en, "spec": spec}


def at_stake(rule: Rule) -> Rule:
    """The same rule with its stake."""
    stake = next((stake for stake, slugs in STAKES.items() if rule["slug"] in slugs), None)
    return rule if stake is None else rule | {"spec": rule["spec"] | {"stake": stake}}
