"""Every fault that was seen in an SMPP client, the right behaviour, and the tests that prove it.

Rule: a fault without a proof doesn't stand here, and a proof is a test that exists: a function's
name behind the path of its module under `tests`. Who finds a new fault adds a row, and a test.
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
        fault: What a client did, or what a gateway did to it.
        right: What is right.
        proofs: Tests as "module::function", separated by blanks; "=" stands for the module before.
    """

    fault: str
    right: str
    proofs: str


FRAMING = (
    Row(
        "a length of 0 or 15 was acted on, once as an acceptance",
        "the link ends at once and typed, what is in flight is unknown, the next link is built",
        "faults/test_framing::test_length_that_cannot_be_ends_the_link",
    ),
    Row(
        "4 GiB announced, and all that followed was kept",
        "refused from its first four octets; nothing behind them is kept",
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
        "generic_nack with ESME_RINVCMDID under its number; an unknown response is passed over",
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
        "a TLV that reaches beyond its PDU closed the session, or was dropped in silence",
        "that one PDU is refused, the session lives",
        "faults/test_framing::test_tlv_beyond_the_end_of_a_message_is_refused "
        "=::test_message_cut_anywhere_is_refused_and_the_session_lives",
    ),
    Row(
        "an unknown data_coding or type of number was nacked",
        "numbers are values; the octets are handed over undecoded",
        "faults/test_framing::test_unknown_coding_and_type_of_number_are_values",
    ),
    Row(
        "a refusal of 16 octets lost its status",
        "a response may end after its header",
        "faults/test_framing::test_refusal_without_a_body_has_its_status",
    ),
    Row(
        "a TLV behind the id of a response became part of the id",
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
        "a NUL in an address moved every field behind it",
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
        "a window that was a setting and nothing else",
        "no more in flight than it says, counted at the gateway",
        "faults/test_session::test_window_is_never_exceeded "
        "client/test_client::test_never_more_in_flight_than_the_window",
    ),
    Row(
        "a caller that gave up took its slot with it",
        "a slot is freed by the response, its deadline or the loss of the link",
        "faults/test_session::test_cancelled_and_overdue_callers_leak_no_slot "
        "client/test_client::test_ten_thousand_sends_with_random_cancellations_leak_nothing",
    ),
    Row(
        "responses out of order, twice, or for nothing",
        "matched by their number; what matches nothing is noted and harmless",
        "faults/test_session::test_stray_responses_are_harmless "
        "=::test_window_is_never_exceeded =::test_late_response_frees_nothing_twice",
    ),
    Row(
        "one overdue request took the session down",
        "it ends alone",
        "faults/test_session::test_answer_under_number_0_is_no_answer "
        "session/test_machine::test_one_overdue_request_ends_alone",
    ),
    Row(
        "a refused bind was told as a timeout, and tried again for ever",
        "told at once with its status; wrong credentials are tried once",
        "faults/test_session::test_wrong_credentials_are_told_at_once_and_not_tried_again",
    ),
    Row(
        "messages were written before the bind, or after its refusal",
        "nothing but the bind is written until it is accepted",
        "faults/test_session::test_first_pdu_of_every_link_is_the_bind "
        "=::test_already_bound_is_not_bound "
        "session/test_machine_matrix::test_a_request_leaves_only_where_the_table_lets_it",
    ),
    Row(
        "a bind accepted and dropped was tried again at once, for ever",
        "waits grow until a link has lived for a while",
        "faults/test_session::test_waits_grow_until_a_link_has_proved_stable "
        "link/test_backoff::test_short_lived_link_keeps_the_delays_long",
    ),
    Row(
        "enquire_link was answered seconds late, behind traffic or the user's code",
        "answered as it is read, whatever waits",
        "faults/test_session::test_enquire_link_is_answered_before_any_traffic "
        "faults/test_receipts::test_reader_that_is_slow_holds_nobody_up",
    ),
    Row(
        "a dead gateway was never noticed",
        "an unanswered enquire_link ends the link",
        "faults/test_session::test_half_open_connection_is_found_out",
    ),
    Row(
        "enquire_link went out under a number that was in flight",
        "all our requests share one sequence",
        "faults/test_session::test_all_our_requests_share_one_sequence",
    ),
    Row(
        "any PDU answered an unbind; the peer's was never answered",
        "in flight first, then unbind, and unbind_resp alone answers it",
        "faults/test_session::test_leaving_drains_then_unbinds "
        "session/test_machine::test_only_its_response_answers_an_unbind",
    ),
    Row(
        "the gateway's unbind was ignored",
        "answered in the middle of traffic, every message told, the link built again",
        "faults/test_session::test_gateways_unbind_is_answered_in_mid_traffic "
        "=::test_answers_before_the_unbind_count "
        "=::test_simulated_maintenance_loses_and_doubles_nothing",
    ),
    Row(
        "messages vanished with the link, or were written into a dead socket",
        "unwritten ones go out on the next link; written ones are unknown, at once",
        "faults/test_session::test_drop_tells_every_message_once "
        "=::test_drops_at_any_moment_lose_and_double_nothing "
        "client/test_client::test_nothing_is_written_after_an_end_of_file",
    ),
    Row(
        "a write that the socket took in part broke the stream",
        "one writer, whole PDUs",
        "faults/test_session::test_slow_reader_gets_whole_pdus",
    ),
    Row(
        "an own nack was an octet longer than it said",
        "all leaves through one encoder, and is what it says",
        "faults/test_framing::test_header_is_all_that_a_bare_pdu_has",
    ),
    Row(
        "numbers never wrapped",
        "1 to 0x7FFFFFFF and again, passing over those in flight",
        "faults/test_session::test_numbers_wrap_on_the_wire "
        "session/test_sequence::test_after_the_last_number_comes_one",
    ),
    Row(
        "the process crashed at its exit under load",
        "a clean exit: after Ctrl-C, from the middle, and with the loop taken away",
        "faults/test_session::test_interpreter_exits_cleanly_under_load",
    ),
)

