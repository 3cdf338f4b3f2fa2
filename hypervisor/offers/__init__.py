"""What a new feed can be made from: ready mappings, connectors with a file to complete, and plain protocols.

Words stand in words.toml and files of connectors in samples/; a test holds both complete.
"""

import functools
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from assets.feeds.presets import presets
from assets.models import Feed, Protocol

HERE = Path(__file__).parent
_NEEDS_ADDRESS = frozenset({Protocol.PULL, Protocol.MQTT})


class Words(msgspec.Struct, frozen=True):
    fr: str
    en: str

    def said(self, language: str) -> str:
        return self.en if language.startswith("en") else self.fr


class Described(Words, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What words.toml says of one; `name` and `protocol` where no ready mapping says them, `name_fr` where French differs."""

    group: str
    seek: str = ""
    name: str = ""
    name_fr: str = ""
    protocol: str = ""


class Offer(msgspec.Struct, frozen=True):
    """One line of the list. `sample`: the devices in the file of its connector; empty where no connector is needed."""

    slug: str
    name: str
    protocol: Protocol
    words: Described
    address: str = ""
    mapping: Mapping[str, object] = {}
    sample: str = ""

    def called(self, language: str) -> str:
        return self.name if language.startswith("en") else self.words.name_fr or self.name

    @property
    def asks_address(self) -> bool:
        """Whether a feed of it has an address: a URL to ask, or a topic to subscribe to."""
        return self.protocol in _NEEDS_ADDRESS

    @property
    def sought(self) -> str:
        """All words by which it is found, in both languages, without accents and capitals."""
        words = (
            f"{self.name} {self.words.name_fr} {self.words.fr} {self.words.en} {self.words.seek} {self.protocol.label}".casefold()
        )
        return "".join(one for one in unicodedata.normalize("NFD", words) if not unicodedata.combining(one))


@functools.cache
def _texts() -> dict:
    return tomllib.loads((HERE / "words.toml").read_text("utf-8"))


@functools.cache
def groups() -> Mapping[str, Words]:
    return msgspec.convert(_texts()["groups"], dict[str, Words])


@functools.cache
def offers() -> Mapping[str, Offer]:
    """All of them by slug, in the order of words.toml."""
    words = msgspec.convert(_texts()["offers"], dict[str, Described])
    ready, made = {preset.slug: preset for preset in presets()}, {}
    for slug, said in words.items():
        if preset := ready.get(slug):
            made[slug] = Offer(slug, preset.name, Protocol(preset.protocol), said, preset.address, preset.mapping)
        elif said.protocol:
            made[slug] = Offer(slug, said.name or Protocol(said.protocol).label, Protocol(said.protocol), said)
        else:
            sample = (HERE / "samples" / f"{slug}.toml").read_text("utf-8")
            made[slug] = Offer(slug, said.name, Protocol.PUSH, said, sample=sample)
    return made


def by_group() -> Sequence[tuple[Words, Sequence[Offer]]]:
    """The offers under their groups, in the order of the file."""
    return [(words, [one for one in offers().values() if one.words.group == group]) for group, words in groups().items()]


def connector_of(feed: Feed) -> Offer | None:
    """The offer of a feed whose messages come from a connector."""
    offer = offers().get(feed.made_from)
    return offer if offer is not None and offer.sample else None


def connector_file(offer: Offer, feed: Feed, url: str, token: str = "") -> str:
    """The file of a connector for this feed; without a token, where the token is to stand."""
    held = f'token = "{token}"' if token else f'token_file = "/etc/vigie/{feed.slug}.token"'
    return f'[vigie]\nurl = "{url}"\nfeed = "{feed.slug}"\n{held}\nspool = "/var/lib/vigie/{feed.slug}"\n\n{offer.sample}'


def connector_commands(feed: Feed) -> Sequence[str]:
    """To try the file, to list its points, and to run it."""
    file = f"{feed.slug}.toml"
    run = "python -m connectors"
    return [f"{run} --try {file}", f"{run} --points {file} > points.csv", f"{run} {file}"]
