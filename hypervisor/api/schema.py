"""The OpenAPI description: what REST framework knows, the feeds that are answered before it, and the refusals of all."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

PUSH = "/api/v1/feeds/{feed}/"
_FEED = {"name": "feed", "in": "path", "required": True, "schema": {"type": "string"}, "description": "Slug of the feed."}
_KEY = {
    "name": "Idempotency-Key", "in": "header", "required": False, "schema": {"type": "string", "maxLength": 200},
    "description": "A message that is sent again with the same key is stored only once.",
}  # fmt: skip
_AT = {
    "description": "ISO 8601 with an offset, or seconds, milliseconds or microseconds since the epoch. Default: the "
            "instant of reception.",
    "oneOf": [{"type": "string", "format": "date-time"}, {"type": "number"}, {"type": "null"}],
}  # fmt: skip
_COMPONENTS = {
    "PushedReading": {
        "type": "object",
        "properties": {
            "address": {"type": "string", "maxLength": 200, "description": "Address of the point in the supervisor's system."},
            "at": _AT,
            "value": {"oneOf": [{"type": "number"}, {"type": "string"}, {"type": "boolean"}],
                      "description": "A number, or a label of the point's codes."},
            # Of one type in each branch: generators of clients drop an operation whose enumeration mixes several.
            "quality": {"oneOf": [{"type": "string", "enum": ["good", "uncertain", "bad"]},
                                  {"type": "integer", "enum": [0, 1, 2]}, {"type": "null"}],
                        "description": "Default: `good`; 0, 1 and 2 mean good, uncertain and bad."},
        },
        "required": ["address", "value"],
    },
    "PushedEvent": {
        "type": "object",
        "properties": {
            "address": {"type": "string", "maxLength": 200, "description": "Address of a point, or code of an asset."},
            "at": _AT, "kind": {"type": "string", "maxLength": 60},
            "attributes": {"type": "object", "additionalProperties": True},
        },
        "required": ["address", "kind"],
    },
    "Taken": {
        "type": "object",
        "properties": {
            "accepted": {"type": "integer"},
            "unknown": {"type": "integer", "description": "Number of items whose address no point has; stored for adoption."},
            "rejected": {"type": "array", "description": "The first refused items, with the reason of each.", "items": {
                "type": "object",
                "properties": {"index": {"type": "integer"}, "reason": {"type": "string"}, "sample": {"type": "string"}},
                "required": ["index", "reason"]}},
            "rejected_count": {"type": "integer"},
        },
        "required": ["accepted", "unknown", "rejected", "rejected_count"],
    },
}  # fmt: skip


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list_of(noun: str, component: str) -> dict[str, Any]:
    return {"type": "object", "properties": {noun: {"type": "array", "items": _ref(component)}}, "required": [noun]}


_BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "readings": (
        "Send readings",
        {
            "application/json": {"schema": _list_of("readings", "PushedReading")},
            "application/x-ndjson": {"schema": {"type": "string", "description": "One reading per line."}},
            "application/vnd.apache.arrow.stream": {
                "schema": {"type": "string", "format": "binary", "description": "Columns address, at, value and quality."}
            },
        },
    ),
    "events": ("Send events", {"application/json": {"schema": _list_of("events", "PushedEvent")}}),
    "messages": (
        "Send a document of the supplier's own, which the mapping of the feed reads",
        {
            media: {"schema": {"type": "string", "description": "In the form that the mapping says."}}
            for media in ("application/json", "application/x-ndjson", "application/xml", "text/csv", "text/plain")
        },
    ),
    "ngsi-ld": (
        "Send an NGSI-LD notification, normalized or key-values",
        {
            media: {"schema": {"type": "object", "additionalProperties": True}}
            for media in ("application/json", "application/ld+json")
        },
    ),
}
_PROBLEM = {"application/problem+json": {"schema": _ref("ProblemDetails")}}
_PUSH_REFUSALS = {
    "401": "The token is not the feed's.",
    "403": "The feed is disabled, or its protocol is another.",
    "413": "The body is too large: send smaller batches.",
    "415": "The content type or encoding is not one of those.",
    "422": "The body as a whole cannot be read.",
    "503": "The site is behind: nothing was taken, send again after Retry-After.",
}


def add_feeds(result: dict[str, Any], generator: SchemaGenerator, **_: object) -> dict[str, Any]:
    """Postprocessing: the push endpoints, which are no Django views."""
    result["components"]["schemas"].update(_COMPONENTS)
    result["components"].setdefault("securitySchemes", {})["feedToken"] = {
        "type": "apiKey", "in": "header", "name": "Authorization", "description": "`Token …` with the token of the feed."
    }  # fmt: skip
    for noun, (summary, content) in _BODIES.items():
        result["paths"][f"{PUSH}{noun}"] = {
            "post": {
                "operationId": f"push_{noun.replace('-', '_')}",
                "summary": summary,
                "tags": ["feeds"],
                "parameters": [_FEED, _KEY],
                "requestBody": {"required": True, "content": content},
                "security": [{"feedToken": []}],
                "responses": {
                    "202": {"description": "Taken.", "content": {"application/json": {"schema": _ref("Taken")}}},
                    **{code: {"description": text, "content": _PROBLEM} for code, text in _PUSH_REFUSALS.items()},
                },
            }
        }
    result["paths"] = dict(sorted(result["paths"].items()))
    return result


def add_problems(result: dict[str, Any], generator: SchemaGenerator, **_: object) -> dict[str, Any]:
    """Postprocessing: every refusal is a problem document, so say it on every operation; tags by noun."""
    for path, operations in result["paths"].items():
        for operation in operations.values():
            operation["tags"] = [path.removeprefix("/api/v1/").partition("/")[0]]
            responses = operation["responses"]
            for code, response in responses.items():
                if code[0] in "45":
                    response["content"] = _PROBLEM
            responses.setdefault("default", {"description": "Any other refusal (RFC 9457).", "content": _PROBLEM})
    return result


def text() -> str:
    """The description as YAML, as committed in docs/openapi.yaml: what `manage.py spectacular` writes."""
    described = SchemaGenerator(patterns=None).get_schema(request=None, public=True)
    return OpenApiYamlRenderer().render(described, renderer_context={}).decode()


@require_safe
def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(text(), content_type="application/yaml")
