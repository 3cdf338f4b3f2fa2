"""What contractors committed themselves to, month by month: figures, penalties, exclusions, statements that are frozen."""
