"""What the cache in Valkey holds: numbers and bytes, never pickles: who writes there must not run anything in our processes."""


class Plain:
    """Serializer of Django's Redis cache. Raises TypeError for what is neither an int, a float nor bytes."""

    def __init__(self, protocol: int | None = None) -> None:
        """Django asks for a protocol of pickles; there is none."""

    def dumps(self, thing: float | bytes) -> int | bytes:
        """An int as it is, so that Valkey can count it up."""
        match thing:
            case bool():
                raise TypeError("the cache holds numbers and bytes")
            case int():
                return thing
            case float():
                return b"f" + repr(thing).encode()
            case bytes():
                return b"b" + thing
        raise TypeError("the cache holds numbers and bytes")

    def loads(self, data: bytes) -> float | bytes:
        """Raises ValueError for what was not written by `dumps`."""
        if data[:1] == b"b":
            return data[1:]
        return float(data[1:]) if data[:1] == b"f" else int(data)
