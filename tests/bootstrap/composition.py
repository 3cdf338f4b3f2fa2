"""The composition as Docker Compose would read it: variables put in, anchors followed, checked against its specification."""

import json
import re
from pathlib import Path

import compose_spec
import yaml

FOLDER = Path(__file__).resolve().parents[2] / "docker"
FILLED_IN = {
    "VIGIE_HOST": "vigie.example.org", "VIGIE_SECRET_KEY": "k" * 60, "POSTGRES_PASSWORD": "p0stgres", "MQTT_PASSWORD": "mqtt",
    "VALKEY_PASSWORD": "va1key",
}  # fmt: skip
"""What `.env` must say; the rest has a default."""
_VARIABLE = re.compile(r"\$\$|\$\{(\w+)(?:(:[-?])([^}]*))?\}")


class Unset(Exception):
    """A variable that is required has no value."""


def interpolated(text: str, values: dict[str, str]) -> str:
    """`text` with its variables, as Compose puts them in. Raises Unset."""

    def one(found: re.Match[str]) -> str:
        if found[0] == "$$":
            return "$"
        value = values.get(found[1], "")
        if not value and found[2] == ":?":
            raise Unset(found[1])
        return value or (found[3] or "" if found[2] == ":-" else "")

    return _VARIABLE.sub(one, text)


def read(values: dict[str, str] | None = None) -> dict[str, dict]:
    """The composition, valid. Raises Unset, and ValueError when Compose would not take it."""
    text = (FOLDER / "compose.yaml").read_text()
    told = yaml.safe_load(interpolated(text, FILLED_IN if values is None else values))
    compose_spec.PyCompose.from_json(json.dumps(told)).validate()
    return told
