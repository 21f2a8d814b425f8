"""`khalifa customers`: who they are, and two that are one."""

from collections.abc import Sequence
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from khalifa.application.customer_views import CustomerDetailsView, MergeView
from khalifa.application.ports.readers import Holder, TicketFilter
from khalifa.application.views import TicketView
from khalifa.domain.customers import CustomerId
from khalifa.domain.merges import MergeId
from khalifa.entrypoints.cli.customer_data import erase, export
from khalifa.entrypoints.cli.customer_meant import Who, customer_meant, settings_of
from khalifa.entrypoints.cli.opening import opened
from khalifa.entrypoints.cli.options import Data, command
from khalifa.entrypoints.cli.output import CommandFailed, answers, note

MOST = 1000
TICKETS_SHOWN = 20

app = command(
    "customers",
    "Who customers are: find, show, give out, forget; merge two that are one, and part them.",
)
app.command(export)
app.command(erase)

Limit = Annotated[int, Parameter(help=f"How many at most, up to {MOST:,}.")]


@app.command(name="list")
async def list_(
    query: Annotated[
        str, Parameter(help="Part of a name, or a telephone number or its beginning.")
    ] = "",
    /,
    *,
    limit: Limit = 50,
    data: Data = None,
) -> None:
    """List customers, the newest first."""
    settings = settings_of(data)
    async with opened(settings) as container:
        page = await container.read_customers().find(None, query, limit=_at_most(limit))
    if not page.items:
        note("There is no such customer." if query else "There is no customer yet.")
        return
    table = _table("id", "name", "phone", "tags", "")
    for one in page.items:
        table.add_row(
            str(one.id),
            one.name or "",
            _plus(one.phone),
            ", ".join(one.tags),
            "blocked" if one.blocked else "",
        )
    answers().print(table, markup=False)
    if page.next_cursor is not None:
        note(f"There are more; --limit shows up to {MOST:,}.")


@app.command
async def show(who: Who, /, *, data: Data = None) -> None:
    """Show all that is known of a customer: identities, tickets, merges."""
    settings = settings_of(data)
    async with opened(settings) as container:
        customer_id = await customer_meant(container, settings, who)
        view = await container.read_customers().get(None, customer_id)
        tickets = await container.inbox().tickets(
            status=TicketFilter.ALL,
            holder=Holder.ANYONE,
            customer=CustomerId(view.id),
            cursor="",
            limit=TICKETS_SHOWN,
        )
    screen = answers()
    screen.print(_facts(view), markup=False)
    screen.print(_identities(view), markup=False)
    if tickets.items:
        screen.print(_tickets(tickets.items), markup=False)
    if view.merges:
        screen.print(_merges(view.merges), markup=False)


@app.command
async def merge(
    who: Who,
    other: Annotated[str, Parameter(help="Who is the same person, and becomes part of the first.")],
    /,
    *,
    data: Data = None,
) -> None:
    """Make two customers one. It can be undone."""
    settings = settings_of(data)
    async with opened(settings) as container:
        kept = await customer_meant(container, settings, who)
        absorbed = await customer_meant(container, settings, other)
        done = await container.merge_customers()(None, kept, absorbed)
    note(f"Customer {done.absorbed_id} is part of customer {done.kept_id} now.")
    note(f"To undo it: khalifa customers unmerge {done.id}")


@app.command
async def unmerge(
    merge_id: Annotated[int, Parameter(help="The merge's number: `khalifa customers merges`.")],
    /,
    *,
    data: Data = None,
) -> None:
    """Undo a merge: all goes back to whose it was."""
    settings = settings_of(data)
    async with opened(settings) as container:
        done = await container.unmerge_customers()(None, MergeId(merge_id))
    note(f"Customers {done.kept_id} and {done.absorbed_id} are two again.")


@app.command
async def merges(*, limit: Limit = 50, data: Data = None) -> None:
    """List merges, the newest first: by hand, and those that a message proved."""
    settings = settings_of(data)
    async with opened(settings) as container:
        found = await container.read_customers().merges(_at_most(limit))
    if not found:
        note("No customers were merged.")
        return
    answers().print(_merges(found), markup=False)


def _at_most(limit: int) -> int:
    if not 1 <= limit <= MOST:
        raise CommandFailed(f"--limit is a number from 1 to {MOST:,}.")
    return limit


def _table(*headings: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in headings:
        table.add_column(heading)
    return table


def _plus(phone: str | None) -> str:
    return f"+{phone}" if phone else ""


def _facts(view: CustomerDetailsView) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold")
    table.add_column()
    by_whom = "by hand" if view.named_by_hand else "WhatsApp's"
    for name, value in (
        ("customer", str(view.id)),
        ("name", f"{view.name} ({by_whom})" if view.name else "not known"),
        ("phone", _plus(view.phone) or "not known"),
        ("blocked", f"since {view.blocked_at:%Y-%m-%d %H:%M} UTC" if view.blocked_at else ""),
        ("tags", ", ".join(view.tags)),
        ("notes", view.notes or ""),
        ("first came from", view.provider),
        ("last wrote on", view.last_provider or ""),
    ):
        if value:
            table.add_row(name, value)
    return table


def _identities(view: CustomerDetailsView) -> Table:
    table = _table("identity", "of", "", "")
    for one in view.identities:
        name = _plus(one.id_ext) if one.kind == "phone" else one.id_ext
        table.add_row(one.kind, one.provider or "any", name, "former" if one.former else "")
    return table


def _tickets(tickets: list[TicketView]) -> Table:
    table = _table("ticket", "status", "agent", "opened")
    for one in tickets:
        agent = one.agent.name if one.agent else ""
        table.add_row(str(one.number), one.status, agent, f"{one.opened_at:%Y-%m-%d %H:%M}")
    return table


def _merges(found: Sequence[MergeView]) -> Table:
    table = _table("merge", "customer", "absorbed", "when", "why", "")
    for one in found:
        table.add_row(
            str(one.id),
            str(one.kept_id),
            str(one.absorbed_id),
            f"{one.at:%Y-%m-%d %H:%M}",
            one.reason,
            f"undone {one.undone_at:%Y-%m-%d %H:%M}" if one.undone_at else "",
        )
    return table
