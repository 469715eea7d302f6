//! What is proved of the encoder core, and for each property an edit of its Verilog with which it fails.

use crate::cores::common::{LOST_WRITE, NO_FORWARD, STATE_63};
use crate::prove::{Property, property};

const TOP: &str = "cabac_encoder.sv";
const FRONT: &str = "cabac_encoder_front.sv";
const RANGE: &str = "cabac_encoder_range.sv";
const LOW: &str = "cabac_encoder_low.sv";
const EMIT: &str = "cabac_encoder_emit.sv";
const PACK: &str = "cabac_encoder_pack.sv";

/// The properties of its context variables.
pub(in crate::cores) const CONTEXTS: [Property; 7] = [
    property(
        "load_is_legal",
        "a LOAD reaches the range step with the state that it came with, never 63",
        [TOP, "{1'b0, req_model}", "{1'b0, req_model | 7'd1}"],
    ),
    property(
        "context_is_loaded",
        "a CONTEXT reaches the range step with the address that it came with: one that was loaded",
        [TOP, "{req_kind, req_bin, req_ctx_idx,", "{req_kind, req_bin, req_ctx_idx ^ {9'd0, req_bin},"],
    ),
    property(
        "context_is_newest",
        "the context variable that a bin is coded with is what was last written to its address",
        NO_FORWARD,
    ),
    property("context_is_kept", "the memory holds what was last written, and resets keep it", LOST_WRITE),
    property("state_is_below_63", "no context variable that was loaded has state 63", STATE_63),
    property(
        "update_is_written",
        "CONTEXT and LOAD write, and nothing else does: the state after the bin, or what is loaded",
        [FRONT, "fetch.data[6:0] : coded_model", "fetch.data[6:0] : fetch_model"],
    ),
    property(
        "settled_is_settled",
        "`settled` says that no update is under way",
        [TOP, "assign settled = !fetch_valid;", "assign settled = 1'b1;"],
    ),
];