THROTTLING = (
    Row(
        "a throttled message was told to its sender and forgotten",
        "it goes again, before all behind it, as long as patience lasts",
        "faults/test_throttling::test_throttled_messages_go_again_in_order "
        "=::test_pause_holds_the_whole_queue",
    ),
    Row(
        "a few throttled ones stopped everything for a minute and more",
        "back off, probe, be there again within seconds",
        "faults/test_throttling::test_a_few_throttled_do_not_stop_everything "
        "=::test_enquire_link_passes_while_all_wait",
    ),
    Row(
        "a message that went again lost its receipt",
        "receipts belong to the message, not to the attempt",
        "faults/test_throttling::test_receipt_finds_a_message_that_was_throttled",
    ),
    Row(
        "parts of a long message were not counted",
        "each counts, and each is held and sent again by itself",
        "faults/test_throttling::test_parts_count_as_messages",
    ),
)

TEXTS = (
    Row(
        "emoji and escapes were cut between parts",
        "no part ends inside a sign",
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
        "GSM texts of 141 to 160 characters went as two",
        "as one",
        "faults/test_texts::test_text_arrives_as_it_was_written",
    ),
    Row(
        "200 euro signs made a part of 312 octets",
        "septets are counted, an escape is two",
        "faults/test_texts::test_text_arrives_as_it_was_written "
        "pdu/text/test_alphabet::test_septets_count_escapes_twice",
    ),
    Row(
        "a backtick arrived as a paragraph sign",
        "what the alphabet lacks travels in UCS-2",
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
        "pdu/text/test_reassembly::test_messages_are_told_apart",
    ),
    Row(
        "the last part was taken for the end",
        "complete when all are there; what came is handed out in time",
        "faults/test_texts::test_what_came_of_a_message_is_handed_out_in_time "
        "pdu/text/test_reassembly::test_last_part_needs_not_come_last",
    ),
)

