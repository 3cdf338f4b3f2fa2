"""`manage.py replay`: sends a recorded series through a feed, as if its supervisor sent it now."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from assets.feeds import append, health
from assets.feeds.directory import read_feeds
from assets.feeds.mapping import BadMapping
from assets.feeds.ways.replay import BadRecording, read, replay, shift


class Command(BaseCommand):
    help = "Send the readings of a CSV file (gzipped or not) through a feed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--feed", required=True, help="slug of the feed whose points the file's addresses are")
        parser.add_argument("--mapping", help="how to read a row, as JSON (default: the feed's mapping, else Hub'Eau's columns)")
        parser.add_argument("--delimiter", default=",")
        parser.add_argument(
            "--speed", type=float, default=0, help="0 as fast as possible (default), 1 real time, 3600 an hour per second"
        )
        parser.add_argument("--shift-to-now", action="store_true", help="move the recording to the present")

    def handle(self, *args: Any, **options: Any) -> None:
        feed = next((feed for feed in read_feeds() if feed.slug == options["feed"]), None)
        if feed is None:
            raise CommandError(f"There is no feed {options['feed']}.")
        if options["speed"] < 0:
            raise CommandError("A speed is 0 or more.")
        try:
            mapping = json.loads(options["mapping"]) if options["mapping"] else feed.mapping
            recording = read(options["file"], mapping, options["delimiter"])
        except (BadRecording, BadMapping, json.JSONDecodeError) as error:
            raise CommandError(str(error)) from error
        if options["shift_to_now"]:
            shift(recording.rows, health.now_micros(), options["speed"])
        self.stdout.write(f"{len(recording.rows):,} readings in {options['file'].name}")
        told = replay(recording, feed, append.BlockingAppender(), speed=options["speed"], say=self.stdout.write)
        self.stdout.write(f"{told.accepted:,} accepted, {told.unknown:,} unknown, {told.rejected:,} rejected")
