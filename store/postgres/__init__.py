"""The Backend over PostgreSQL."""
