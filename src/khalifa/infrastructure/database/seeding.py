"""A database as it is after years: made-up customers and conversations, by set-based SQL."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Integer,
    String,
    Table,
    case,
    cast,
    create_engine,
    delete,
    func,
    insert,
    literal,
    literal_column,
    select,
    text,
    union_all,
)
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from khalifa.domain.contacts import ANY_PROVIDER, IdentityKind, ProviderName
from khalifa.domain.errors import KhalifaError
from khalifa.domain.folding import folded, folded_letters
from khalifa.domain.messages import DeliveryStatus, Direction, MessageKind, SenderType
from khalifa.domain.tickets import TicketEventKind, TicketStatus
from khalifa.infrastructure.database import tables as t
from khalifa.infrastructure.database.engine import prepare, with_driver
from khalifa.infrastructure.database.types import to_utc_text

# Rows to a statement, each a transaction: a progress bar moves, and no undo log grows.
AT_ONCE = 10_000
JOURNAL = "seed"
FIRST_PHONE = 201_000_000_000
MOST_CUSTOMERS = 100_000_000
_FIRST_LID = 100_000_000_000_000
# Every so manyeth customer is known by an id alone, as since 2025 some are.
_WITHOUT_PHONE = 20

_GIVEN = ("منى", "أحمد", "سارة", "محمد", "هدى", "عمر", "ليلى", "كريم", "Nour", "Youssef")
_FAMILY = ("علي", "حسن", "إبراهيم", "السيد", "محمود", "فتحي", "Fahmy", "Mansour", "Adel")
_ASKED = (
    "السلام عليكم، هل يوجد بنادول إكسترا؟",
    "عايز أوصل الطلب على العنوان القديم",
    "Do you have insulin pens today?",
    "الروشتة دي متوفرة عندكم؟",
    "بكام علبة الفيتامين؟",
    "شكرًا جزيلًا",
    "متى يصل المندوب؟",
)
_ANSWERED = (
    "أهلًا بك، نعم متوفر",
    "سيصلك الطلب خلال ساعة",
    "Yes, we do. Shall we deliver?",
    "السعر خمسون جنيهًا",
    "تحت أمرك",
)


class NotSeedable(KhalifaError):
    """The database cannot be seeded as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seed:
    """How much is made up."""

    customers: int
    tickets: int
    messages: int
    agents: int
    provider: ProviderName
    days: int

    def __post_init__(self) -> None:
        if not 0 < self.customers <= MOST_CUSTOMERS or self.agents < 1 or self.days < 1:
            raise NotSeedable("There must be customers, agents and days: at least one of each.")
        if not 0 <= self.tickets <= self.customers <= self.messages:
            raise NotSeedable(
                "A customer has at most one active ticket, and has written at least once: "
                "no more tickets than customers, no fewer messages."
            )


