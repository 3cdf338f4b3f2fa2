"""What operators write again and again, offered where a reason or a comment is asked for: one press instead of a sentence."""

from django.utils.translation import gettext_lazy

PHRASES = {
    "shelve": (
        gettext_lazy("Works under way"),
        gettext_lazy("Sensor at fault, repair asked for"),
        gettext_lazy("Known, dealt with elsewhere"),
        gettext_lazy("Test or exercise"),
    ),
    "comment": (
        gettext_lazy("Team sent to the place"),
        gettext_lazy("Checked by camera: nothing to report"),
        gettext_lazy("False alarm"),
        gettext_lazy("Contractor called"),
        gettext_lazy("To be watched"),
    ),
    "out_of_service": (
        gettext_lazy("Maintenance by the contractor"),
        gettext_lazy("Asset at fault, spare part awaited"),
        gettext_lazy("Asset taken away"),
    ),
}
"""By what is asked."""
