"""The types that come with Vigie: they can be used, on the kinds that come with it; and what a file of one's own must say."""

import msgspec
import pytest

from assets.inventory.kinds import read_catalogue
from commands import catalogue, spec
from commands.models import CommandType
from tests.factories import make_kind

TYPES = catalogue.read()
KINDS = {kind.slug: {point.quantity for point in kind.points} for kind in read_catalogue()}


@pytest.mark.parametrize("type_", TYPES, ids=lambda each: f"{each.kind}-{each.slug}")
def test_every_type_is_of_a_kind_that_has_what_proves_it(type_):
    assert type_.kind in KINDS
    if type_.proof is not None:
        assert type_.proof.quantity in KINDS[type_.kind]
    assert spec.decode(msgspec.json.decode(msgspec.json.encode(spec.encode(type_)))) == type_
    assert type_.name.fr != type_.name.en or type_.name.fr in ("Stop",)


def test_what_opens_a_way_is_never_sent_twice():
    opening = {
        (each.kind, each.slug) for each in TYPES if each.slug in ("open", "lower", "unlock") and each.kind != "irrigation_valve"
    }
    assert opening == {("barrier", "open"), ("bollard", "lower"), ("door", "unlock")}
    assert not any(each.idempotent for each in TYPES if (each.kind, each.slug) in opening)


def test_loading_again_changes_nothing_and_leaves_what_was_changed_here(db):
    make_kind("barrier")
    assert catalogue.load(TYPES) > 0
    assert catalogue.load(TYPES) == 0
    mine = spec.encode(next(each for each in TYPES if (each.kind, each.slug) == ("barrier", "open"))) | {"confirm_within": 99.0}
    catalogue.write(mine)
    assert catalogue.load(TYPES) == 0
    assert CommandType.objects.get(slug="open").type().confirm_within == 99.0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[type", "Expected"),
        ('[[type]]\nkind="a"\nslug="b"', "name"),
        ('[[type]]\nkind="a"\nslug="b"\nname={fr="x",en="y"}\nroof=1', "roof"),
        ('[[type]]\nkind="a"\nslug="b"\nname={fr="x",en="y"}\nproof={quantity="q"}', "exactly one of"),
        (
            '[[type]]\nkind="a"\nslug="b"\nname={fr="x",en="y"}\nproof={quantity="q", near="level"}',
            "parameter that is not a number",
        ),
        ('[[type]]\nkind="a"\nslug="b"\nname={fr="x",en="y"}\nstands={longest=100, release="c"}', "there is no type"),
        ('[[type]]\nkind="a"\nslug="b"\nname={fr="x",en="y"}\n' * 2, "twice"),
        ('[[type]]\nkind="a"\nslug="b"\nname={fr="x",en="y"}\nconfirm_within=0', "confirm_within"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path, text, said):
    path = tmp_path / "types.toml"
    path.write_text(text)
    with pytest.raises(catalogue.BrokenCatalogue, match=said):
        catalogue.read(path)
