"""Loopback ports: whether one is free, and one that is."""

import socket

from hypervisor.run.choices import CannotStart


def require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            probe.listen()
        except PermissionError:
            raise CannotStart(f"Port {port} may not be opened by this account: choose one above 1023 with --port.") from None
        except OSError:
            raise CannotStart(f"Port {port} is in use: choose another with --port, or stop what listens there.") from None


def is_free(port: int) -> bool:
    try:
        require_free(port)
    except CannotStart:
        return False
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
