"""NGSI-LD notifications."""


def decode(content, mapping):
    raise NotImplementedError
