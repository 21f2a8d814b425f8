"""The schema's history. `schema` runs it; `alembic revision` adds to it."""
