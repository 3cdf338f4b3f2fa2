"""The web process: feeds are answered before Django, sockets by Channels, all the rest by Django."""

import os

from asgiref.typing import ASGI3Application
from django.core.asgi import get_asgi_application


def _application() -> ASGI3Application:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hypervisor.settings")
    pages = get_asgi_application()
    # After Django is set up: these read models and settings.
    from channels.routing import ProtocolTypeRouter

    from assets.feeds.push import feeds_first
    from hypervisor import celery, sockets
    from hypervisor.backpressure import measured

    celery.app.set_default()  # or a task that a page orders would look for a broker of Celery's own choosing
    return measured(feeds_first(ProtocolTypeRouter({"http": pages, "websocket": sockets.application})))


application = _application()
