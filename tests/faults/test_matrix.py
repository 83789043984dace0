"""Faults seen in SMPP clients, the right behaviour, and the tests that prove it.

Rule: every fault has a proof, the name of an existing test after the path of its module under
`tests`. A new fault gets a row and a test.
"""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

TESTS = Path(__file__).resolve().parent.parent


class Row(NamedTuple):
    """One fault.

    Args:
        fault: What a client did wrong, or what a gateway sent.
        right: The right behaviour.
        proofs: Tests as "module::function", separated by blanks; "=" is the module before.
    """

    fault: str
    right: str
    proofs: str


FRAMING = (
    Row(
        "a length of 0 or 15 was processed, once as an acceptance",
        "the link ends at once with a typed error, in flight is UNKNOWN, the link is opened again",
        "faults/test_framing::test_length_that_cannot_be_ends_the_link",
    ),
    Row(
        "a length of 4 GiB, and all that followed was kept",
        "refused at its first four octets; nothing after them is kept",
        "faults/test_framing::test_flood_behind_an_impossible_length_is_not_kept "
        "=::test_length_that_cannot_be_ends_the_link",
    ),
    Row(
        "single octets, many PDUs in one segment, a long pause inside one: framing lost for good",
        "how the stream is cut makes no difference",
        "faults/test_framing::test_every_octet_on_its_own_makes_no_difference "
        "=::test_all_in_one_segment_makes_no_difference "
        "=::test_pause_inside_a_pdu_makes_no_difference "
        "=::test_any_cut_of_the_stream_gives_the_same_outcomes "
        "session/test_machine_properties::test_any_split_of_the_stream_gives_the_same_events",
    ),
    Row(
        "an unknown command ended the session, or was ignored",
        "generic_nack with ESME_RINVCMDID and its number; an unknown response is ignored",
        "faults/test_framing::test_unknown_command_is_refused_and_the_session_lives "
        "=::test_unknown_response_is_passed_over",
    ),
    Row(
        "a vendor's command_status ended the session",
        "it is a number, and is kept",
        "faults/test_framing::test_vendor_status_is_kept",
    ),
    Row(
        "an unknown TLV or a binary value lost the message",
        "kept as octets beside the message",
        "faults/test_framing::test_strange_tlvs_are_kept_raw",
    ),
    Row(
        "a known TLV of an odd length, or where it doesn't belong, ended the link",
        "its octets are kept, nothing is raised",
        "faults/test_framing::test_strange_tlvs_are_kept_raw "
        "pdu/test_codec::test_unknown_numbers_and_tags_are_values",
    ),
    Row(
        "a TLV longer than its PDU closed the session, or was silently dropped",
        "that one PDU is refused, the session lives",
        "faults/test_framing::test_tlv_beyond_the_end_of_a_message_costs_no_other_field "
        "=::test_message_cut_anywhere_is_refused_and_the_session_lives",
    ),
    Row(
        "an unknown data_coding or type of number was nacked",
        "unknown numbers are values; the octets reach the user undecoded",
        "faults/test_framing::test_unknown_coding_and_type_of_number_are_values",
    ),
    Row(
        "a refusal of 16 octets lost its status",
        "a response may end after its header",
        "faults/test_framing::test_refusal_without_a_body_has_its_status",
    ),
    Row(
        "a TLV after the id of a response became part of the id",
        "an id ends at its NUL",
        "faults/test_framing::test_id_is_what_stands_before_its_nul",
    ),
    Row(
        "strings that are too long or not ASCII were refused",
        "taken and shown as they are",
        "faults/test_framing::test_over_long_addresses_are_taken "
        "=::test_id_is_what_stands_before_its_nul",
    ),
    Row(
        "a NUL in an address moved every field after it",
        "refused before an octet leaves",
        "faults/test_framing::test_bad_address_is_refused_before_an_octet_leaves",
    ),
    Row(
        "a long address was cut, a misspelt field ignored",
        "both are refused",
        "faults/test_framing::test_bad_address_is_refused_before_an_octet_leaves "
        "=::test_misspelt_field_is_refused",
    ),
)

