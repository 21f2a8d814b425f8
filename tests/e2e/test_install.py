"""docs/install.md, typed word by word at a bare Debian 12; then used, updated, power cut."""

import asyncio
import re
import shutil
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from socket import AF_INET, AddressFamily
from typing import Any

import aiohttp
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult

from khalifa.infrastructure.messaging.sandbox.settings import SandboxSettings
from tests.e2e.bare_debian import ROOT, BareDebian, why_not_here
from tests.e2e.lines import SandboxLine
from tests.e2e.system import new_key, phone
from tests.servers import eventually

PAGE = (ROOT / "docs" / "install.md").read_text()
# For a name that no certificate is to be had for, Caddy signs one itself.
THEIR_NAME, OUR_NAME = "desk.example.com", "desk.localhost"
SITE = f"https://{OUR_NAME}"
CADDYS_OWN = "var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt"
FROM_OUTSIDE = re.compile(r"\b(?:apt-get|pip) ")
NEXT = "0.1.0.post1"
UNITS = " ".join(f"{one.name.replace('@', '@intake')}" for one in ROOT.glob("deploy/systemd/*"))

pytestmark = [
    pytest.mark.long,
    pytest.mark.timeout(2400),
    pytest.mark.skipif(why_not_here() is not None, reason=str(why_not_here())),
]


def blocks_of(heading: str) -> list[str]:
    """Return the code blocks of the page below *heading*, down to the next heading."""
    text = PAGE.split(f"\n{heading}\n", 1)[1]
    text = re.split(r"^#", text, maxsplit=1, flags=re.MULTILINE)[0]
    return re.findall(r"^```\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def type_in(machine: BareDebian, blocks: list[str]) -> None:
    for block in blocks:
        words = block.replace(THEIR_NAME, OUR_NAME)
        machine.run(words, folder="/root", packages=bool(FROM_OUTSIDE.search(words)))


def bring_over(machine: BareDebian, *, version: str | None = None) -> None:
    """Lay `dist/` and `deploy/` of this checkout before root; *version* is told by the package."""
    source = machine.root.with_name("checkout")
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.check_output(listed, cwd=ROOT, text=True)
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    desk = Path("src/khalifa/entrypoints/http/static/desk")
    shutil.copytree(ROOT / desk, source / desk, dirs_exist_ok=True)
    if version:
        for name in ("pyproject.toml", "src/khalifa/__init__.py"):
            said = re.compile(r'^(_*version_*) = ".+"$', re.MULTILINE)
            text = (source / name).read_text()
            (source / name).write_text(said.sub(rf'\1 = "{version}"', text))
    home = machine.root / "root"
    for folder in ("dist", "deploy"):
        shutil.rmtree(home / folder, ignore_errors=True)
    shutil.copytree(source / "deploy", home / "deploy")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.check_call(
        [*pip, "wheel", "--no-deps", "--wheel-dir", str(home / "dist"), str(source)]
    )
    listed = [sys.executable, str(source / "scripts" / "runtime_requirements.py")]
    (home / "dist" / "requirements.txt").write_bytes(subprocess.check_output(listed))
    shutil.rmtree(source)


class AtHome(AbstractResolver):
    """Finds every name at the machine itself."""

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host, host="127.0.0.1", port=port, family=AF_INET, proto=0, flags=0
            )
        ]

    async def close(self) -> None:
        """Nothing is held."""


class Visitor:
    """A browser, and the sandbox's own webhook calls: all they know of the machine is its name."""

    def __init__(self, http: aiohttp.ClientSession, line: SandboxLine) -> None:
        self._http = http
        self._line = line

    async def ask(self, method: str, path: str, body: object = None, *, status: int = 200) -> Any:
        headers = {"Origin": SITE, "Idempotency-Key": new_key()}
        async with self._http.request(method, SITE + path, json=body, headers=headers) as answer:
            assert answer.status == status, (method, path, answer.status, await answer.text())
            return await answer.json(content_type=None)

    async def sign_in(self) -> None:
        await self.ask("POST", "/api/auth/login", {"name": "admin", "password": "a password"})
        await self.ask("POST", "/api/agents/me/presence", {"presence": "online"})

    async def hear(self, text: str, *, by: str) -> int:
        """Let a customer's text come in; return the answer's status."""
        body = self._line.text_body(by, text, at=time.time())
        headers = {"Content-Type": "application/json", **self._line.headers(body)}
        async with self._http.post(
            f"{SITE}/api/webhook/sandbox", data=body, headers=headers
        ) as answer:
            return answer.status

    async def ticket_of(self, customer: str) -> dict[str, Any]:
        async def found() -> dict[str, Any] | None:
            tickets = (await self.ask("GET", "/api/tickets?status=active"))["items"]
            return next((t for t in tickets if t["customer"]["phone"].endswith(customer)), None)

        return await eventually(found, within=30, what="the ticket is there")

    async def said_in(self, ticket: int) -> list[tuple[str, str]]:
        page = await self.ask("GET", f"/api/tickets/{ticket}/messages?limit=500")
        return [(one["text"], one["status"]) for one in page["items"]]