def seed(
    url: str,
    *,
    customers: int,
    tickets: int,
    messages: int,
    agents: int,
    provider: ProviderName,
    days: int = 365,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> None:
    """
    Fill the database at *url*, which has khalifa's tables and no customer yet.

    Each customer has one ticket; of *tickets* customers it is open. The
    messages go round and round the customers, question and answer in turn,
    the last one just now and the first *days* ago. *progress* hears how many
    rows of how many are there. From synchronous code; blocks for as long as it
    takes.

    Raises:
        NotSeedable: there are customers, or the numbers make no sense.
    """
    wanted = _Seed(
        customers=customers,
        tickets=tickets,
        messages=messages,
        agents=agents,
        provider=provider,
        days=days,
    )
    # Numbers are counted by joining digits, every one with every other.
    engine = create_engine(
        with_driver(url, asynchronous=False), hide_parameters=True, enable_from_linting=False
    )
    prepare(engine)
    try:
        with engine.begin() as connection:
            if connection.execute(select(t.customers.c.id).limit(1)).first() is not None:
                raise NotSeedable(
                    "There are customers in this database: what is made up would be among them. "
                    "Seed an empty one."
                )
            now = datetime.now(UTC).replace(microsecond=0)
            first_agent = _add_agents(connection, wanted, now)
            # Before the messages are there: workers that run fold none of them a second time.
            connection.execute(delete(t.search_progress))
            mark = {"id": 1, "folded_until": wanted.messages}
            connection.execute(insert(t.search_progress), mark)
        parts = list(_Rows(wanted, now, first_agent).parts())
        total, done = sum(part.rows for part in parts), 0
        for part in parts:
            for rows in _inserted(engine, part):
                done += rows
                progress(min(done, total), total)
        _analyze(engine)
    except SQLAlchemyError as error:
        raise NotSeedable(f"The database refuses: {type(error).__name__}.") from error
    finally:
        engine.dispose()


def _add_agents(connection: Connection, wanted: _Seed, now: datetime) -> int:
    first = (connection.scalar(select(func.max(t.agents.c.id))) or 0) + 1
    rows = [
        {
            "id": n,
            "name": f"Seeded agent {n}",
            "folded_name": f"seeded agent {n}",
            "role": "agent",
            "capacity": max(1, min(1000, -(-wanted.tickets // wanted.agents))),
            "presence": "offline",
            "disabled": False,
            "created_at": now,
            "version": 1,
        }
        for n in range(first, first + wanted.agents)
    ]
    connection.execute(insert(t.agents), rows)
    return first


@dataclass(frozen=True, slots=True)
class _Part:
    """So many rows of one table: what each column is, for the n-th row."""

    table: Table
    rows: int
    values: Mapping[str, Any]


def _inserted(engine: Engine, part: _Part) -> Iterator[int]:
    """Insert the rows list by list; yield how many each had."""
    names = list(part.values)
    # Quoted by the dialect, and typed by the column where the expression is no column's.
    values = [
        value if isinstance(value, ColumnElement) else literal(value, part.table.c[name].type)
        for name, value in part.values.items()
    ]
    with engine.connect() as connection:
        if connection.dialect.name != "sqlite":
            # What is made up cannot collide, and is sorted before an empty index is built.
            connection.execute(text("SET SESSION unique_checks = 0, foreign_key_checks = 0"))
            connection.commit()
        for first in range(0, part.rows, AT_ONCE):
            numbers = _numbers(first, min(AT_ONCE, part.rows - first))
            query = select(*values).select_from(numbers)
            with connection.begin():
                connection.execute(insert(part.table).from_select(names, query))
            yield min(AT_ONCE, part.rows - first)
        if connection.dialect.name != "sqlite":
            connection.execute(text("SET SESSION unique_checks = 1, foreign_key_checks = 1"))


_N: ColumnElement[int] = literal_column("numbers.n", Integer)


def _numbers(first: int, how_many: int) -> Any:
    """Return the numbers from *first* on, as a table: no database has the same way to count."""
    digit = union_all(*(select(literal_column(str(d), Integer).label("d")) for d in range(10)))
    places = [digit.subquery(f"digit{place}") for place in range(len(str(AT_ONCE)) - 1)]
    n = sum(
        (table.c.d * 10**place for place, table in enumerate(places)),
        start=literal_column(str(first), Integer),
    )
    numbers = select(n.label("n")).select_from(*places).subquery("all_numbers")
    return select(numbers.c.n).where(numbers.c.n < first + how_many).subquery("numbers")


class _Ago(FunctionElement[str]):
    """A fixed moment less so many seconds, as text with microseconds."""

    type = String()
    inherit_cache = True

    def __init__(self, moment: datetime, seconds: ColumnElement[int]) -> None:
        super().__init__(literal(to_utc_text(moment), String()), seconds)


@compiles(_Ago, "mysql")
@compiles(_Ago, "mariadb")
def _mysql_ago(element: _Ago, compiler: SQLCompiler, **options: object) -> str:
    moment, seconds = (compiler.process(clause, **options) for clause in element.clauses)
    return f"TIMESTAMPADD(SECOND, -({seconds}), {moment})"


@compiles(_Ago, "sqlite")
def _sqlite_ago(element: _Ago, compiler: SQLCompiler, **options: object) -> str:
    moment, seconds = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(datetime({moment}, (-({seconds})) || ' seconds') || '.000000')"


@dataclass(frozen=True, slots=True)
class _Rows:
    """What the rows of each table hold: the customer of number n has the id n + 1."""

    wanted: _Seed
    now: datetime
    first_agent: int

    def parts(self) -> Iterator[_Part]:
        people = self.wanted.customers
        yield _Part(t.customers, people, self._customer())
        identity = {"customer_id": _N + 1, "given_up_at": None}
        own = {"provider": self.wanted.provider, "kind": IdentityKind.LID.value}
        yield _Part(t.customer_identities, people, {**identity, **own, "id_ext": _lid(_N)})
        # The n-th of those who have a phone: one in so many is passed over.
        with_phone = people - people // _WITHOUT_PHONE
        who = _N + _N // (_WITHOUT_PHONE - 1)
        phone = {"provider": ANY_PROVIDER, "kind": IdentityKind.PHONE.value}
        yield _Part(
            t.customer_identities,
            with_phone,
            {**identity, **phone, "customer_id": who + 1, "id_ext": _phone(who)},
        )
        yield _Part(t.tickets, people, self._ticket())
        opened = {"ticket_id": _N + 1, "kind": TicketEventKind.OPENED.value}
        yield _Part(t.ticket_events, people, {**opened, "at": self._at(_N)})
        yield _Part(t.messages, self.wanted.messages, self._message())
        found = {"message_id": _N + 1, "folded": self._text(_N, folded)}
        yield _Part(t.message_texts, self.wanted.messages, found)
        yield _Part(t.intake_ledger, self._heard(), self._account())

    def _customer(self) -> dict[str, Any]:
        name, folded_name = (
            _one_of(given, _N) + " " + _one_of(family, _N // len(_GIVEN))
            for given, family in ((_GIVEN, _FAMILY), (_each(_GIVEN), _each(_FAMILY)))
        )
        heard = func.replace(self._at(self._last_heard()), " ", "T")
        return {
            "id": _N + 1,
            "provider": self.wanted.provider,
            "id_ext": _id_ext(_N),
            "name": name,
            "folded_name": folded_name,
            "whatsapp_name": name,
            "named_by_hand": False,
            "phone": case((_has_phone(_N), _phone(_N))),
            "last_provider": self.wanted.provider,
            "last_inbound_at": f'{{"{self.wanted.provider}":"' + heard + '+00:00"}',
            "created_at": self._at(_N),
        }

    def _ticket(self) -> dict[str, Any]:
        is_open, last = self.wanted.tickets > _N, self._last(_N)
        answer = _N + self.wanted.customers
        waits = is_open & self._is_heard(last)
        return {
            "id": _N + 1,
            "customer_id": _N + 1,
            "provider": self.wanted.provider,
            "id_ext": _id_ext(_N),
            "status": case((is_open, TicketStatus.OPEN.value), else_=TicketStatus.CLOSED.value),
            "agent_id": self._agent(_N),
            "unread": case((waits, 1), else_=0),
            "waiting_since": case((waits, self._at(last))),
            "opened_at": self._at(_N),
            "closed_at": case((is_open, None), else_=self._at(last)),
            "last_message_at": self._at(last),
            "last_message": self._text(last),
            "last_message_kind": MessageKind.TEXT.value,
            "first_asked_at": self._at(_N),
            "first_answered_at": case((answer < self.wanted.messages, self._at(answer))),
            "version": 1,
        }

    def _message(self) -> dict[str, Any]:
        who, heard = _N % self.wanted.customers, self._is_heard(_N)
        key = "SEED" + cast(_N + 1, String(20))
        return {
            "id": _N + 1,
            "ticket_id": who + 1,
            "customer_id": who + 1,
            "direction": case((heard, Direction.IN.value), else_=Direction.OUT.value),
            "sender_type": case((heard, SenderType.CUSTOMER.value), else_=SenderType.AGENT.value),
            "agent_id": case((heard, None), else_=self._agent(who)),
            "kind": MessageKind.TEXT.value,
            "text": self._text(_N),
            "status": case((heard, DeliveryStatus.RECEIVED.value), else_=DeliveryStatus.READ.value),
            "provider": self.wanted.provider,
            "whatsapp_message_id": key,
            "message_key": key,
            "sent_at": self._at(_N),
            "received_at": self._at(_N),
            "journal": case((heard, JOURNAL)),
            "number": case((heard, self._heard_before(_N) + 1), else_=0),
            "position": 0,
            "id_ext": _id_ext(who),
            "stored_at": self._at(_N),
            "version": 1,
        }

    def _account(self) -> dict[str, Any]:
        """Account for the n-th message that was heard: of every second round of the customers."""
        people = self.wanted.customers
        at = self._at(_N // people * 2 * people + _N % people)
        return {
            "journal": JOURNAL,
            "number": _N + 1,
            "provider": self.wanted.provider,
            "received_at": at,
            "filed_at": at,
            "found": 1,
            "stored": 1,
            **dict.fromkeys(("duplicate", "ignored", "rejected"), 0),
        }

    def _is_heard(self, message: ColumnElement[int]) -> ColumnElement[bool]:
        return (message // self.wanted.customers) % 2 == 0

    def _heard_before(self, message: ColumnElement[int]) -> ColumnElement[int]:
        """Return how many messages before *message*, a heard one, were heard."""
        people = self.wanted.customers
        return message // people // 2 * people + message % people

    def _heard(self) -> int:
        rounds, rest = divmod(self.wanted.messages, self.wanted.customers)
        whole = -(-rounds // 2) * self.wanted.customers
        return whole + (rest if rounds % 2 == 0 else 0)

    def _last(self, customer: ColumnElement[int]) -> ColumnElement[int]:
        last = self.wanted.messages - 1
        return last - (last - customer) % self.wanted.customers

    def _last_heard(self) -> ColumnElement[int]:
        last = self._last(_N)
        return case((self._is_heard(last), last), else_=last - self.wanted.customers)

    def _at(self, message: ColumnElement[int]) -> _Ago:
        """Return when the message of this number was written."""
        span = timedelta(days=self.wanted.days) // timedelta(seconds=1)
        total = self.wanted.messages
        return _Ago(self.now, (total - 1 - message) * span // total)

    def _agent(self, customer: ColumnElement[int]) -> ColumnElement[int]:
        return self.first_agent + customer % self.wanted.agents

    def _text(
        self, message: ColumnElement[int], as_: Callable[[str], str] = str
    ) -> ColumnElement[str]:
        return case(
            (self._is_heard(message), _one_of([as_(text) for text in _ASKED], message)),
            else_=_one_of([as_(text) for text in _ANSWERED], message),
        )


def _has_phone(customer: ColumnElement[int]) -> ColumnElement[bool]:
    return customer % _WITHOUT_PHONE != _WITHOUT_PHONE - 1


def _phone(customer: ColumnElement[int]) -> ColumnElement[str]:
    return cast(customer + FIRST_PHONE, String(20))


def _lid(customer: ColumnElement[int]) -> ColumnElement[str]:
    return cast(customer + _FIRST_LID, String(20))


def _id_ext(customer: ColumnElement[int]) -> ColumnElement[str]:
    return case((_has_phone(customer), _phone(customer)), else_=_lid(customer))


def _one_of(texts: Sequence[str], n: ColumnElement[int]) -> ColumnElement[str]:
    chosen = n % len(texts)
    return case(*zip((chosen == k for k in count()), texts, strict=False))


def _each(names: Sequence[str]) -> list[str]:
    return [folded_letters(name) for name in names]


def _analyze(engine: Engine) -> None:
    filled = (t.customers, t.customer_identities, t.tickets, t.messages, t.message_texts)
    names = ", ".join(table.name for table in (*filled, t.intake_ledger))
    with engine.begin() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        # Else the planner knows nothing of what has come so fast.
        connection.execute(text("ANALYZE" if is_sqlite else f"ANALYZE TABLE {names}"))