SESSION = (
    Row(
        "a window setting without effect",
        "never more requests in flight than the window, counted at the gateway",
        "faults/test_session::test_window_is_never_exceeded "
        "client/test_client::test_never_more_in_flight_than_the_window",
    ),
    Row(
        "a cancelled caller took its slot with it",
        "a slot is freed by the response, its deadline or the loss of the link",
        "faults/test_session::test_cancelled_and_overdue_callers_leak_no_slot "
        "client/test_client::test_ten_thousand_sends_with_random_cancellations_leak_nothing",
    ),
    Row(
        "responses out of order, twice, or for nothing",
        "matched by their number; what matches nothing is counted and ignored",
        "faults/test_session::test_stray_responses_are_harmless "
        "=::test_window_is_never_exceeded =::test_late_response_frees_nothing_twice",
    ),
    Row(
        "one timed-out request ended the session",
        "it ends alone",
        "faults/test_session::test_answer_under_number_0_is_no_answer "
        "session/test_machine::test_one_overdue_request_ends_alone",
    ),
    Row(
        "a refused bind was reported as a timeout, and repeated without end",
        "reported at once with its status; wrong credentials are tried once",
        "faults/test_session::test_wrong_credentials_are_reported_at_once_and_not_tried_again",
    ),
    Row(
        "messages were written before the bind, or after its refusal",
        "nothing but the bind is written until it is accepted",
        "faults/test_session::test_first_pdu_of_every_link_is_the_bind "
        "=::test_already_bound_is_not_bound "
        "session/test_machine_matrix::test_a_request_leaves_only_where_the_table_lets_it",
    ),
    Row(
        "a bind accepted and dropped was repeated at once, without end",
        "waits grow until a link has lasted for a while",
        "faults/test_session::test_waits_grow_until_a_link_has_proved_stable "
        "link/test_backoff::test_short_lived_link_keeps_the_delays_long",
    ),
    Row(
        "enquire_link was answered seconds late, after traffic or the user's code",
        "answered when it is read, whatever waits",
        "faults/test_session::test_enquire_link_is_answered_before_any_traffic "
        "faults/test_receipts::test_slow_reader_delays_nothing_else",
    ),
    Row(
        "an unresponsive gateway was never detected",
        "an unanswered enquire_link ends the link",
        "faults/test_session::test_half_open_connection_is_found_out",
    ),
    Row(
        "enquire_link went out under a number that was in flight",
        "all our requests share one sequence",
        "faults/test_session::test_all_our_requests_share_one_sequence",
    ),
    Row(
        "any PDU counted as the answer to unbind; the peer's unbind was never answered",
        "first the requests in flight, then unbind, which only unbind_resp answers",
        "faults/test_session::test_leaving_drains_then_unbinds "
        "session/test_machine::test_only_its_response_answers_an_unbind",
    ),
    Row(
        "the gateway's unbind was ignored",
        "answered during traffic, every message has an outcome, the link is opened again",
        "faults/test_session::test_gateways_unbind_is_answered_in_mid_traffic "
        "=::test_answers_before_the_unbind_count "
        "=::test_simulated_maintenance_loses_and_doubles_nothing",
    ),
    Row(
        "messages vanished with the link, or were written to a closed socket",
        "unwritten ones go out on the next link; written ones are UNKNOWN at once",
        "faults/test_session::test_drop_gives_every_message_one_outcome "
        "=::test_drops_at_any_moment_lose_and_double_nothing "
        "client/test_client::test_nothing_is_written_after_an_end_of_file",
    ),
    Row(
        "a partial write broke the stream",
        "one writer, whole PDUs",
        "faults/test_session::test_slow_reader_gets_whole_pdus",
    ),
    Row(
        "the client's nack was an octet longer than its length",
        "one encoder for all PDUs, with the right length",
        "faults/test_framing::test_header_is_all_that_a_bare_pdu_has",
    ),
    Row(
        "numbers never wrapped",
        "1 to 0x7FFFFFFF and again, skipping those in flight",
        "faults/test_session::test_numbers_wrap_on_the_wire "
        "session/test_sequence::test_after_the_last_number_comes_one",
    ),
    Row(
        "the process crashed at its exit under load",
        "a clean exit: after Ctrl-C, at any moment, and if the loop was stopped",
        "faults/test_session::test_interpreter_exits_cleanly_under_load",
    ),
)

THROTTLING = (
    Row(
        "a throttled message failed at once",
        "it is retried before all later ones, until the timeout",
        "faults/test_throttling::test_throttled_messages_go_again_in_order "
        "=::test_pause_holds_the_whole_queue",
    ),
    Row(
        "a few throttled ones stopped everything for a minute and more",
        "pause, probe, and full speed again within seconds",
        "faults/test_throttling::test_a_few_throttled_do_not_stop_everything "
        "=::test_enquire_link_passes_while_all_wait",
    ),
    Row(
        "a retried message lost its receipt",
        "receipts belong to the message, not to the attempt",
        "faults/test_throttling::test_receipt_finds_a_message_that_was_throttled",
    ),
    Row(
        "parts of a long message were not counted",
        "each part counts, and each is held and retried alone",
        "faults/test_throttling::test_parts_count_as_messages",
    ),
)

