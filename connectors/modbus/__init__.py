"""Modbus TCP: registers and coils polled by a table, and written by order."""
