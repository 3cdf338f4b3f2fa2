"""The page a message's link leads to: what it was about, and one button that acknowledges, without a session, on a phone too.

Asked for it shows, and changes nothing: programs that look at mail open links. The link itself is the proof of who asks.
"""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from alarms.models import SEVERITY_NAMES, Alarm
from hypervisor import answers
from hypervisor.pages.frame import SEVERITY_NAMES as SEVERITY_WORDS
from response.notification import answering


@csrf_exempt  # nobody else knows the link
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def answer(request: HttpRequest, token: str) -> HttpResponse:
    """Show the alarms of a letter; acknowledge those its reader may."""
    now = timezone.now()
    found = answering.of_token(token, now)
    if found is None:
        raise Http404
    with translation.override(found.contact.person.language):
        context: dict[str, object] = {"found": found, "title_site": found.contact.site.name}
        if request.method == "POST":
            done, left = answering.acknowledge(found, answers.may_of(found.contact), now)
            context |= {"did": True, "done": _rows(done), "left": _rows(left), "used": not done and found.used}
        else:
            alarms = list(Alarm.objects.filter(pk__in=[alarm.pk for alarm in found.alarms]))
            context |= {"waiting": _rows([alarm for alarm in alarms if alarm.state == Alarm.State.UNACKNOWLEDGED])}
            context |= {"others": len(alarms) - len(context["waiting"])}  # type: ignore[arg-type]
        page = render(request, "notification/answer.html", context)
    page["Referrer-Policy"] = "no-referrer"
    page["X-Robots-Tag"] = "noindex"
    return page


def _rows(alarms: list[Alarm]) -> list[dict[str, object]]:
    language = translation.get_language()
    return [
        {
            "severity": SEVERITY_NAMES[alarm.severity],
            "severity_name": SEVERITY_WORDS[SEVERITY_NAMES[alarm.severity]],
            "sentence": alarm.sentence_en if language == "en" else alarm.sentence_fr,
            "at": alarm.raised_at,
        }
        for alarm in sorted(alarms, key=lambda alarm: (alarm.severity, alarm.pk))
    ]