TEXTS = (
    Row(
        "emoji and escapes were cut between parts",
        "no part ends inside a character",
        "faults/test_texts::test_no_part_ends_inside_a_sign "
        "pdu/text/test_segments::test_no_segment_is_too_long_and_no_cluster_is_cut",
    ),
    Row(
        "Cyrillic parts of 67 octets",
        "67 characters, 134 octets",
        "faults/test_texts::test_text_arrives_as_it_was_written "
        "pdu/text/test_segments::test_boundaries",
    ),
    Row(
        "GSM texts of 141 to 160 characters were sent as two parts",
        "as one part",
        "faults/test_texts::test_text_arrives_as_it_was_written",
    ),
    Row(
        "200 euro signs made a part of 312 octets",
        "septets are counted, and an escape takes two",
        "faults/test_texts::test_text_arrives_as_it_was_written "
        "pdu/text/test_alphabet::test_septets_count_escapes_twice",
    ),
    Row(
        "a backtick arrived as another character",
        "a text outside of the GSM alphabet is sent in UCS-2",
        "faults/test_texts::test_text_its_coding_cannot_hold_is_never_replaced",
    ),
    Row(
        "emoji were refused in UCS-2",
        "UTF-16, big-endian",
        "faults/test_texts::test_text_arrives_as_it_was_written",
    ),
    Row(
        "incoming parts were sorted as text, mixed between senders, never complete, or refused",
        "octets joined by number, kept apart by sender, recipient, reference and total",
        "faults/test_texts::test_parts_come_in_any_order_of_any_senders "
        "=::test_part_that_ends_inside_a_pair_is_kept "
        "pdu/text/test_reassembly::test_parts_of_different_messages_are_not_mixed",
    ),
    Row(
        "the last part was taken for the end",
        "complete when all parts are there; an incomplete message is delivered after a timeout",
        "faults/test_texts::test_what_came_of_a_message_is_handed_out_in_time "
        "pdu/text/test_reassembly::test_last_part_needs_not_come_last",
    ),
)

RECEIPTS = (
    Row(
        "an unusual receipt ended the session and was repeated without end",
        "reading never raises; the raw text is kept, TLVs win over it, it is answered",
        "faults/test_receipts::test_mangled_receipt_is_answered_once_and_handed_over "
        "=::test_tlvs_win_over_the_text gateway/test_receipts::test_reading_never_raises",
    ),
    Row(
        "a receipt before its response was lost",
        "it waits for the response with its id",
        "faults/test_receipts::test_receipt_before_its_response_finds_its_message",
    ),
    Row(
        "ids were compared too loosely or not at all",
        "opaque; hexadecimal and decimal ids are a setting",
        "faults/test_receipts::test_ids_meet_as_the_setting_says "
        "=::test_ids_that_only_look_alike_do_not_meet",
    ),
    Row(
        "a receipt of another run or link was an error",
        "receipts() yields it; from another link it reaches its message",
        "faults/test_receipts::test_receipt_of_another_run_is_no_error "
        "=::test_receipts_of_another_link_find_their_message",
    ),
    Row(
        "acknowledged before it was stored",
        "answered after it is stored",
        "faults/test_receipts::test_full_queue_holds_the_answers_back_and_nothing_else",
    ),
    Row(
        "unread events piled up without a bound",
        "bounded: the gateway waits, then gets a temporary error; enquire_link is answered",
        "faults/test_receipts::test_unread_receipts_are_bounded "
        "=::test_full_queue_holds_the_answers_back_and_nothing_else",
    ),
    Row(
        "an exception in user code ended the client",
        "logged if it is a hook's, raised to the user if it is a reader's",
        "faults/test_session::test_hook_that_raises_costs_nothing "
        "faults/test_receipts::test_reader_that_raises_ends_itself_alone",
    ),
    Row(
        "of several parts only one receipt was used",
        "each has its own; together one state",
        "faults/test_receipts::test_every_part_has_its_receipt "
        "client/test_submission::test_one_part_that_will_not_arrive_settles_it",
    ),
)

OUTCOMES = (
    Row(
        "silence, loss and refusal were one error",
        "UNKNOWN, UNKNOWN or NOT_SENT, REFUSED: each with its own class",
        "faults/test_outcomes::test_each_end_has_its_own_error_and_outcome "
        "=::test_unwritten_message_was_not_sent",
    ),
    Row(
        "accepted messages were reported as timed out under load",
        "the deadline counts from the write, and what was received is read first",
        "faults/test_outcomes::test_answer_that_arrived_is_not_overdue "
        "=::test_answers_that_came_while_the_loop_was_held_up_count "
        "=::test_deadline_counts_from_the_write",
    ),
    Row(
        "a message without a response was sent again, and charged twice",
        "never automatically",
        "faults/test_outcomes::test_unknown_message_is_never_sent_again_by_itself",
    ),
)

