"""Why a rule or a procedure was refused, or does not run, in the reader's language: a fault comes with its name and fields."""

from alarms.engine.faults import Fault, Sentence, Trouble, read
from alarms.rules.mishaps import Mishap
from response.procedures.mistakes import FRENCH as MISTAKES

FRENCH: dict[Sentence, str] = {
    Fault.MISSING: "à remplir",
    Fault.UNKNOWN_FIELD: "champ inconnu : {field}",
    Fault.EMPTY: "à remplir",
    Fault.TOO_MANY: "{most} au plus",
    Fault.TOO_LONG: "{most} caractères au plus",
    Fault.TOO_SMALL: "{least} au moins",
    Fault.TOO_LARGE: "{most} au plus",
    Fault.NOT_ABOVE: "plus que {least}",
    Fault.NOT_WHOLE: "un nombre entier est attendu",
    Fault.NOT_A_NUMBER: "un nombre est attendu",
    Fault.NOT_A_TEXT: "un texte est attendu",
    Fault.NOT_AN_OBJECT: "à remplir",
    Fault.NOT_A_LIST: "une liste est attendue",
    Fault.OTHER_KIND: "n’est pas de la sorte attendue",
    Fault.OTHER_FORM: "n’est pas de la forme attendue (HH:MM)",
    Fault.NOT_A_DATE: "une date est attendue",
    Fault.NOT_A_CHOICE: "n’est pas un des choix",
    Fault.NOT_A_TAG: "n’est pas un des choix",
    Fault.NOT_JSON: "n’est pas du JSON",
    Fault.TOO_DEEP: "trop de niveaux imbriqués",
    Fault.SURROGATE: "un texte a une moitié de caractère",
    Fault.NUL: "un texte a un caractère NUL",
    Fault.OTHER: "{text}",
    Fault.NO_QUANTITY: "dites quelle grandeur est jugée",
    Fault.SEVERITY_TWICE: "une gravité est donnée deux fois",
    Fault.CODE_TWICE: "une valeur est donnée deux fois",
    Fault.NOT_FURTHER_ABOVE: "une limite plus grave doit être plus haute",
    Fault.NOT_FURTHER_BELOW: "une limite plus grave doit être plus basse",
    Fault.NOT_MORE: "une limite plus grave doit en compter davantage",
    Fault.CLEARS_BEYOND: "la fin ({clear}) est au-delà de la limite",
    Fault.NOT_FINITE: "un nombre est attendu",
    Fault.ONE_SOURCE: "choisissez une grandeur, un évènement ou une règle",
    Fault.ONE_CLAUSE: "choisissez une grandeur, ou une combinaison",
    Fault.ONE_WAY: "dites une distance, ou un attribut",
    Fault.ONE_COMPARISON: "dites à quoi la grandeur est comparée",
    Fault.NO_DEADBAND: "une hystérésis n’a pas de sens avec des valeurs",
    Fault.COMPARES_NOTHING: "choisissez la grandeur comparée",
    Fault.WHOSE_QUANTITY: "choisissez la grandeur comparée",
    Fault.NO_EVENT: "des attributs sont ceux d’un évènement : choisissez-en un",
    Fault.NO_ATTRIBUTE: "une mesure n’a pas d’attribut : choisissez un évènement ou une règle",
    Fault.NO_PLACE: "une valeur d’attribut n’est nulle part : pas de distance",
    Fault.ONLY_A_COUNT: "seul un comptage regroupe par distance",
    Fault.TOO_MANY_TERMS: "plus de {most} comparaisons",
    Fault.TOO_MANY_LEVELS: "plus de {most} niveaux imbriqués",
    Fault.NO_PLACEHOLDER: "{{{name}}} n’est pas un des mots {names}",
    Fault.ENDS_BEFORE: "la période finit avant son début",
    Fault.DATE_TWICE: "une date est donnée deux fois",
    Fault.CIRCLE: "ces règles attendent les alarmes l’une de l’autre : {rules}",
    Fault.NO_RULE: "aucune règle de ce site ne s’appelle « {rule} »",
    Fault.NO_LIMIT: "aucun point n’a de limite « {limit} »",
    Fault.TOO_FAR: "il faudrait se souvenir de {days} jours, et un redémarrage en relit {most}",
    Fault.INACTIVE: "la règle « {rule} » n’est pas active : rien ne viendra d’elle",
    Fault.GONE: "plus dans l’inventaire : {codes}",
    Fault.GONE_AND_MORE: "plus dans l’inventaire : {codes} et {more} autres",
    Fault.UNOBSERVED: "aucune heure de la semaine n’a encore été observée pendant {weeks} semaines",
    Mishap.FILE_TOO_LONG: "plus de {most} caractères",
    Mishap.NOT_UTF8: "n’est pas un texte en UTF-8",
    Mishap.NOT_YAML: "n’est pas du YAML : {reason}",
    Mishap.OTHER_FORMAT: "le format {given} n’est pas connu ici, {known} l’est",
    Mishap.NAME_TWICE: "{slug} y est deux fois",
    Mishap.NO_PACK: "aucun modèle ne s’appelle « {name} » ; il y a {names}",
    Mishap.NOTHING_STORED: "Rien n’est conservé de cette période : mesures et évènements sont gardés {days} jours.",
    Mishap.TOO_MANY_ALARMS: "Plus de {most} alarmes : essayez une période plus courte.",
    Mishap.NOT_RUN: "Personne ne l’a joué en un jour.",
    Mishap.OUR_MISTAKE: "Il s’est arrêté par une erreur de Vigie, que dit le journal technique du serveur.",
    Mishap.POSTGRESQL: "PostgreSQL : {reason}",
    Mishap.SET_ASIDE: "mise à l’écart, pour un défaut de Vigie : {error}",
    **MISTAKES,
}
ENGLISH: dict[Sentence, str] = {
    Fault.MISSING: "to be filled in",
    Fault.UNKNOWN_FIELD: "unknown field: {field}",
    Fault.EMPTY: "to be filled in",
    Fault.TOO_MANY: "{most} at most",
    Fault.TOO_LONG: "{most} characters at most",
    Fault.TOO_SMALL: "{least} at least",
    Fault.TOO_LARGE: "{most} at most",
    Fault.NOT_ABOVE: "more than {least}",
    Fault.NOT_WHOLE: "a whole number is expected",
    Fault.NOT_A_NUMBER: "a number is expected",
    Fault.NOT_A_TEXT: "a text is expected",
    Fault.NOT_AN_OBJECT: "to be filled in",
    Fault.NOT_A_LIST: "a list is expected",
    Fault.OTHER_KIND: "is not of the sort expected",
    Fault.OTHER_FORM: "is not of the form expected (HH:MM)",
    Fault.NOT_A_DATE: "a date is expected",
    Fault.NOT_A_CHOICE: "is not one of the choices",
    Fault.NOT_A_TAG: "is not one of the choices",
    Fault.NO_QUANTITY: "say which quantity is judged",
    Fault.ONE_SOURCE: "choose a quantity, an event or a rule",
    Fault.ONE_CLAUSE: "choose a quantity, or a combination",
    Fault.ONE_WAY: "say a distance, or an attribute",
    Fault.ONE_COMPARISON: "say what the quantity is compared with",
}
"""Where a form says it more simply than the engine does."""


def said(trouble: Trouble, language: str) -> str:
    """The reason alone, in this language."""
    words = (FRENCH if language == "fr" else ENGLISH).get(trouble.fault)
    if words is None:
        return trouble.reason
    return words.format(**{name: str(value).removesuffix(".0") for name, value in trouble.fields.items()})


def stored(text: str, language: str) -> list[tuple[str, str]]:
    """[(field, reason)] of what a row keeps: why a rule does not run, why a backtest failed."""
    return [(trouble.path, said(trouble, language)) for trouble in read(text, Mishap)]
