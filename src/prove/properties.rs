//! What is proved: the benches in `formal/`, their properties in words, and for each an edit of the Verilog with
//! which it fails. A property's name is the label of its assertion.

use super::Sources;
use crate::cosim::CoreKind;

/// A core with its checkers.
#[derive(Clone, Copy, Debug)]
pub struct Bench {
    /// The core.
    pub core: CoreKind,
    /// The top module.
    pub top: &'static str,
    /// The files with their names.
    pub files: &'static [(&'static str, &'static str)],
    /// Whether the context memory is a part of it.
    pub keeps_memory: bool,
    /// What it proves.
    pub properties: &'static [Property],
}

/// Something that a core does in every clock.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// Its assertion in the flattened bench.
    pub cell: &'static str,
    /// It, in words.
    pub says: &'static str,
    /// An edit with which it fails.
    pub control: Control,
}

impl Property {
    /// The label of its assertion.
    pub fn name(&self) -> &'static str {
        self.cell.rsplit('.').next().unwrap_or(self.cell)
    }
}

/// An edit of the Verilog: in this file, this text, which is there once, becomes that.
#[derive(Clone, Copy, Debug)]
pub struct Control {
    /// The file.
    pub file: &'static str,
    /// What is there.
    pub from: &'static str,
    /// What it becomes.
    pub to: &'static str,
}

impl Control {
    /// The edited sources, if the text is there just once.
    pub fn apply(&self, sources: &Sources) -> Option<Sources> {
        let mut edited = sources.clone();
        let (_, text) = edited.iter_mut().find(|(name, _)| name == self.file)?;
        if text.matches(self.from).count() != 1 {
            return None;
        }
        *text = text.replace(self.from, self.to);
        Some(edited)
    }
}