BAD_GATEWAY = (
    Row(
        "the password is refused by a bare header",
        "a typed error at once, no second attempt",
        "faults/test_session::test_wrong_credentials_are_reported_at_once_and_not_tried_again",
    ),
    Row(
        "the bind fails for another reason",
        "tried again with growing waits; what waits is kept",
        "faults/test_session::test_bind_failed_later_is_tried_again_and_keeps_the_messages",
    ),
    Row(
        "the first bind is refused as already bound",
        "not bound: close, wait, try again",
        "faults/test_session::test_already_bound_is_not_bound",
    ),
    Row(
        "bind response and a message in one segment",
        "both are taken",
        "faults/test_framing::test_all_in_one_segment_makes_no_difference",
    ),
    Row(
        "an unknown request with number 77",
        "nack with status 3 and number 77, the session continues",
        "faults/test_framing::test_unknown_command_is_refused_and_the_session_lives",
    ),
    Row(
        "a length of 0x7FFFFFFF",
        "one nack with status 2 and number 0, then the link ends and the next one is opened",
        "faults/test_framing::test_length_that_cannot_be_ends_the_link",
    ),
    Row(
        "a length of 8",
        "the same; no searching for the next PDU",
        "faults/test_framing::test_length_that_cannot_be_ends_the_link "
        "=::test_octets_of_another_protocol_are_called_by_their_name",
    ),
    Row(
        "a TLV longer than its PDU",
        "what stands before it is kept, and the session continues",
        "faults/test_framing::test_tlv_beyond_the_end_of_a_message_costs_no_other_field",
    ),
    Row(
        "TLVs of a vendor",
        "taken, shown as octets",
        "faults/test_framing::test_strange_tlvs_are_kept_raw",
    ),
    Row(
        "a receipt before the response",
        "kept until the response",
        "faults/test_receipts::test_receipt_before_its_response_finds_its_message",
    ),
    Row(
        "generic_nack for a message",
        "that message fails, the session lives",
        "faults/test_session::test_generic_nack_fails_its_request_alone",
    ),
    Row(
        "a response with number 0",
        "no answer to anything: the request runs out, its slot is free",
        "faults/test_session::test_answer_under_number_0_is_no_answer",
    ),
    Row(
        "an unbind during traffic",
        "answered; in flight is UNKNOWN; the link is opened again",
        "faults/test_session::test_gateways_unbind_is_answered_in_mid_traffic",
    ),
    Row(
        "a cut after a submit_sm",
        "UNKNOWN, and the caller decides",
        "faults/test_session::test_drop_gives_every_message_one_outcome "
        "faults/test_outcomes::test_unknown_message_is_never_sent_again_by_itself",
    ),
)

FRAMING_ELSEWHERE = (
    Row(
        "one read was treated as one PDU",
        "frames are cut by their length alone, from reads of any size",
        "faults/test_framing::test_every_octet_on_its_own_makes_no_difference "
        "=::test_all_in_one_segment_makes_no_difference",
    ),
    Row(
        "octets after the bind response ended the session",
        "they are read like any others",
        "faults/test_framing::test_all_in_one_segment_makes_no_difference "
        "session/test_machine::test_octets_behind_the_bind_response_are_read",
    ),
    Row(
        "a length was never checked: 2 GB were asked for",
        "16 to a limit, else nack and close",
        "faults/test_framing::test_length_that_cannot_be_ends_the_link "
        "pdu/test_framing::test_length_that_cannot_be_true_is_refused_from_four_octets",
    ),
    Row(
        "after a framing error the parser never ended",
        "such an error always ends the link, and the next one works",
        "faults/test_framing::test_length_that_cannot_be_ends_the_link "
        "faults/test_session::test_garbage_in_mid_traffic_ends_the_link_and_nothing_else",
    ),
    Row(
        "garbage was searched for PDUs, with a nack for every four octets",
        "one nack, and the link ends",
        "faults/test_framing::test_length_that_cannot_be_ends_the_link",
    ),
    Row(
        "HTTP or TLS on that port read as a huge length",
        "the error calls it by its name",
        "faults/test_framing::test_octets_of_another_protocol_are_called_by_their_name",
    ),
    Row(
        "strings were read beyond their PDU",
        "every read ends where the PDU ends",
        "faults/test_framing::test_message_cut_anywhere_is_refused_and_the_session_lives "
        "pdu/test_codec::test_broken_frame_is_refused_by_field_and_place",
    ),
    Row(
        "a wrong sm_length was used, or ended the session",
        "checked against the rest of the PDU; only that PDU is refused",
        "faults/test_framing::test_text_longer_than_its_pdu_is_refused",
    ),
    Row(
        "a filled time in a deliver_sm dropped the link",
        "fields that should be empty are read as they are",
        "faults/test_framing::test_times_where_none_belong_are_taken",
    ),
    Row(
        "an unusual TLV value dropped the link",
        "undecodable values are kept as octets",
        "faults/test_framing::test_strange_tlvs_are_kept_raw",
    ),
    Row(
        "an incomplete TLV raised in the reader",
        "what stands before it is kept, the reader continues",
        "faults/test_framing::test_tlv_beyond_the_end_of_a_message_costs_no_other_field "
        "=::test_message_cut_anywhere_is_refused_and_the_session_lives",
    ),
    Row(
        "an unknown tag raised",
        "kept by its number",
        "faults/test_framing::test_strange_tlvs_are_kept_raw",
    ),
    Row(
        "error responses with a body, with TLVs, or with neither were not understood",
        "all four forms are",
        "pdu/test_codec::test_responses_are_taken_in_all_four_shapes "
        "faults/test_framing::test_refusal_without_a_body_has_its_status",
    ),
    Row(
        "an unlisted status crashed the reader",
        "the number is kept",
        "faults/test_framing::test_vendor_status_is_kept",
    ),
    Row(
        "alert_notification was decoded at a wrong offset, undetected",
        "tests have the octets of every PDU, by hand and by other encoders",
        "pdu/test_codec::test_generated_functions_decode_what_they_encode "
        "=::test_smpplib_reads_what_is_written "
        "faults/test_receipts::test_alert_and_outbind_want_no_answer",
    ),
    Row(
        "enquire_link_resp with a body was refused",
        "a PDU of a header alone is 16 octets",
        "faults/test_framing::test_header_is_all_that_a_bare_pdu_has",
    ),
    Row(
        "a long password was cut, or read at a wrong offset",
        "never cut; longer ones only with a setting",
        "link/test_pool::test_long_password_is_sent_in_full "
        "test_config::test_long_password_only_on_purpose",
    ),
)

