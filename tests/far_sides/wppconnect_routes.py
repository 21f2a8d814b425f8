"""The table of WPPConnect Server's routes, as far as a customer-service desk needs them."""

from aiohttp import web

from tests.far_sides.wppconnect_gate import connected
from tests.far_sides.wppconnect_http import Handler, as_web_handler, authenticated
from tests.far_sides.wppconnect_library import Library
from tests.far_sides.wppconnect_more_routes import MoreRoutes
from tests.far_sides.wppconnect_reads import Reads
from tests.far_sides.wppconnect_send_routes import SendRoutes
from tests.far_sides.wppconnect_session_routes import SessionRoutes
from tests.far_sides.wppconnect_sessions import Sessions
from tests.far_sides.wppconnect_tokens import Tokens
from tests.far_sides.wppconnect_world import Directory


def routes(
    sessions: Sessions, library: Library, directory: Directory, tokens: Tokens
) -> list[web.RouteDef]:
    session, send, read = (
        SessionRoutes(sessions, tokens),
        SendRoutes(library),
        Reads(directory),
    )
    more = MoreRoutes(sessions, tokens, directory)
    open_to_all: list[tuple[str, str, Handler]] = [
        ("POST", "/api/{session}/{secretkey}/generate-token", session.generate_token),
        ("GET", "/api/{secretkey}/show-all-sessions", session.show_all_sessions),
        ("POST", "/api/{secretkey}/start-all", session.start_all),
        ("GET", "/healthz", session.healthz),
        ("POST", "/api/{session}/{secretkey}/clear-session-data", more.clear_session_data),
    ]
    with_token: list[tuple[str, str, Handler]] = [
        ("POST", "start-session", session.start_session),
        ("GET", "status-session", session.status_session),
        ("GET", "check-connection-session", session.check_connection),
        ("GET", "qrcode-session", session.qrcode_session),
        ("POST", "close-session", session.close_session),
        ("GET", "get-media-by-message/{messageId}", more.media_by_message),
    ]
    when_connected: list[tuple[str, str, Handler]] = [
        ("POST", "logout-session", session.logout_session),
        ("POST", "send-message", send.send_message),
        ("POST", "send-reply", send.send_reply),
        ("POST", "send-image", send.send_file),
        ("POST", "send-file", send.send_file),
        ("POST", "send-file-base64", send.send_file),
        ("POST", "send-voice", send.send_voice),
        ("POST", "send-voice-base64", send.send_voice_base64),
        ("POST", "send-sticker", send.send_sticker),
        ("POST", "send-location", send.send_location),
        ("POST", "contact-vcard", send.contact_vcard),
        ("POST", "react-message", send.react_message),
        ("GET", "message-by-id/{messageId}", read.message_by_id),
        ("POST", "send-seen", read.send_seen),
        ("POST", "typing", read.typing),
        ("POST", "download-media", read.download_media),
        ("GET", "get-phone-number", read.phone_number),
        ("GET", "host-device", read.host_device),
        ("GET", "check-number-status/{phone}", read.check_number_status),
        ("GET", "contact/pn-lid/{pnLid}", read.contact_pn_lid),
        ("GET", "contact/{phone}", more.contact),
        ("GET", "profile-pic/{phone}", more.profile_pic),
        ("POST", "recording", more.recording),
        ("POST", "chat-state", more.chat_state),
        ("GET", "get-messages/{phone}", read.get_messages),
        ("POST", "list-chats", read.list_chats),
        ("GET", "unread-messages", read.unread_messages),
    ]
    guarded = [
        (method, tail, authenticated(handler, sessions, tokens))
        for method, tail, handler in [
            *with_token,
            *(
                (method, tail, connected(handler, library, directory))
                for method, tail, handler in when_connected
            ),
        ]
    ]
    return [
        web.route(method, path, as_web_handler(handler))
        for method, path, handler in [
            *open_to_all,
            *((method, f"/api/{{session}}/{tail}", handler) for method, tail, handler in guarded),
        ]
    ]