@asynccontextmanager
async def visiting(machine: BareDebian) -> AsyncIterator[Visitor]:
    """Go to the machine by its name, and wait until it is there; trust Caddy's own certificate."""
    certificate = machine.root / CADDYS_OWN
    await eventually(certificate.exists, within=30, what="Caddy's certificate")
    tls = ssl.create_default_context(cafile=str(certificate))
    connector = aiohttp.TCPConnector(ssl=tls, resolver=AtHome(), socket_factory=machine.opens)
    line = SandboxLine(SITE, machine.root)
    # What the server makes of the page's own settings.
    line.settings = SandboxSettings.from_env(
        dict(
            one.split("=", 1)
            for one in (machine.root / "etc/khalifa/khalifa.env").read_text().splitlines()
        )
    )
    async with aiohttp.ClientSession(connector=connector) as http:

        async def is_ready() -> bool:
            try:
                async with http.get(f"{SITE}/health/ready") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await eventually(is_ready, within=90, what="the site is ready")
        yield Visitor(http, line)


async def test_install_md_word_by_word(tmp_path: Path) -> None:
    async with BareDebian(tmp_path / "bare", tmp_path / "console.log") as machine:
        for program in ("mariadbd", "redis-server", "node", "caddy"):
            assert machine.run(f"command -v {program} || true") == ""
        await asyncio.to_thread(bring_over, machine)

        await asyncio.to_thread(type_in, machine, blocks_of("## On a bare Debian 12"))

        assert nothing_failed(machine)
        assert machine.run(f"systemd-analyze verify {UNITS} 2>&1") == ""
        await asyncio.to_thread(machine.run, "systemctl start khalifa-backup khalifa-audit")
        assert machine.run("ls /var/backups/khalifa") != ""
        async with visiting(machine) as visitor:
            await visitor.sign_in()
            before = await a_conversation(visitor, phone(1))
            await updated_while_customers_write(machine, visitor)

        machine.pull_the_plug()
        await machine.boot()

        async with visiting(machine) as visitor:
            await visitor.sign_in()
            ticket = await visitor.ticket_of(phone(1))
            assert await visitor.said_in(ticket["id"]) == before
            await a_conversation(visitor, phone(3))
        await asyncio.to_thread(machine.run, "khalifa ledger audit --since 7d")
        assert nothing_failed(machine)


def nothing_failed(machine: BareDebian) -> bool:
    return machine.run("systemctl --failed --plain --no-legend") == ""


async def a_conversation(visitor: Visitor, customer: str) -> list[tuple[str, str]]:
    """In by the webhook, out by the desk, its ticks back; return what was said and became of it."""
    assert await visitor.hear("هل عندكم دواء الضغط؟", by=customer) == 200
    ticket = await visitor.ticket_of(customer)
    path = f"/api/tickets/{ticket['id']}/messages"
    await visitor.ask("POST", path, {"text": "نعم، متوفر"}, status=202)

    async def arrived() -> list[tuple[str, str]] | None:
        said = await visitor.said_in(ticket["id"])
        return said if ("نعم، متوفر", "delivered") in said else None

    await eventually(arrived, within=30, what="the reply is delivered")
    # The customer looks at the phone.
    shown = await visitor.ask("GET", f"/api/sandbox/phones/{customer}/messages")
    assert [one["text"] for one in shown["items"] if one["from_us"]] == ["نعم، متوفر"]

    async def read() -> list[tuple[str, str]] | None:
        said = await visitor.said_in(ticket["id"])
        return said if ("نعم، متوفر", "read") in said else None

    return await eventually(read, within=30, what="the reply is read")


async def updated_while_customers_write(machine: BareDebian, visitor: Visitor) -> None:
    """Follow "Updating" while a customer writes: nothing is turned away, and all is there once."""
    await asyncio.to_thread(bring_over, machine, version=NEXT)
    questions: list[str] = []
    turned_away = 0
    update = asyncio.create_task(asyncio.to_thread(type_in, machine, blocks_of("### Updating")))
    while not update.done():
        questions.append(f"question {len(questions)}")
        # As Meta does.
        while await visitor.hear(questions[-1], by=phone(2)) != 200:
            turned_away += 1
        await asyncio.sleep(0.2)
    await update

    # The port stays open; a request may yet meet the end of a connection that the proxy held.
    assert turned_away <= 1
    kept = machine.run("systemctl show khalifa-server --property NFileDescriptorStore --value")
    assert kept == "1\n"
    assert NEXT in machine.run("khalifa --version")
    ticket = await visitor.ticket_of(phone(2))

    async def all_there() -> bool:
        said = [text for text, _ in await visitor.said_in(ticket["id"])]
        return sorted(said) == sorted(questions)

    await eventually(all_there, within=30, what="every question filed once")
