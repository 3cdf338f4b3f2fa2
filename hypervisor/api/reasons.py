"""Why a spec was refused, at its field and in the reader's language: the engine names things in English and by their objects."""

import re

_FIELD = re.compile(r"^(?P<field>[a-z_]+(?:\.[a-z_]+|\[\d+\])*)(?:: | is required: )(?P<rest>.*)$")
_NUMBER = r"(-?\d+(?:\.\d*[1-9])?)(?:\.0)?"
_FRENCH = [
    (r"Object missing required field `\w+`", "à remplir"),
    (r"Expected `(?:array|str|object)` of length >= 1", "à remplir"),
    (rf"Expected `(?:array|object)` of length <= {_NUMBER}", "{0} au plus"),
    (rf"Expected `str` of length <= {_NUMBER}", "{0} caractères au plus"),
    (rf"Expected `(?:float|int)` >= {_NUMBER}", "{0} au moins"),
    (rf"Expected `(?:float|int)` <= {_NUMBER}", "{0} au plus"),
    (rf"Expected `(?:float|int)` > {_NUMBER}", "plus que {0}"),
    (r"Expected `int[^`]*`, got `float`", "un nombre entier est attendu"),
    (r"Expected `(?:float|int)[^`]*`, got .*", "un nombre est attendu"),
    (r"Expected `str[^`]*`, got .*", "un texte est attendu"),
    (r"Expected `object[^`]*`, got .*", "à remplir"),
    (r"Expected `array[^`]*`, got .*", "une liste est attendue"),
    (r"Expected `.*`, got .*", "n’est pas de la sorte attendue"),
    (r"Expected `str` matching regex .*", "n’est pas de la forme attendue (HH:MM)"),
    (r"Invalid RFC3339 encoded date", "une date est attendue"),
    (r"Invalid enum value .*", "n’est pas un des choix"),
    (r"Object contains unknown field `(\w+)`", "champ inconnu : {0}"),
    (r"which quantity of the assets is judged", "dites quelle grandeur est jugée"),
    (r"a severity is given twice", "une gravité est donnée deux fois"),
    (r"a code is given twice", "une valeur est donnée deux fois"),
    (r"a more severe limit must lie further above a less severe one", "une limite plus grave doit être plus haute"),
    (r"a more severe limit must lie further below a less severe one", "une limite plus grave doit être plus basse"),
    (r"a more severe limit must count more than a less severe one", "une limite plus grave doit en compter davantage"),
    (rf"the (\w+) limit would clear beyond itself, at {_NUMBER}", "la fin ({1}) est au-delà de la limite"),
    (r"needs exactly one of quantity, event, rule", "choisissez une grandeur, un évènement ou une règle"),
    (r"needs exactly one of quantity, all, any, not", "choisissez une grandeur, ou une combinaison"),
    (r"needs exactly one of metres, attribute", "dites une distance, ou un attribut"),
    (r"quantity '(.*)' needs exactly one of above, below, in", "dites à quoi la grandeur est comparée"),
    (r"a deadband has no meaning with in", "une hystérésis n’a pas de sens avec des valeurs"),
    (r"\{(.*)\} is not one of (.*)", "{{{0}}} n’est pas un des mots {1}"),
    (r"a reading carries no attribute.*", "une mesure n’a pas d’attribut : choisissez un évènement ou une règle"),
    (r"more than (\d+) comparisons", "plus de {0} comparaisons"),
    (r"nested more than (\d+) deep", "plus de {0} niveaux imbriqués"),
    (r"the period ends before it begins", "la période finit avant son début"),
    (r"a date is given twice", "une date est donnée deux fois"),
    (r"(?:\w+ )?must be a finite number", "un nombre est attendu"),
    (r"\w+ compares a quantity: quantity is missing", "choisissez la grandeur comparée"),
    (r"of says whose quantity is compared: quantity is missing", "choisissez la grandeur comparée"),
    (r"attributes are those of an event: event is missing", "des attributs sont ceux d’un évènement : choisissez-en un"),
    (
        r"a value of an attribute has no place to measure metres from",
        "une valeur d’attribut n’est nulle part : pas de distance",
    ),
    (r"only a count brings facts together by distance", "seul un comptage regroupe par distance"),
    (r"not JSON: .*", "n’est pas du JSON"),
    (r"these rules wait for each other's alarms: (.*)", "ces règles attendent les alarmes l’une de l’autre : {0}"),
    (r"there is no rule named '(.*)' on this site", "aucune règle de ce site ne s’appelle « {0} »"),
    (r"no point has a limit named '(.*)'", "aucun point n’a de limite « {0} »"),
    (
        r"it would have to remember (.*) days, and a restart reads (\d+) again",
        "il faudrait se souvenir de {0} jours, et un redémarrage en relit {1}",
    ),
    (
        r"the rule '(.*)' is not active, so none of its alarms is ever raised",
        "la règle « {0} » n’est pas active : rien ne viendra d’elle",
    ),
    (r"not in the inventory \(any more\): (.*) and (\d+) more", "plus dans l’inventaire : {0} et {1} autres"),
    (r"not in the inventory \(any more\): (.*)", "plus dans l’inventaire : {0}"),
    (
        r"no hour of the week has been observed in (\d+) weeks yet",
        "aucune heure de la semaine n’a encore été observée pendant {0} semaines",
    ),
    (r"More than (.*) alarms: try a shorter period\.", "Plus de {0} alarmes : essayez une période plus courte."),
    (r"Nobody ran it within a day\.", "Personne ne l’a joué en un jour."),
    (
        r"It ended by a mistake of ours, which the worker's log tells\.",
        "Il s’est arrêté par une erreur de Vigie, que dit le journal technique du serveur.",
    ),
    (r"longer than (\d+) characters", "plus de {0} caractères"),
    (r"not YAML: (.*)", "n’est pas du YAML : {0}"),
    (r"format (.*) is not known here, (.*) is", "le format {0} n’est pas connu ici, {1} l’est"),
    (r"'(.*)' is there twice", "{0} y est deux fois"),
    (r"not text in UTF-8", "n’est pas un texte en UTF-8"),
    (r"a text has a NUL character", "un texte a un caractère NUL"),
    (r"a text has half of a surrogate pair", "un texte a une moitié de caractère"),
    (r"nested too deep", "trop de niveaux imbriqués"),
]
_ENGLISH = [
    (r"Object missing required field `\w+`", "to be filled in"),
    (r"Expected `(?:array|str|object)` of length >= 1", "to be filled in"),
    (r"Expected `object[^`]*`, got .*", "to be filled in"),
    (rf"Expected `(?:float|int)` >= {_NUMBER}", "{0} at least"),
    (rf"Expected `(?:float|int)` <= {_NUMBER}", "{0} at most"),
    (rf"Expected `(?:float|int)` > {_NUMBER}", "more than {0}"),
    (r"Expected `int[^`]*`, got `float`", "a whole number is expected"),
    (r"Expected `(?:float|int)[^`]*`, got .*", "a number is expected"),
    (r"Expected `str[^`]*`, got .*", "a text is expected"),
    (r"Expected `array[^`]*`, got .*", "a list is expected"),
    (rf"Expected `(?:array|object)` of length <= {_NUMBER}", "{0} at most"),
    (rf"Expected `str` of length <= {_NUMBER}", "{0} characters at most"),
    (r"Expected `str` matching regex .*", "is not of the form expected (HH:MM)"),
    (r"Invalid RFC3339 encoded date", "a date is expected"),
    (r"Invalid enum value .*", "is not one of the choices"),
    (r"Object contains unknown field `(\w+)`", "unknown field: {0}"),
    (r"needs exactly one of quantity, event, rule", "choose a quantity, an event or a rule"),
    (r"needs exactly one of quantity, all, any, not", "choose a quantity, or a combination"),
    (r"needs exactly one of metres, attribute", "say a distance, or an attribute"),
    (r"quantity '(.*)' needs exactly one of above, below, in", "say what the quantity is compared with"),
    (r"which quantity of the assets is judged", "say which quantity is judged"),
    (r"Expected `.*`, got .*", "is not of the sort expected"),
]
_SAID = {"fr": _FRENCH, "en": _ENGLISH}
_OF_LADDER = re.compile(r"severity is given twice|code is given twice|more severe limit|would clear beyond itself")
"""What a whole rule says of its severities belongs to the field that has them."""
_MISSING = re.compile(r"^Object missing required field `(\w+)`$")


