"""What is wrong with a procedure, or with the answer to one of its steps: a name and an English sentence each. Pure."""

from alarms.engine.faults import Faulty, Sentence


class Mistake(Sentence):
    """Beside what the decoder finds (`alarms.engine.faults`)."""

    STEP_TWICE = "step {name} is given twice"
    FIELD_TWICE = "field {name} is given twice"
    CHOICE_TWICE = "choice {name} is given twice"
    ENTITY_TWICE = "entity {name} is given twice"
    NOT_A_FLOW = "only the steps of a flow say what comes next"
    FLOW_HAS_ORDER = "a flow has an order: free_order is for simple procedures"
    LEADS_NOWHERE = "step {step} leads to {next}, which does not exist"
    LEADS_BACK = "step {step} leads back to itself"
    NEVER_REACHED = "no answer leads to step {step}"
    TOO_FEW_CHOICES = "a question to entities has at least two choices, or fields"
    NOBODY_TO_CALL = "a call needs a number, a contractor or an entity"
    TWO_TO_CALL = "a call is to a contractor or to an entity, not to both"
    ONE_ENTITY_LEADS = "only the answer of a single entity leads on"
    # What is wrong with an answer.
    NOT_A_NOTE = "a note is a text of at most 4,000 characters"
    NOT_A_CHOICE = "the answer is one of {choices}"
    NO_FIELD = "the form has no field {field}"
    UNANSWERED = "{field} is missing"
    OTHER_KIND = "{field} is no {kind}"
    TOO_LONG = "{field} is longer than 4,000 characters"


FRENCH: dict[Sentence, str] = {
    Mistake.STEP_TWICE: "l’étape {name} y est deux fois",
    Mistake.FIELD_TWICE: "le champ {name} y est deux fois",
    Mistake.CHOICE_TWICE: "le choix {name} y est deux fois",
    Mistake.ENTITY_TWICE: "l’entité {name} y est deux fois",
    Mistake.NOT_A_FLOW: "seules les étapes d’un logigramme disent laquelle suit",
    Mistake.FLOW_HAS_ORDER: "un logigramme a un ordre : free_order est pour les fiches simples",
    Mistake.LEADS_NOWHERE: "l’étape {step} mène à {next}, qui n’existe pas",
    Mistake.LEADS_BACK: "l’étape {step} revient à elle-même",
    Mistake.NEVER_REACHED: "aucune réponse ne mène à l’étape {step}",
    Mistake.TOO_FEW_CHOICES: "une question à des entités a au moins deux choix, ou des champs",
    Mistake.NOBODY_TO_CALL: "un appel veut un numéro, un prestataire ou une entité",
    Mistake.TWO_TO_CALL: "on appelle un prestataire ou une entité, pas les deux",
    Mistake.ONE_ENTITY_LEADS: "seule la réponse d’une entité unique choisit la suite",
    Mistake.NOT_A_NOTE: "une note est un texte de 4 000 caractères au plus",
    Mistake.NOT_A_CHOICE: "la réponse est l’un de ces choix : {choices}",
    Mistake.NO_FIELD: "le formulaire n’a pas de champ {field}",
    Mistake.UNANSWERED: "{field} est à remplir",
    Mistake.OTHER_KIND: "{field} n’est pas de la sorte attendue",
    Mistake.TOO_LONG: "{field} a plus de 4 000 caractères",
}


def said(error: Faulty) -> tuple[str, str]:
    """(French, English)."""
    return FRENCH[error.fault].format(**error.fields), error.fault.say(error.fields)
