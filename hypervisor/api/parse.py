"""Bodies of the interface: JSON that is refused when it is too deep, or when its texts could not be told again to its sender.

Their size is Django's to bound (DATA_UPLOAD_MAX_MEMORY_SIZE).
"""

from typing import Any

import msgspec
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from assets.feeds.decode import describe


class JSON(JSONParser):
    def parse(self, stream: Any, media_type: str | None = None, parser_context: dict[str, Any] | None = None) -> object:
        """Raises ParseError, also for what REST framework fails at: a thousand levels, half of a surrogate pair."""
        try:
            return msgspec.json.decode(stream.read())
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise ParseError(describe(error)) from error