def told(path: str, reason: str, spec: dict[str, object], language: str) -> list[tuple[str, str]]:
    """[(field, reason)]: what an object says of one of its fields is told at that field."""
    if missing := _MISSING.match(reason):
        path = f"{path}.{missing[1]}".lstrip(".")
    elif named := _FIELD.match(reason):
        head = re.split(r"[.\[]", named["field"])[0]
        if path or head in spec or head in ("scope", "limits", "by", "of", "distinct"):
            path, reason = f"{path}.{named['field']}".lstrip("."), named["rest"]
    elif not path and _OF_LADDER.search(reason):
        path = next((name for name in ("limits", "values") if name in spec), "")
    return [(path, said(reason, language))]


def said(reason: str, language: str) -> str:
    """A reason of the engine or of its decoder in this language; as it is when nobody has put it into words."""
    for pattern, words in _SAID[language]:
        if found := re.fullmatch(pattern, reason, re.DOTALL):
            return words.format(*found.groups())
    return reason


def stored(text: str, language: str) -> list[tuple[str, str]]:
    """[(field, reason)] of what was stored as "field: reason; field: reason": a rule's trouble, why a backtest failed."""
    told = []
    for part in filter(None, text.split("; ")):
        named = _FIELD.match(part)
        told.append((named["field"] if named else "", said(named["rest"] if named else part, language)))
    return told
