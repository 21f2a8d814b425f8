"""What people do on their phones, and how WPPConnect Server then calls the webhook."""

import base64
from collections.abc import Sequence

from tests.far_sides.wppconnect_bodies import group_wid
from tests.far_sides.wppconnect_library import Library
from tests.far_sides.wppconnect_messages import (
    Content,
    JsonObject,
    contact_card_content,
    location_content,
    media_content,
    message_object,
    text_content,
    wid,
)
from tests.far_sides.wppconnect_sessions import Client, Sessions
from tests.far_sides.wppconnect_webhooks import Webhooks, post_many
from tests.far_sides.wppconnect_world import Delivery, Directory, Settings, StoredMessage, now


class Phones:
    """
    The customers' phones and the shop's.

    Every method that makes the server call a webhook waits for that call to end and returns
    what became of it; the body sent is in it. Without a `session` the only one known is meant.
    A message to a session that is not connected stays on the phone: `Delivery.error` says so,
    get-messages shows it later.
    """

    settings: Settings
    directory: Directory
    sessions: Sessions
    library: Library
    webhooks: Webhooks

    async def customer_writes(
        self,
        who: str,
        text: str,
        *,
        session: str | None = None,
        name: str = "Mona Ali",
        key: str | None = None,
        at: float | None = None,
        group: str | None = None,
        quoted: str | None = None,
        chat_id_object: bool = False,
        times: int = 1,
    ) -> Delivery:
        """
        Let `who` (digits or wid, `…@lid` too) write text, in `group` when given.

        `times=2` reports the same message twice, as the library sometimes does; the first
        report's delivery is returned.
        """
        return await self._receive(
            text_content(text),
            who,
            session=session,
            name=name,
            key=key,
            at=at,
            group=group,
            quoted=quoted,
            chat_id_object=chat_id_object,
            times=times,
        )

    async def customer_sends_media(
        self,
        who: str,
        kind: str = "image",
        *,
        session: str | None = None,
        name: str = "Mona Ali",
        key: str | None = None,
        at: float | None = None,
        group: str | None = None,
        file: bytes | str | None = None,
        mimetype: str | None = None,
        caption: str | None = None,
        filename: str | None = None,
        download_fails: bool = False,
        times: int = 1,
    ) -> Delivery:
        """
        Let `who` send a file; `kind` as in `media_content`, a str `file` is base64.

        The file is `file` so many times over: a large one need not come over the wire.

        With `download_fails` WhatsApp has lost the file: the webhook carries the preview, or
        no body, and download-media says "Decrypt file error".
        """
        data = base64.b64decode(file) if isinstance(file, str) else file
        data = data * times if data is not None else None
        content = media_content(
            kind, data=data, mimetype=mimetype, caption=caption, filename=filename
        )
        return await self._receive(
            content,
            who,
            session=session,
            name=name,
            key=key,
            at=at,
            group=group,
            fetchable=not download_fails,
        )

    async def customer_sends_location(
        self, who: str, lat: float = 30.0444, lng: float = 31.2357, *, session: str | None = None
    ) -> Delivery:
        return await self._receive(location_content(lat, lng), who, session=session)

    async def customer_sends_contact(
        self,
        who: str,
        contact_name: str = "Omar",
        contact_phone: str = "201222222222",
        *,
        session: str | None = None,
    ) -> Delivery:
        content = contact_card_content(contact_name, contact_phone)
        return await self._receive(content, who, session=session)

    async def shop_types(
        self,
        to: str,
        text: str,
        *,
        session: str | None = None,
        key: str | None = None,
        at: float | None = None,
    ) -> Delivery | None:
        """Type on the shop's own phone; None where onSelfMessage is off and nothing is told."""
        client = self._client(session)
        message = message_object(
            text_content(text),
            chat=to,
            from_me=True,
            me=client.account.me,
            name="Harness Shop",
            key=key,
            at=at,
        )
        stored = StoredMessage(message)
        client.account.keep(wid(to), stored)
        call = self.library.echo(client, stored) if client.page_alive else None
        return await call if call else None

    async def report_ack(
        self, reference: str, ack: int, *, session: str | None = None
    ) -> Delivery | None:
        """
        Report an ack of a message we sent, by id or key, once more or out of order if wanted.

        None where the server does not listen to acks. Raises LookupError for an unknown message.
        """
        client = self._client(session)
        stored = client.account.find(reference)
        if stored is None:
            raise LookupError("no such message")
        call = self.library.report(client, stored, ack)
        return await call if call else None

    async def emit(self, body: JsonObject) -> Delivery:
        """Call the webhook of `body["session"]` with a ready body, through callWebHook."""
        client = self._client(str(body["session"]))
        data = {name: part for name, part in body.items() if name not in ("event", "session")}
        return await self.webhooks.call(client, str(body["event"]), data)

    async def send_bodies(
        self,
        bodies: Sequence[JsonObject],
        *,
        session: str | None = None,
        url: str | None = None,
        connections: int = 20,
        each_times: int = 2,
        shuffle_seed: int | None = None,
    ) -> list[Delivery]:
        """
        Post ready bodies to a webhook over many connections, each so many times.

        Goes to `url`, or to the session's webhook. These are in the answer only, not in
        `deliveries`.
        """
        if url is None:
            config = self._client(session).config
            url = str(config.get("webhook") or self.settings.webhook_url)
        return await post_many(
            url,
            bodies,
            connections=connections,
            each_times=each_times,
            shuffle_seed=shuffle_seed,
        )

    def knows_lid(self, phone: str, lid: str) -> None:
        """Let contact/pn-lid answer both ways."""
        self.directory.lids[f"{lid.partition('@')[0]}@lid"] = wid(phone)

    def migrate(self, phone: str, to: str) -> None:
        """Let the number check answer another wid, so sends to `phone` go there."""
        self.directory.migrated[wid(phone)] = wid(to)

    def not_on_whatsapp(self, phone: str, *, goes_out: bool = True) -> None:
        """
        Let the number check deny a number: sends answer 400 and are made all the same.

        `goes_out` says whether such a send really reaches a phone, the check having been wrong.
        """
        self.directory.absent[wid(phone)] = goes_out

    def _client(self, session: str | None) -> Client:
        if session is None:
            if len(self.sessions.tokens) != 1:
                raise LookupError("say which session: there is not exactly one")
            [session] = self.sessions.tokens
        client = self.sessions.clients.get(session)
        return client or Client(session, self.sessions.account(session), session=session)

    async def _receive(
        self,
        content: Content,
        who: str,
        *,
        session: str | None,
        name: str = "Mona Ali",
        key: str | None = None,
        at: float | None = None,
        group: str | None = None,
        quoted: str | None = None,
        chat_id_object: bool = False,
        fetchable: bool = True,
        times: int = 1,
    ) -> Delivery:
        client = self._client(session)
        chat = group_wid(group) if group else wid(who)
        message = message_object(
            content,
            chat=chat,
            author=who if group else None,
            me=client.account.me,
            name=name,
            key=key,
            at=at,
            quoted=quoted,
            chat_id_object=chat_id_object,
        )
        file = content.media.data if content.media else None
        self.directory.names[wid(who)] = name
        client.account.keep(chat, StoredMessage(message, file, fetchable=fetchable))
        if not client.page_alive:
            return _left_on_the_phone(client, message)
        calls = [
            self.webhooks.call(client, "onmessage", message, file=file if fetchable else None)
            for _ in range(times)
        ]
        reports = [await call for call in calls]
        return reports[0]


def _left_on_the_phone(client: Client, message: JsonObject) -> Delivery:
    return Delivery(
        at=now(),
        session=client.session,
        event="onmessage",
        path="",
        body=message,
        error="the session is not connected",
    )
