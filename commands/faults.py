"""Why something that an administrator wrote for commands cannot be used: the member, and the reason in both languages. Pure."""

from assets import decoder
from commands.wording import Words

LONGEST = 200
"""Characters of what was written that a reason repeats."""

_DECODER = {
    "MISSING": Words("à remplir", "to be filled in"),
    "UNKNOWN_FIELD": Words("membre inconnu : {field}", "unknown member: {field}"),
    "EMPTY": Words("à remplir", "to be filled in"),
    "TOO_MANY": Words("{most} au plus", "{most} at most"),
    "TOO_LONG": Words("{most} caractères au plus", "{most} characters at most"),
    "TOO_SMALL": Words("{least} au moins", "{least} at least"),
    "TOO_LARGE": Words("{most} au plus", "{most} at most"),
    "NOT_ABOVE": Words("plus que {least}", "more than {least}"),
    "NOT_WHOLE": Words("un nombre entier est attendu", "a whole number is expected"),
    "NOT_A_NUMBER": Words("un nombre est attendu", "a number is expected"),
    "NOT_A_TEXT": Words("un texte est attendu", "a text is expected"),
    "NOT_AN_OBJECT": Words("un objet est attendu, entre accolades", "an object is expected, in braces"),
    "NOT_A_LIST": Words("une liste est attendue", "a list is expected"),
    "OTHER_KIND": Words("n’est pas de la sorte attendue ({kind})", "is not of the sort expected ({kind})"),
    "OTHER_FORM": Words("n’est pas de la forme attendue ({form})", "is not of the form expected ({form})"),
    "NOT_A_DATE": Words("une date est attendue", "a date is expected"),
    "NOT_A_CHOICE": Words("{given} n’est pas un des choix", "{given} is not one of the choices"),
    "NOT_A_TAG": Words("{given} n’est pas un des choix", "{given} is not one of the choices"),
    decoder.OTHER: Words("{text}", "{text}"),
}
"""By the names of `assets.decoder`."""


class Contrary(ValueError):
    """What a part says against itself; the decoder passes it on as the cause."""

    def __init__(self, fr: str, en: str) -> None:
        super().__init__(en)
        self.said = Words(fr, en)


class Unusable(ValueError):
    """It cannot be used as written; `path` is the member, empty for the whole."""

    def __init__(self, said: Words, path: str = "") -> None:
        self.path = path
        at = Words(f"« {path} » : ", f"“{path}”: ") if path else Words("", "")
        self.said = Words(_sentence(at.fr + said.fr), _sentence(at.en + said.en))
        super().__init__(self.said.en)

    @classmethod
    def of_decoder(cls, error: Exception) -> "Unusable":
        """Of a `msgspec.ValidationError`, or of the ValueError of a part that was made by hand."""
        found, cause = decoder.of_sentence(str(error)), error.__cause__
        if isinstance(cause, Contrary):
            return cls(cause.said, found.path)
        words = _DECODER[found.name]
        fields = {name: value[:LONGEST].removesuffix(".0") for name, value in found.fields.items()}
        return cls(Words(words.fr.format(**fields), words.en.format(**fields)), found.path)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