WINDOW_ELSEWHERE = (
    Row(
        "a request was registered after its write, and a fast response was missed",
        "registered before it is written",
        "faults/test_session::test_answer_in_the_same_turn_is_never_missed",
    ),
    Row(
        "the gateway's request under our number was taken for the answer",
        "only responses answer; each direction has its own numbers",
        "faults/test_session::test_gateways_request_under_our_number_answers_nothing",
    ),
    Row(
        "enquire_link and a message shared a number",
        "one counter for all our requests",
        "faults/test_session::test_all_our_requests_share_one_sequence",
    ),
    Row(
        "responses went out with new numbers",
        "the request's number is echoed",
        "faults/test_framing::test_requests_only_we_may_make_are_refused "
        "session/test_machine::test_number_of_the_peer_is_echoed",
    ),
    Row(
        "all parts had one number",
        "each PDU has its own",
        "faults/test_texts::test_every_part_has_a_number_and_a_place_of_its_own",
    ),
    Row(
        "numbers ran beyond their range",
        "after 0x7FFFFFFF comes 1; numbers in flight are skipped",
        "faults/test_session::test_numbers_wrap_on_the_wire",
    ),
    Row(
        "a response of another kind was taken for success",
        "the request's own response, or generic_nack",
        "faults/test_session::test_stray_responses_are_harmless "
        "session/test_machine::test_response_of_another_mode_is_not_taken",
    ),
    Row(
        "a response had arrived and yet timed out, since a pool was full",
        "responses are processed when they are read, before any user code",
        "faults/test_outcomes::test_answer_that_arrived_is_not_overdue",
    ),
    Row(
        "cancelling leaked the slot",
        "every end frees it once; a late response is counted",
        "faults/test_session::test_cancelled_and_overdue_callers_leak_no_slot "
        "=::test_late_response_frees_nothing_twice",
    ),
    Row(
        "messages in flight never got an outcome",
        "each gets the outcome UNKNOWN once",
        "faults/test_session::test_every_wait_fails_once_when_the_link_is_lost "
        "=::test_drop_gives_every_message_one_outcome",
    ),
    Row(
        "a full window was an error",
        "calls wait in order, and the requests before them have deadlines",
        "faults/test_session::test_messages_are_written_in_the_order_of_the_calls",
    ),
    Row(
        "no timeout at all by default",
        "every wait has an end",
        "faults/test_session::test_every_wait_has_an_end_by_default",
    ),
    Row(
        "a step of the wall clock broke the timers",
        "a monotonic clock",
        "faults/test_session::test_wall_clock_that_jumps_moves_no_timer",
    ),
    Row(
        "a write on a broken network blocked for ever",
        "nothing waits for a write; the unanswered enquire_link ends the link",
        "faults/test_session::test_write_that_is_stuck_ends_with_the_link "
        "link/test_connection::test_paused_socket_stops_messages_not_the_session",
    ),
)

