"""The ledger's balance over HTTP."""

from dataclasses import replace

from khalifa.domain.agents import Role
from tests.http.desk import Desk


async def test_an_administrator_sees_that_every_webhook_is_accounted_for(desk: Desk) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    await desk.customer_writes("one")
    await desk.customer_writes("two")

    balance = (await admin.get("/api/ledger")).json()

    assert balance["balanced"] is True
    assert (balance["found"], balance["stored"], balance["rejected"]) == (2, 2, 0)
    assert (balance["waiting"], balance["differences"]) == (0, [])
    assert (await admin.get("/api/ledger?hours=0")).status_code == 422


async def test_what_does_not_add_up_is_named(desk: Desk) -> None:
    admin, _, _ = await desk.agent("admin", role=Role.ADMIN)
    await desk.customer_writes("one")
    kept = desk.container.memory_store().tables.ledger
    [(key, entry)] = kept.items()
    kept[key] = replace(entry, found=entry.found + 1)

    balance = (await admin.get("/api/ledger?hours=1")).json()

    assert balance["balanced"] is False
    assert balance["differences"] == [f"Body {key.journal}:{key.number} does not add up."]
