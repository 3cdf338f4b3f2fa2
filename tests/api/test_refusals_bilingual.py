"""What the interface refuses, it refuses in the reader's language: no reason stands in one language alone."""

import ast
from pathlib import Path

import pytest
from django.utils import translation

API = Path(__file__).resolve().parents[2] / "hypervisor" / "api"


def _said(node: ast.AST) -> list[ast.expr]:
    """The texts of a refusal: as they are, by field, or in a list."""
    if isinstance(node, ast.Dict):
        return [text for value in node.values for text in _said(value)]
    if isinstance(node, ast.List):
        return [text for value in node.elts for text in _said(value)]
    return [node] if isinstance(node, ast.expr) else []


def _refusals() -> list[tuple[str, ast.expr]]:
    found = []
    for path in sorted(API.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("ValidationError") and node.args:
                found += [(f"{path.name}:{node.lineno}", text) for text in _said(node.args[0])]
    return found


def test_every_reason_is_marked_for_translation_and_has_french() -> None:
    bare = [where for where, text in _refusals() if isinstance(text, ast.Constant | ast.JoinedStr)]
    assert bare == []
    words = [
        (where, text.args[0].value) for where, text in _refusals()
        if isinstance(text, ast.Call) and ast.unparse(text.func) == "_" and isinstance(text.args[0], ast.Constant)
    ]  # fmt: skip
    assert len(words) > 40
    with translation.override("fr"):
        assert [each for each in words if translation.gettext(each[1]) == each[1]] == []


@pytest.mark.parametrize(
    ("language", "said"),
    [("fr", "Quatre nombres : ouest,sud,est,nord, en degrés."), ("en", "Four numbers: west,south,east,north in degrees.")],
)
def test_a_reason_is_told_in_the_readers_language(client, language, said, city) -> None:
    answer = city.client("operator").get("/api/v1/assets?bbox=1,2", headers={"Accept-Language": language})
    assert answer.status_code == 422
    assert said in answer.json()["errors"]["bbox"]
