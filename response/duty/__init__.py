"""Duty: positions of a control room, who holds them, and who the rota expects."""
