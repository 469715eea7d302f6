//! The decoder core for a faster clock, `rtl/decoder_swift/`. It does what `decoder` does, clock by clock, so it has the same twin.
//! Instead of codIOffset it keeps codIRange - 1 - codIOffset, and shows codIOffset.

use super::{
    CoreSpec, Direction,
    common::{TABLES, rtl},
    decoder::{self, Decoder, properties},
};
use crate::cosim::{Lockstep, sweep::Step};
use crate::fit::Can;
use crate::mutation::{Explanation, Mutable};
use crate::prove::{Bench, Edit, Property, with_controls};

const SWIFT: &[(&str, &str)] = &[("CORE", "cabac_decoder_swift")];

/// The core.
pub static SPEC: CoreSpec = CoreSpec {
    name: "decoder_swift",
    direction: Direction::Decoder,
    lanes: 1,
    top: "cabac_decoder_swift",
    sources: rtl![
        "common/cabac_pkg.sv",
        "common/cabac_context_memory.sv",
        "common/cabac_range_table.sv",
        "common/cabac_transition.sv",
        "common/cabac_decoder_request.sv",
        "common/cabac_decoder_contexts.sv",
        "common/cabac_decoder_answer.sv",
        "decoder_swift/cabac_decoder_swift_split.sv",
        "decoder_swift/cabac_decoder_swift_step.sv",
        "decoder_swift/cabac_decoder_swift_bits.sv",
        "decoder_swift/cabac_decoder_swift.sv",
    ],
    can: Can::ALL,
    twin: Lockstep::of::<Decoder>(),
    step: Step {
        top: "cabac_decoder_swift_sweep",
        wrappers: &[("cabac_decoder_swift_sweep.sv", include_str!("cabac_decoder_swift_sweep.sv"))],
        ..decoder::STEP
    },
    benches: &[
        Bench {
            top: "formal_decoder_contexts",
            files: decoder::CONTEXT_CHECKERS,
            defines: SWIFT,
            keeps_memory: true,
            clocks: 14,
            properties: &properties::CONTEXTS,
        },
        Bench {
            top: "formal_decoder",
            files: decoder::CHECKERS,
            defines: SWIFT,
            keeps_memory: false,
            clocks: 14,
            properties: &OTHERS,
        },
    ],
    mutants: Mutable {
        proof: decoder::PROOF,
        defines: SWIFT,
        registers: None,
        tables: TABLES,
        explained: EXPLAINED,
    },
};

const EXPLAINED: &[Explanation] =
    &[bits_are_counted("bits.logic_and#3.B[0] const1"), bits_are_counted("bits.logic_not#2.A[0] const0")];

const fn bits_are_counted(mutant: &'static str) -> Explanation {
    let reason = "while SLICE waits for the last byte of a slice, bits are counted that were dropped; in the clock in which it is taken no \
                  byte comes, and they are dropped again";
    Explanation { mutant, reason }
}

const DEC: &str = "cabac_decoder_swift.sv";
const STEP: &str = "cabac_decoder_swift_step.sv";
const BITS: &str = "cabac_decoder_swift_bits.sv";

const OTHERS: [Property; properties::OTHERS.len()] = with_controls(properties::OTHERS, CONTROLS);

const CONTROLS: &[(&str, Edit)] = &[
    (
        "interval.range_is_normal",
        [STEP, "range_kept = doubled ? {range_mps[7:0], 1'b0} : range_mps;", "range_kept = range_mps;"],
    ),
    ("interval.offset_is_below_range", [STEP, "refused = next_bits[8:1] == 8'hff;", "refused = 1'b0;"]),
    ("interval.terminate_ends_an_engine", [STEP, "lps ? 9'd255 : room_kept", "lps ? 9'd254 : room_kept"]),
    ("interval.start_begins_an_engine", [STEP, "cod_i_range_next = 9'd510;", "cod_i_range_next = 9'd508;"]),
    ("interval.align_sets_range", [STEP, "cod_i_range_next = 9'd256;", "cod_i_range_next = 9'd258;"]),
    (
        "interval.only_bins_move_the_interval",
        [STEP, "default: ;", "cabac_pkg::LOAD: room_next = 9'd0; default: ;"],
    ),
    (
        "interval.interval_waits",
        [
            DEC,
            "end else if (done) begin\n      cod_i_range",
            "end else if (req_valid) begin\n      cod_i_range",
        ],
    ),
    ("bits.ahead_is_bounded", [BITS, "ahead_len <= 6'd24 && !ended", "ahead_len <= 6'd32 && !ended"]),
    ("bits.ahead_is_clean", [BITS, "{ahead, 8'd0}", "{ahead, 8'hff}"]),
    ("bits.bits_account", [BITS, "position_low[5] ? position_high_more : position_high", "position_high"]),
    ("bits.slice_is_closed", [BITS, "ended || (push && in_last)", "ended || (push && in_last && !drop)"]),
    ("bits.nothing_after_the_last", [BITS, "ahead_len <= 6'd24 && !ended", "ahead_len <= 6'd24"]),
    ("bits.bits_wait_in_place", [BITS, "40'd0)) << gone)", "40'd0)) << (take ? taken : 4'd0))"]),
    ("bits.raw_is_its_byte", [DEC, ".data(next_bits[8:1])", ".data(next_bits[7:0])"]),
    ("bits.start_is_its_bits", [STEP, "9'd509 - next_bits;", "9'd509 - {next_bits[8:1], 1'b0};"]),
    (
        "ports.valid_needs_no_ready",
        [DEC, "assign rsp_valid = response_valid;", "assign rsp_valid = response_valid && rsp_ready;"],
    ),
    (
        "ports.byte_needs_no_request",
        [BITS, "ahead_len <= 6'd24 && !ended", "ahead_len <= 6'd24 && !ended && !take"],
    ),
    ("ports.raw_has_no_bin", [STEP, "default: ;", "cabac_pkg::RAW: bin = lps; default: ;"]),
    (
        "ports.bits_are_the_position",
        [DEC, "assign rsp_bits = position;", "assign rsp_bits = {position[31:1], 1'b0};"],
    ),
    ("ports.exhausted_is_an_overrun", [BITS, "{1'b0, gone} > ahead_len", "{1'b0, gone} >= ahead_len"]),
    ("ports.response_comes_nearer", [BITS, "left_len + 6'd8 : left_len", "left_len : left_len"]),
    ("ports.slice_drains", [BITS, "drop || overrun ? 6'd0", "overrun ? 6'd0"]),
];
