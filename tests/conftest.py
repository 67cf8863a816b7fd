"""What every test may ask for. Nothing is started before a test asks."""

from tests.parts.postgres import database_url, databases, migrated_database, postgres

__all__ = ["database_url", "databases", "migrated_database", "postgres"]
