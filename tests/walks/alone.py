"""A walk runs in a process of its own: it makes a control room, and the tests' engines must not be its engines."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.stage import Stage

ROOT = Path(__file__).resolve().parents[2]
OUR_ENGINES = ("DATABASE_URL", "REDIS_URL", "VIGIE_DATA")


def run(walk: str, *arguments: str) -> tuple[dict[str, Any], str]:
    """(what tests.walks.<walk> came to, its logs); fails with the logs when it did not come to an end."""
    environment = {name: value for name, value in os.environ.items() if name not in OUR_ENGINES}
    ended = subprocess.run(
        [sys.executable, "-m", f"tests.walks.{walk}", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1]), ended.stderr


def main(name: str, walk: Callable[[Stage], dict[str, Any]]) -> None:
    """In that process: print what the walk came to, and its logs on standard error."""
    with tempfile.TemporaryDirectory(prefix=f"vigie-{name}-") as folder, Stage(Path(folder) / "data") as stage:
        try:
            outcome = walk(stage)
        finally:
            for log in stage.data.glob("*.log"):
                print(f"--- {log.name}\n{log.read_text(errors='replace')[-4000:]}", file=sys.stderr)
    print(json.dumps(outcome))
