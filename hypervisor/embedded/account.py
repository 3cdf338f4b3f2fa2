"""Whom PostgreSQL runs as when we are root, which it refuses to be, and what that account can reach."""

import pwd
import shutil
import subprocess
from pathlib import Path

_NAME = "vigie"


def system_account() -> tuple[int, int]:
    """The (uid, gid) PostgreSQL runs as when we are root: a system account of its own, made if need be."""
    try:
        entry = pwd.getpwnam(_NAME)
    except KeyError:
        useradd = shutil.which("useradd") or "/usr/sbin/useradd"
        try:
            subprocess.run(
                [useradd, "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin",
                 _NAME], check=True, capture_output=True,
            )  # fmt: skip
            entry = pwd.getpwnam(_NAME)
        except (OSError, subprocess.CalledProcessError):
            entry = pwd.getpwnam("nobody")
    return entry.pw_uid, entry.pw_gid


def can_enter(folder: Path, account: tuple[int, int]) -> bool:
    """Asked of the kernel by trying, as modes alone do not tell of access lists and mounts."""
    tried = subprocess.run(
        ["/bin/sh", "-c", 'cd "$1"', "sh", folder],
        cwd="/", user=account[0], group=account[1], extra_groups=[], capture_output=True,
    )  # fmt: skip
    return tried.returncode == 0
