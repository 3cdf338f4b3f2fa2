"""Work orders: what is ordered from contractors about an asset, by which contract, until when, and what became of it."""
