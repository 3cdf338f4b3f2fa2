"""Aide: keys, what is seen, how each main task is done, and what words mean; its texts stand in help_texts.toml."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from assets.alphabet import alphabetical
from hypervisor import rights
from hypervisor.models import Role
from hypervisor.pages.frame import ROLE_NAMES, around
from hypervisor.rights import Verb

_ROLES = (Role.OPERATOR, Role.SHIFT_SUPERVISOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is seen or a word, and what it means; `mark` is a severity where it has a glyph."""

    name: str
    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Signs:
    id: str
    title: str
    lines: list[Line]


@dataclass(frozen=True, slots=True)
class Task:
    """How something is done, for people of this role and those above it."""

    id: str
    title: str
    role: str
    steps: list[str]


@dataclass(frozen=True, slots=True)
class Step:
    """One of the tour: `at` is a selector of what it speaks of on the desk."""

    at: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Help:
    signs: list[Signs]
    tasks: list[Task]
    terms: list[Line]
    tour: list[Step]


@cache
def texts(language: str) -> Help:
    """All of the help in a language; terms in its alphabet."""
    told = tomllib.loads((Path(__file__).parent / "help_texts.toml").read_text("utf-8"))
    at = 1 if language == "en" else 0
    signs = [
        Signs(
            group["id"],
            group["title"][at],
            [Line(one["name"][at], one["text"][at], one.get("mark", "")) for one in group["lines"]],
        )
        for group in told["signs"]
    ]
    tasks = [Task(one["id"], one["title"][at], one["role"], [step[at] for step in one["steps"]]) for one in told["tasks"]]
    terms = [Line(one["name"][at], one["text"][at]) for one in told["terms"]]
    tour = [Step(one["at"], one["title"][at], one["text"][at]) for one in told["tour"]]
    return Help(signs, tasks, sorted(terms, key=lambda term: alphabetical(term.name)), tour)


@require_safe
@login_required
def board(request: HttpRequest, site: str) -> HttpResponse:
    """The page; tasks of the person's own role come open."""
    right, the_site = rights.on_site(request, site, Verb.SEE)
    told = texts(get_language() or "fr")
    context = around(request, right, the_site, "help") | {
        "help": told,
        "tasks": [(ROLE_NAMES[role], role, [task for task in told.tasks if task.role == role]) for role in _ROLES],
        "may": {str(verb): True for verb in right.verbs()},
        "documentation": settings.DOCUMENTATION_URL,
    }
    return render(request, "help/board.html", context)
