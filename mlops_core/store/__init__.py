"""Persistence: the only home of SQLAlchemy. Rows never leave this package; records do."""
