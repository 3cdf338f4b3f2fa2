"""Why a vehicle is refused, or let in against the recommendation: the lists that a desk chooses from, in both languages."""

REFUSALS: dict[str, tuple[str, str]] = {
    "no_permit": ("aucune autorisation", "no permit"),
    "expired": ("autorisation expirée ou suspendue", "permit expired or suspended"),
    "outside_hours": ("hors des horaires autorisés", "outside the permitted hours"),
    "other_gate": ("doit se présenter à un autre accès", "must go to another gate"),
    "other_vehicle": ("le véhicule n’est pas celui de l’autorisation", "not the vehicle of the permit"),
    "full": ("plus de place à l’intérieur", "no room left inside"),
    "danger": ("danger ou opération en cours", "danger or an operation under way"),
}
OPENINGS: dict[str, tuple[str, str]] = {
    "emergency": ("véhicule de secours ou d’intervention", "emergency vehicle"),
    "confirmed": ("autorisation confirmée par téléphone", "permit confirmed by telephone"),
    "misread": ("plaque mal lue, vérifiée à l’image", "misread plate, checked on the picture"),
    "escorted": ("accompagné par une personne habilitée", "escorted by an authorised person"),
    "turning": ("demi-tour à l’intérieur", "turning round inside"),
}


def said(reason: str) -> tuple[str, str]:
    """A reason in French and in English; other words than those of the lists say themselves."""
    return REFUSALS.get(reason) or OPENINGS.get(reason) or (reason, reason)
