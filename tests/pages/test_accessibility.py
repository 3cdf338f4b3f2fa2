"""The accessibility statement: each criterion once, each proof a file that exists; and what it promises of every template."""

import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CRITERIA = {1: 9, 2: 2, 3: 3, 4: 13, 5: 8, 6: 2, 7: 5, 8: 10, 9: 4, 10: 14, 11: 13, 12: 11, 13: 12}
"""Of RGAA 4.1: how many each theme has, 106 in all."""


def rows() -> list[list[str]]:
    lines = (ROOT / "docs" / "accessibilite.md").read_text("utf-8").splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| \d", line)]


def templates() -> dict[str, str]:
    found = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in (ROOT / "templates").rglob("*.html")}
    return {name: text for name, text in found.items() if not name.startswith(("templates/paper/", "templates/mail/"))}


def test_every_criterion_stands_once_in_its_order() -> None:
    assert [row[0] for row in rows()] == [f"{theme}.{n}" for theme, count in CRITERIA.items() for n in range(1, count + 1)]
    assert set(Counter(row[2] for row in rows())) == {"C", "N", "X"}


def test_what_conforms_names_a_proof_that_is_there_and_what_does_not_says_why() -> None:
    for number, _, state, proof in rows():
        named = re.findall(r"`((?:tests|templates|static)/[^`]+)`", proof)
        assert [path for path in named if not (ROOT / path).is_file()] == [], number
        assert proof, f"{number} says nothing"
        assert state != "C" or named, f"{number} has no proof"


def test_every_table_has_a_name_and_headings() -> None:
    bare, headless = [], []
    for name, text in templates().items():
        for table in re.finditer(r"<table\b[^>]*>", text):
            if not re.search(r"aria-label(ledby)?=", table[0]) and "<caption" not in text[table.end() : table.end() + 80]:
                bare.append(name)
            if not re.search(r"<th\b|_head\.html", text[table.end() : table.end() + 2000]):
                headless.append(name)
    assert bare == []
    assert headless == []


def test_names_of_tables_are_those_of_an_element_of_the_page() -> None:
    everywhere = "".join(templates().values())
    wrong = [
        (name, label)
        for name, text in templates().items()
        for label in re.findall(r'<table\b[^>]*aria-labelledby="([^"{]+)"', text)
        if f'id="{label}"' not in everywhere
    ]
    assert wrong == []


def test_every_page_has_a_title_of_its_own() -> None:
    texts = {name.removeprefix("templates/"): text for name, text in templates().items()}
    above = {name: re.findall(r'{% extends "([^"]+)" %}', text) for name, text in texts.items()}
    titled = {name for name, text in texts.items() if "{% block title %}" in text} - {"base.html"}

    def has_title(name: str) -> bool:
        return name in titled or any(has_title(each) for each in above[name])

    pages = [name for name, parents in above.items() if parents and not any(name in each for each in above.values())]
    assert [name for name in pages if not has_title(name)] == []
    assert len(pages) > 60


def test_nothing_is_styled_in_the_markup() -> None:
    """The content policy would refuse it, too."""
    assert [name for name, text in templates().items() if re.search(r"<(font|center|marquee)\b|<\w[^>]*\sstyle=\"", text)] == []
