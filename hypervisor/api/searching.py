"""What people type to find something: words, and assets by their index."""

from django.contrib.postgres.search import SearchQuery

from assets.spelling import folded, others, stem


def words(text: str) -> list[str]:
    """The first words of a search; PostgreSQL has no text with a NUL."""
    return text.replace("\0", " ").split()[:8]


def search(text: str) -> SearchQuery | None:
    """Every word as the beginning of a word of the code or the name, without accents, in the singular, or by another name for the
    same thing. A number also finds the `-00123` of LMP-00123."""
    parts = []
    for word in words(folded(text)):
        word = word.replace("'", " ").replace("\\", " ").strip()
        if not any(map(str.isalnum, word)):
            continue
        either = [f"'{stem(word)}':*"] + ([f"'-{word}':*"] if word.isdigit() else [])
        either += ["(" + " & ".join(f"'{each}':*" for each in name) + ")" for name in others(word)]
        parts.append(f"({' | '.join(either)})")
    return SearchQuery(" & ".join(parts), search_type="raw", config="simple") if parts else None
