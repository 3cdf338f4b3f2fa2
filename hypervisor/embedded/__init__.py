"""Runs a private PostgreSQL and a private Valkey from PyPI wheels, for a machine that has no database of its own."""

from hypervisor.embedded.engine import EngineError
from hypervisor.embedded.engines import Engines, remove
from hypervisor.embedded.places import data_key, database_url, redis_url, socket_dir

__all__ = ["EngineError", "Engines", "data_key", "database_url", "redis_url", "remove", "socket_dir"]
