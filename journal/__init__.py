"""Remembers and tells: the numbered, hash-chained lines of a site, who acted, the live channel, and what follows it all."""
