"""
Every transcript of WPPConnect Server, probe by probe: which test plays it, and which handles it.

The far side plays what the real server was seen to answer and post (T1 to T13);
what khalifa makes of it is asked of the driver, the session keeper, the webhook
parser. A route or a spelling that khalifa never uses is played all the same.
"""

import json
from pathlib import Path

import pytest

from tests.contracts.checklists import require_test

FAR = "tests.far_sides.test_wppconnect_far_side"
SENDS = "tests.far_sides.test_wppconnect_sends"
DRIVER = "tests.contracts.test_wppconnect_driver"
KINDS = "tests.contracts.test_wppconnect_kinds"
FILES = "tests.contracts.test_wppconnect_files"
SESSION = "tests.contracts.test_wppconnect_session"
HISTORY = "tests.contracts.test_wppconnect_history"
NAMES = "tests.contracts.test_wppconnect_identities"
SETUP = "tests.contracts.test_provider_setup"
WEBHOOK = "tests.contracts.test_wppconnect_webhook"

BODIES = Path(__file__).parent / "payloads" / "wppconnect"

Held = tuple[tuple[str, str], ...]

TRANSCRIPTS: dict[str, dict[str, Held]] = {
    "T1 authentication": {
        "wrong secret key": (
            (FAR, "test_a_token_is_made_from_the_secret_in_the_path_and_looks_like_bcrypt"),
            (SESSION, "test_a_wrong_secret_is_no_crash_and_asks_rarely"),
        ),
        "right secret key": (
            (FAR, "test_a_token_is_made_from_the_secret_in_the_path_and_looks_like_bcrypt"),
            (DRIVER, "test_the_token_is_made_once_for_many_texts"),
        ),
        "no header, bad token, another session's, no first word, `full` as Bearer": (
            (FAR, "test_a_token_is_taken_from_the_path_or_from_any_header_of_two_words"),
            (DRIVER, "test_a_refused_token_is_made_anew_and_the_text_goes_out_once"),
            (DRIVER, "test_a_token_refused_again_stops_the_channel"),
        ),
        "any first word, the token in the URL": (
            (FAR, "test_a_token_is_taken_from_the_path_or_from_any_header_of_two_words"),
        ),
        "start-session by the secret alone, or with a wrong token": (
            (SENDS, "test_a_session_is_not_started_by_the_secret_alone"),
            (SESSION, "test_a_closed_session_is_started_with_our_webhook"),
        ),
        "unknown route": (
            (FAR, "test_what_express_cannot_route_or_parse_is_answered_with_a_page"),
            (DRIVER, "test_something_else_at_the_address_is_no_wppconnect"),
        ),
    },
    "T2 a session whose phone is paired": {
        "never started: disconnected, no QR code, no send, no close": (
            (FAR, "test_a_paired_session_answers_its_state_before_the_start_and_then_connects"),
            (DRIVER, "test_a_message_to_a_dead_page_may_be_sent_later"),
        ),
        "start answers the state before it": (
            (FAR, "test_a_paired_session_answers_its_state_before_the_start_and_then_connects"),
            (SESSION, "test_a_closed_session_is_started_with_our_webhook"),
        ),
        "connected: no QR code, phone number, host device": (
            (FAR, "test_a_paired_session_answers_its_state_before_the_start_and_then_connects"),
            (SESSION, "test_a_connected_session_tells_its_number"),
        ),
        "start again with another webhook": (
            (FAR, "test_close_keeps_the_stored_webhook_and_later_events_come_without_a_session"),
            (SESSION, "test_a_changed_webhook_is_given_to_the_session_once"),
        ),
        "show-all-sessions, with the secret and without": ((SENDS, "test_what_needs_no_token"),),
        "isConnected resolves false: still connected": (
            (SENDS, "test_a_phone_without_a_network_says_connected_and_a_dead_page_does_not"),
            (SESSION, "test_a_page_without_whatsapp_behind_it_is_not_connected"),
        ),
        "isConnected throws: status and sends": (
            (SENDS, "test_a_phone_without_a_network_says_connected_and_a_dead_page_does_not"),
            (SESSION, "test_a_session_whose_page_died_is_restarted_at_the_second_look"),
            (DRIVER, "test_a_message_to_a_dead_page_may_be_sent_later"),
        ),
        "close, its webhooks, close and logout after it": (
            (FAR, "test_close_keeps_the_stored_webhook_and_later_events_come_without_a_session"),
        ),
        "start with {}: the stored webhook, events without the session's name": (
            (FAR, "test_close_keeps_the_stored_webhook_and_later_events_come_without_a_session"),
            (WEBHOOK, "event_status_without_session.json"),
            (WEBHOOK, "session_missing.json"),
        ),
    },
    "T3 a session that begins with a QR code": {
        "waitQrCode: waits for the first one, not on a paired phone, not after a close": (
            (FAR, "test_wait_qr_code_never_answers_a_paired_phone_and_does_not_wait_after_close"),
            (SESSION, "test_a_closed_session_is_started_with_our_webhook"),
        ),
        "QRCODE: status, PNG, check-connection, send, start again": (
            (FAR, "test_a_qr_is_posted_shown_and_still_shown_after_the_scan"),
            (
                SESSION,
                "test_an_unpaired_phone_gets_a_qr_code_and_another_one_when_nobody_scanned",
            ),
        ),
        "scanned: the old code is still given": (
            (FAR, "test_a_qr_is_posted_shown_and_still_shown_after_the_scan"),
            (SESSION, "test_a_qr_code_is_gone_once_it_was_scanned"),
        ),
        "webhooks of the pairing, in order": (
            (FAR, "test_a_qr_is_posted_shown_and_still_shown_after_the_scan"),
            (WEBHOOK, "event_qrcode.json"),
            (WEBHOOK, "event_status_without_session.json"),
        ),
        "logout, its webhooks, the session still listed": (
            (FAR, "test_an_unpaired_session_is_closed_and_needs_a_qr_again"),
            (WEBHOOK, "event_logged_out.json"),
        ),
        "autoclose: closed, the old code, no webhook; started again": (
            (FAR, "test_autoclose_tells_nobody_and_leaves_the_old_qr"),
            (SESSION, "test_a_qr_code_nobody_scanned_is_told_as_that"),
        ),
        "no browser: INITIALIZING for ever, start does nothing, close answers 500 and resets": (
            (FAR, "test_a_browser_that_cannot_launch_stays_initializing_until_closed"),
            (SESSION, "test_a_session_that_never_comes_up_is_restarted_after_three_minutes"),
        ),
        "pairing by phone code": (
            (SENDS, "test_pairing_by_a_code_is_told"),
            (WEBHOOK, "event_phone_code.json"),
        ),
        "unlinked on the phone": (
            (FAR, "test_an_unpaired_session_is_closed_and_needs_a_qr_again"),
            (SESSION, "test_a_session_unlinked_on_the_phone_shows_a_qr_code_again"),
        ),
    },
    "T4 send-message": {
        "one number as text": (
            (FAR, "test_a_sent_text_is_answered_as_a_list_and_followed_by_raw_acks"),
            (DRIVER, "test_a_number_is_sent_as_text_to_one_recipient"),
        ),
        "its acks": (
            (FAR, "test_a_sent_text_is_answered_as_a_list_and_followed_by_raw_acks"),
            (DRIVER, "test_acks_and_echoes_of_a_text_carry_the_receipts_id"),
        ),
        "list, comma list, spaces, group, fifteen digits, isLid": (
            (FAR, "test_a_phone_is_read_as_contact_to_array_reads_it"),
            (DRIVER, "test_a_lid_is_sent_as_a_lid_however_short"),
            (DRIVER, "test_an_address_that_is_none_of_ours_reaches_nobody"),
        ),
        "options pass to the library": (
            (FAR, "test_a_migrated_number_moves_the_message_its_id_and_its_acks_to_the_lid"),
            (KINDS, "test_a_quote_is_found_under_the_customers_lid"),
        ),
        "another spelling of the content type": (
            (FAR, "test_client_mistakes_are_answered_as_the_real_server_mixes_them_up"),
            (DRIVER, "test_only_what_is_surely_so_is_called_sent_or_not_sent"),
        ),
        "not on WhatsApp: 400, and sent all the same, also to the good one of two": (
            (FAR, "test_a_number_not_on_whatsapp_is_refused_and_sent_to_all_the_same"),
            (DRIVER, "test_a_number_not_found_may_have_got_the_message_all_the_same"),
        ),
        "moved to a LID with its id and acks": (
            (FAR, "test_a_migrated_number_moves_the_message_its_id_and_its_acks_to_the_lid"),
            (DRIVER, "test_a_message_that_went_to_another_chat_is_known_by_its_key"),
        ),
        "no phone, an empty phone: an empty list": (
            (FAR, "test_a_phone_is_read_as_contact_to_array_reads_it"),
            (DRIVER, "test_an_empty_list_is_a_message_to_nobody"),
        ),
        "an empty phone with another content type, a phone as a number": (
            (FAR, "test_client_mistakes_are_answered_as_the_real_server_mixes_them_up"),
            (DRIVER, "test_a_number_is_sent_as_text_to_one_recipient"),
        ),
        "no message": ((SENDS, "test_no_text_is_sent_all_the_same"),),
        "malformed JSON": (
            (FAR, "test_what_express_cannot_route_or_parse_is_answered_with_a_page"),
        ),
        "the library throws: an Error, an object, an Error with a code": (
            (FAR, "test_an_arranged_answer_comes_for_that_recipient_that_many_times"),
            (SENDS, "test_no_file_is_an_error_of_the_library"),
            (DRIVER, "test_an_error_without_a_cause_leaves_the_outcome_unknown"),
            (DRIVER, "test_only_what_is_surely_so_is_called_sent_or_not_sent"),
        ),
        "[false] of a message that was sent": (
            (FAR, "test_an_arranged_answer_comes_for_that_recipient_that_many_times"),
            (DRIVER, "test_a_message_sent_under_an_unknown_id_is_sent"),
        ),
        "201 with ack -1": (
            (FAR, "test_a_refused_message_is_a_201_with_a_negative_ack"),
            (DRIVER, "test_a_message_refused_behind_a_success_is_rejected"),
        ),
        "the page hangs": (
            (FAR, "test_a_hung_send_goes_out_when_released_though_its_caller_gave_up"),
            (
                f"{DRIVER}:TestWppconnectDriver",
                "test_an_answer_that_never_came_is_no_refusal_and_nothing_is_sent_twice",
            ),
        ),
        "send-reply, also to a LID": (
            (SENDS, "test_an_answer_to_a_message_is_a_text_that_quotes_it"),
            (KINDS, "test_a_quote_is_found_under_the_customers_lid"),
        ),
    },
    "T5 files": {
        "send-image, send-file, send-voice-base64, send-sticker": (
            (SENDS, "test_a_file_is_answered_by_its_ack_and_id_alone"),
            (FILES, "test_the_body_is_the_json_the_server_reads_and_as_long_as_it_says"),
        ),
        "to two": ((SENDS, "test_a_file_to_two_is_answered_by_two"),),
        "a path: a link, or any file of the server's disk; send-voice": (
            (SENDS, "test_a_path_is_a_link_or_any_file_of_the_server_s_disk"),
            (FILES, "test_the_body_is_the_json_the_server_reads_and_as_long_as_it_says"),
        ),
        "no prefix, no file, no base64Ptt": ((SENDS, "test_no_file_is_an_error_of_the_library"),),
        "multipart, without a file, isGroup=false": (
            (SENDS, "test_in_a_form_every_field_is_text_and_false_is_true"),
            (SENDS, "test_a_form_without_a_file_is_refused"),
            (FILES, "test_the_body_is_the_json_the_server_reads_and_as_long_as_it_says"),
        ),
        "send-location, contact-vcard": (
            (SENDS, "test_a_place_is_answered_by_its_message_and_a_card_by_itself"),
            (KINDS, "test_a_place_arrives_with_its_name_and_address"),
            (KINDS, "test_only_what_is_surely_so_is_called_sent_or_not_sent"),
        ),
        "react-message": (
            (SENDS, "test_a_reaction_is_answered_without_an_id"),
            (KINDS, "test_only_what_is_surely_so_is_called_sent_or_not_sent"),
        ),
        "[null] of a file that was sent": (
            (SENDS, "test_a_file_lost_by_the_library_is_a_null_and_was_sent"),
            (DRIVER, "test_a_message_sent_under_an_unknown_id_is_sent"),
        ),
        "4.6 MB, and more than 50": (
            (SENDS, "test_a_body_of_some_megabytes_is_taken_and_one_of_fifty_is_a_page"),
            (FILES, "test_a_large_file_is_never_held_whole"),
        ),
    },
    "T6 questions": {
        "send-seen, typing": (
            (FAR, "test_seen_and_typing_answer_as_transcribed"),
            (DRIVER, "test_typing_is_shown_before_a_text_by_the_server_itself"),
        ),
        "recording, chat-state, contact, profile-pic": (
            (FAR, "test_the_other_questions_are_answered_as_transcribed"),
        ),
        "send-seen and typing fail": (
            (FAR, "test_seen_and_typing_fail_as_transcribed"),
            (KINDS, "test_a_gesture_that_the_page_refuses_is_told_apart_from_success"),
        ),
        "check-number-status, known and unknown": (
            (SENDS, "test_numbers_are_looked_up"),
            (FAR, "test_a_number_not_on_whatsapp_is_refused_and_sent_to_all_the_same"),
        ),
        "LID to phone, phone to LID, an unknown LID": (
            (FAR, "test_a_lid_resolves_both_ways_and_an_unknown_one_has_no_phone"),
            (NAMES, "test_a_lid_is_looked_up_and_so_is_a_number"),
            (NAMES, "test_a_lid_nobody_knows_a_number_of_is_no_error"),
        ),
        "download-media, media gone": (
            (
                FAR,
                "test_a_file_comes_as_base64_in_the_body_or_only_its_preview_when_it_is_lost",
            ),
        ),
        "download-media: no media, unknown; message-by-id; get-media-by-message": (
            (SENDS, "test_files_and_messages_that_are_not_there_are_told_in_three_ways"),
            (FAR, "test_the_other_questions_are_answered_as_transcribed"),
            (KINDS, "test_a_message_the_phone_has_no_more_is_not_quoted_and_nothing_is_sent"),
        ),
        "get-messages, unread-messages": (
            (FAR, "test_get_messages_shows_the_tail_and_an_unknown_chat_is_a_401"),
            (HISTORY, "test_a_long_tail_is_read_page_by_page_in_order_up_to_its_limit"),
        ),
        "healthz": ((SENDS, "test_what_needs_no_token"),),
    },
    "T7 webhook events": {
        "text, its headers, and read when answered 2xx": (
            (FAR, "test_a_text_is_posted_once_with_axios_headers_and_then_marked_as_read"),
            (WEBHOOK, "text.json"),
        ),
        "from a LID": ((WEBHOOK, "text_lid_sender.json"),),
        "from a LID, its chat an object": ((WEBHOOK, "text_lid_sender_chat_as_object.json"),),
        "quoted": ((WEBHOOK, "text_quoting.json"),),
        "image": ((WEBHOOK, "image_with_caption.json"),),
        "image that could not be downloaded": (
            (WEBHOOK, "image_download_failed.json"),
            (
                FAR,
                "test_a_file_comes_as_base64_in_the_body_or_only_its_preview_when_it_is_lost",
            ),
        ),
        "video": ((WEBHOOK, "video.json"),),
        "audio": ((WEBHOOK, "audio.json"),),
        "ptt": ((WEBHOOK, "voice.json"),),
        "document": ((WEBHOOK, "document.json"),),
        "sticker": ((WEBHOOK, "sticker.json"),),
        "location": ((WEBHOOK, "location.json"),),
        "vcard": ((WEBHOOK, "contact_card.json"),),
        "group": ((WEBHOOK, "group_text.json"),),
        "typed on the phone, and nobody told": (
            (FAR, "test_own_messages_are_echoed_only_where_the_server_is_configured_so"),
            (HISTORY, "test_our_own_messages_come_with_what_became_of_them"),
        ),
        "status broadcast, ignored": (
            (FAR, "test_any_event_can_be_emitted_but_not_stories"),
            (WEBHOOK, "status_post.json"),
        ),
        "acks 1, 2, 3, 4, -1": (
            (WEBHOOK, "ack_1.json"),
            (WEBHOOK, "ack_2.json"),
            (WEBHOOK, "ack_3.json"),
            (WEBHOOK, "ack_4_played.json"),
            (WEBHOOK, "ack_failed.json"),
        ),
        "reaction": ((WEBHOOK, "reaction.json"),),
        "reaction taken back": ((WEBHOOK, "reaction_taken_back.json"),),
        "revoked": ((WEBHOOK, "revoked.json"),),
        "presence": ((WEBHOOK, "event_presence.json"),),
        "call": ((WEBHOOK, "event_call.json"),),
        "participants": ((WEBHOOK, "event_participants.json"),),
        "label": ((WEBHOOK, "event_label.json"),),
        "live location": ((WEBHOOK, "event_live_location.json"),),
        "acks of an image, each with the file": (
            (FAR, "test_every_ack_of_a_sent_image_repeats_the_whole_file"),
            (WEBHOOK, "ack_of_an_image_repeats_the_file.json"),
        ),
        "poll": ((WEBHOOK, "event_poll_vote.json"),),
        "a change of state has no webhook": (
            (SESSION, "test_a_healthy_session_is_looked_at_twice_a_minute_and_left_alone"),
        ),
    },
    "T8 what is lost, and what comes twice": {
        "answered 500: once, never again, not marked as read": (
            (FAR, "test_a_failed_delivery_is_lost_and_not_marked_as_read"),
            (HISTORY, "test_what_customers_wrote_reads_as_their_webhooks_would_have"),
        ),
        "deliveries side by side, a text before an earlier file": (
            (FAR, "test_deliveries_run_beside_each_other_and_a_text_overtakes_a_file"),
        ),
        "one message twice, the same id": (
            (FAR, "test_a_message_the_library_reports_twice_is_posted_twice_with_one_id"),
            (
                "tests.unit.application.test_receive_messages",
                "test_a_repeated_webhook_is_filed_once",
            ),
        ),
    },
    "T9 the webhook's address": {
        "credentials become Basic, path and query stay": (
            (FAR, "test_credentials_in_the_webhook_url_become_basic_auth_and_the_path_stays"),
            (DRIVER, "test_the_webhook_given_to_wppconnect_has_session_and_password"),
        ),
        "another one is taken after close and start, and stored": (
            (FAR, "test_close_keeps_the_stored_webhook_and_later_events_come_without_a_session"),
            (SESSION, "test_a_changed_webhook_is_given_to_the_session_once"),
        ),
    },
    "T10 the server restarts": {
        "refused while down; tokens, sessions and webhooks are there again": (
            (FAR, "test_a_restart_keeps_tokens_webhooks_and_chats_and_loses_what_was_under_way"),
            (SESSION, "test_restarting_wppconnect_leaves_its_session_to_itself"),
            (SESSION, "test_a_server_that_was_away_is_found_again"),
        ),
        "show-all-sessions, start-all, with the secret and without": (
            (SENDS, "test_what_needs_no_token"),
        ),
    },
    "T11 onSelfMessage, no autoDownload, no readMessage": {
        "typed on the phone": (
            (FAR, "test_own_messages_are_echoed_only_where_the_server_is_configured_so"),
            (WEBHOOK, "own_typed_on_the_phone.json"),
        ),
        "an API send, echoed": (
            (FAR, "test_own_messages_are_echoed_only_where_the_server_is_configured_so"),
            (WEBHOOK, "own_echo_of_an_api_send.json"),
        ),
        "an image whose body is its preview": ((WEBHOOK, "image_preview_only.json"),),
    },
    "T12 what is open to whoever reaches the port": {
        "clear-session-data with a wrong secret": (
            (FAR, "test_anybody_who_reaches_the_port_can_unpair_the_phone"),
            (f"{SETUP}:TestWppconnectSetup", "test_a_public_address_is_warned_of"),
            (f"{SETUP}:TestWppconnectSetup", "test_the_key_it_ships_with_is_told"),
        ),
        "unhealthy kills the process": (
            (FAR, "test_anybody_who_reaches_the_port_can_kill_it"),
            (SESSION, "test_a_server_that_was_away_is_found_again"),
        ),
    },
    "T13 the browser dies": {
        "browserClose; the state stays; start does nothing; close and start help": (
            (FAR, "test_a_dead_browser_still_says_connected_and_only_close_then_start_helps"),
            (SESSION, "test_a_session_whose_page_died_is_restarted_at_the_second_look"),
            (SESSION, "test_a_webhook_that_says_its_page_died_has_it_looked_at_at_once"),
            (WEBHOOK, "event_browser_closed.json"),
        ),
        "waitQrCode after a close": (
            (FAR, "test_wait_qr_code_never_answers_a_paired_phone_and_does_not_wait_after_close"),
        ),
    },
}

PROBES = [
    pytest.param(held, id=f"{transcript}: {probe}")
    for transcript, probes in TRANSCRIPTS.items()
    for probe, held in probes.items()
]


@pytest.mark.parametrize("held", PROBES)
def test_each_probe_has_its_tests(held: Held) -> None:
    expected = json.loads((BODIES / "expected.json").read_text(encoding="utf-8"))
    for place, name in held:
        if name.endswith(".json"):
            assert name in expected, f"nothing is expected of {name}"
            continue
        require_test(place, name)


def test_all_thirteen_are_there() -> None:
    assert [title.split()[0] for title in TRANSCRIPTS] == [f"T{n}" for n in range(1, 14)]
