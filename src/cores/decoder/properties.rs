//! What is proved of the decoder core, and for each property an edit of its Verilog with which it fails.

use crate::cores::common::{LOST_WRITE, NO_FORWARD, STATE_63};
use crate::prove::{Property, property};

const MODELS: &str = "cabac_decoder_contexts.sv";
const REQUEST: &str = "cabac_decoder_request.sv";
const ANSWER: &str = "cabac_decoder_answer.sv";
const DEC: &str = "cabac_decoder.sv";
const STEP: &str = "cabac_decoder_step.sv";
const BITS: &str = "cabac_decoder_bits.sv";

/// The properties of its context variables.
pub(in crate::cores) const CONTEXTS: [Property; 5] = [
    property(
        "context_is_newest",
        "the context variable that a bin is decoded with is what the requests before made of it",
        NO_FORWARD,
    ),
    property("context_is_kept", "the memory holds it a clock later, and resets keep it", LOST_WRITE),
    property("state_is_below_63", "no context variable that was loaded has state 63", STATE_63),
    property(
        "update_is_written",
        "CONTEXT and LOAD write, and nothing else does: the state after the bin, or what is loaded",
        [MODELS, "req_model : coded_model", "req_model : read_model"],
    ),
    property(
        "settled_is_settled",
        "`settled` says that no update is under way",
        [MODELS, "assign settled = !write_valid;", "assign settled = 1'b1;"],
    ),
];

