"""MySQL, MariaDB and SQLite through SQLAlchemy Core."""
