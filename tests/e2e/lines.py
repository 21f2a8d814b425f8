"""A provider as the end-to-end tests see it: its settings, its far side, its webhook bodies."""

import dataclasses
import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

from khalifa.infrastructure.messaging.sandbox.settings import SIGNATURE, SandboxSettings
from tests.far_sides.cloud_api_bodies import Customer
from tests.far_sides.cloud_api_bodies import encoded as cloud_api_encoded
from tests.far_sides.cloud_api_bodies import text_message_body as cloud_api_text
from tests.far_sides.cloud_api_ids import signature
from tests.far_sides.wppconnect_bodies import basic_auth
from tests.far_sides.wppconnect_bodies import text_message_body as wppconnect_text
from tests.servers import Process, free_port


@dataclasses.dataclass(frozen=True)
class WentOut:
    """A message the far side took, and truly sent on."""

    to: str
    text: str


class Line(ABC):
    """One provider, playing. The far side is a process of its own."""

    driver: str

    def __init__(self, server_url: str, logs: Path) -> None:
        self.server_url = server_url
        self.webhook_url = f"{server_url}/api/webhook/{self.driver}"
        self.logs = logs

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        return None

    @property
    @abstractmethod
    def env(self) -> Mapping[str, str]:
        """What must be in the environment of our own processes."""

    @abstractmethod
    def text_body(self, phone: str, text: str, *, at: float, name: str = "Mona Ali") -> bytes:
        """Return the webhook body of one new text of a customer."""

    @abstractmethod
    def headers(self, body: bytes) -> Mapping[str, str]:
        """Return what proves that the provider sent *body*."""

    @abstractmethod
    async def went_out(self) -> list[WentOut]:
        """Return what the far side sent on, in the order it took it."""


class FarSideLine(Line):
    """A line whose far side is one of the lookalikes, with its control routes."""

    module: str

    def __init__(self, server_url: str, logs: Path) -> None:
        super().__init__(server_url, logs)
        self.port = free_port()
        self.far_url = f"http://127.0.0.1:{self.port}"
        self.far_side = Process.python(
            "-m",
            self.module,
            "--port",
            str(self.port),
            *self.arguments,
            log=logs / f"{self.driver}-far-side.log",
            cwd=Path(__file__).parents[2],
        )

    @property
    @abstractmethod
    def arguments(self) -> tuple[str, ...]:
        """Return the far side's own command line."""

    async def __aenter__(self) -> Self:
        self.far_side.start()
        await self.far_side.wait_for_line("http://")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.far_side.stop()

    async def act(self, action: str, **arguments: object) -> object:
        """Call a method of the far side."""
        async with (
            aiohttp.ClientSession() as http,
            http.post(f"{self.far_url}/_control/{action}", json=arguments) as response,
        ):
            answer = await response.json()
            assert response.status == 200, answer
            return answer["result"]

    async def read(self, reading: str) -> list[dict[str, object]]:
        async with (
            aiohttp.ClientSession() as http,
            http.get(f"{self.far_url}/_control/{reading}") as response,
        ):
            result: list[dict[str, object]] = (await response.json())["result"]
            return result

    async def went_out(self) -> list[WentOut]:
        return [
            WentOut(to=str(sent["to"]).lstrip("+").split("@")[0], text=self._text_of(sent))
            for sent in await self.read("accepted")
            if sent["went_out"]
        ]

    @abstractmethod
    def _text_of(self, sent: dict[str, object]) -> str: ...


