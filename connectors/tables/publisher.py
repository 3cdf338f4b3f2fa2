"""What is said in the file of any publisher that is asked over HTTP."""

from typing import Annotated

from msgspec import Meta, Struct


class Publisher(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Somebody who publishes at `url` what stands. Its events are of `asset`, else of the address of its first value."""

    name: Annotated[str, Meta(pattern=r"^[-\w.]{1,60}\Z")]
    url: Annotated[str, Meta(pattern=r"^https?://[^\s/]+")]
    every: Annotated[float, Meta(ge=0.1, le=86_400)] = 60.0
    timeout: Annotated[float, Meta(ge=0.5, le=60)] = 10.0
    language: str = "fr"
    asset: Annotated[str, Meta(max_length=60)] = ""
    headers: dict[str, str] = {}
    """Sent with each request: a key, or a user and a password in base 64."""
