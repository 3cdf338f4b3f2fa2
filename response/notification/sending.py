"""Hands a letter to the transport of its contact."""

from django.conf import settings

from assets.models import Site
from response.models import Contact, Means
from response.notification import gateways
from response.notification.letters import Letter
from response.notification.sealed import Unreadable, opened
from response.notification.transports import apprise, mail, push, smpp, sms, webhook
from response.notification.transports.mail import Smtp
from response.notification.transports.outcome import NotSent
from response.notification.transports.push import Vapid
from response.notification.transports.smpp import Smpp
from response.notification.transports.sms import HttpSms


def send(letter: Letter, contact: Contact, site: Site) -> str:
    """Return what the other side calls it, "" where it gives no name. Raises NotSent."""
    private = site.allow_private_pull or settings.ALLOW_PRIVATE_PULL
    try:
        address = opened(contact.address)
        if contact.means == Means.WEBHOOK:
            return webhook.send(letter, address, allow_private=private)
        if contact.means == Means.APPRISE:
            return apprise.send(letter, address, allow_private=private)
        gateway = gateways.of_site(site.pk, contact.means)
    except Unreadable as error:
        raise NotSent(str(error)) from error
    match gateway:
        case Smtp():
            return mail.send(letter, address, gateway, allow_private=private)
        case HttpSms():
            return sms.send(letter, address, gateway, allow_private=private)
        case Vapid():
            return push.send(letter, address, gateway, allow_private=private)
        case Smpp():
            return smpp.send(letter, address, gateway, allow_private=private)
    raise NotSent(f"the site has no gateway for {contact.means}")
