"""What may become of asking a device, or of ordering it about."""


class Gone(Exception):
    """The device does not answer; the message says how."""


class Exceptional(Exception):
    """The device answers, and not with what was asked; the message has its words."""


class Refused(Exception):
    """The device, or its table, does not take the order."""


class Failed(Exception):
    """The order certainly did not arrive."""


class Unanswered(Exception):
    """The order may have arrived, and nobody said so."""
