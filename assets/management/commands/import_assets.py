"""`manage.py import_assets`: compares an inventory file with a site, and imports it when told to."""

import getpass
import json
import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assets.inventory import described, points, runs
from assets.inventory import mapping as mappings
from assets.inventory.failures import InventoryFailure
from assets.inventory.mapping import Mapping
from assets.models import ImportRun, Site

_COUNTS = ("new", "changed", "unchanged", "gone", "refused")


class Command(BaseCommand):
    help = "Compare an inventory file (CSV or GeoJSON) with a site; --apply imports it, all or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="The assets. Left out when there are only points.")
        parser.add_argument("--site", required=True, help="Slug of the site.")
        parser.add_argument("--mapping", type=Path, help="TOML file that says how to read the assets (docs/inventory.md).")
        parser.add_argument("--points", type=Path, help="CSV of points, imported after the assets.")
        parser.add_argument("--apply", action="store_true", help="Import; without it nothing is written.")
        parser.add_argument("--accept-detected", action="store_true", help="Accept the encoding and projection detected.")
        parser.add_argument("--accept-units", action="store_true", help="Accept that points change their unit or codes.")
        parser.add_argument("--without-refused", action="store_true", help="Import the other rows when some are refused.")
        parser.add_argument("--json", action="store_true", help="Report as one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["file"] is None and options["points"] is None:
            raise CommandError("Name a file of assets, or one of points with --points.")
        try:
            site = Site.objects.get(slug=options["site"])
        except Site.DoesNotExist:
            raise CommandError(f"There is no site {options['site']}.") from None
        report: dict[str, Any] = {"applied": options["apply"]}
        try:
            if options["file"] is not None:
                mapping = mappings.read(options["mapping"]) if options["mapping"] else mappings.NATIVE
                report["assets"] = self._assets(site, mapping, options)
            if options["points"] is not None:
                report["points"] = self._points(site, options)
        except InventoryFailure as failure:
            raise CommandError(str(failure)) from failure
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        elif not options["apply"]:
            self.stdout.write("Nothing was written: this was a comparison. Add --apply to import.")

    def _assets(self, site: Site, mapping: Mapping, options: dict[str, Any]) -> dict[str, Any]:
        begun = time.perf_counter()
        order = runs.Order(
            site, options["file"], mapping, by=getpass.getuser(), accept_detected=options["accept_detected"],
            without_refused=options["without_refused"],
        )  # fmt: skip
        if options["apply"]:
            run = runs.apply(order, clock=timezone.now, progress=self._progress(options, "assets"))
        else:
            run = runs.compare(order, clock=timezone.now)
        if run.state == ImportRun.State.REFUSED:
            raise CommandError(run.message)
        counts = {name: getattr(run, name) for name in _COUNTS}
        if not options["json"]:
            self._print(run.details, counts)
            self.stdout.write(f"Assets: {_sum(counts)} in {time.perf_counter() - begun:.1f} s.")
        return {"counts": counts, **run.details, "seconds": round(time.perf_counter() - begun, 2)}

    def _points(self, site: Site, options: dict[str, Any]) -> dict[str, Any]:
        begun = time.perf_counter()
        if options["apply"]:
            diff = points.apply_points(
                site, options["points"], progress=self._progress(options, "points"),
                without_refused=options["without_refused"], accept_units=options["accept_units"],
            )  # fmt: skip
        else:
            diff = points.compare_points(site, options["points"])
        details, counts = described.points(diff), diff.counts
        if not options["json"]:
            self._changes(details)
            self._remarks(details)
            self._refusals(details["refused"], counts["refused"])
            self.stdout.write(f"Points: {_sum(counts)} in {time.perf_counter() - begun:.1f} s.")
        return {"counts": counts, **details, "seconds": round(time.perf_counter() - begun, 2)}

    def _print(self, details: dict[str, Any], counts: dict[str, int]) -> None:
        say = self.stdout.write
        for one in details["detected"]:
            hint = f"   confirm it: {one['write']} in the mapping, or --accept-detected" if one["confirm"] else ""
            say(f"{one['what'].capitalize()}: {one['value']}{hint}")
        for one in details["new"][:5]:
            say(f"  new      row {one['row']}: {one['code']}  {one['name']} ({one['kind']}, sector {one['sector'] or 'none'})")
        for one in details["changed"][:5]:
            fields = "; ".join(f"{name} {both['before']!r} → {both['after']!r}" for name, both in one["fields"].items())
            say(f"  changed  row {one['row']}: {one['code']}  {fields}")
        for one in details["gone"][:5]:
            say(f"  gone     {one['code']}  {one['name']}")
        if details["shapes"]:
            say(f"{details['shapes']} shapes are placed at a point inside them.")
        if details["far_count"]:
            rows = ", ".join(f"row {one['row']} ({one['km']} km)" for one in details["far"][:5])
            say(f"Warning: {details['far_count']} assets lie far from the site: {rows}")
        self._remarks(details)
        self._refusals(details["refused"], counts["refused"])

    def _changes(self, details: dict[str, Any]) -> None:
        for one in details["changed"]:
            fields = "; ".join(f"{name} {both['before']!r} → {both['after']!r}" for name, both in one["fields"].items())
            self.stdout.write(f"  changed  row {one['row']}: {one['code']} {one['quantity']}  {fields}")
        if count := details["units_count"]:
            self.stdout.write(f"{count} points change their unit or what their codes mean   confirm it: --accept-units")

    def _remarks(self, details: dict[str, Any]) -> None:
        for one in details["remarks"]:
            self.stdout.write(f"Warning: row {one['row']}: {one['sentence']}")
        if (more := details["remarks_count"] - len(details["remarks"])) > 0:
            self.stdout.write(f"  … and {more} more warnings")

    def _refusals(self, shown: list[dict[str, Any]], count: int) -> None:
        for one in shown:
            self.stdout.write(f"  refused  row {one['row']}: {one['sentence']}")
        if count > len(shown):
            self.stdout.write(f"  … and {count - len(shown)} more refused")

    def _progress(self, options: dict[str, Any], what: str) -> Any:
        """A line that overwrites itself on a terminal, and only there."""
        terminal = not options["json"] and sys.stderr.isatty()

        def tell(done: int, total: int) -> None:
            if terminal and total:
                end = "\n" if done == total else "\r"
                self.stderr.write(f"{done:,} of {total:,} {what}", ending=end)

        return tell


def _sum(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in counts.items())
