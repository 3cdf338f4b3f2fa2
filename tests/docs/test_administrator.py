"""What the administrator's documentation calls by a name is called so on the screen, in both languages."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_FIELD = re.compile(r'^(msgid|msgstr(?:\[\d\])?) ((?:".*"\n?)+)', re.MULTILINE)
_BOLD = re.compile(r"(?<!\*)\*\*(?!\*)([^*]+)\*\*")
PAGES = {"administrateur.md": "msgstr", "administrator.md": "msgid"}


def on_screen(field: str) -> set[str]:
    text = (ROOT / "hypervisor/locale/fr/LC_MESSAGES/django.po").read_text("utf-8")
    found = _FIELD.findall(text)
    return {"".join(map(ast.literal_eval, told.splitlines())) for name, told in found if name.startswith(field)}


@pytest.mark.parametrize("page", PAGES)
def test_every_name_in_bold_is_on_the_screen(page: str) -> None:
    named = {part for bold in _BOLD.findall((ROOT / "docs" / page).read_text("utf-8")) for part in bold.split(" › ")}
    assert named - on_screen(PAGES[page]) == set()
    assert len(named) > 25


def test_both_languages_have_the_same_steps() -> None:
    french, english = ((ROOT / "docs" / page).read_text("utf-8") for page in PAGES)
    shape = re.compile(r"^(#+|\d+\.|\|)(?= )", re.MULTILINE)
    assert shape.findall(french) == shape.findall(english)
    assert re.findall(r"\]\((?!admin|oper)([^)]+)\)", french) == re.findall(r"\]\((?!admin|oper)([^)]+)\)", english)