LIFE_ELSEWHERE = (
    Row(
        "close waited for a thread that waited for close",
        "closing twice is closing once, and it ends",
        "faults/test_session::test_leaving_twice_at_once_is_one_leave "
        "=::test_leaving_while_the_link_is_built_again_ends_at_once "
        "link/test_pool::test_several_may_wait_for_the_close",
    ),
    Row(
        "a failed unbind left the state open, and no link was opened any more",
        "every end leads to closed",
        "faults/test_session::test_leaving_ends_whatever_the_gateway_does "
        "session/test_machine::test_unanswered_unbind_ends_all_the_same",
    ),
    Row(
        "the link was built again many times a second",
        "a first wait, growing, with jitter and a cap",
        "faults/test_session::test_waits_grow_until_a_link_has_proved_stable "
        "link/test_backoff::test_first_delay_is_not_zero "
        "=::test_delays_double_up_to_the_maximum",
    ),
    Row(
        "the first failure to connect was fatal, later ones weren't",
        "a setting selects whether the first bind is repeated",
        "client/test_client::test_opening_eventually_returns_at_once_and_binds_later "
        "=::test_closed_port_is_an_error_with_the_remedy",
    ),
    Row(
        "the bind was tried before the connection stood",
        "a link is registered before it can be bound",
        "faults/test_session::test_first_pdu_of_every_link_is_the_bind",
    ),
    Row(
        "several connections were opened at once",
        "a link's socket is closed before the next one is opened; the lab checks it in every test",
        "faults/test_session::test_socket_is_closed_before_the_next_one_is_opened "
        "=::test_links_that_come_and_go_leave_nothing",
    ),
    Row(
        "already bound, because the old session was never unbound",
        "unbind is sent first; 0x05 is temporary, and the waits grow",
        "faults/test_session::test_leaving_drains_then_unbinds =::test_already_bound_is_not_bound",
    ),
    Row(
        "ESME_RALYBND counted as success",
        "only status 0 is success",
        "faults/test_session::test_already_bound_is_not_bound",
    ),
    Row(
        "each new link leaked a task",
        "tasks, sockets and timers stay as many",
        "faults/test_session::test_links_that_come_and_go_leave_nothing",
    ),
    Row(
        "a half-open connection lasted for days",
        "the answer has a deadline, not only the write",
        "faults/test_session::test_half_open_connection_is_found_out "
        "session/test_machine::test_peer_that_talks_but_never_answers_is_noticed",
    ),
    Row(
        "a slow handler stopped the reader, and the link was lost",
        "a bounded queue separates the socket from readers of receipts",
        "faults/test_receipts::test_slow_reader_delays_nothing_else "
        "client/test_client::test_enquire_link_is_answered_while_the_user_is_slow",
    ),
    Row(
        "a peer that closed the connection after our unbind caused an error",
        "the end of file is an answer, then",
        "faults/test_session::test_leaving_ends_whatever_the_gateway_does "
        "session/test_machine::test_eof_after_our_unbind_is_a_clean_end",
    ),
    Row(
        "a refused connection was reported as a timeout of the bind",
        "name, TCP, TLS, refusal, silence, hang-up: each has its words",
        "link/test_connect::test_each_cause_has_an_error_text_of_its_own "
        "client/test_client::test_bind_without_a_response_has_an_error_of_its_own "
        "=::test_bind_answered_by_hanging_up_has_an_error_of_its_own "
        "faults/test_session::test_refused_then_closed_is_a_refusal",
    ),
)

MESSAGES_ELSEWHERE = (
    Row(
        "an early receipt was acknowledged and dropped",
        "kept for its response; if that never comes, receipts() yields it",
        "faults/test_receipts::test_receipt_before_its_response_finds_its_message "
        "=::test_early_receipt_of_a_message_that_is_lost_goes_to_all "
        "=::test_reader_of_all_gets_early_receipts_too",
    ),
    Row(
        "ids in another notation never matched",
        "exact by default; a setting for gateways with two notations",
        "faults/test_receipts::test_ids_meet_as_the_setting_says "
        "=::test_ids_that_only_look_alike_do_not_meet",
    ),
    Row(
        "a receipt without some field was an exception",
        "any field may be missing; the event is never lost",
        "faults/test_receipts::test_mangled_receipt_is_answered_once_and_handed_over "
        "pdu/test_receipt_text::test_any_field_may_be_missing",
    ),
    Row(
        "unanswered receipts were repeated without end",
        "each is answered, also in a data_sm",
        "faults/test_receipts::test_data_sm_brings_receipts_and_is_answered "
        "=::test_receipt_repeated_for_want_of_an_answer_changes_nothing",
    ),
    Row(
        "others overtook a throttled message, the pause ended with the link, 0x14 caused none",
        "one pause for all, in order, across links, for either status",
        "faults/test_throttling::test_throttled_message_survives_the_link "
        "=::test_throttled_messages_go_again_in_order",
    ),
    Row(
        "the same message was sent again within the gateway's minute",
        "held with a retry_after; sent with retry_of; a refused one may be sent at once",
        "faults/test_repeats::test_unknown_message_is_held_for_the_minute "
        "=::test_unknown_message_goes_again_on_purpose "
        "=::test_refused_message_may_go_again_at_once",
    ),
    Row(
        "the rest of a message was sent when its time was over",
        "it isn't; the error names the accepted parts",
        "faults/test_repeats::test_parts_that_are_too_late_are_not_sent",
    ),
    Row(
        "a message without a response was sent again",
        "never without the caller's decision",
        "faults/test_outcomes::test_unknown_message_is_never_sent_again_by_itself "
        "=::test_part_that_fails_stops_the_rest_and_names_what_is_paid",
    ),
    Row(
        "texts were cut by octets, through escapes and pairs, or left in UTF-8",
        "cut between characters, by their size; joined, the parts are the text",
        "faults/test_texts::test_text_arrives_as_it_was_written "
        "=::test_no_part_ends_inside_a_sign gateway/test_compose::test_what_is_cut_joins_again",
    ),
    Row(
        "TLS without verification by default",
        "chain and name are verified before the login is written",
        "faults/test_tls::test_unverified_gateway_gets_neither_login_nor_message "
        "security/test_certificates::test_certificate_decides",
    ),
    Row(
        "threads shared a client and mixed up the stream",
        "one loop owns the socket; a call from another raises an error",
        "faults/test_session::test_two_threads_cannot_share_a_client "
        "client/test_client::test_client_belongs_to_one_loop",
    ),
)

