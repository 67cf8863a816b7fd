"""SQL: tables in, frozen dataclasses out."""
