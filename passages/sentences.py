"""What the facts of a recommendation say, in both languages: one sentence each, without a plate, so that none needs erasing."""

SENTENCES: dict[str, tuple[str, str]] = {
    "reading": ("Lecture en cours.", "The plate is still being read."),
    "no_plate": ("Aucune plaque n’a été lue.", "No plate was read."),
    "agreement": ("{n} lectures sur {reads} donnent la même plaque.", "{n} of {reads} reads say the same plate."),
    "sharp_read": ("Une seule lecture, mais nette sur chaque caractère.", "A single read, but sharp on every character."),
    "single_read": ("Une seule lecture : à confirmer.", "A single read: to be confirmed."),
    "reads_differ": (
        "Les lectures se contredisent ({n} sur {reads} concordent).",
        "Reads contradict each other ({n} of {reads} agree).",
    ),
    "retransmitted": (
        "Lecture conservée pendant une coupure, puis renvoyée : elle ne vaut pas pour maintenant.",
        "A read kept through a cut and sent again: it says nothing about now.",
    ),
    "unknown_format": ("Format de plaque inconnu.", "Unknown plate format."),
    "provisional": ("Plaque provisoire (WW).", "A provisional plate (WW)."),
    "clock_off": (
        "L’horloge du lecteur est décalée de {off} : l’heure retenue est celle de la réception.",
        "The reader’s clock is off by {off}: the time of reception is used.",
    ),
    "same_plate": ("La même plaque est lue sur un autre véhicule.", "The same plate is read on another vehicle."),
    "parked": ("Le véhicule est immobile à l’image depuis longtemps.", "The vehicle has long stood still in the picture."),
    "no_permit": ("Aucune autorisation pour cette plaque.", "No permit for this plate."),
    "several": (
        "La lecture peut correspondre à {n} plaques autorisées : comparer à l’image.",
        "The read may be any of {n} permitted plates: compare with the picture.",
    ),
    "near": (
        "La lecture est proche d’une plaque autorisée, sans être identique : comparer à l’image.",
        "The read is like a permitted plate but is not it: compare with the picture.",
    ),
    "twin": (
        "Lecture corrigée, et une autre plaque autorisée peut être confondue avec celle-ci.",
        "A repaired read, and another permitted plate can be taken for this one.",
    ),
    "repaired": (
        "Lecture corrigée : un caractère était impossible à cette place, une seule plaque convient.",
        "A repaired read: a character could not stand there, only one plate is possible.",
    ),
    "permit_holds": ("Autorisation de {company} valable jusqu’au {until}.", "Permit of {company} valid until {until}."),
    "permit_suspended": ("Autorisation de {company} suspendue.", "The permit of {company} is suspended."),
    "permit_not_yet": ("Autorisation de {company} pas encore valable.", "The permit of {company} is not valid yet."),
    "permit_expired": ("Autorisation de {company} expirée le {until}.", "The permit of {company} expired on {until}."),
    "permit_other_gate": ("Autorisation de {company} pour un autre accès.", "The permit of {company} is for another gate."),
    "permit_outside_hours": (
        "Autorisation de {company} hors de ses horaires ({hours}).",
        "The permit of {company} is outside its hours ({hours}).",
    ),
    "escort": ("Accompagnement obligatoire.", "An escort is required."),
    "wrong_way": ("Le véhicule vient à contresens.", "The vehicle comes the wrong way."),
    "barrier_fault": ("La barrière est en défaut : elle n’exécutera pas l’ordre.", "The barrier has a fault: it will not obey."),
    "barrier_stale": ("Barrière : dernière mesure il y a {age}.", "Barrier: last read {age} ago."),
    "barrier_unknown": ("État de la barrière inconnu.", "The state of the barrier is unknown."),
    "barrier_open": ("La barrière est déjà ouverte.", "The barrier is open already."),
    "barrier_ready": ("Barrière fermée, en service.", "The barrier is closed and in service."),
    "queue": ("Véhicules devant, encore en attente : {n}.", "Vehicles ahead, still waiting: {n}."),
    "alarm": ("Alarme en cours à cet accès :", "Open alarm at this gate:"),
    "already_inside": (
        "Ce véhicule est déjà à l’intérieur depuis {stay}, sans sortie constatée.",
        "This vehicle has been inside for {stay}, with no exit seen.",
    ),
    "stayed_too_long": ("Présent depuis {stay}, pour {most} au plus.", "Inside for {stay}, {most} at most."),
    "stay": ("Présent depuis {stay}.", "Inside for {stay}."),
    "refused_before": ("Refusé {n} fois depuis 24 h.", "Refused {n} times in the last 24 h."),
    "passed_before": ("Passé {n} fois ce mois-ci.", "Passed {n} times this month."),
    "listed": ("Sur la liste « {name} » du lecteur.", "On the reader’s list “{name}”."),
}
