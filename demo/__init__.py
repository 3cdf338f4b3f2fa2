"""A pretend city whose supervisors speak the real protocols: a client of the product that imports nothing of it."""
