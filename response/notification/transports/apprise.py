"""Sends a letter to one of the services that the library Apprise knows, in a process of its own that is kept from the rest."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from response.notification.letters import Letter
from response.notification.transports.outcome import NotSent

TIMEOUT = 25.0
_CHILD = "response.notification.transports.apprise_child"
_ROOT = Path(__file__).parents[3]


class Outcome(msgspec.Struct):
    """What the process says: whether it left, else why not."""

    sent: bool
    refused: bool = False
    status: int = 0


def send(letter: Letter, url: str, *, allow_private: bool) -> str:
    """Return "": these services give no number. Raises NotSent."""
    given = {"url": url, "title": letter.subject, "body": letter.text, "allow_private": allow_private}
    with tempfile.TemporaryDirectory() as home:
        env = {"PATH": os.defpath, "HOME": home, "PYTHONPATH": os.pathsep.join([str(_ROOT), *filter(None, sys.path)])}
        try:
            done = subprocess.run(
                [sys.executable, "-m", _CHILD], input=msgspec.json.encode(given), capture_output=True, timeout=TIMEOUT, env=env,
                cwd=home, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise NotSent(f"the service did not answer within {TIMEOUT:g} s") from error
        except OSError as error:
            raise NotSent(f"Apprise: {error.strerror or error}"[:200]) from error
    try:
        outcome = msgspec.json.decode(done.stdout, type=Outcome)
    except msgspec.DecodeError as error:
        raise NotSent("Apprise did not say what became of it") from error
    if outcome.refused:
        raise NotSent("the service has a private, local or reserved address, or asks for more than to send", for_good=True)
    if not outcome.sent:
        final = 400 <= outcome.status < 500 and outcome.status not in (408, 425, 429)
        said = f"the service answered {outcome.status}" if outcome.status else "the service could not be reached, or refused it"
        raise NotSent(said, for_good=final)
    return ""
