"""
The rules for a driver of WPPConnect Server, and the states of its session, each with its tests.

The server answers half of what goes wrong with a success, and tells the other
half to nobody. What was learned of it, from its source and from running it, is
this list; a rule whose test went away is a rule nobody keeps.
"""

import pytest

from tests.contracts.checklists import require_test

DRIVER = "tests.contracts.test_wppconnect_driver"
SESSION = "tests.contracts.test_wppconnect_session"
WEBHOOK = "tests.contracts.test_wppconnect_webhook"
HISTORY = "tests.contracts.test_wppconnect_history"
FILES = "tests.contracts.test_wppconnect_files"
SETUP = "tests.contracts.test_provider_setup:TestWppconnectSetup"

RULES: dict[str, tuple[tuple[str, str], ...]] = {
    "a token is made when first needed, kept, and made once more after a 401": (
        (DRIVER, "test_the_token_is_made_once_for_many_texts"),
        (DRIVER, "test_a_refused_token_is_made_anew_and_the_text_goes_out_once"),
        (DRIVER, "test_a_token_refused_again_stops_the_channel"),
        (HISTORY, "test_a_chat_that_cannot_be_read_is_told_and_the_others_are_read"),
    ),
    "digits as text, one recipient a call": (
        (DRIVER, "test_a_number_is_sent_as_text_to_one_recipient"),
        (DRIVER, "test_a_lid_is_sent_as_a_lid_however_short"),
        (DRIVER, "test_an_address_that_is_none_of_ours_reaches_nobody"),
    ),
    "a success is a list of one with an id; [] is none, false and null are sent, ack -1 is not": (
        (DRIVER, "test_an_empty_list_is_a_message_to_nobody"),
        (DRIVER, "test_a_message_sent_under_an_unknown_id_is_sent"),
        (DRIVER, "test_a_message_refused_behind_a_success_is_rejected"),
    ),
    "no answer, or a 500, is an unknown outcome and is settled by evidence": (
        (DRIVER, "test_an_error_without_a_cause_leaves_the_outcome_unknown"),
        (DRIVER, "test_only_what_is_surely_so_is_called_sent_or_not_sent"),
        (HISTORY, "test_our_own_messages_come_with_what_became_of_them"),
    ),
    "a 404 is a session to be looked at": (
        (DRIVER, "test_a_message_to_a_dead_page_may_be_sent_later"),
        (HISTORY, "test_without_a_page_there_is_no_history"),
    ),
    "a number said not to exist may have got the message": (
        (DRIVER, "test_a_number_not_found_may_have_got_the_message_all_the_same"),
    ),
    "messages are known by their key, not by their chat": (
        (DRIVER, "test_a_message_that_went_to_another_chat_is_known_by_its_key"),
        (DRIVER, "test_acks_and_echoes_of_a_text_carry_the_receipts_id"),
    ),
    "the webhook has a password and the session's name, and every event is read": (
        (DRIVER, "test_the_webhook_given_to_wppconnect_has_session_and_password"),
        (WEBHOOK, "test_the_password_alone_proves_it"),
        (WEBHOOK, "test_a_webhook_of_another_session_is_not_trusted"),
        (WEBHOOK, "test_each_body_says_what_it_says"),
        (WEBHOOK, "test_what_the_far_side_posts_is_read"),
    ),
    "the state is asked for: its webhooks are lost, and a close tells nobody": (
        (SESSION, "test_a_healthy_session_is_looked_at_twice_a_minute_and_left_alone"),
        (SESSION, "test_a_qr_code_nobody_scanned_is_told_as_that"),
    ),
    "what hangs or died is closed and started": (
        (SESSION, "test_a_session_that_never_comes_up_is_restarted_after_three_minutes"),
        (SESSION, "test_a_session_whose_page_died_is_restarted_at_the_second_look"),
        (SESSION, "test_a_page_that_hangs_is_restarted_like_a_dead_one"),
        (SESSION, "test_a_webhook_that_says_its_page_died_has_it_looked_at_at_once"),
    ),
    "a QR code is shown only while it is one": (
        (SESSION, "test_a_qr_code_is_gone_once_it_was_scanned"),
        (SESSION, "test_a_qr_code_that_nobody_renews_is_never_shown_as_live"),
        (SESSION, "test_a_rotated_qr_code_is_replaced_and_each_says_how_long_it_lasts"),
    ),
    "another webhook is taken at a start only": (
        (SESSION, "test_a_changed_webhook_is_given_to_the_session_once"),
        (SESSION, "test_two_processes_with_different_webhooks_do_not_fight"),
    ),
    "what no webhook brought is fetched from the chats": (
        (HISTORY, "test_what_customers_wrote_reads_as_their_webhooks_would_have"),
        (HISTORY, "test_a_long_tail_is_read_page_by_page_in_order_up_to_its_limit"),
    ),
    "files are data URIs in JSON, streamed both ways, and asked of this server alone": (
        (FILES, "test_the_body_is_the_json_the_server_reads_and_as_long_as_it_says"),
        (FILES, "test_a_large_file_is_never_held_whole"),
        (FILES, "test_a_file_is_asked_of_the_server_in_the_settings_alone"),
        (
            "tests.e2e.test_media",
            "test_a_file_in_a_webhook_is_in_memory_once_and_a_larger_one_is_fetched_from_the_chat",
        ),
    ),
    "its port is open to whoever reaches it": (
        (SETUP, "test_a_public_address_is_warned_of"),
        (SETUP, "test_the_key_it_ships_with_is_told"),
    ),
}
STATES: dict[str, tuple[tuple[str, str], ...]] = {
    "starting": ((SESSION, "test_a_closed_session_is_started_with_our_webhook"),),
    "qr": ((SESSION, "test_an_unpaired_phone_gets_a_qr_code_and_another_one_when_nobody_scanned"),),
    "paired": ((SESSION, "test_connected_is_proven_once_a_minute"),),
    "offline": ((SESSION, "test_a_page_without_whatsapp_behind_it_is_not_connected"),),
    "unlinked": ((SESSION, "test_a_session_unlinked_on_the_phone_shows_a_qr_code_again"),),
    "closed by itself": ((SESSION, "test_a_qr_code_nobody_scanned_is_told_as_that"),),
    "stuck": (
        (SESSION, "test_a_session_that_does_not_come_up_is_told_to_a_person_after_three_minutes"),
        (SESSION, "test_a_session_that_shows_the_same_qr_code_for_ever_is_restarted"),
    ),
    "browser dead": ((SESSION, "test_a_session_whose_page_died_is_restarted_at_the_second_look"),),
    "server away and back": (
        (SESSION, "test_a_server_that_was_away_is_found_again"),
        (SESSION, "test_restarting_wppconnect_leaves_its_session_to_itself"),
    ),
    "each told with what to do": ((SESSION, "test_each_state_is_told_with_what_to_do"),),
}


@pytest.mark.parametrize("rule", [*RULES, *STATES])
def test_each_rule_and_state_has_its_tests(rule: str) -> None:
    for place, name in {**RULES, **STATES}[rule]:
        require_test(place, name)