RECEIPTS = (
    Row(
        "an odd receipt ended the session and came again for ever",
        "reading never raises; the raw text is kept, TLVs win over it, it is answered",
        "faults/test_receipts::test_mangled_receipt_is_answered_once_and_handed_over "
        "=::test_tlvs_win_over_the_text gateway/test_receipts::test_reading_never_raises",
    ),
    Row(
        "a receipt ahead of its response was lost",
        "it waits for the response and joins it",
        "faults/test_receipts::test_receipt_before_its_response_finds_its_message",
    ),
    Row(
        "ids were compared too loosely or not at all",
        "opaque; hexadecimal against decimal is a setting",
        "faults/test_receipts::test_ids_meet_as_the_setting_says "
        "=::test_ids_that_only_look_alike_do_not_meet",
    ),
    Row(
        "a receipt of another run or link was an error",
        "receipts() has it; of another link of ours, its message",
        "faults/test_receipts::test_receipt_of_another_run_is_no_error "
        "=::test_receipts_of_another_link_find_their_message",
    ),
    Row(
        "acknowledged before anybody had it",
        "answered when it has its place",
        "faults/test_receipts::test_full_queue_holds_the_answers_back_and_nothing_else",
    ),
    Row(
        "unread events piled up without a bound",
        "bounded, then the gateway waits, then it is told to come again; questions are answered",
        "faults/test_receipts::test_unread_receipts_are_bounded "
        "=::test_full_queue_holds_the_answers_back_and_nothing_else",
    ),
    Row(
        "an exception of the user's ended the client",
        "contained where it is a hook's, the user's own where it is a reader's",
        "faults/test_session::test_hook_that_raises_costs_nothing "
        "faults/test_receipts::test_reader_that_raises_ends_itself_alone",
    ),
    Row(
        "of several parts one receipt was followed",
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
        "accepted messages were told as overdue under load",
        "the deadline counts from the write, and what was received is read first",
        "faults/test_outcomes::test_answer_that_arrived_is_not_overdue "
        "=::test_answers_that_came_while_the_loop_was_held_up_count "
        "=::test_deadline_counts_from_the_write",
    ),
    Row(
        "what was silent was sent again, and paid twice",
        "never by itself",
        "faults/test_outcomes::test_unknown_message_is_never_sent_again_by_itself",
    ),
)

BAD_GATEWAY = (
    Row(
        "a header alone refuses the password",
        "a typed error at once, no second attempt",
        "faults/test_session::test_wrong_credentials_are_told_at_once_and_not_tried_again",
    ),
    Row(
        "the bind fails for another reason",
        "tried again with growing waits; what waits is kept",
        "faults/test_session::test_bind_failed_later_is_tried_again_and_keeps_the_messages",
    ),
    Row(
        "the first bind is told to be bound already",
        "not bound: close, wait, try again",
        "faults/test_session::test_already_bound_is_not_bound",
    ),
    Row(
        "bind response and a message in one segment",
        "both are taken",
        "faults/test_framing::test_all_in_one_segment_makes_no_difference",
    ),
    Row(
        "an unknown request under number 77",
        "nacked with status 3 and 77, the session lives",
        "faults/test_framing::test_unknown_command_is_refused_and_the_session_lives",
    ),
    Row(
        "a length of 0x7FFFFFFF",
        "one nack with status 2 under 0, the end, the next link",
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
        "that PDU is refused for good, told, and the session lives",
        "faults/test_framing::test_tlv_beyond_the_end_of_a_message_is_refused",
    ),
    Row(
        "TLVs of a vendor",
        "taken, shown as octets",
        "faults/test_framing::test_strange_tlvs_are_kept_raw",
    ),
    Row(
        "a receipt before the response",
        "kept, and joined",
        "faults/test_receipts::test_receipt_before_its_response_finds_its_message",
    ),
    Row(
        "generic_nack for a message",
        "that message fails, the session lives",
        "faults/test_session::test_generic_nack_fails_its_request_alone",
    ),
    Row(
        "a response under number 0",
        "no answer to anything: the request runs out, its slot is free",
        "faults/test_session::test_answer_under_number_0_is_no_answer",
    ),
    Row(
        "an unbind in mid traffic",
        "answered; in flight is unknown; the link is built again",
        "faults/test_session::test_gateways_unbind_is_answered_in_mid_traffic",
    ),
    Row(
        "a cut behind a submit",
        "unknown, and the caller decides",
        "faults/test_session::test_drop_tells_every_message_once "
        "faults/test_outcomes::test_unknown_message_is_never_sent_again_by_itself",
    ),
)

