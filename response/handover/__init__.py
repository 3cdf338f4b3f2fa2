"""Hand-overs: the facts of a shift, given by one and accepted by the next."""
