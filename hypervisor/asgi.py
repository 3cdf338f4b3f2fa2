"""The web process: feeds are answered before Django, sockets by Channels, all the rest by Django."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hypervisor.settings")

from django.core.asgi import get_asgi_application

application = get_asgi_application()
