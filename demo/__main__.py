"""python -m demo generate | run | scenario: makes the pretend city's files, plays its supervisors, starts a scenario."""

import argparse
import sys
from pathlib import Path

from demo.inventory.files import SEED, generate
from demo.inventory.quotas import TooSmall


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    making = verbs.add_parser("generate", help="write the inventory files of a city")
    making.add_argument("--assets", type=int, default=75_000)
    making.add_argument("--out", type=Path, required=True)
    making.add_argument("--seed", type=int, default=SEED)
    chosen = parser.parse_args(arguments)
    try:
        generate(chosen.out, chosen.assets, chosen.seed, lambda line: print(line, flush=True))
    except (TooSmall, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
