"""What tests of the response take from those of commands: a field that obeys, and its supervisor."""

import email
import email.policy
import subprocess
import sys

import pytest

from tests.commands.conftest import field, supervisor
from tests.response.test_transports import listening

__all__ = ["field", "supervisor"]


@pytest.fixture
def mails(tmp_path, free_port, wait_until):
    """(port, mails()): a mail server of its own process, and what it got."""
    port, folder = free_port(), tmp_path / "mails"
    command = [sys.executable, "-m", "aiosmtpd", "-n", "-l", f"127.0.0.1:{port}", "-c", "aiosmtpd.handlers.Mailbox", str(folder)]
    server = subprocess.Popen(command)
    wait_until(lambda: listening(port))
    yield (
        port,
        lambda: [
            email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
            for path in sorted((folder / "new").iterdir())
        ],
    )
    server.terminate()
    server.wait(10)
