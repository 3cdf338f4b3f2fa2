"""Shows the entries of the log and the rules that a defect keeps from being applied, and has them taken up or gives them up."""

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from alarms.correlation import rule_aside, set_aside
from alarms.models import RuleSetAside, SetAside
from assets.log import CorruptEntry, Packed
from assets.models import Feed
from assets.refusal import Refused


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        listing = acts.add_parser("list", help="what is set aside, oldest first")
        listing.add_argument("--site", default="", metavar="SLUG", help="only of this site")
        listing.add_argument("--all", action="store_true", help="also what was replayed or given up")
        show = acts.add_parser("show", help="one entry: why it failed, and what is in it")
        show.add_argument("number", type=int)
        for act, help_ in (
            ("replay", "have the correlator apply entries now, each once; after the defect was mended"),
            ("discard", "give entries up: they are never applied"),
        ):
            parts = acts.add_parser(act, help=help_)
            parts.add_argument("number", type=int, nargs="*")
            parts.add_argument("--site", default="", metavar="SLUG", help="every entry of this site that is set aside")
        rules = acts.add_parser("rules", help="rules that are set aside, and where each failed")
        rules.add_argument("--site", default="", metavar="SLUG", help="only of this site")
        again = acts.add_parser("run-again", help="let rules run again; one that still fails is set aside again")
        again.add_argument("number", type=int, nargs="+")

    def handle(self, *, act: str, **options: object) -> None:
        does = {"list": self._list, "show": self._show, "rules": self._rules, "run-again": self._run_again}
        does.get(act, lambda **given: self._change(act, **given))(**options)

    def _list(self, *, site: str, all: bool, **options: object) -> None:
        rows = SetAside.objects.all() if all else SetAside.objects.filter(set_aside.LEFT)
        rows = rows.filter(site__slug=site) if site else rows
        slugs = dict(Feed.objects.values_list("id", "slug"))
        for row in rows.select_related("site").defer("data", "trace"):
            where, since = f"{row.site.slug}/{slugs.get(row.feed, row.feed)}", f"{row.set_aside_at:%Y-%m-%d %H:%M:%S}"
            self.stdout.write(f"{row.pk}  {where}  {since}  {_state(row)}  {row.error}")

    def _show(self, *, number: int, **options: object) -> None:
        row = SetAside.objects.filter(pk=number).first()
        if row is None:
            raise CommandError(f"No entry {number} was ever set aside.")
        slug = Feed.objects.filter(pk=row.feed).values_list("slug", flat=True).first()
        self.stdout.write(f"Entry {row.offset} of the feed {slug or row.feed}: {_state(row)}, failed {row.failures} times")
        self.stdout.write(row.trace)
        for text in _content(row):
            self.stdout.write(text)

    def _rules(self, *, site: str, **options: object) -> None:
        rows = RuleSetAside.objects.filter(taken_up_at=None).select_related("version__rule__site")
        for row in rows.filter(version__rule__site__slug=site) if site else rows:
            rule = row.version.rule
            where, since = f"{rule.site.slug}/{rule.slug} v{row.version.number}", f"{row.set_aside_at:%Y-%m-%d %H:%M:%S}"
            self.stdout.write(f"{row.pk}  {where}  {since}  {row.error}\n{row.trace}")

    def _run_again(self, *, number: list[int], **options: object) -> None:
        for each in number:
            try:
                rule_aside.take_up(each, timezone.now())
            except Refused as refused:
                raise CommandError(refused.en) from refused
        self.stdout.write(f"{len(number)} run again")

    def _change(self, act: str, *, number: list[int], site: str, **options: object) -> None:
        if bool(number) == bool(site):
            raise CommandError("Name entries by their numbers, or a site with --site.")
        if site:
            waiting = SetAside.objects.filter(set_aside.LEFT, site__slug=site, replay_asked_at=None)
            number = list(waiting.values_list("pk", flat=True))
        done = 0
        for each in number:
            try:
                {"replay": set_aside.ask_replay, "discard": set_aside.discard}[act](each, timezone.now())
                done += 1
            except Refused as refused:
                self.stderr.write(refused.en)
        self.stdout.write(f"{done} {'will be replayed' if act == 'replay' else 'given up'}")
        if done < len(number):
            raise CommandError(f"{len(number) - done} could not be changed.")


def _state(row: SetAside) -> str:
    if row.replayed_at:
        return f"replayed {row.replayed_at:%Y-%m-%d %H:%M:%S}"
    if row.discarded_at:
        return f"given up {row.discarded_at:%Y-%m-%d %H:%M:%S}"
    return "its replay is asked for" if row.replay_asked_at else "set aside"


def _content(row: SetAside) -> list[str]:
    """The readings or events, one a line; of what is no batch, its bytes."""
    try:
        entry = Packed(row.offset, str(row.feed).encode(), bytes(row.kind), bytes(row.data)).opened()
    except CorruptEntry as error:
        return [f"no batch: {error}", bytes(row.data).hex()]
    if entry.readings is None:
        return [str(event) for event in entry.events]
    columns = (entry.readings.point, entry.readings.at, entry.readings.value, entry.readings.quality)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return ["point, at (µs), value, quality", *(", ".join(map(str, each)) for each in rows)]