FRAMING_ELSEWHERE = (
    Row(
        "one read was taken for one PDU",
        "frames by their length alone, from reads of any size",
        "faults/test_framing::test_every_octet_on_its_own_makes_no_difference "
        "=::test_all_in_one_segment_makes_no_difference",
    ),
    Row(
        "octets behind the bind response ended the session",
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
        "after a framing error the parser was busy for ever",
        "such an error always ends the link, and the next one works",
        "faults/test_framing::test_length_that_cannot_be_ends_the_link "
        "faults/test_session::test_garbage_in_mid_traffic_ends_the_link_and_nothing_else",
    ),
    Row(
        "garbage was searched for PDUs, a nack for every four octets",
        "one nack, no way back into step",
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
        "sm_length was believed, or its lie ended the session",
        "checked against what is left; that PDU is refused",
        "faults/test_framing::test_text_longer_than_its_pdu_is_refused",
    ),
    Row(
        "a filled time in a deliver_sm dropped the link",
        "fields that should be empty are read as they are",
        "faults/test_framing::test_times_where_none_belong_are_taken",
    ),
    Row(
        "an odd TLV value dropped the link",
        "octets that make no sense are kept as octets",
        "faults/test_framing::test_strange_tlvs_are_kept_raw",
    ),
    Row(
        "an incomplete TLV raised in the reader",
        "one PDU is refused, the reader reads on",
        "faults/test_framing::test_tlv_beyond_the_end_of_a_message_is_refused "
        "=::test_message_cut_anywhere_is_refused_and_the_session_lives",
    ),
    Row(
        "an unknown tag raised",
        "kept under its number",
        "faults/test_framing::test_strange_tlvs_are_kept_raw",
    ),
    Row(
        "error responses with a body, with TLVs, or with neither were not understood",
        "all four shapes are",
        "pdu/test_codec::test_responses_are_taken_in_all_four_shapes "
        "faults/test_framing::test_refusal_without_a_body_has_its_status",
    ),
    Row(
        "an unlisted status crashed the reader",
        "the number is kept",
        "faults/test_framing::test_vendor_status_is_kept",
    ),
    Row(
        "alert_notification was decoded 16 octets off, unnoticed",
        "octets of every PDU are drawn by hand, and by other people's encoders",
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
        "a long password was cut, or read one off",
        "never cut; longer ones on purpose only",
        "link/test_pool::test_long_password_is_sent_in_full "
        "test_config::test_long_password_only_on_purpose",
    ),
)

WINDOW_ELSEWHERE = (
    Row(
        "a request was noted after its write, and a fast answer missed",
        "noted before it is written",
        "faults/test_session::test_answer_in_the_same_turn_is_never_missed",
    ),
    Row(
        "the gateway's request under our number was taken for the answer",
        "only responses answer; each direction counts by itself",
        "faults/test_session::test_gateways_request_under_our_number_answers_nothing",
    ),
    Row(
        "enquire_link and a message shared a number",
        "one counter for all our requests",
        "faults/test_session::test_all_our_requests_share_one_sequence",
    ),
    Row(
        "responses went out under a number of their own",
        "the request's number is echoed",
        "faults/test_framing::test_requests_only_we_may_make_are_refused "
        "session/test_machine::test_number_of_the_peer_is_echoed",
    ),
    Row(
        "all parts had one number",
        "each PDU its own",
        "faults/test_texts::test_every_part_has_a_number_and_a_place_of_its_own",
    ),
    Row(
        "numbers ran beyond their range",
        "after 0x7FFFFFFF comes 1; live ones are passed over",
        "faults/test_session::test_numbers_wrap_on_the_wire",
    ),
    Row(
        "a response of another kind was taken for success",
        "the request's own response, or generic_nack",
        "faults/test_session::test_stray_responses_are_harmless "
        "session/test_machine::test_response_of_another_mode_is_not_taken",
    ),
    Row(
        "an answer was there and yet overdue, since a pool was full",
        "responses are taken where they are read, before any user code",
        "faults/test_outcomes::test_answer_that_arrived_is_not_overdue",
    ),
    Row(
        "cancelling leaked the slot",
        "every way out frees it once; a late response is noted",
        "faults/test_session::test_cancelled_and_overdue_callers_leak_no_slot "
        "=::test_late_response_frees_nothing_twice",
    ),
    Row(
        "those in flight were never told of the end",
        "each is told, once, that its outcome is unknown",
        "faults/test_session::test_every_wait_fails_once_when_the_link_is_lost "
        "=::test_drop_tells_every_message_once",
    ),
    Row(
        "a full window was an error",
        "it is waited for, in order, and those before have deadlines",
        "faults/test_session::test_messages_are_written_in_the_order_of_the_calls",
    ),
    Row(
        "no timeout at all by default",
        "every wait has an end",
        "faults/test_session::test_every_wait_has_an_end_by_default",
    ),
    Row(
        "a step of the wall clock broke the timers",
        "one clock that never goes back",
        "faults/test_session::test_wall_clock_that_jumps_moves_no_timer",
    ),
    Row(
        "a write on a dead network blocked for ever",
        "nothing waits for a write; the unanswered question ends the link",
        "faults/test_session::test_write_that_is_stuck_ends_with_the_link "
        "link/test_connection::test_paused_socket_stops_messages_not_the_session",
    ),
)