/// All other properties.
pub(in crate::cores) const OTHERS: [Property; 29] = [
    property(
        "interval.range_is_normal",
        "codIRange is 256..510 and none of 503, 505, 507, 509",
        [STEP, "cod_i_range_next = range_part << shift;", "cod_i_range_next = range_part;"],
    ),
    property(
        "interval.offset_is_below_range",
        "codIOffset is below codIRange",
        [STEP, "refused = next_bits[8:1] == 8'hff;", "refused = 1'b0;"],
    ),
    property(
        "interval.terminate_ends_an_engine",
        "a terminate bin of 1 leaves codIRange 256 and codIOffset 0",
        [STEP, "upper ? 9'd0 : 9'((", "upper ? 9'd1 : 9'(("],
    ),
    property(
        "interval.start_begins_an_engine",
        "START leaves codIRange 510",
        [STEP, "cod_i_range_next = 9'd510;", "cod_i_range_next = 9'd508;"],
    ),
    property(
        "interval.align_sets_range",
        "ALIGN leaves codIRange 256",
        [STEP, "cod_i_range_next = 9'd256;", "cod_i_range_next = 9'd258;"],
    ),
    property(
        "interval.only_bins_move_the_interval",
        "RAW, LOAD and SLICE leave codIRange and codIOffset as they are",
        [STEP, "default: ;", "cabac_pkg::LOAD: cod_i_offset_next = 9'd0; default: ;"],
    ),
    property(
        "interval.interval_waits",
        "a request that waits does nothing to codIRange and codIOffset",
        [
            DEC,
            "end else if (done) begin\n      cod_i_range",
            "end else if (req_valid) begin\n      cod_i_range",
        ],
    ),
    property(
        "bits.ahead_is_bounded",
        "32 bits are ahead of the engine at the most",
        [BITS, "ahead_len <= 6'd24 && !ended", "ahead_len <= 6'd32 && !ended"],
    ),
    property(
        "bits.ahead_is_clean",
        "`ahead` is zero after its `ahead_len` bits",
        [BITS, "24'd0} >> left_len", "24'd0} >> ahead_len"],
    ),
    property(
        "bits.bits_account",
        "8 * bytes taken == position + bits ahead; more is read only after the last byte, with none ahead",
        [BITS, "position + {27'd0, gone}", "position + {28'd0, take ? taken : 4'd0}"],
    ),
    property(
        "bits.slice_is_closed",
        "the slice has ended from its byte with `in_last` on until SLICE, and before the first SLICE",
        [BITS, "ended || (push && in_last)", "ended || (push && in_last && !drop)"],
    ),
    property(
        "bits.nothing_after_the_last",
        "no byte is taken after the last one",
        [BITS, "ahead_len <= 6'd24 && !ended", "ahead_len <= 6'd24"],
    ),
    property(
        "bits.bits_wait_in_place",
        "a bit of the slice, whichever, is ahead in its place from its byte on until it is read",
        [BITS, "drop ? 32'd0 : ahead << gone", "drop ? 32'd0 : take ? ahead << taken : ahead"],
    ),
    property(
        "bits.raw_is_its_byte",
        "RAW answers with the eight bits before the position, which is a whole byte",
        [DEC, ".data(next_bits[8:1])", ".data(next_bits[7:0])"],
    ),
    property(
        "bits.start_is_its_bits",
        "START sets codIOffset to the nine bits before the position, or to 0",
        [STEP, "refused ? 9'd0 : next_bits;", "refused ? 9'd0 : {next_bits[8:1], 1'b0};"],
    ),
    property(
        "ports.valid_needs_no_ready",
        "`rsp_valid` depends on registers alone",
        [DEC, "assign rsp_valid = response_valid;", "assign rsp_valid = response_valid && rsp_ready;"],
    ),
    property(
        "ports.byte_needs_no_request",
        "`in_ready` depends on registers alone",
        [BITS, "ahead_len <= 6'd24 && !ended", "ahead_len <= 6'd24 && !ended && !take"],
    ),
    property(
        "ports.one_answer_each",
        "bins and raw bytes asked for == answers given + the one that waits",
        [REQUEST, "(!response_valid || rsp_ready) && (ended", "(ended"],
    ),
    property(
        "ports.answer_follows",
        "an answer is there in the clock after a bin or RAW, and after nothing else",
        [ANSWER, "default: answers = 1'b0;", "default: answers = req_kind == cabac_pkg::START;"],
    ),
    property(
        "ports.answer_is_stable",
        "an answer that waits does not change, nor does its position",
        [ANSWER, "end else if (rsp_ready) begin", "end else begin"],
    ),
    property(
        "ports.data_is_of_raw",
        "the answer to anything but RAW has no byte",
        [ANSWER, "req_kind == cabac_pkg::RAW ? data", "answers ? data"],
    ),
    property(
        "ports.raw_has_no_bin",
        "the answer to RAW has no bin",
        [STEP, "default: ;", "cabac_pkg::RAW: bin = upper; default: ;"],
    ),
    property(
        "ports.bits_are_the_position",
        "`rsp_bits` is how many bits of the slice have been read",
        [DEC, "assign rsp_bits = position;", "assign rsp_bits = {position[31:1], 1'b0};"],
    ),
    property(
        "ports.overrun_is_an_error",
        "after the end of the slice there is an error",
        [ANSWER, "else if (overrun) response", "else if (overrun && !whole_bytes) response"],
    ),
    property(
        "ports.exhausted_is_an_overrun",
        "`rsp_error` is EXHAUSTED only after the end of the slice",
        [BITS, "{1'b0, gone} > ahead_len", "{1'b0, gone} >= ahead_len"],
    ),
    property(
        "ports.error_is_sticky",
        "the first error stays until SLICE",
        [ANSWER, "else if (response.error != cabac_pkg::NONE) response", "else if (1'b0) response"],
    ),
    property(
        "ports.response_is_bounded",
        "a request waits only for `rsp_ready`, for one or two bytes, which are taken, or at a SLICE for the last byte",
        [REQUEST, "ahead_len >= wanted", "ahead_len > wanted"],
    ),
    property(
        "ports.response_comes_nearer",
        "each byte brings a waiting request nearer",
        [BITS, "left_len + 6'd8 : left_len", "left_len : left_len"],
    ),
    property(
        "ports.slice_drains",
        "a waiting SLICE takes a byte in every clock but its first until the last one",
        [BITS, "drop || overrun ? 6'd0", "overrun ? 6'd0"],
    ),
];
