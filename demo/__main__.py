"""python -m demo generate | run | scenario: makes the pretend city's files, plays its supervisors, starts a scenario."""

import argparse
import os
import signal
import sys
from pathlib import Path

import httpx

from demo.city.play import Choices, play
from demo.city.scenarios import BY_NAME
from demo.city.world import Unreadable
from demo.inventory.files import SEED, generate
from demo.inventory.quotas import TooSmall

PORT = 8008


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    making = verbs.add_parser("generate", help="write the inventory files of a city")
    making.add_argument("--assets", type=int, default=75_000)
    making.add_argument("--out", type=Path, required=True)
    making.add_argument("--seed", type=int, default=SEED)
    playing = verbs.add_parser("run", help="play the supervisors of a generated city until interrupted")
    playing.add_argument("--data", type=Path, required=True, help="the folder that `generate` wrote")
    playing.add_argument("--vigie", default="http://127.0.0.1:8000", help="base URL of the control room")
    playing.add_argument("--port", type=int, default=PORT, help="where the pretend supervisors listen, on loopback")
    playing.add_argument(
        "--mqtt", default=os.environ.get("VIGIE_MQTT_URL", ""), help="broker for the lighting, as mqtt://127.0.0.1:1883"
    )
    playing.add_argument("--no-scenarios", action="store_true", help="no spontaneous faults; scenarios on demand still work")
    playing.add_argument("--seed", type=int, default=SEED)
    staging = verbs.add_parser("scenario", help="start a scenario in a city that runs")
    staging.add_argument("name", choices=sorted(BY_NAME))
    staging.add_argument("--port", type=int, default=PORT)
    return parser


def _scenario(name: str, port: int) -> int:
    try:
        answer = httpx.post(f"http://127.0.0.1:{port}/scenarios/{name}", trust_env=False)
    except httpx.TransportError:
        print(f"demo: no city answers on port {port}", file=sys.stderr)
        return 1
    print(f"{name}: {answer.json()['points_at_fault']} points at fault")
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0, or 1 after one sentence on standard error."""
    chosen = _parser().parse_args(arguments)
    try:
        if chosen.verb == "generate":
            generate(chosen.out, chosen.assets, chosen.seed, lambda line: print(line, flush=True))
            return 0
        if chosen.verb == "scenario":
            return _scenario(chosen.name, chosen.port)
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        return play(Choices(chosen.data, chosen.vigie, chosen.port, chosen.mqtt, not chosen.no_scenarios, chosen.seed))
    except (TooSmall, Unreadable, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
