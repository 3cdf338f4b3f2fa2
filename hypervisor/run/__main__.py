"""`python -m hypervisor.run demo`: the command behind script/demo, once the environment is installed."""

import argparse
import sys
from pathlib import Path

from hypervisor.run import demo
from hypervisor.run.choices import Choices

ROOT = Path(__file__).resolve().parent.parent.parent


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise ValueError
    return port


def _count(text: str) -> int:
    count = int(text)
    if count < 1:
        raise ValueError
    return count


_port.__name__, _count.__name__ = "port number (1 to 65535)", "number of assets (1 or more)"


def main() -> int:
    parser = argparse.ArgumentParser(prog="script/demo", description="Run Vigie with a pretend city until Ctrl-C.")
    parser.add_argument("what", choices=["demo"], help=argparse.SUPPRESS)
    parser.add_argument("--port", type=_port, default=8000, help="loopback port of the web interface (8000)")
    parser.add_argument("--assets", type=_count, help="how many assets the pretend city has (75000)")
    parser.add_argument("--data", type=Path, default=ROOT / ".data", metavar="DIR", help="where everything is kept (.data)")
    parser.add_argument("--no-scenarios", action="store_true", help="an ordinary day: nothing happens in the city by itself")
    given = parser.parse_args()
    return demo.run(
        Choices(
            root=ROOT,
            port=given.port,
            assets=given.assets,
            data=given.data.expanduser().resolve(),
            scenarios=not given.no_scenarios,
        )
    )


if __name__ == "__main__":
    sys.exit(main())
