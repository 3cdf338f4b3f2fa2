"""The web process: feeds are answered before Django, sockets by Channels, all the rest by Django."""

import gc
import os
from importlib import import_module

from asgiref.typing import ASGI3Application
from django.core.asgi import get_asgi_application
from django.db import connections

LONGEST_STATEMENT = "30s"
"""After which PostgreSQL gives up what a page asks: whoever waited is gone. Workers and commands may take longer."""


def _application() -> ASGI3Application:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hypervisor.settings")
    pages = get_asgi_application()
    options = connections.settings["default"]["OPTIONS"]
    options["options"] = f"{options.get('options', '')} -c statement_timeout={LONGEST_STATEMENT}".strip()
    # After Django is set up: these read models and settings.
    from channels.routing import ProtocolTypeRouter
    from django.conf import settings

    from assets.feeds.ways.push import feeds_first
    from hypervisor import celery, sockets
    from hypervisor.backpressure import measured
    from hypervisor.serving import requests
    from hypervisor.serving.bodiless import bodiless
    from hypervisor.serving.crowd import bounded

    celery.app.set_default()  # or a task that a page orders would look for a broker of Celery's own choosing
    requests.install()
    import_module(settings.ROOT_URLCONF)  # or the first to ask for a page would wait for all of them
    # What was imported stays. Looking through all of it for garbage stopped the process for 120 ms at every fifth page.
    gc.collect()
    gc.freeze()
    control_room = ProtocolTypeRouter({"http": bounded(pages), "websocket": sockets.application})
    return measured(bodiless(feeds_first(control_room)))


application = _application()
