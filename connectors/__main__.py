"""`python -m connectors FILE…`: one connector for each file, or for each *.toml of a folder, in a process of its own."""

import argparse
import asyncio
import csv
import logging
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from connectors import running
from connectors.settings import BadSettings, Settings, read
from connectors.spool import ALIVE, InUse
from connectors.tables.modbus import Register
from connectors.tables.opcua import Node
from connectors.tables.snmp import Object

logger = logging.getLogger("connectors")

LONGEST_PAUSE = 30.0
WELL = 60.0
"""Seconds after which a connector that ends is begun again at once."""
GRACE = 10.0
STALLED = 60.0
"""Seconds without a sign of life after which a connector is killed and begun again."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="connectors", description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path, metavar="FILE", help="a file, or a folder of *.toml")
    parser.add_argument("--try", dest="trying", action="store_true", help="read every register once, print it and end")
    parser.add_argument("--alive", action="store_true", help="end with 0 when all of them go on")
    parser.add_argument("--points", action="store_true", help="print the points as CSV, to be imported into Vigie, and end")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(message)s")
    for library in ("pymodbus", "asyncua"):
        logging.getLogger(library).setLevel(logging.CRITICAL)  # what becomes of a device is told by us
    files = [file for path in options.paths for file in (sorted(path.glob("*.toml")) if path.is_dir() else [path])]
    try:
        if options.trying or options.points:
            settings = [read(file) for file in files]
            if options.points:
                print_points(settings)
            for one in settings if options.trying else []:
                print("\n".join(asyncio.run(running.tried(one))))
            return 0
        if not files:
            raise BadSettings("there is no *.toml in it")
        if options.alive:
            return int(any(stalled(read(file), 0.0) for file in files))
        if len(files) == 1 and not options.paths[0].is_dir():
            asyncio.run(running.run(read(files[0])))
            return 0
        settings = [read(file) for file in files]  # what cannot run is said before anything does
    except (BadSettings, InUse, OSError) as error:
        print(f"connectors: {error}", file=sys.stderr)
        return 1
    return supervise(dict(zip(files, settings, strict=True)))


def print_points(found: list[Settings]) -> None:
    """Columns of `manage.py import_assets --points`, of the registers that say their asset and quantity."""
    writer = csv.writer(sys.stdout)
    writer.writerow(["asset_code", "quantity", "unit", "interval", "feed", "address"])
    for settings in found:
        values: list[tuple[str, float, Register | Object | Node]] = [
            *((device.name, device.every, one) for device in settings.modbus for one in device.register),
            *((agent.name, agent.every, one) for agent in settings.snmp for one in agent.object),
            *((server.name, server.every, one) for server in settings.opcua for one in server.node),
        ]
        for name, every, one in values:
            if one.asset and one.quantity:
                interval = max(1, round(every))
                writer.writerow([one.asset, one.quantity, one.unit, interval, settings.vigie.feed, f"{name}/{one.address}"])


def stalled(settings: Settings, began: float) -> bool:
    """Whether a connector that began then, in seconds since the epoch, has shown no sign of life for too long."""
    try:
        shown = (Path(settings.vigie.spool) / ALIVE).stat().st_mtime
    except OSError:
        shown = 0.0
    return time.time() - max(shown, began) > STALLED


def supervise(files: dict[Path, Settings]) -> int:
    """A process for each file, begun again when it ends or stalls, until SIGTERM or SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    threads = [threading.Thread(target=keep_running, args=[file, settings, stop]) for file, settings in files.items()]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join()
    return 0


def keep_running(file: Path, settings: Settings, stop: threading.Event) -> None:
    failures = 0
    while not stop.is_set():
        began = time.time()
        process = subprocess.Popen([sys.executable, "-m", "connectors", str(file)])
        while process.poll() is None and not stop.wait(0.2):
            if stalled(settings, began):
                process.kill()
        if stop.is_set():
            end(process)
            return
        failures = 0 if time.time() - began > WELL else failures + 1
        logger.error("the connector of %s ended with %d and is begun again", file.name, process.returncode)
        stop.wait(min(LONGEST_PAUSE, 2.0 ** min(failures, 5)) if failures else 0)


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