HOSTILE = (
    Row(
        "a PDU whose octets arrive slowly without end",
        "a PDU must be complete within a timeout",
        "faults/test_framing::test_frame_without_end_ends_the_link_in_time "
        "session/test_machine::test_pdu_that_trickles_ends_the_link",
    ),
    Row(
        "a PDU cut at any octet",
        "refused with its number; the session continues",
        "faults/test_framing::test_message_cut_anywhere_is_refused_and_the_session_lives",
    ),
    Row(
        "a response with octets behind its header that can't be read",
        "its status counts, what can be read is kept; the session continues",
        "faults/test_framing::test_accepted_message_stays_accepted_whatever_stands_behind "
        "=::test_refused_message_stays_refused_whatever_stands_behind",
    ),
    Row(
        "an incomplete response before the end",
        "complete responses count, the rest is UNKNOWN",
        "faults/test_session::test_response_that_was_read_counts_whatever_follows",
    ),
    Row(
        "a bind response before the bind, a message before the bind's response",
        "harmless, and refused",
        "faults/test_session::test_bind_response_before_the_bind_is_harmless "
        "=::test_requests_before_the_bind_are_refused",
    ),
    Row(
        "requests that only a client may make",
        "refused with their number",
        "faults/test_framing::test_requests_only_we_may_make_are_refused",
    ),
    Row(
        "garbage over TLS, inside the encryption and outside",
        "the link ends, typed, and the next one is built",
        "faults/test_tls::test_garbage_and_cuts_end_the_link_typed",
    ),
    Row(
        "drops, silence and refusals in any order",
        "both accounts agree: none lost, none reported twice",
        "faults/test_session::test_drops_at_any_moment_lose_and_double_nothing "
        "faults/test_outcomes::test_many_have_one_outcome_each "
        "=::test_leaving_gives_each_message_its_outcome",
    ),
    Row(
        "a gateway that sends requests without end and reads no response",
        "the link ends long before memory does",
        "faults/test_session::test_flood_of_requests_with_unread_responses_ends_the_link "
        "link/test_connection::test_gateway_that_reads_no_response_loses_its_link",
    ),
    Row(
        "a task cancelled between any two steps left something behind",
        "no task, socket or slot remains",
        "faults/test_session::test_cancelled_at_any_turn_leaves_nothing",
    ),
    Row(
        "a cancelled message was sent nevertheless",
        "cancelled before the write, nothing is sent",
        "faults/test_outcomes::test_cancelled_before_the_write_leaves_no_octet",
    ),
    Row(
        "two texts to one phone shared a reference",
        "concurrent messages have different ones",
        "faults/test_texts::test_two_messages_never_share_a_reference_at_once",
    ),
)