class CloudApiLine(FarSideLine):
    driver = "cloud_api"
    module = "tests.far_sides.cloud_api"
    secret = "app-secret-of-the-tests"
    token = "access-token-of-the-tests"
    number_id = "106540352242922"

    @property
    def arguments(self) -> tuple[str, ...]:
        return (
            "--webhook",
            self.webhook_url,
            "--app-secret",
            self.secret,
            "--access-token",
            self.token,
            "--phone-number-id",
            self.number_id,
        )

    @property
    def env(self) -> Mapping[str, str]:
        return {
            "CLOUD_API_BASE_URL": self.far_url,
            "CLOUD_API_MEDIA_HOSTS": self.far_url,
            "CLOUD_API_PHONE_NUMBER_ID": self.number_id,
            "CLOUD_API_ACCESS_TOKEN": self.token,
            "CLOUD_API_APP_SECRET": self.secret,
            "CLOUD_API_WEBHOOK_VERIFY_TOKEN": "verify-token-of-the-tests",
            # Two sides at full speed: how fast is another test's matter.
            "CLOUD_API_MESSAGES_PER_SECOND": "1000",
            "CLOUD_API_SECONDS_PER_RECIPIENT": "0",
        }

    def text_body(self, phone: str, text: str, *, at: float, name: str = "Mona Ali") -> bytes:
        return cloud_api_encoded(
            cloud_api_text(text, who=Customer(phone=phone, bsuid=None, name=name), at=at)
        )

    def headers(self, body: bytes) -> Mapping[str, str]:
        return {"X-Hub-Signature-256": signature(self.secret, body)}

    def _text_of(self, sent: dict[str, object]) -> str:
        body = sent["body"]
        assert isinstance(body, dict)
        return str(body["text"]["body"])


class WppconnectLine(FarSideLine):
    driver = "wppconnect"
    module = "tests.far_sides.wppconnect"
    secret_key = "secret-key-of-the-tests"
    webhook_secret = "webhook-secret-of-the-tests"
    session = "shop1"

    def __init__(self, server_url: str, logs: Path) -> None:
        super().__init__(server_url, logs)
        self.webhook_url += f"?session={self.session}"

    @property
    def arguments(self) -> tuple[str, ...]:
        return ("--secret-key", self.secret_key)

    @property
    def env(self) -> Mapping[str, str]:
        return {
            "WPPCONNECT_URL": self.far_url,
            "WPPCONNECT_SESSION": self.session,
            "WPPCONNECT_SECRET_KEY": self.secret_key,
            "WPPCONNECT_WEBHOOK_URL": self.server_url,
            "WPPCONNECT_WEBHOOK_SECRET": self.webhook_secret,
            "WPPCONNECT_SECONDS_APART": "0",
            "WPPCONNECT_JITTER_SECONDS": "0",
            "WPPCONNECT_TYPING_SECONDS": "0",
            "WPPCONNECT_HOLD_MINUTES": "0",
        }

    def text_body(self, phone: str, text: str, *, at: float, name: str = "Mona Ali") -> bytes:
        body = wppconnect_text(text, who=phone, name=name, at=at, session=self.session)
        return json.dumps(body).encode()

    def headers(self, body: bytes) -> Mapping[str, str]:
        return {"Authorization": basic_auth(self.webhook_secret)}

    def _text_of(self, sent: dict[str, object]) -> str:
        return str(sent["text"])


class SandboxLine(Line):
    """The sandbox has no far side but itself: what went out is on its customers' phones."""

    driver = "sandbox"
    settings = SandboxSettings(secret="sandbox-secret-of-the-tests")

    def __init__(self, server_url: str, logs: Path) -> None:
        super().__init__(server_url, logs)
        self._phones: dict[str, None] = {}

    @property
    def env(self) -> Mapping[str, str]:
        return {"SANDBOX_SECRET": self.settings.secret}

    def text_body(self, phone: str, text: str, *, at: float, name: str = "Mona Ali") -> bytes:
        self._phones[phone] = None
        event = {
            "type": "message",
            "id": f"sandbox.{secrets.token_urlsafe(16)}",
            "from": phone,
            "name": name,
            "text": text,
            "at": int(at),
        }
        return json.dumps({"events": [event]}).encode()

    def headers(self, body: bytes) -> Mapping[str, str]:
        return {SIGNATURE: self.settings.signature(body)}

    async def went_out(self) -> list[WentOut]:
        sent: list[WentOut] = []
        async with aiohttp.ClientSession() as http:
            for phone in self._phones:
                url = f"{self.server_url}/api/sandbox/phones/{phone}/messages"
                async with http.get(url) as response:
                    shown = (await response.json())["items"]
                sent += [WentOut(to=phone, text=m["text"]) for m in shown if m["from_us"]]
        return sent