LIFE_ELSEWHERE = (
    Row(
        "close waited for a thread that waited for close",
        "leaving is one leave, however many do it, and it ends",
        "faults/test_session::test_leaving_twice_at_once_is_one_leave "
        "=::test_leaving_while_the_link_is_built_again_ends_at_once "
        "link/test_pool::test_several_may_wait_for_the_close",
    ),
    Row(
        "a failed unbind left the state open, and no link was built any more",
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
        "one setting says whether the first one is",
        "client/test_client::test_opening_eventually_returns_at_once_and_binds_later "
        "=::test_closed_port_is_an_error_with_the_remedy",
    ),
    Row(
        "the bind was tried before the connection stood",
        "a link is there before anybody can bind it",
        "faults/test_session::test_first_pdu_of_every_link_is_the_bind",
    ),
    Row(
        "several connections were built at once",
        "a link's socket is closed before the next one is opened; the lab holds every test to it",
        "faults/test_session::test_socket_is_closed_before_the_next_one_is_opened "
        "=::test_links_that_come_and_go_leave_nothing",
    ),
    Row(
        "bound already, since nobody had unbound",
        "unbind goes first; 0x05 is temporary, and its waits grow",
        "faults/test_session::test_leaving_drains_then_unbinds =::test_already_bound_is_not_bound",
    ),
    Row(
        "bound already was counted as bound",
        "status 0 alone is bound",
        "faults/test_session::test_already_bound_is_not_bound",
    ),
    Row(
        "each new link leaked a task",
        "tasks, sockets and timers stay as many",
        "faults/test_session::test_links_that_come_and_go_leave_nothing",
    ),
    Row(
        "a half-open connection stood for days",
        "the answer has a deadline, not only the write",
        "faults/test_session::test_half_open_connection_is_found_out "
        "session/test_machine::test_peer_that_talks_but_never_answers_is_noticed",
    ),
    Row(
        "a slow handler stopped the reader, and the link died",
        "readers of receipts are apart from the socket; a bounded queue is between",
        "faults/test_receipts::test_reader_that_is_slow_holds_nobody_up "
        "client/test_client::test_enquire_link_is_answered_while_the_user_is_slow",
    ),
    Row(
        "a peer that just closed after our unbind made an error",
        "the end of file is an answer, then",
        "faults/test_session::test_leaving_ends_whatever_the_gateway_does "
        "session/test_machine::test_eof_after_our_unbind_is_a_clean_end",
    ),
    Row(
        "a refused connection was told as a timeout of the bind",
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
        "kept for its response; if that never comes, it is everybody's",
        "faults/test_receipts::test_receipt_before_its_response_finds_its_message "
        "=::test_early_receipt_of_a_message_that_is_lost_goes_to_all "
        "=::test_reader_of_all_gets_early_receipts_too",
    ),
    Row(
        "ids in another notation never met",
        "exact by default; a setting for gateways that write them in two ways",
        "faults/test_receipts::test_ids_meet_as_the_setting_says "
        "=::test_ids_that_only_look_alike_do_not_meet",
    ),
    Row(
        "a receipt without some field was an exception",
        "every field may be missing; the event is never lost",
        "faults/test_receipts::test_mangled_receipt_is_answered_once_and_handed_over "
        "pdu/test_receipt_text::test_any_field_may_be_missing",
    ),
    Row(
        "unanswered receipts came again for ever",
        "each is answered, those in a data_sm too",
        "faults/test_receipts::test_data_sm_brings_receipts_and_is_answered "
        "=::test_receipt_repeated_for_want_of_an_answer_changes_nothing",
    ),
    Row(
        "others overtook a throttled one, the pause went with the link, 0x14 was no pause",
        "one pause for all, the head kept, across links, for either status",
        "faults/test_throttling::test_throttled_message_survives_the_link "
        "=::test_throttled_messages_go_again_in_order",
    ),
    Row(
        "the same message was sent again within the gateway's minute",
        "held and told when it may; on purpose it goes, and what was refused goes at once",
        "faults/test_repeats::test_unknown_message_is_held_for_the_minute "
        "=::test_unknown_message_goes_again_on_purpose "
        "=::test_refused_message_may_go_again_at_once",
    ),
    Row(
        "the rest of a message was sent when its time was over",
        "it isn't; what was accepted is told",
        "faults/test_repeats::test_parts_that_are_too_late_are_not_sent",
    ),
    Row(
        "a missing answer was a reason to send again",
        "nobody sends again without being told to",
        "faults/test_outcomes::test_unknown_message_is_never_sent_again_by_itself "
        "=::test_part_that_fails_stops_the_rest_and_names_what_is_paid",
    ),
    Row(
        "texts were cut by octets, through escapes and pairs, or left in UTF-8",
        "cut between signs, by what they cost; joined again they are the text",
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
        "one loop owns the socket; any other is told so",
        "faults/test_session::test_two_threads_cannot_share_a_client "
        "client/test_client::test_client_belongs_to_one_loop",
    ),
)