const fn property(cell: &'static str, says: &'static str, edit: [&'static str; 3]) -> Property {
    let [file, from, to] = edit;
    Property { cell, says, control: Control { file, from, to } }
}

/// Files of `formal/` with their names.
macro_rules! embed {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../../formal/", $name)))),*] };
}

/// All that is proved. What a core's contexts are comes first, since its other bench takes it for granted.
pub const BENCHES: [Bench; 4] = [
    Bench {
        core: CoreKind::Encoder,
        top: "formal_encoder_contexts",
        files: embed!["formal_encoder_contexts.sv"],
        keeps_memory: true,
        properties: ENCODER_CONTEXTS,
    },
    Bench {
        core: CoreKind::Encoder,
        top: "formal_encoder",
        files: embed![
            "formal_encoder_flow.sv",
            "formal_encoder_contract.sv",
            "formal_encoder_interval.sv",
            "formal_encoder_bits.sv",
            "formal_encoder_ports.sv",
            "formal_encoder.sv",
        ],
        keeps_memory: false,
        properties: ENCODER,
    },
    Bench {
        core: CoreKind::Decoder,
        top: "formal_decoder_contexts",
        files: embed!["formal_decoder_contexts.sv"],
        keeps_memory: true,
        properties: DECODER_CONTEXTS,
    },
    Bench {
        core: CoreKind::Decoder,
        top: "formal_decoder",
        files: embed![
            "formal_decoder_contract.sv",
            "formal_decoder_interval.sv",
            "formal_decoder_bits.sv",
            "formal_decoder_ports.sv",
            "formal_decoder.sv",
        ],
        keeps_memory: false,
        properties: DECODER,
    },
];

const MEMORY: &str = "cabac_context_memory.sv";
const TRANSITION: &str = "cabac_transition.sv";
const ENC: &str = "cabac_encoder.sv";
const RANGE: &str = "cabac_encoder_range.sv";
const LOW: &str = "cabac_encoder_low.sv";
const EMIT: &str = "cabac_encoder_emit.sv";
const PACK: &str = "cabac_encoder_pack.sv";
const DEC: &str = "cabac_decoder.sv";
const STEP: &str = "cabac_decoder_step.sv";
const BITS: &str = "cabac_decoder_bits.sv";

const NO_FORWARD: [&str; 3] =
    [MEMORY, "write_valid && write_addr == read_addr ? write_data : models[read_addr]", "models[read_addr]"];
const LOST_WRITE: [&str; 3] =
    [MEMORY, "if (write_valid) models", "if (write_valid && write_addr != 10'd9) models"];
const STATE_63: [&str; 3] = [TRANSITION, "p_state_idx < 6'd62", "p_state_idx < 6'd63"];

const ENCODER_CONTEXTS: &[Property] = &[
    property(
        "load_is_legal",
        "a LOAD reaches the range step with the state that it came with, never 63",
        [ENC, "in_ctx_idx, in_data};", "in_ctx_idx, in_data | 8'd1};"],
    ),
    property(
        "context_is_loaded",
        "a CONTEXT reaches the range step with the address that it came with: one that was loaded",
        [ENC, "in_ctx_idx, in_data};", "in_ctx_idx ^ {9'd0, in_bin}, in_data};"],
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
        [ENC, "fetch.data[6:0] : coded_model", "fetch.data[6:0] : fetch_model"],
    ),
    property(
        "settled_is_settled",
        "`settled` says that no update is under way",
        [ENC, "assign settled = !fetch_valid;", "assign settled = 1'b1;"],
    ),
];

const ENCODER: &[Property] = &[
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
        "interval.op_keeps_a_fresh_life",
        "what codes no bin does nothing to codILow",
        [
            RANGE,
            "cabac_pkg::RAW: low.raw = 1'b1;",
            "cabac_pkg::RAW: low.raw = 1'b1; cabac_pkg::LOAD: low.shift = 3'd1;",
        ],
    ),
    property(
        "interval.raw_is_in_a_fresh_life",
        "only RAW passes a byte, and only where no bin of the life was coded",
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
        "codILow, bitsOutstanding and firstBitFlag are 0, 0, 1 behind a flush, RAW or reset",
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
        "it enters the packer behind the bits before it, and keeps its value and its place there",
        [PACK, "({in_bits, 15'd0} >> fill)", "({in_bits, 15'd0} >> pack_fill)"],
    ),
    property(
        "bits.bits_leave_in_place",
        "it leaves in its place of its byte, once",
        [PACK, "assign out_data = pack_bits[31:24];", "assign out_data = pack_bits[30:23];"],
    ),
    property(
        "bits.group_is_well_formed",
        "`emit.rest` has 0..5, 8 or 9 bits, 9 only at the end of a life, and is zero behind them",
        [LOW, "sum[9:5] & ~(5'b11111 >> last_zero)", "sum[9:5]"],
    ),
    property(
        "bits.pack_is_well_formed",
        "the packer holds 32 bits at the most, zero behind them, and whole bytes at the end of a life",
        [PACK, "(sum + 6'd7) & 6'b111000", "sum"],
    ),
    property(
        "ports.valid_needs_no_ready",
        "`out_valid` depends on registers alone",
        [PACK, "assign out_valid = pack_fill >= 6'd8;", "assign out_valid = pack_fill >= 6'd8 && out_ready;"],
    ),
    property(
        "ports.ready_needs_no_ready",
        "`in_ready` depends on registers alone",
        [
            ENC,
            "assign in_ready = !fetch_valid || fetch_done;",
            "assign in_ready = !fetch_valid || (fetch_done && out_ready);",
        ],
    ),
    property(
        "ports.request_is_kept",
        "the fetch stage holds the request that was taken until it passes the range step",
        [ENC, "end else if (in_ready) begin", "end else if (in_ready || in_valid) begin"],
    ),
    property(
        "ports.requests_pass",
        "requests taken == requests that passed the low step + those in fetch and low",
        [ENC, "low_valid <= fetch_done || (low_valid && !low_done);", "low_valid <= fetch_done;"],
    ),
    property(
        "ports.lives_end_once",
        "flushes == bytes given with `out_last` + flushes under way",
        [PACK, "else if (pop && out_last) pack_last", "else if (pop) pack_last"],
    ),
    property(
        "ports.last_is_last",
        "behind a byte with `out_last` the packer is empty",
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

const DECODER_CONTEXTS: &[Property] = &[
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
        [DEC, "req_model : coded_model", "req_model : read_model"],
    ),
    property(
        "settled_is_settled",
        "`settled` says that no update is under way",
        [DEC, "assign settled = !write_valid;", "assign settled = 1'b1;"],
    ),
];

const DECODER: &[Property] = &[
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
            "      if (done) begin\n        cod_i_range",
            "      if (req_valid) begin\n        cod_i_range",
        ],
    ),
    property(
        "bits.ahead_is_bounded",
        "32 bits are ahead of the engine at the most",
        [BITS, "ahead_len <= 6'd24 && !ended", "ahead_len <= 6'd32 && !ended"],
    ),
    property(
        "bits.ahead_is_clean",
        "`ahead` is zero behind its `ahead_len` bits",
        [BITS, "24'd0} >> left_len", "24'd0} >> ahead_len"],
    ),
    property(
        "bits.bits_account",
        "8 * bytes taken == position + bits ahead; more is read only behind the last byte, with none ahead",
        [BITS, "position + {27'd0, gone}", "position + {28'd0, take ? taken : 4'd0}"],
    ),
    property(
        "bits.slice_is_closed",
        "the slice has ended from its byte with `in_last` on until SLICE, and before the first SLICE",
        [BITS, "ended || (push && in_last)", "ended || (push && in_last && !drop)"],
    ),
    property(
        "bits.nothing_behind_the_last",
        "no byte is taken behind the last one",
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
        [DEC, "next_bits[8:1] : 8'd0", "next_bits[7:0] : 8'd0"],
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
        "requests done == answers given + the one that waits",
        [DEC, "(!response_valid || rsp_ready) && (ended", "(ended"],
    ),
    property(
        "ports.answer_follows",
        "the answer is there in the clock after the request",
        [DEC, "response_valid <= 1'b1;", "response_valid <= req_kind != cabac_pkg::LOAD;"],
    ),
    property(
        "ports.answer_is_stable",
        "an answer that waits does not change, nor does its position",
        [DEC, "end else if (rsp_ready) begin", "end else begin"],
    ),
    property(
        "ports.data_is_of_raw",
        "the answer to anything but RAW has no byte",
        [DEC, "req_kind == cabac_pkg::RAW ? next_bits", "whole_bytes ? next_bits"],
    ),
    property(
        "ports.silent_kinds_have_no_bin",
        "the answer to what decodes no bin has none",
        [STEP, "refused = cod_i_offset[8];", "refused = cod_i_offset[8]; bin = refused;"],
    ),
    property(
        "ports.bytes_are_bits",
        "`rsp_bytes` is `rsp_bits` in bytes, a part of one counted",
        [DEC, "position[2:0] != 3'd0}", "position[0]}"],
    ),
    property(
        "ports.overrun_is_an_error",
        "behind the end of the slice there is an error",
        [DEC, "else if (overrun) response", "else if (overrun && !whole_bytes) response"],
    ),
    property(
        "ports.exhausted_is_an_overrun",
        "`rsp_error` is EXHAUSTED only behind the end of the slice",
        [BITS, "{1'b0, gone} > ahead_len", "{1'b0, gone} >= ahead_len"],
    ),
    property(
        "ports.error_is_sticky",
        "the first error stays until SLICE",
        [DEC, "else if (response.error != cabac_pkg::NONE) response", "else if (1'b0) response"],
    ),
    property(
        "ports.response_is_bounded",
        "a request waits only for `rsp_ready`, for one or two bytes, which are taken, or at a SLICE for the last byte",
        [DEC, "ahead_len >= wanted", "ahead_len > wanted"],
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The labels of the assertions in a file of `formal/`.
    fn labels(text: &str) -> impl Iterator<Item = &str> {
        text.lines().filter_map(|line| line.trim().split_once(": assert (")).map(|(label, _)| label)
    }

    #[test]
    fn every_assertion_is_a_property_and_every_property_an_assertion() {
        for bench in BENCHES {
            let mut asserted: Vec<_> = bench.files.iter().flat_map(|(_, text)| labels(text)).collect();
            let mut listed: Vec<_> = bench.properties.iter().map(Property::name).collect();
            asserted.sort_unstable();
            listed.sort_unstable();
            assert_eq!(asserted, listed, "{}", bench.top);
        }
    }

    #[test]
    fn every_file_of_checkers_is_embedded_and_short() {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("formal");
        let embedded: Vec<_> = BENCHES.iter().flat_map(|bench| bench.files).collect();
        for entry in std::fs::read_dir(dir).unwrap().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let file = embedded.iter().find(|(embedded, _)| *embedded == name);
            assert!(file.is_some() || !name.ends_with(".sv"), "{name} is not embedded");
            assert!(file.is_none_or(|(_, text)| text.lines().count() < 150), "{name} is long");
        }
    }

    #[test]
    fn every_control_edits_the_built_in_cores() {
        let sources = super::super::sources(None).unwrap();
        for property in BENCHES.iter().flat_map(|bench| bench.properties) {
            assert!(property.control.apply(&sources).is_some(), "{}", property.cell);
        }
    }
}
