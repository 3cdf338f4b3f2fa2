"""Instructions (consignes): what holds for a time, for whom, and who has read it."""
