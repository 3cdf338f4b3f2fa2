"""The dialog of shelving tells what a shelving would have hidden, before it is done."""

import re
from datetime import timedelta

from django.utils import timezone
from playwright.sync_api import expect

from alarms.models import Alarm
from reports.models import Annunciation
from tests.desk.room import elsewhere
from tests.reports.months import annunciate


def test_the_dialog_counts_what_a_shelving_of_that_length_would_have_hidden(enter, room):
    room.raise_alarms([0])

    def remember() -> None:
        alarm, now = Alarm.objects.get(), timezone.now()
        Annunciation.objects.all().delete()
        for number, minutes in enumerate((200, 190, 100)):
            annunciate(alarm, now - timedelta(minutes=minutes), 1)
            Annunciation.objects.filter(seq=900_000).update(seq=number + 1, subject=alarm.subject, rule=alarm.rule_id)

    elsewhere(remember)
    page = enter()
    page.keyboard.press("j")
    page.keyboard.press("s")
    past = page.locator("#shelve [data-part=past]")
    expect(past).to_have_text(re.compile("Entendue 3 fois en quatre semaines. .* 1 n’aurait pas été entendue."))
    page.locator("#shelve label.choice", has_text=re.compile("15")).first.click()
    expect(past).to_have_text(re.compile(" 1 n’aurait pas"))
    page.keyboard.press("Escape")
