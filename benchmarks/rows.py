"""A database that holds much already: one customer's rows, multiplied by set-based SQL."""

from collections.abc import Mapping

from benchmarks.traffic import CUSTOMERS, phone
from tests.far_sides.cloud_api_ids import bsuid_of
from tests.servers import MysqlServer

# The digits and the business-scoped id of customer n, as traffic.py and the lookalikes make them.
_PHONE = "CONCAT('2010', LPAD(n.seq, 8, '0'))"
_BSUID = f"CONCAT('EG.', LPAD(CONV(LEFT(SHA2({_PHONE}, 256), 16), 16, 10), 20, '0'))"


class Rows:
    """The rows of one database."""

    def __init__(self, server: MysqlServer, url: str) -> None:
        self._server = server
        self._use = f"USE `{url.rsplit('/', 1)[1].split('?', maxsplit=1)[0]}`"

    def run(self, *statements: str) -> list[tuple[object, ...]]:
        return self._server.execute(self._use, *statements)

    def number(self, query: str) -> int:
        """Return the one number that *query* gives, 0 for none."""
        [(number,)] = self.run(query)
        return int(str(number or 0))

    def last_message(self) -> int:
        return self.number("SELECT MAX(id) FROM messages")

    def messages_after(self, message_id: int) -> int:
        return self.number(f"SELECT COUNT(*) FROM messages WHERE id > {message_id}")

    def multiply_customers(self) -> None:
        """Make the other customers of the first, each with an open ticket, agents in turn."""
        first = self.number("SELECT MIN(id) FROM customers")
        ticket = self.number("SELECT MIN(id) FROM tickets")
        agents = [str(row[0]) for row in self.run("SELECT id FROM agents WHERE role = 'agent'")]
        named = (
            f"CASE t.id_ext WHEN '{phone(0)}' THEN {_PHONE} "
            f"WHEN '{bsuid_of(phone(0))}' THEN {_BSUID} END"
        )
        copies = f"seq_1_to_{CUSTOMERS - 1}"
        self._copy(
            "customers", copies, {"id": f"{first} + n.seq", "id_ext": named, "phone": _PHONE}
        )
        self._copy(
            "customer_identities",
            copies,
            {"id": None, "id_ext": named, "customer_id": f"{first} + n.seq"},
        )
        holder = f"ELT(1 + n.seq % {len(agents)}, {', '.join(agents)})"
        self._copy(
            "tickets",
            copies,
            {
                "id": f"{ticket} + n.seq",
                "id_ext": named,
                "customer_id": f"{first} + n.seq",
                "agent_id": holder,
            },
        )
        self.run("ANALYZE TABLE customers, customer_identities, tickets")

    def multiply_messages(self, how_many: int) -> None:
        """Make old messages of the one that is there, of all customers, with their accounts."""
        first = self.number("SELECT MIN(id) FROM customers")
        ticket = self.number("SELECT MIN(id) FROM tickets")
        copies = f"seq_1_to_{how_many}"
        ago = "INTERVAL n.seq SECOND"
        self._copy(
            "messages",
            copies,
            {
                "id": None,
                "customer_id": f"{first} + n.seq % {CUSTOMERS}",
                "ticket_id": f"{ticket} + n.seq % {CUSTOMERS}",
                "whatsapp_message_id": "CONCAT('wamid.HBgMMjAx', SHA2(n.seq, 224))",
                "message_key": "IF(t.message_key IS NULL, NULL, UPPER(MD5(n.seq)))",
                "sent_at": f"t.sent_at - {ago}",
                "received_at": f"t.received_at - {ago}",
                "stored_at": f"t.stored_at - {ago}",
                "journal": "'earlier'",
                "number": "n.seq",
            },
        )
        account = {
            "journal": "'earlier'",
            "number": "n.seq",
            "received_at": f"t.received_at - {ago}",
        }
        self._copy("intake_ledger", copies, account)
        self._copy("intake_bodies", copies, account)
        self.run("ANALYZE TABLE messages, intake_ledger, intake_bodies")

    def _copy(self, table: str, copies: str, changes: Mapping[str, str | None]) -> None:
        """Insert the rows of *table* again for each n of *copies*; None is a column left out."""
        columns = [
            str(row[0])
            for row in self.run(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE()"
                f" AND table_name = '{table}' AND generation_expression IS NULL"
            )
            if changes.get(str(row[0]), "") is not None
        ]
        names = ", ".join(f"`{name}`" for name in columns)
        values = ", ".join(changes.get(name) or f"t.`{name}`" for name in columns)
        # Without the two checks the server sorts before it builds an empty table's indexes.
        self.run(
            "SET SESSION unique_checks = 0, foreign_key_checks = 0",
            f"INSERT INTO `{table}` ({names}) SELECT {values} FROM `{table}` AS t "
            f"JOIN {copies} AS n",
        )
