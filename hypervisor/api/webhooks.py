"""Webhooks of a site: addresses that are told of the journal's lines; for administrators."""

from collections.abc import Iterable

from django.conf import settings
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers as s
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from hypervisor import rights
from hypervisor.acting import actor_of
from hypervisor.api import shapes
from hypervisor.api.moves import checked
from hypervisor.api.render import instant
from hypervisor.rights import Verb
from journal import followers
from journal.models import Webhook
from journal.webhooks import moves


class Address(s.URLField):
    """http or https, 500 characters at most."""

    def __init__(self, **options: object) -> None:
        super().__init__(max_length=500, **options)

    def to_internal_value(self, data: object) -> str:
        value = super().to_internal_value(data)
        if not moves.is_web(value):
            raise s.ValidationError(_("Give an http or https URL."))
        return value


class NewWebhook(s.Serializer):
    name = s.CharField(max_length=80)
    url = Address()
    nouns = s.MultipleChoiceField(
        choices=list(settings.NOUNS), default=(), help_text="Only lines about these nouns; empty means all lines."
    )
    severities = s.MultipleChoiceField(
        choices=shapes.SEVERITIES, default=(), help_text="Only lines about alarms of these severities; empty means all."
    )


class ChangedWebhook(s.Serializer):
    name = s.CharField(max_length=80, required=False)
    url = Address(required=False)
    nouns = s.MultipleChoiceField(choices=list(settings.NOUNS), required=False)
    severities = s.MultipleChoiceField(choices=shapes.SEVERITIES, required=False)
    enabled = s.BooleanField(required=False, help_text="False pauses the webhook; true resumes it where it stopped.")


class WebhookRow(s.Serializer):
    id = s.IntegerField()
    site = s.CharField()
    name = s.CharField()
    url = s.CharField()
    nouns = s.ListField(child=s.CharField())
    severities = s.ListField(child=s.CharField())
    enabled = s.BooleanField()
    lag = s.IntegerField(help_text="Number of journal lines not yet delivered.")
    failures = s.IntegerField(help_text="Number of failed attempts since the last success.")
    failing_since = s.DateTimeField(allow_null=True)
    next_try_at = s.DateTimeField(allow_null=True)
    last_error = s.CharField()
    delivered_at = s.DateTimeField(allow_null=True)
    given_up_at = s.DateTimeField(
        allow_null=True, help_text="When delivery was given up: after a day of failures, or when the address answered 410."
    )


class Secret(s.Serializer):
    secret = s.CharField(help_text="Returned only once. Messages are signed with it according to Standard Webhooks.")


class CreatedWebhook(Secret, WebhookRow):
    """A webhook with its secret."""


def rows(hooks: Iterable[Webhook]) -> list[dict[str, object]]:
    hooks = list(hooks)
    lags = followers.lags(sorted({hook.site_id for hook in hooks}))
    return [
        {"id": hook.pk, "site": hook.site.slug, "name": hook.name, "url": hook.url, "nouns": hook.nouns,
         "severities": hook.severities, "enabled": hook.enabled, "lag": lags.get((hook.site_id, moves.name_of(hook.pk)), 0),
         "failures": hook.failures, "failing_since": instant(hook.failing_since), "next_try_at": instant(hook.next_try_at),
         "last_error": hook.last_error, "delivered_at": instant(hook.delivered_at), "given_up_at": instant(hook.died_at)}
        for hook in hooks
    ]  # fmt: skip


def of_site(site: int) -> list[dict[str, object]]:
    return rows(Webhook.objects.filter(site_id=site).select_related("site"))


def webhook_of(request: Request, id_: int) -> Webhook:
    """The webhook, for who may change feeds of its site."""
    hook = Webhook.objects.select_related("site").filter(pk=id_).first()
    if hook is None:
        raise Http404
    rights.of(request).at(hook.site_id, None, Verb.FEEDS)
    return hook


class SiteWebhooks(APIView):
    @extend_schema(operation_id="list_webhooks", summary="List the webhooks of a site", responses=WebhookRow(many=True))
    def get(self, request: Request, site: str) -> Response:
        return Response(of_site(rights.of(request).on(site, Verb.FEEDS).site_id))

    @extend_schema(
        operation_id="create_webhook",
        summary="Create a webhook, which receives journal lines from now on",
        description=(
            "Messages are POSTed in order, each of up to 100 lines, and signed (Standard Webhooks: `webhook-id`, "
            "`webhook-timestamp`, `webhook-signature`). One that is not answered with 2xx is sent again, the same bytes "
            "under the same id, for a day. A line may come twice: its `id` tells."
        ),
        request=NewWebhook,
        responses={
            201: CreatedWebhook,
            409: OpenApiResponse(shapes.ProblemDetails, description="The site has as many as it may."),
        },
    )
    def post(self, request: Request, site: str) -> Response:
        right = rights.of(request).on(site, Verb.FEEDS)
        body = checked(NewWebhook, request)
        hook = moves.create(right.site_id, **body, by=actor_of(request), now=timezone.now())
        return Response({**rows([hook])[0], "secret": hook.secret}, status=status.HTTP_201_CREATED)


class WebhookView(APIView):
    @extend_schema(operation_id="get_webhook", summary="Get a webhook", responses=WebhookRow)
    def get(self, request: Request, webhook: int) -> Response:
        return Response(rows([webhook_of(request, webhook)])[0])

    @extend_schema(
        operation_id="change_webhook",
        summary="Change, enable or disable a webhook",
        request=ChangedWebhook,
        responses=WebhookRow,
    )
    def patch(self, request: Request, webhook: int) -> Response:
        hook, told, now = webhook_of(request, webhook), checked(ChangedWebhook, request), timezone.now()
        on = told.pop("enabled", hook.enabled)
        told |= {name: sorted(told[name]) for name in ("nouns", "severities") if name in told}
        moves.change(hook, by=actor_of(request), now=now, **told)
        moves.switch(hook, on, by=actor_of(request), now=now)
        return Response(rows([hook])[0])

    @extend_schema(operation_id="delete_webhook", summary="Delete a webhook", responses={204: None})
    def delete(self, request: Request, webhook: int) -> Response:
        moves.delete(webhook_of(request, webhook), by=actor_of(request), now=timezone.now())
        return Response(status=status.HTTP_204_NO_CONTENT)


class WebhookSecret(APIView):
    @extend_schema(
        operation_id="renew_webhook_secret",
        summary="Replace the secret of a webhook",
        description="The old secret stops working at once.",
        request=None,
        responses={201: Secret},
    )
    def post(self, request: Request, webhook: int) -> Response:
        secret = moves.renew_secret(webhook_of(request, webhook), by=actor_of(request), now=timezone.now())
        return Response({"secret": secret}, status=status.HTTP_201_CREATED)
