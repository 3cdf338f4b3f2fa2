"""The pretend supervisors at work: one process that pushes, publishes and answers polls like the real ones."""