ENDS = (
    Row(
        "responses behind the gateway's unbind were dropped: 78 of 1000 accepted messages UNKNOWN",
        "they are read until the connection ends or the unbind timeout is over",
        "faults/test_ends::test_responses_behind_the_unbind_count "
        "=::test_unbind_at_any_time_loses_no_answer "
        "=::test_gateway_that_unbinds_and_answers_nothing_is_left_in_time "
        "=::test_responses_behind_unbind_resp_count_when_the_client_is_left "
        "session/test_machine::test_responses_behind_the_peers_unbind_count",
    ),
    Row(
        "generic_nack with status 0 counted as accepted, with an empty id",
        "UNKNOWN, with the reason; of a query a typed error",
        "faults/test_ends::test_nack_without_an_error_is_no_acceptance "
        "link/test_submit_job::test_late_generic_nack_without_an_error_adds_no_id",
    ),
    Row(
        "another command's response under our number was an acceptance",
        "it is no response to ours; ESME_ROK in our own is one, also without an id",
        "faults/test_ends::test_answer_of_another_command_is_no_answer "
        "=::test_acceptance_without_an_id_is_an_acceptance",
    ),
    Row(
        "throttled for ever: one message a pause gave up, 10 000 would take 14 hours",
        "each message has its own deadline; what was never written is NOT_SENT",
        "faults/test_ends::test_throttled_for_ever_ends_in_time "
        "link/test_dispatcher::test_all_that_waits_behind_throttling_ends_in_time",
    ),
    Row(
        "leaving a silent gateway took 50 minutes, and wrote all on its way",
        "it ends with the drain and unbind timeouts, and the outcomes are those of the gateway",
        "faults/test_ends::test_leaving_a_silent_gateway_ends_in_time "
        "=::test_leaving_writes_on_until_the_deadline "
        "=::test_closing_from_two_tasks_ends_with_the_first_deadline "
        "=::test_closing_what_is_not_open_does_nothing =::test_cancelled_close_closes_at_once",
    ),
    Row(
        "right credentials refused for half a second: failed for ever, or one link of three left",
        "three refusals in a row are needed, one link tries at a time; a failed client reconnects",
        "faults/test_ends::test_bind_refused_for_half_a_second_is_survived "
        "=::test_refused_at_entering_is_raised_at_once "
        "=::test_failed_client_is_left_by_reconnect "
        "=::test_client_without_a_link_for_too_long_fails "
        "link/test_pool::test_refusals_in_a_row_are_counted_over_all_links",
    ),
    Row(
        "a loop that user code held up: answered requests were overdue",
        "what has arrived is read before a deadline is judged, and still every wait ends",
        "faults/test_outcomes::test_answer_that_came_in_the_last_moment_counts "
        "faults/test_ends::test_held_up_loop_reads_before_it_judges "
        "=::test_silence_is_overdue_in_a_loop_that_is_always_held_up "
        "=::test_enquire_link_that_was_answered_ends_no_link "
        "client/test_deadline::test_response_that_had_arrived_counts",
    ),
    Row(
        "a time-out around a send lost its outcome",
        "`within` ends it typed; what was written goes on, is counted and reported to the hooks",
        "client/test_deadline::test_message_without_a_response_is_unknown "
        "=::test_written_message_goes_on_to_its_outcome",
    ),
    Row(
        "a text, a number or the password in the log",
        "none, with all loggers at DEBUG in every test that is named here",
        "security/test_logs::test_no_log_line_holds_a_secret",
    ),
    Row(
        "a line end or ESC in an id forged log lines and steered the terminal",
        "escaped wherever it is shown: one line stays one line",
        "security/test_octets::test_no_log_line_and_no_repr_is_forged "
        "cli/test_octets::test_tail_shows_one_line_an_item",
    ),
)

TABLES = {
    "framing": FRAMING,
    "session": SESSION,
    "throttling": THROTTLING,
    "texts": TEXTS,
    "receipts": RECEIPTS,
    "outcomes": OUTCOMES,
    "bad gateway": BAD_GATEWAY,
    "framing elsewhere": FRAMING_ELSEWHERE,
    "window elsewhere": WINDOW_ELSEWHERE,
    "life elsewhere": LIFE_ELSEWHERE,
    "messages elsewhere": MESSAGES_ELSEWHERE,
    "hostile": HOSTILE,
    "ends": ENDS,
}

ROWS = [row for table in TABLES.values() for row in table]


def proofs(row: Row) -> list[tuple[str, str]]:
    """Return the modules and functions of a row's proofs."""
    found: list[tuple[str, str]] = []
    for proof in row.proofs.split():
        module, _, function = proof.partition("::")
        found.append((found[-1][0] if module == "=" else module, function))
    return found


@cache
def proofs_in(module: str) -> frozenset[str]:
    """Return the names of a module's tests, including those in classes."""
    tree = ast.parse((TESTS / f"{module}.py").read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = (node.name for node in ast.walk(tree) if isinstance(node, functions))
    return frozenset(name for name in names if name.startswith("test_"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.fault)
def test_every_fault_has_its_proof(row: Row) -> None:
    """A renamed or removed test would leave a fault without proof."""
    assert row.right
    assert proofs(row)
    assert [] == [(m, test) for m, test in proofs(row) if test not in proofs_in(m)]


def test_every_test_of_this_room_proves_something() -> None:
    """A test that no row names proves a fault that isn't listed."""
    here = {f"faults/{path.stem}" for path in (TESTS / "faults").glob("test_*.py")}
    here -= {"faults/test_matrix"}
    named = {proof for row in ROWS for proof in proofs(row)}
    every = {(module, test) for module in here for test in proofs_in(module)}

    assert set() == every - named


def test_no_fault_is_listed_twice() -> None:
    """Each row is a different fault."""
    assert {1} == set(Counter(row.fault for row in ROWS).values())
