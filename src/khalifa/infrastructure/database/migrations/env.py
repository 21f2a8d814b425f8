"""What Alembic runs: our metadata against the connection it was given, or ``-x url=…``."""

from alembic import context
from sqlalchemy import Connection, create_engine

from khalifa.infrastructure.database.comparison import belongs
from khalifa.infrastructure.database.engine import prepare, with_driver
from khalifa.infrastructure.database.tables import metadata


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=belongs(connection.dialect.name),
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    engine = create_engine(
        with_driver(context.get_x_argument(as_dictionary=True)["url"], asynchronous=False)
    )
    prepare(engine)
    with engine.connect() as opened:
        _run(opened)
        opened.commit()
