"""`khalifa customers`, as the operator calls it."""

import asyncio
import json

import pytest

from khalifa.domain.contacts import Identity, IdentityKind, PhoneNumber, ProviderName
from khalifa.domain.customers import Customer
from khalifa.domain.tickets import Ticket
from khalifa.entrypoints.cli.opening import opened
from khalifa.settings import Settings
from tests.builders import a_customer, a_ticket
from tests.e2e.shell import Shell

LID = Identity(ProviderName("wppconnect"), IdentityKind.LID, "14443111111111")


async def _store(settings: Settings) -> tuple[Customer, Customer, Ticket]:
    phone = Identity.of_phone(PhoneNumber("201012345678"))
    mona = a_customer(identities=[phone], name="Mona [b]El-Sayed[/b]")
    by_lid = a_customer(identities=[LID], name=None)
    async with opened(settings) as container:
        transact = container.quiet_transact()
        await transact(lambda uow: uow.customers.add_new([mona, by_lid]))
        ticket = a_ticket(by_lid)
        await transact(lambda uow: uow.tickets.add_new([ticket]))
    return mona, by_lid, ticket


@pytest.fixture
def known(ready: Shell) -> tuple[Customer, Customer, Ticket]:
    return asyncio.run(_store(Settings.from_env(ready.env)))


def test_customers_are_found_merged_shown_and_parted(
    ready: Shell,
    known: tuple[Customer, Customer, Ticket],
) -> None:
    mona, by_lid, ticket = known

    everybody = ready.fine("customers", "list").splitlines()
    by_number = ready.fine("customers", "list", "010 1234").splitlines()
    merged = ready.run("customers", "merge", "+20 101 234 5678", str(by_lid.id))
    page = ready.fine("customers", "show", "0101 234 5678")
    listed = ready.fine("customers", "merges").splitlines()
    merge_id = listed[1].split()[0]
    ready.fine("customers", "unmerge", merge_id)
    again = ready.run("customers", "unmerge", merge_id)
    alone = ready.fine("customers", "show", str(mona.id))

    assert [line.split()[0] for line in everybody[1:]] == [str(by_lid.id), str(mona.id)]
    assert len(by_number) == 2
    assert "Mona [b]El-Sayed[/b]" in by_number[1]
    assert f"part of customer {mona.id}" in merged.errors
    assert f"unmerge {merge_id}" in merged.errors
    assert LID.id_ext in page
    assert f"+{LID.id_ext}" not in page
    assert f"\n{ticket.id} " in page
    assert "by hand" in listed[1]
    assert (again.code, "undone before" in again.errors) == (1, True)
    assert LID.id_ext not in alone
    assert "undone" in alone


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["show", "7"], "no such customer"),
        (["show", "hello"], "not a phone number"),
        (["show", "01112345678"], "has written yet"),
        (["merge", "7", "8"], "no such customer"),
        (["unmerge", "7"], "no such merge"),
        (["list", "--limit", "0"], "from 1 to 1,000"),
    ],
)
def test_who_is_not_there_is_told_in_a_sentence(
    ready: Shell,
    arguments: list[str],
    sentence: str,
) -> None:
    answer = ready.run("customers", *arguments)

    assert answer.code == 1
    assert sentence in answer.errors.replace("\n", " ")


def test_an_empty_list_says_so(ready: Shell) -> None:
    assert "no customer yet" in ready.run("customers", "list").errors
    assert "no such customer" in ready.run("customers", "list", "mona").errors
    assert "No customers were merged" in ready.run("customers", "merges").errors


def test_a_customer_is_given_out_and_forgotten(
    ready: Shell, known: tuple[Customer, Customer, Ticket]
) -> None:
    mona, by_lid, ticket = known
    who = f"wppconnect:lid:{LID.id_ext}"

    ready.fine("customers", "export", who, "given-out")
    again = ready.run("customers", "export", who, "given-out")
    asked = ready.run("customers", "erase", who)
    told = ready.fine("customers", "erase", who, "--yes")

    given = json.loads((ready.folder / "given-out" / "customer.json").read_text())
    assert given["customer"]["identities"][0]["id_ext"] == LID.id_ext
    assert [one["ticket"]["id"] for one in given["tickets"]] == [ticket.id]
    assert (again.code, "is there already" in again.errors) == (1, True)
    assert (asked.code, "say --yes" in asked.errors) == (1, True)
    assert f"Customer {by_lid.id} is forgotten" in told
    assert "0 left" in told
    assert ready.run("customers", "show", who).code == 1
    assert LID.id_ext not in ready.fine("customers", "show", str(by_lid.id))
    assert str(mona.name) in ready.fine("customers", "list")
    record = ready.fine("audit")
    assert (record.count("customer.exported"), record.count("customer.erased")) == (1, 1)
