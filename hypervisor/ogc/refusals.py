"""What a request to a layer is refused for: the standard asks for 400, and the detail names the parameter."""

from rest_framework import status
from rest_framework.exceptions import APIException


class BadParameter(APIException):
    status_code = status.HTTP_400_BAD_REQUEST

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")
