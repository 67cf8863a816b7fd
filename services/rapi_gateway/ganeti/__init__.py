"""Ganeti's RAPI: its client, its opcodes, its errors."""
