"""What tests of the response take from those of commands: a field that obeys, and its supervisor."""

from tests.commands.conftest import field, supervisor

__all__ = ["field", "supervisor"]
