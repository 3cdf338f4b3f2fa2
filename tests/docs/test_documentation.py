"""The documentation keeps its word where that can be checked: its links lead somewhere, and every setting is in it."""

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).resolve().parents[2]
MANUALS = ("docs", "docker", "clients")
PAGES = sorted([*ROOT.glob("*.md"), *(page for folder in MANUALS for page in (ROOT / folder).rglob("*.md"))])
SETTINGS = ROOT / "docs" / "settings.md"
ROOMS = ("hypervisor", "alarms", "assets", "demo", "bench", "script", "tests")
CODE = [
    path for room in ROOMS for path in sorted((ROOT / room).rglob("*"))
    if path.is_file() and (path.suffix == ".py" or room == "script") and path != Path(__file__)
]  # fmt: skip
_FENCED = re.compile(r"^(?P<fence>```|~~~).*?^(?P=fence)", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`[^`\n]*`")
_LINK = re.compile(r"\]\(<?([^)>\s]+)>?(?:\s+\"[^\"]*\")?\)")
_HEADING = re.compile(r"^#{1,6}\s+(.*?)\s*$", re.MULTILINE)
_SETTING = r"(VIGIE_[A-Z_]+|DATABASE_URL|REDIS_URL)"
_READ = re.compile(rf"""(?:env\.\w+|environ(?:\.get|\.setdefault)?)[(\[]\s*["']{_SETTING}["']|\$\{{(VIGIE_[A-Z_]+)""")
_NAMED = re.compile(rf"`{_SETTING}`")
_QUOTED = re.compile(r"`((?:hypervisor|alarms|assets|demo|bench|script|tests|static|templates|docker|docs)/[\w./{}*-]+)`")


def links(page: Path) -> list[str]:
    return _LINK.findall(_SPAN.sub("", _FENCED.sub("", page.read_text("utf-8"))))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as Markdown sites make them."""
    headings = _HEADING.findall(_FENCED.sub("", page.read_text("utf-8")))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(page: Path) -> list[str]:
    found = []
    for link in links(page):
        address, _, anchor = unquote(link).partition("#")
        if re.match(r"[a-z]+:", address):
            continue
        target = (page.parent / address).resolve() if address else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            found.append(link)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert broken(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_file_a_page_names_is_there(page: Path) -> None:
    named = {name.rstrip("/") for name in _QUOTED.findall(page.read_text("utf-8")) if "{" not in name and "*" not in name}
    assert sorted(name for name in named if not (ROOT / name).exists()) == []


def read_by_the_code() -> set[str]:
    return {name for path in CODE for pair in _READ.findall(path.read_text("utf-8")) for name in pair if name}


def test_every_setting_the_code_reads_is_documented() -> None:
    assert read_by_the_code() - set(_NAMED.findall(SETTINGS.read_text("utf-8"))) == set()


def test_no_setting_is_documented_that_nothing_reads() -> None:
    assert set(_NAMED.findall(SETTINGS.read_text("utf-8"))) - read_by_the_code() == set()


def test_a_broken_link_would_be_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[a](nowhere.md) [b](#here) [c](#there) [d](https://example.org) `[e](no.md)`\n# Here\n")
    assert broken(page) == ["nowhere.md", "#there"]
