"""Who a customer is, on real servers and processes: a LID, its number, and one customer of two."""

import time
from pathlib import Path

from tests.e2e.lines import WppconnectLine
from tests.e2e.system import System, new_key
from tests.servers import MysqlServer, PrivateRedis, eventually

PHONE, LID = "201111111111", "14443111111111"


async def test_a_lids_customer_becomes_the_one_of_its_number_and_is_answered_there(
    mariadb: MysqlServer, redis_server: PrivateRedis, tmp_path: Path
) -> None:
    redis_server.flushall()
    async with System(WppconnectLine, mariadb, redis_server, tmp_path) as system:
        line = system.line
        assert isinstance(line, WppconnectLine)
        now = time.time()
        await system.post_webhooks(
            [
                line.text_body(PHONE, "by number", at=now - 2),
                line.text_body(f"{LID}@lid", "by lid", at=now - 1),
            ]
        )
        await system.filed(2)
        assert await system.everything(f"/api/customers?query={LID}") == []

        await line.act("knows_lid", phone=PHONE, lid=LID)
        await eventually(
            # Asked in vain at first, it is asked again half a minute later; not in this test.
            lambda: system.number("SELECT COUNT(*) FROM identity_lookups") == 1,
            within=10,
            what="a lookup waiting",
        )
        system.mysql.execute(
            f"USE `{system.database_url.rsplit('/', 1)[1].split('?')[0]}`",
            "UPDATE identity_lookups SET due_at = '2020-01-01'",
        )

        async def is_one() -> bool:
            return len(await system.everything("/api/customers")) == 1

        await eventually(is_one, within=20, what="one customer of two")
        (customer,) = await system.everything("/api/customers")
        page = await system.ask("GET", f"/api/customers/{customer['id']}")
        (ticket,) = await system.everything(f"/api/tickets?customer={customer['id']}")
        said = await system.everything(f"/api/tickets/{ticket['id']}/messages")
        await system.ask(
            "POST",
            f"/api/tickets/{ticket['id']}/messages",
            {"text": "answer"},
            headers={"Idempotency-Key": new_key()},
            status=202,
        )

        async def answered() -> bool:
            return bool(await line.went_out())

        await eventually(answered, within=20, what="the answer sent")
        assert customer["phone"] == PHONE
        assert {one["kind"] for one in page["identities"]} == {"phone", "lid"}
        assert [message["text"] for message in said] == ["by number", "by lid"]
        assert [one.to for one in await line.went_out()] == [PHONE]

        merge_id = page["merges"][0]["id"]
        parted = await system.ask("POST", f"/api/customers/{customer['id']}/unmerge")
        assert parted["merges"][0]["id"] == merge_id
        assert len(await system.everything("/api/customers")) == 2
        assert system.count("tickets", "status = 'open'") == 2
