"""Lists are in the order in which a reader of French or English looks for a name, on the server and in the browser."""

import json
import subprocess
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.alphabet import alphabetical, in_tree

ORDERED = [
    ["Ascenseur", "Défibrillateur", "Dioxyde de carbone", "Eau", "Éclairage", "Égout", "Équipement muet", "Escalator"],
    ["cote", "Coté", "côte", "côté", "coteau"],
    ["Œillet", "œuvre", "Offre"],
    ["Sortie 2", "sortie 9", "Sortie 10", "Sortie 10 bis"],
    ["abri", "Abri", "Àbricot"],
]


@pytest.mark.parametrize("names", ORDERED, ids=lambda names: names[0])
def test_accents_and_capitals_do_not_move_a_name(names):
    plain = [alphabetical(name)[0] for name in names]
    assert plain == sorted(plain)


@given(st.lists(st.text(max_size=12)))
def test_any_names_have_one_order(names):
    backwards = names[::-1]
    assert sorted(names, key=alphabetical) == sorted(backwards, key=alphabetical)


def test_what_is_nested_follows_what_holds_it_by_their_names():
    rows = [SimpleNamespace(path=path, name=name) for path, name in (
        ("z", "École"), ("a", "Zone"), ("a/c", "Eau"), ("a/b", "Étang"), ("m", "Écluse"),
    )]  # fmt: skip
    assert [row.name for row in in_tree(rows)] == ["Écluse", "École", "Zone", "Eau", "Étang"]


@pytest.mark.parametrize("names", [ORDERED[0], ORDERED[3]], ids=lambda names: names[0])
def test_the_browser_sorts_alike(names):
    script = (
        "import('#js/alphabet.js').then(({ byName }) =>"
        f" console.log(JSON.stringify({json.dumps(names[::-1])}.sort(byName((each) => each)))))"
    )
    said = subprocess.run(["node", "--input-type=module", "-e", script], capture_output=True, text=True, check=True).stdout
    assert json.loads(said) == names == sorted(names, key=alphabetical)
