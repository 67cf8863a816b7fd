"""Volumes and their types, as Cinder speaks of them."""