/// All other properties.
pub(in crate::cores) const OTHERS: [Property; 30] = [
    property(
        "interval.range_is_normal",
        "codIRange is 256..510 and none of 503, 505, 507, 509",
        [RANGE, "<< shift_lps : range_mps", "<< shift_lps : range_low"],
    ),
    property(
        "interval.range_starts_at_510",
        "codIRange is 510 from a TERMINATE of 1 on until the next bin",
        [RANGE, "bin ? 9'd510 : range_mps", "bin ? 9'd508 : range_mps"],
    ),
    property(
        "interval.op_is_well_formed",
        "codILow is shifted by 0..6; a flush or RAW does not shift; only a shift or a flush comes with an addend",
        [RANGE, "bin ? 3'd0 : {2'd0, !range_low[8]}", "bin ? 3'd7 : {2'd0, !range_low[8]}"],
    ),
    property(
        "interval.op_stays_inside",
        "what a bin adds to codILow keeps the new interval inside the old one",
        [RANGE, "lps ? {range_low, 1'b0}", "lps ? {cod_i_range, 1'b0}"],
    ),
    property(
        "interval.op_keeps_a_fresh_run",
        "what codes no bin does nothing to codILow",
        [
            RANGE,
            "cabac_pkg::RAW: low.raw = 1'b1;",
            "cabac_pkg::RAW: low.raw = 1'b1; cabac_pkg::LOAD: low.shift = 3'd1;",
        ],
    ),
    property(
        "interval.raw_is_in_a_fresh_run",
        "only RAW passes a byte, and only where no bin of the engine run was coded",
        [RANGE, "cabac_pkg::ALIGN: cod_i_range_next = 9'd256;", "cabac_pkg::ALIGN: low.raw = 1'b1;"],
    ),
    property(
        "interval.low_is_bounded",
        "codILow + codIRange is 1,024 at the most, so codILow is 768 at the most",
        [LOW, "{carry && ones, shifted}", "{carry, shifted}"],
    ),
    property(
        "interval.low_has_no_carry_at_first",
        "codILow + codIRange is 510 at the most until the first bit: the bit that is not written is 0",
        [LOW, "first_bit_flag_next = first_bit_flag && !put;", "first_bit_flag_next = first_bit_flag;"],
    ),
    property(
        "interval.low_has_no_carry_over_a_run",
        "codILow is below 512 while bits are outstanding",
        [LOW, "{carry && ones, shifted}", "{carry, shifted}"],
    ),
    property(
        "interval.low_starts_at_0",
        "codILow, bitsOutstanding and firstBitFlag are 0, 0, 1 after a flush, RAW or reset",
        [LOW, "cod_i_low_next = 10'd0;", "cod_i_low_next = 10'd1;"],
    ),
    property(
        "bits.low_account",
        "bits that enter codILow == bits decided + outstanding + the one in PutBit's place",
        [LOW, "bits_outstanding + {29'd0, low.shift}", "bits_outstanding + {31'd0, low.shift != 3'd0}"],
    ),
    property(
        "bits.run_is_handed_on",
        "a run of outstanding bits that is decided enters the emit stage with its length",
        [LOW, "bits.run = bits_outstanding;", "bits.run = {bits_outstanding[31:1], 1'b0};"],
    ),
    property(
        "bits.long_run_is_known",
        "the emit stage knows whether more than seven bits of its run are left",
        [EMIT, "emit.run[31:3] != 29'd0", "emit.run[31:4] != 28'd0"],
    ),
    property(
        "bits.run_leaves_whole",
        "bits that left the emit stage + bits left there == bits that entered it, of runs of any length",
        [EMIT, "emit.run - (emit.head_valid ? 32'd7 : 32'd8)", "emit.run - 32'd8"],
    ),
    property(
        "bits.pack_account",
        "bits pushed into the packer == bits of the bytes that left + bits held",
        [PACK, "pop ? pack_fill - 6'd8 : pack_fill", "pop ? pack_fill - 6'd7 : pack_fill"],
    ),
    property(
        "bits.bits_wait_in_emit",
        "a decided bit, whichever, keeps its value and its place in the emit stage",
        [EMIT, "emit.head_valid <= 1'b0;", "emit.head <= !emit.head;"],
    ),
    property(
        "bits.bits_wait_in_pack",
        "a decided bit, whichever, enters the packer after the bits before it, and keeps its value and its place there",
        [PACK, "({in_bits, 15'd0} >> fill)", "({in_bits, 15'd0} >> pack_fill)"],
    ),
    property(
        "bits.bits_leave_in_place",
        "a decided bit, whichever, leaves in its place of its byte, once",
        [PACK, "assign out_data = pack_bits[31:24];", "assign out_data = pack_bits[30:23];"],
    ),
    property(
        "bits.group_is_well_formed",
        "`emit.rest` has 0..5, 8 or 9 bits, 9 only at the end of an engine run, and is zero after them",
        [LOW, "sum[9:5] & ~(5'b11111 >> last_zero)", "sum[9:5]"],
    ),
    property(
        "bits.pack_is_well_formed",
        "the packer holds 32 bits at the most, zero after them, and whole bytes at the end of an engine run",
        [PACK, "(sum + 6'd7) & 6'b111000", "sum"],
    ),
    property(
        "ports.valid_needs_no_ready",
        "`out_valid` depends on registers alone",
        [PACK, "assign out_valid = pack_fill >= 6'd8;", "assign out_valid = pack_fill >= 6'd8 && out_ready;"],
    ),
    property(
        "ports.ready_needs_no_ready",
        "`req_ready` depends on registers alone",
        [
            FRONT,
            "assign req_ready = !fetch_valid || fetch_done;",
            "assign req_ready = !fetch_valid || (fetch_done && out_ready);",
        ],
    ),
    property(
        "ports.request_is_kept",
        "the fetch stage holds the request that was taken until it passes the range step",
        [FRONT, "end else if (req_ready) begin", "end else if (req_ready || req_valid) begin"],
    ),
    property(
        "ports.requests_pass",
        "requests taken == requests that passed the low step + those in fetch and low",
        [FRONT, "low_valid <= fetch_done || (low_valid && !low_done);", "low_valid <= fetch_done;"],
    ),
    property(
        "ports.lives_end_once",
        "flushes == bytes given with `out_last` + flushes under way",
        [PACK, "else if (pop && out_last) pack_last", "else if (pop) pack_last"],
    ),
    property(
        "ports.last_is_last",
        "after a byte with `out_last` the packer is empty",
        [PACK, "assign out_last = pack_last && pack_fill == 6'd8;", "assign out_last = pack_last;"],
    ),
    property(
        "ports.byte_is_stable",
        "a byte that waits does not change, nor does its `out_last`",
        [PACK, "assign bits = pop ?", "assign bits = out_valid ?"],
    ),
    property(
        "ports.response_is_bounded",
        "a request is taken at once where its rank is 0: (run + 1) / 8 and what the packer has to give before",
        [
            EMIT,
            "assign in_ready = !emit_valid || (out_ready && !long_run);",
            "assign in_ready = !emit_valid;",
        ],
    ),
    property(
        "ports.response_comes_nearer",
        "while a request waits, each clock with `out_ready` lowers the rank, and none raises it",
        [EMIT, "emit.run - (emit.head_valid ? 32'd7 : 32'd8)", "emit.run"],
    ),
    property(
        "ports.room_is_bounded",
        "the packer's part of the rank is 4 at the most",
        [PACK, "(sum + 6'd7) & 6'b111000", "(sum + 6'd23) & 6'b111000"],
    ),
];
