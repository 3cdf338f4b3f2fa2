"""The AsyncAPI description of the live socket, webhooks and MQTT: envelopes of asyncapi.yaml, rows of the interface."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from hypervisor import frames
from journal.webhooks.delivery import MOST_LINES

ENVELOPES = Path(__file__).with_name("asyncapi.yaml")
ROWS = {
    "alarm": "AlarmRow",
    "incident": "IncidentRow",
    "command": "CommandRow",
    "override": "OverrideRow",
    "scenario_run": "ScenarioRunRow",
    "passage": "PassageRow",
    "permit": "PermitRow",
    "run": "RunRow",
    "note": "NoteRow",
    "work_order": "WorkOrderRow",
    "entity_message": "EntityMessageRow",
    "holding": "HoldingRow",
    "handover": "HandOverRow",
    "instruction": "InstructionRow",
}
"""By noun, what openapi.yaml calls its rows."""
BESIDE = ("Bilingual", "Entry", "PushedReading")
"""What the envelopes use of openapi.yaml."""
_HERE = "#/components/schemas/"

Schema = dict[str, Any]


def document() -> Schema:
    described: Schema = yaml.safe_load(ENVELOPES.read_text("utf-8"))
    offered = SchemaGenerator(patterns=None).get_schema(request=None, public=True)["components"]["schemas"]
    schemas = described["components"]["schemas"]
    described["info"]["version"] = settings.SPECTACULAR_SETTINGS["VERSION"]
    schemas["SnapshotFrame"]["properties"]["version"]["const"] = frames.VERSION
    schemas["JournalLines"]["properties"]["lines"]["maxItems"] = MOST_LINES
    rows = {noun: {"type": "array", "items": {"$ref": _HERE + row}} for noun, row in ROWS.items()}
    schemas["RowsByNoun"]["properties"] = rows
    schemas["MqttReading"] = {
        **offered["PushedReading"], "required": ["value"],
        "description": "The address may be left to the topic; other members are ignored.",
    }  # fmt: skip
    schemas.update({name: offered[name] for name in _needed([*ROWS.values(), *BESIDE], offered)})
    return described


def _needed(names: Iterable[str], offered: Schema) -> list[str]:
    """These schemas and all that they refer to, by name in alphabetical order."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        if (name := waiting.pop()) not in found:
            found.add(name)
            waiting += _references(offered[name])
    return sorted(found)


def _references(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(to := part.get("$ref"), str):
            yield to.removeprefix(_HERE)
        for each in part.values():
            yield from _references(each)
    elif isinstance(part, list):
        for each in part:
            yield from _references(each)


class _Dumper(yaml.SafeDumper):
    """Without anchors: what is used twice is written twice, and a reader needs to know JSON alone."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def text() -> str:
    """The description as YAML, as committed in docs/asyncapi.yaml: what `manage.py asyncapi` writes."""
    written: str = _write(document())
    return written


_write = partial(yaml.dump, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=130)


@require_safe
def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(text(), content_type="application/yaml")