HOSTILE = (
    Row(
        "octets that trickle into a frame without end",
        "a PDU has a time to arrive",
        "faults/test_framing::test_frame_without_end_ends_the_link_in_time "
        "session/test_machine::test_pdu_that_trickles_ends_the_link",
    ),
    Row(
        "a PDU cut at any octet",
        "refused under its number; the session lives",
        "faults/test_framing::test_message_cut_anywhere_is_refused_and_the_session_lives",
    ),
    Row(
        "a response that says yes and can't be read",
        "unknown; the session lives",
        "faults/test_framing::test_response_that_cannot_be_read_is_unknown_and_the_session_lives",
    ),
    Row(
        "half an answer before the end",
        "what was whole counts, the rest is unknown",
        "faults/test_session::test_response_that_was_read_counts_whatever_follows",
    ),
    Row(
        "a bind response before the bind, a message before the bind's response",
        "harmless, and refused",
        "faults/test_session::test_bind_response_before_the_bind_is_harmless "
        "=::test_requests_before_the_bind_are_refused",
    ),
    Row(
        "requests that only we may make",
        "refused under their number",
        "faults/test_framing::test_requests_only_we_may_make_are_refused",
    ),
    Row(
        "garbage behind TLS, inside the encryption and outside",
        "the link ends, typed, and the next one is built",
        "faults/test_tls::test_garbage_and_cuts_end_the_link_typed",
    ),
    Row(
        "drops, silence and refusals in any order",
        "both accounts agree: none lost, none told twice",
        "faults/test_session::test_drops_at_any_moment_lose_and_double_nothing "
        "faults/test_outcomes::test_many_have_one_outcome_each "
        "=::test_leaving_gives_each_message_its_outcome",
    ),
    Row(
        "a gateway that asks without end and reads no answer",
        "the link ends long before memory does",
        "faults/test_session::test_flood_of_questions_whose_answers_nobody_reads_ends_the_link "
        "link/test_connection::test_gateway_that_reads_no_response_loses_its_link",
    ),
    Row(
        "a task cancelled between any two steps left something behind",
        "no task, no socket, no slot, whatever it was doing",
        "faults/test_session::test_cancelled_at_any_turn_leaves_nothing",
    ),
    Row(
        "a cancelled message left all the same",
        "before the write it leaves no octet",
        "faults/test_outcomes::test_cancelled_before_the_write_leaves_no_octet",
    ),
    Row(
        "two texts to one phone shared a reference",
        "neighbours have different ones",
        "faults/test_texts::test_two_messages_never_share_a_reference_at_once",
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
}

ROWS = [row for table in TABLES.values() for row in table]


def proofs(row: Row) -> list[tuple[str, str]]:
    """Return modules and functions of a row's proofs."""
    found: list[tuple[str, str]] = []
    for proof in row.proofs.split():
        module, _, function = proof.partition("::")
        found.append((found[-1][0] if module == "=" else module, function))
    return found


@cache
def proofs_in(module: str) -> frozenset[str]:
    """Return the names of a module's tests, those in classes too."""
    tree = ast.parse((TESTS / f"{module}.py").read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    names = (node.name for node in ast.walk(tree) if isinstance(node, functions))
    return frozenset(name for name in names if name.startswith("test_"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.fault)
def test_every_fault_has_its_proof(row: Row) -> None:
    """A test that was renamed or taken away leaves a fault open, and is missed here."""
    assert row.right
    assert proofs(row)
    assert [] == [(m, test) for m, test in proofs(row) if test not in proofs_in(m)]


def test_every_test_of_this_room_proves_something() -> None:
    """What no row names is either a fault that isn't listed, or no fault."""
    here = {f"faults/{path.stem}" for path in (TESTS / "faults").glob("test_*.py")}
    here -= {"faults/test_matrix"}
    named = {proof for row in ROWS for proof in proofs(row)}
    every = {(module, test) for module in here for test in proofs_in(module)}

    assert set() == every - named


def test_no_fault_is_listed_twice() -> None:
    """Each row is another thing that went wrong."""
    assert {1} == set(Counter(row.fault for row in ROWS).values())
