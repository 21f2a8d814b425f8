"""The driver library under WPPConnect Server: a send becomes a message, acks and echoes."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field

from tests.far_sides.wppconnect_messages import (
    Content,
    JsonObject,
    message_object,
    raw_model,
)
from tests.far_sides.wppconnect_scenarios import (
    ConnectionDroppedError,
    HtmlAnsweredError,
    Rule,
    Scenarios,
    SendScenario,
    ThrownByLibraryError,
)
from tests.far_sides.wppconnect_sessions import Client
from tests.far_sides.wppconnect_webhooks import Webhooks
from tests.far_sides.wppconnect_world import (
    AcceptedSend,
    Delivery,
    Directory,
    Settings,
    StoredMessage,
    now,
)

# A JS Error has no enumerable properties; winston adds the level.
JS_ERROR: JsonObject = {"level": "error"}
NO_SUCH_NUMBER: JsonObject = {
    "erro": True,
    "to": "",
    "text": "The number does not exist",
    "status": 404,
}
NO_ENTRY = object()
"""What a send adds to the answer when it adds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    client: Client
    asked: str
    to: str
    content: Content
    options: JsonObject = field(default_factory=dict)


class Library:
    def __init__(self, settings: Settings, webhooks: Webhooks, directory: Directory) -> None:
        self.accepted: list[AcceptedSend] = []
        self.scenarios = Scenarios()
        self._settings = settings
        self._webhooks = webhooks
        self._directory = directory
        self._afterwards: set[asyncio.Task[None]] = set()

    async def send(self, send: Send) -> object:
        """
        Send, and return the entry of the answer's list: the message, False, None or NO_ENTRY.

        Raises ThrownByLibraryError, ConnectionDroppedError, HtmlAnsweredError as arranged.
        """
        rule = self.scenarios.take(send.asked, send.to)
        if rule.scenario is SendScenario.HANG:
            await self.scenarios.hang()
        if rule.scenario in (SendScenario.DROP_BEFORE, SendScenario.HTML_500) and not rule.sends:
            self._fail(rule)
        await asyncio.sleep(_typing(send.options))
        stored = self._accept(send, rule)
        self._fail(rule)
        match rule.scenario:
            case SendScenario.HANG_AFTER_ACTING:
                await self.scenarios.hang()
            case SendScenario.SLOW:
                await asyncio.sleep(rule.seconds)
            case SendScenario.EMPTY_LIST:
                return NO_ENTRY
            case SendScenario.FALSE_ENTRY:
                return False
            case SendScenario.NULL_ENTRY:
                return None
            case SendScenario.ACK_FAILURE:
                return {**stored.message, "ack": -1, "isSendFailure": True}
            case SendScenario.ACKS_FIRST:
                await self._report(send.client, stored, self._settings.acks, answered=True)
        return {**stored.message, "self": "out"}

    async def react(self, client: Client, message_id: str, emoji: str) -> None:
        """
        React to a message.

        Raises ThrownByLibraryError, ConnectionDroppedError, HtmlAnsweredError as arranged, and
        the first for a message that is not there.
        """
        stored = client.account.find(message_id)
        if stored is None or stored.id != message_id:
            raise ThrownByLibraryError(JS_ERROR)
        chat = message_id.split("_")[1]
        rule = self.scenarios.take(chat)
        if rule.scenario in (SendScenario.DROP_BEFORE, SendScenario.HTML_500) and not rule.sends:
            self._fail(rule)
        self.accepted.append(
            AcceptedSend(
                at=now(),
                session=client.name,
                asked=chat,
                to=chat,
                text=emoji,
                options={"msgId": message_id},
                id=message_id,
                key=stored.key,
                went_out=rule.sends,
                kind="reaction",
            )
        )
        self._fail(rule)
        if rule.scenario is SendScenario.HANG_AFTER_ACTING:
            await self.scenarios.hang()

    def report(
        self, client: Client, stored: StoredMessage, ack: int
    ) -> asyncio.Task[Delivery] | None:
        """Start the onack of a message of ours, None where the server does not listen to acks."""
        stored.message["ack"] = max(ack, int(str(stored.message["ack"])))
        if not self._settings.listen_acks:
            return None
        model = raw_model(stored.message, ack)
        file = stored.file if stored.fetchable else None
        return self._webhooks.call(client, "onack", model, file=file)

    def echo(self, client: Client, stored: StoredMessage) -> asyncio.Task[Delivery] | None:
        if not self._settings.on_self_message:
            return None
        file = stored.file if stored.fetchable else None
        return self._webhooks.call(client, "onselfmessage", stored.message, file=file)

    def forget(self) -> None:
        for task in self._afterwards:
            task.cancel()

    async def settle(self) -> None:
        while self._afterwards:
            await asyncio.wait(set(self._afterwards))

    def run_beside(self, work: Coroutine[object, object, None]) -> None:
        """Run work that outlives the request it came from."""
        task = asyncio.create_task(work)
        self._afterwards.add(task)
        task.add_done_callback(self._afterwards.discard)

    def _accept(self, send: Send, rule: Rule) -> StoredMessage:
        to = rule.wid if rule.scenario is SendScenario.WID_CHANGED else send.to
        message = message_object(
            send.content,
            chat=to,
            from_me=True,
            me=send.client.account.me,
            key=_chosen_key(send.options, to),
            quoted=_quoted(send.options),
        )
        file = send.content.media.data if send.content.media else None
        stored = StoredMessage(message, file)
        arrives = rule.sends and self._directory.absent.get(send.to, True)
        self._record(send, stored, to, went_out=arrives)
        if arrives:
            send.client.account.keep(to, stored)
            self.echo(send.client, stored)
            if rule.scenario is not SendScenario.ACKS_FIRST:
                self.run_beside(self._report(send.client, stored, self._settings.acks))
        elif rule.scenario is SendScenario.ACK_FAILURE:
            self.run_beside(self._report(send.client, stored, (-1,)))
        return stored

    def _record(self, send: Send, stored: StoredMessage, to: str, *, went_out: bool) -> None:
        accepted = AcceptedSend(
            at=now(),
            session=send.client.name,
            asked=send.asked,
            to=to,
            text=_words(send.content),
            options=send.options,
            id=stored.id,
            key=stored.key,
            went_out=went_out,
            kind=send.content.kind,
        )
        self.accepted.append(accepted)

    async def _report(
        self,
        client: Client,
        stored: StoredMessage,
        acks: tuple[int, ...],
        *,
        answered: bool = False,
    ) -> None:
        for ack in acks:
            await asyncio.sleep(self._settings.ack_seconds)
            delivery = self.report(client, stored, ack)
            if answered and delivery:
                await delivery

    def _fail(self, rule: Rule) -> None:
        match rule.scenario:
            case SendScenario.ERROR_500:
                raise ThrownByLibraryError(JS_ERROR)
            case SendScenario.ERROR_500_OBJECT:
                raise ThrownByLibraryError(NO_SUCH_NUMBER)
            case SendScenario.DROP_BEFORE | SendScenario.DROP_AFTER_ACTING:
                raise ConnectionDroppedError
            case SendScenario.HTML_500:
                raise HtmlAnsweredError


def _typing(options: JsonObject) -> float:
    """Return the seconds for which wa-js shows that somebody types, before it sends."""
    delay = options.get("delay")
    return delay / 1000 if isinstance(delay, int) else 0.0


def _chosen_key(options: JsonObject, chat: str) -> str | None:
    """
    Return the key in `options.messageId`, None without one.

    Only a whole id of our own in this very chat will do:
    https://github.com/wppconnect-team/wa-js/blob/main/src/chat/functions/prepareRawMessage.ts
    """
    chosen = options.get("messageId")
    if not chosen:
        return None
    match str(chosen).split("_"):
        case ["true", remote, key, *_] if remote == chat and key:
            return key
    raise ThrownByLibraryError(JS_ERROR)


def _quoted(options: JsonObject) -> str | None:
    quoted = options.get("quotedMsg")
    if not quoted:
        return None
    if str(quoted).count("_") < 2:
        raise ThrownByLibraryError(JS_ERROR)
    return str(quoted)


def _words(content: Content) -> str | None:
    if content.media is None:
        return content.preview
    caption = content.media.details.get("caption")
    return None if caption is None else str(caption)
