"""Words of the page that must not claim more than is known."""

import pytest
from django.utils import translation

from hypervisor.pages.words import words


@pytest.mark.parametrize(("language", "said"), [("fr", "cessée"), ("en", "ended")])
def test_the_list_says_that_an_alarm_ended_and_not_that_the_field_is_well(language, said):
    with translation.override(language):
        assert words()["tag.returned"] == said
