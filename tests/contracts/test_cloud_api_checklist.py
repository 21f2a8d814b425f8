"""
What is known of the Cloud API, fact by fact, each with the tests that keep it.

Meta's pages say much that is only half so, and other people's trackers say the
rest. A fact whose test went away is a fact nobody heeds.
"""

import pytest

from tests.contracts.checklists import require_test

DRIVER = "tests.contracts.test_cloud_api_driver"
KINDS = "tests.contracts.test_cloud_api_kinds"
FILES = "tests.contracts.test_cloud_api_files"
DOWNLOADS = "tests.contracts.test_provider_downloads"
REFUSALS = "tests.contracts.test_cloud_api_refusals"
TEMPLATES = "tests.contracts.test_cloud_api_templates"
WEBHOOK = "tests.contracts.test_cloud_api_webhook"
BODIES = "tests.contracts.test_cloud_api_bodies"
NAMES = "tests.contracts.test_cloud_api_identities"
SETUP = "tests.contracts.test_provider_setup:TestCloudApiSetup"
WINDOWS = "tests.unit.application.test_windows"
PACE = "tests.contracts.test_pace_policies"
MEDIA = "tests.e2e.test_media"

FACTS: dict[str, tuple[tuple[str, str], ...]] = {
    "the version is one of Graph's, and the settings name it": (
        (f"{DRIVER}:TestSettings", "test_a_wrong_one_is_named_and_not_repeated"),
    ),
    "a token that ran out is 190 or 0, and stops the channel": (
        (f"{DRIVER}:TestConnection", "test_a_token_that_ran_out_is_named_with_its_variable"),
        (REFUSALS, "test_a_code_answered_to_a_message_does_what_its_row_says"),
        (SETUP, "test_a_wrong_token_is_told_as_that_and_nothing_else_is_asked"),
    ),
    "a number is sent with its plus sign, a user id as recipient and never in `to`": (
        (DRIVER, "test_a_number_is_sent_with_its_plus_sign_and_our_id"),
        (DRIVER, "test_a_user_id_is_a_recipient_and_never_a_number"),
        (DRIVER, "test_the_number_is_preferred_to_the_user_id"),
    ),
    "each kind has its body, and only some have words, a name or a quote": (
        (DRIVER, "test_only_a_text_with_a_link_asks_for_its_preview"),
        (KINDS, "test_a_place_has_only_what_was_said_of_it"),
        (KINDS, "test_a_card_has_a_name_and_numbers_to_write_to"),
        (KINDS, "test_a_reaction_names_its_message_and_has_no_context"),
        (KINDS, "test_a_question_has_buttons_or_a_list"),
        (FILES, "test_a_file_shows_what_it_answers"),
    ),
    "templates are filled in order or by name, with a file above them": (
        (KINDS, "test_a_template_is_filled_in_order_or_by_name"),
        (KINDS, "test_a_templates_picture_may_be_one_uploaded_before"),
        (KINDS, "test_a_templates_file_of_ours_is_uploaded_once_and_sent_by_its_id"),
        (TEMPLATES, "test_approved_templates_are_read_with_all_they_leave_open"),
    ),
    "there is no idempotency key: no answer is an unknown outcome": (
        (DRIVER, "test_an_answer_meta_does_not_document_leaves_it_open"),
        (DRIVER, "test_a_page_that_hides_a_sent_message_is_not_taken_for_a_refusal"),
        (FILES, "test_a_file_whose_sending_breaks_off_may_have_gone_out"),
    ),
    "200 means accepted; whatever stands beside the id, or nothing": (
        (DRIVER, "test_whatever_stands_beside_the_id_the_text_is_accepted"),
        (DRIVER, "test_an_answer_without_an_id_is_no_receipt"),
    ),
    "our opaque id comes back with the statuses": (
        (DRIVER, "test_a_number_is_sent_with_its_plus_sign_and_our_id"),
        (WEBHOOK, "test_played_counts_as_read_and_a_failure_has_words"),
    ),
    "files are sent by id: fetched links are throttled by where they lie": (
        (FILES, "test_the_same_file_is_uploaded_once_and_again_when_it_is_refused"),
        (FILES, "test_another_worker_or_one_started_anew_uploads_nothing_again"),
        (FILES, "test_an_upload_that_breaks_off_may_be_repeated_for_nothing_was_sent"),
        (FILES, "test_what_meta_does_not_take_is_not_sent"),
    ),
    "reading and typing name the customer's message": (
        (KINDS, "test_reading_and_typing_name_the_customers_message"),
    ),
    "the code decides, not the title and not the HTTP status": (
        (DRIVER, "test_metas_code_decides_and_is_shown_without_metas_words"),
        (DRIVER, "test_an_unknown_error_that_meta_calls_passing_is_tried_again"),
        (DRIVER, "test_too_many_requests_is_a_throttle_whoever_says_it"),
        (REFUSALS, "test_no_code_has_two_rows"),
        (KINDS, "test_every_code_of_metas_table_has_words_in_both_languages"),
    ),
    "most refusals come later, as a status, and mean the same": (
        (REFUSALS, "test_a_code_in_a_late_status_means_the_same"),
        (
            "tests.unit.application.test_hold_channels",
            "test_a_late_refusal_of_the_account_stops_its_channel_and_is_told",
        ),
    ),
    "what stops the account reaches a person": (
        (REFUSALS, "test_what_a_person_must_see_to_reaches_one"),
    ),
    "outside the window only a template goes": (
        (WINDOWS, "test_outside_the_window_nothing_is_stored_and_the_templates_are_told"),
        (WINDOWS, "test_outside_the_window_a_template_goes_out_as_the_customer_reads_it"),
        (WINDOWS, "test_neither_an_echo_nor_a_reaction_opens_it_again"),
    ),
    "the number and each recipient have a pace": (
        (PACE, "test_the_cloud_api_keeps_to_what_meta_documents"),
        (PACE, "test_too_fast_for_one_customer_is_told_from_too_fast_for_the_number"),
    ),
    "a link lives five minutes, an id seven days; only Meta's hosts get the token": (
        (FILES, "test_a_link_that_has_expired_is_asked_for_anew"),
        (FILES, "test_a_link_to_elsewhere_is_never_given_the_token"),
        (DOWNLOADS, "test_only_metas_hosts_over_https_are_asked"),
        (DOWNLOADS, "test_no_redirect_leads_to_where_we_were_not_meant_to_ask"),
        (DOWNLOADS, "test_a_name_that_leads_elsewhere_the_next_time_gains_nothing"),
    ),
    "a document has up to 100 MB, in both directions": (
        (MEDIA, "test_the_largest_document_in_and_out_takes_less_than_64_mib_of_memory"),
    ),
    "the challenge is answered bare, to who knows the token": (
        (f"{WEBHOOK}:TestHandshake", "test_whoever_knows_the_token_gets_the_challenge_back"),
        (f"{WEBHOOK}:TestHandshake", "test_nobody_else_does"),
    ),
    "the signature is over the raw body, escapes and all": (
        (WEBHOOK, "test_escaped_text_is_read"),
        (WEBHOOK, "test_raw_bytes_that_are_no_json_are_refused"),
    ),
    "a body may hold a thousand of anything, from several numbers, twice, in any order": (
        (WEBHOOK, "test_a_batch_loses_nothing_and_keeps_its_order"),
        (WEBHOOK, "test_what_is_no_concern_of_ours_is_counted_with_its_reason"),
        ("tests.unit.application.test_receive_messages", "test_a_repeated_webhook_is_filed_once"),
        (
            "tests.unit.application.test_deliver_messages",
            "test_what_a_provider_reported_never_goes_backwards",
        ),
        (
            "tests.unit.application.test_deliver_messages",
            "test_statuses_that_come_before_the_answer_are_taken_up_by_settle",
        ),
    ),
    "each kind is read as its body says, and what nobody knows is kept": (
        (BODIES, "test_each_body_says_what_it_says"),
        (BODIES, "test_damaged_they_are_read_or_refused_and_never_a_crash"),
        (WEBHOOK, "test_a_body_says_what_was_written_down_for_it"),
        (WEBHOOK, "test_each_kind_keeps_what_it_holds"),
        (WEBHOOK, "test_a_time_that_cannot_be_read_is_none_and_the_message_stays"),
    ),
    "what was written in the Business app is ours": (
        (WEBHOOK, "test_what_we_wrote_on_the_phone_is_ours_and_the_customers_conversation"),
    ),
    "a customer may have no number; ids change, and are no numbers": (
        (WEBHOOK, "test_a_customers_number_comes_before_the_user_id"),
        (WEBHOOK, "test_a_user_id_is_found_in_the_contact_of_the_same_number"),
        (NAMES, "test_an_update_of_the_id_is_followed"),
        (NAMES, "test_no_id_is_ever_read_as_a_number"),
        (NAMES, "test_an_id_is_never_an_address_that_could_be_dialled"),
    ),
    "how the number is doing is told": (
        (f"{DRIVER}:TestConnection", "test_what_meta_says_of_the_number_decides"),
        (SETUP, "test_a_number_that_is_not_well_is_told"),
    ),
    "an app that is not subscribed hears nothing: the commonest fault": (
        (SETUP, "test_an_app_that_is_not_subscribed_is_found_and_subscribed"),
        (SETUP, "test_another_app_that_is_subscribed_is_not_ours"),
    ),
}


@pytest.mark.parametrize("fact", FACTS)
def test_each_fact_has_its_tests(fact: str) -> None:
    for place, name in FACTS[fact]:
        require_test(place, name)
