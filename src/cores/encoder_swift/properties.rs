//! What is proved of the swift encoder. Its pipeline has the properties of the core `encoder`, with other edits where its files differ.
//! The stage ahead of the pipeline has properties of its own: it holds the request that came, with the newest state of its context
//! variable.

use crate::cores::common::STATE_63;
use crate::cores::encoder::properties;
use crate::prove::{Edit, Property, property, with_controls};

const AHEAD: &str = "cabac_encoder_swift_ahead.sv";
const MEMORY: &str = "cabac_encoder_swift_memory.sv";
const FRONT: &str = "cabac_encoder_front.sv";
const EMIT: &str = "cabac_encoder_swift_emit.sv";

/// The properties of its context variables.
pub(super) const CONTEXTS: [Property; 8] = [
    property(
        "load_is_legal",
        "a LOAD goes through both stages before the range step with the state that it came with, never 63",
        [AHEAD, "{1'b0, req_model} : req_data", "{1'b0, req_model | 7'd1} : req_data"],
    ),
    property(
        "context_is_loaded",
        "so does a CONTEXT with the address that it came with: one that was loaded, or is before it gets to the range step",
        [AHEAD, "{req_kind, req_bin, req_ctx_idx,", "{req_kind, req_bin, req_ctx_idx ^ {9'd0, req_bin},"],
    ),
    property(
        "context_is_read",
        "what waits ahead with a CONTEXT is what was last written to its address",
        [
            AHEAD,
            "ahead_kept_valid <= write_valid && write_ctx_idx == req_ctx_idx;",
            "ahead_kept_valid <= 1'b0;",
        ],
    ),
    property(
        "context_is_newest",
        "the context variable that a bin is coded with is what was last written to its address",
        [AHEAD, "write_valid && write_ctx_idx == ahead.ctx_idx ? write_model", "1'b0 ? write_model"],
    ),
    property(
        "context_is_kept",
        "the memory holds what was last written, and resets keep it",
        [MEMORY, "if (write_valid) models", "if (write_valid && write_addr != 10'd9) models"],
    ),
    property("state_is_below_63", "no context variable that was loaded has state 63", STATE_63),
    property(
        "update_is_written",
        "CONTEXT and LOAD write, and nothing else does: the state after the bin, or what is loaded",
        [FRONT, "fetch.data[6:0] : coded_model", "fetch.data[6:0] : fetch_model"],
    ),
    property(
        "settled_is_settled",
        "`settled` says that no update is under way",
        [
            "cabac_encoder_swift.sv",
            "assign settled = !ahead_valid && !fetch_valid;",
            "assign settled = !fetch_valid;",
        ],
    ),
];

/// All other properties.
pub(super) const OTHERS: [Property; 33] = with_those_of_the_pipeline([
    property(
        "ahead.first_is_ready",
        "a request is taken at once where none waits ahead of the pipeline",
        [AHEAD, "assign req_ready = !ahead_valid || ahead_ready;", "assign req_ready = ahead_ready;"],
    ),
    property(
        "ahead.raw_waits_for_a_fresh_run",
        "a RAW waits ahead only where no bin of the engine run was coded",
        [AHEAD, "{req_kind, req_bin, req_ctx_idx,", "{req_kind | {req_data[0], 2'd0}, req_bin, req_ctx_idx,"],
    ),
    property(
        "ahead.request_waits_unchanged",
        "the stage ahead holds the request that was taken until the pipeline takes it",
        [AHEAD, "end else if (req_ready) begin", "end else if (req_ready || req_valid) begin"],
    ),
]);

const CONTROLS: &[(&str, Edit)] = &[
    ("bits.run_leaves_whole", [EMIT, "emit.run - (emit.head_valid ? 32'd7 : 32'd8)", "emit.run - 32'd8"]),
    ("bits.long_run_is_known", [EMIT, "run_left[31:3] != 29'd0", "run_left[31:4] != 28'd0"]),
    ("bits.bits_wait_in_emit", [EMIT, "emit.head_valid <= 1'b0;", "emit.head <= !emit.head;"]),
    (
        "ports.response_is_bounded",
        [
            EMIT,
            "assign in_ready = !emit_valid || (out_ready && !long_run);",
            "assign in_ready = !emit_valid;",
        ],
    ),
    ("ports.response_comes_nearer", [EMIT, "emit.run - (emit.head_valid ? 32'd7 : 32'd8)", "emit.run"]),
];

const fn with_those_of_the_pipeline<const N: usize>(ahead: [Property; 3]) -> [Property; N] {
    let pipeline = with_controls(properties::OTHERS, CONTROLS);
    let mut all = [ahead[0]; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < ahead.len() { ahead[at] } else { pipeline[at - ahead.len()] };
        at += 1;
    }
    all
}
