//! The twin of `rtl/encoder/cabac_encoder.sv`, stage by stage, and of pipelines that differ from it in when a request waits.
//!
//! Invariant: after every clock its registers equal the Verilog's. Besides, it counts the requests that have
//! passed each step, which is how a judge knows to which bin a register belongs.

use crate::context::CONTEXTS;
use crate::cycle::{Inputs, Outputs, Owner, Quantity, Twin, fields::fields, kind, transition, update};
use crate::tables::RANGE_TAB_LPS;

fields! {
    /// The registers, in the order of `cabac_pkg::encoder_debug_t`, and the write to the context memory.
    Registers {
        /// A request is in the fetch stage.
        fetch_valid: 1,
        /// Its kind.
        fetch_kind: 3,
        /// Its bin.
        fetch_bin: 1,
        /// Its context variable.
        fetch_ctx_idx: 10,
        /// Its byte or state.
        fetch_data: 8,
        /// The state of its context variable.
        fetch_model: 7,
        /// codIRange, 256..=510.
        cod_i_range: 9,
        /// An operation is in the low stage.
        low_valid: 1,
        /// What it adds to codILow, in halves.
        low_addend: 10,
        /// By how much it shifts codILow then.
        low_shift: 3,
        /// It ends an engine run.
        low_flush: 1,
        /// It is a byte that is not coded.
        low_raw: 1,
        /// That byte.
        low_data: 8,
        /// codILow, ten bits.
        cod_i_low: 10,
        /// bitsOutstanding.
        bits_outstanding: 32,
        /// firstBitFlag.
        first_bit_flag: 1,
        /// Decided bits are in the emit stage.
        emit_valid: 1,
        /// They begin with `emit_head`, unless it is the first of an engine run or gone already.
        emit_head_valid: 1,
        /// The bit that PutBit is called with.
        emit_head: 1,
        /// How many of its complement follow.
        emit_run: 32,
        /// The bits after those, at the top.
        emit_rest: 9,
        /// How many.
        emit_len: 4,
        /// They are the last of an engine run.
        emit_last: 1,
        /// More than seven of `emit_run` are left.
        emit_long_run: 1,
        /// Bits that are no bytes yet, at the top.
        pack_bits: 32,
        /// How many.
        pack_fill: 6,
        /// They are the last of an engine run, filled up to whole bytes.
        pack_last: 1,
        /// The context memory is written in this clock.
        write_valid: 1,
        /// Where.
        write_ctx_idx: 10,
        /// The state before.
        write_old: 7,
        /// The state after.
        write_new: 7,
    }
}

/// How many requests have passed each step since the core was made; those that a reset dropped count too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Taken into the fetch stage.
    pub fetch: u64,
    /// Through the range step: codIRange and the context memory are updated.
    pub range: u64,
    /// Through the low step: codILow and bitsOutstanding are updated, and what it decided is in the emit stage.
    pub low: u64,
    /// Those up to the one whose bits came into the packer last.
    pub pack: u64,
}

/// The encoder core.
pub type Encoder = Pipeline<false>;

/// An encoder with the stages of `cabac_encoder`. With `ALWAYS_WAITS` its low step waits until the emit stage is free even
/// if it decides no bits.
///
/// ```
/// use silicabac::{bin::Event, cores::encoder::Encoder, cycle::{Inputs, Request}};
/// let mut core = Encoder::new();
/// core.step(&Inputs { rst: 1, ..Inputs::default() });
/// core.step(&Inputs::request(Request::Event(Event::Terminate { bin: true })));
/// let bytes: Vec<u32> = (0..10)
///     .map(|_| core.step(&Inputs { out_ready: 1, ..Inputs::default() }))
///     .filter(|outputs| outputs.out_valid == 1)
///     .map(|outputs| outputs.out_data[0])
///     .collect();
/// assert_eq!(bytes, [0xfe, 0x80]);
/// ```
#[derive(Clone, Debug)]
pub struct Pipeline<const ALWAYS_WAITS: bool> {
    registers: Registers,
    models: [u8; CONTEXTS],
    passed: Passed,
    /// The requests up to the one whose bits are in the emit stage.
    emitting: u64,
}

/// What `cabac_encoder_range` says to `cabac_encoder_low`.
#[derive(Clone, Copy, Default)]
struct LowOp {
    addend: u32,
    shift: u32,
    flush: u32,
    raw: u32,
}

/// Decided bits, from `cabac_encoder_low` to `cabac_encoder_emit`.
struct Bits {
    rest: u32,
    len: u32,
}

/// What the low step does.
struct LowStep {
    cod_i_low: u32,
    bits_outstanding: u32,
    first_bit_flag: u32,
    put: bool,
    carry: u32,
    bits: Bits,
}

impl<const ALWAYS_WAITS: bool> Pipeline<ALWAYS_WAITS> {
    /// The core as it is switched on; it wants a reset.
    pub fn new() -> Self {
        Pipeline {
            registers: Registers::default(),
            models: [0; CONTEXTS],
            passed: Passed::default(),
            emitting: 0,
        }
    }

    /// How many requests have passed each step.
    pub fn passed(&self) -> Passed {
        self.passed
    }

    /// A context variable.
    pub(in crate::cores) fn model(&self, ctx_idx: u32) -> u32 {
        self.models[ctx_idx as usize % CONTEXTS].into()
    }

    /// One clock: what the core shows before the rising edge.
    pub fn step(&mut self, inputs: &Inputs) -> Outputs {
        let (mut outputs, mut shown) = (Outputs::default(), Registers::default());
        self.advance(inputs, &mut outputs, &mut shown);
        outputs
    }

    /// From the registers as they are, which are `shown`, to the next ones, in place.
    #[inline]
    fn advance(&mut self, inputs: &Inputs, outputs: &mut Outputs, shown: &mut Registers) {
        *shown = self.registers;
        let r = &*shown;
        let next = &mut self.registers;

        // Pack: cabac_encoder_pack.
        let out_valid = r.pack_fill >= 8;
        let out_last = r.pack_last == 1 && r.pack_fill == 8;
        let piece_ready = r.pack_fill < 16 && r.pack_last == 0;
        let pop = out_valid && inputs.out_ready == 1;

        // Emit: cabac_encoder_emit.
        let long_run = r.emit_run > 7;
        let emit_ready = r.emit_valid == 0 || piece_ready && !long_run;
        let push = r.emit_valid == 1 && piece_ready;

        let (mut bits, mut fill) =
            if pop { (r.pack_bits << 8, r.pack_fill - 8) } else { (r.pack_bits, r.pack_fill) };
        if pop && out_last {
            next.pack_last = 0;
        }
        if push {
            let (piece, len) = piece(r, long_run);
            bits |= (u64::from(piece) << 15 >> fill) as u32;
            fill += len;
            next.pack_last = u32::from(r.emit_last == 1 && !long_run);
            fill = if next.pack_last == 1 { fill.next_multiple_of(8) } else { fill };
        }
        (next.pack_bits, next.pack_fill) = (bits, fill);

        // Low: cabac_encoder_low.
        let low = low_step(r);
        let low_done = r.low_valid == 1 && (emit_ready || !ALWAYS_WAITS && !low.put);
        if emit_ready {
            next.emit_valid = u32::from(r.low_valid == 1 && low.put);
            if next.emit_valid == 1 {
                next.emit_head_valid = u32::from(r.first_bit_flag == 0 && r.low_raw == 0);
                next.emit_head = low.carry;
                next.emit_run = r.bits_outstanding;
                (next.emit_rest, next.emit_len) = (low.bits.rest, low.bits.len);
                next.emit_last = r.low_flush;
            }
        } else if piece_ready {
            next.emit_head_valid = 0;
            next.emit_run = r.emit_run.wrapping_sub(8 - r.emit_head_valid);
        }
        if low_done {
            next.cod_i_low = low.cod_i_low;
            next.bits_outstanding = low.bits_outstanding;
            next.first_bit_flag = low.first_bit_flag;
        }

        // Range: cabac_encoder_range and cabac_transition.
        let fetch_done = r.fetch_valid == 1 && (r.low_valid == 0 || low_done);
        if fetch_done {
            let (cod_i_range, op) = range_step(r);
            next.cod_i_range = cod_i_range;
            (next.low_addend, next.low_shift) = (op.addend, op.shift);
            (next.low_flush, next.low_raw, next.low_data) = (op.flush, op.raw, r.fetch_data);
        }
        next.low_valid = u32::from(fetch_done || r.low_valid == 1 && !low_done);

        // Fetch, with cabac_context_memory.
        let load = r.fetch_kind == kind::LOAD;
        let write_valid = fetch_done && (load || r.fetch_kind == kind::CONTEXT);
        let write_new = if load { r.fetch_data & 127 } else { transition(r.fetch_model, r.fetch_bin) };
        let save_model = self.models[inputs.save_ctx_idx as usize % CONTEXTS].into();
        if write_valid {
            self.models[r.fetch_ctx_idx as usize % CONTEXTS] = write_new as u8;
        }
        let req_ready = r.fetch_valid == 0 || fetch_done;
        if req_ready {
            next.fetch_valid = inputs.req_valid;
            if inputs.req_valid == 1 {
                let (kind, ctx_idx) = (inputs.req_kind[0], inputs.req_ctx_idx[0]);
                (next.fetch_kind, next.fetch_bin, next.fetch_ctx_idx) = (kind, inputs.req_bin[0], ctx_idx);
                next.fetch_data = if kind == kind::LOAD { inputs.req_model[0] } else { inputs.req_data[0] };
                next.fetch_model = self.models[ctx_idx as usize % CONTEXTS].into();
            }
        }

        self.passed.fetch += u64::from(req_ready && inputs.req_valid == 1);
        self.passed.range += u64::from(fetch_done);
        self.passed.low += u64::from(low_done);
        if push {
            self.passed.pack = self.emitting;
        }
        if low_done && low.put {
            self.emitting = self.passed.low;
        }
        if inputs.rst == 1 {
            *next = Registers { cod_i_range: 510, first_bit_flag: 1, ..Registers::default() };
            let all = self.passed.fetch;
            self.passed = Passed { fetch: all, range: all, low: all, pack: all };
            self.emitting = all;
        }

        outputs.req_ready = req_ready.into();
        outputs.out_valid = out_valid.into();
        outputs.out_data[0] = r.pack_bits >> 24;
        outputs.out_last = out_last.into();
        outputs.settled = u32::from(r.fetch_valid == 0);
        outputs.save_model = save_model;
        let (write_ctx_idx, write_old) = (r.fetch_ctx_idx, r.fetch_model);
        shown.emit_long_run = long_run.into();
        shown.write_valid = write_valid.into();
        (shown.write_ctx_idx, shown.write_old, shown.write_new) = (write_ctx_idx, write_old, write_new);
    }
}

impl<const ALWAYS_WAITS: bool> Default for Pipeline<ALWAYS_WAITS> {
    fn default() -> Self {
        Self::new()
    }
}

const FETCH: usize = 0;
const RANGE: usize = 1;
const LOW: usize = 2;
const PACK: usize = 3;

impl<const ALWAYS_WAITS: bool> Twin for Pipeline<ALWAYS_WAITS> {
    type Registers = Registers;

    const STEPS: &'static [&'static str] = &["fetch", "range", "low", "pack"];
    const LAST_SHOWN: usize = LOW;

    #[inline]
    fn clock(&mut self, inputs: &Inputs, outputs: &mut Outputs, shown: &mut Registers) {
        self.advance(inputs, outputs, shown);
    }

    #[inline]
    fn passed(&self, step: usize) -> u64 {
        let Passed { fetch, range, low, pack } = self.passed;
        [fetch, range, low, pack][step]
    }

    fn owner(name: &str) -> Option<Owner> {
        let step = match name {
            "req_ready" | "settled" | "save_model" => FETCH,
            "fetch_valid" | "fetch_kind" | "fetch_bin" | "fetch_ctx_idx" | "fetch_data" | "fetch_model" => {
                FETCH
            }
            "write_valid" | "write_ctx_idx" | "write_old" | "write_new" => FETCH,
            "cod_i_range" | "low_valid" | "low_addend" | "low_shift" | "low_flush" | "low_raw"
            | "low_data" => RANGE,
            "cod_i_low" | "bits_outstanding" | "first_bit_flag" => LOW,
            "emit_valid" | "emit_head_valid" | "emit_head" | "emit_run" | "emit_rest" | "emit_len"
            | "emit_long_run" | "emit_last" => LOW,
            "pack_bits" | "pack_fill" | "pack_last" | "out_valid" | "out_data" | "out_last" => PACK,
            _ => return None,
        };
        Some(Owner::Step(step))
    }

    #[inline]
    fn shows(&self, step: usize, shown: &Registers, mut see: impl FnMut(Quantity, u32)) {
        let r = &self.registers;
        match step {
            RANGE => {
                see(Quantity::CodIRange, r.cod_i_range);
                see(Quantity::Replaced, shown.write_old);
                let updated = update(shown.write_ctx_idx, shown.write_new);
                see(Quantity::Update, if shown.write_valid == 1 { updated } else { 0 });
            }
            LOW => {
                see(Quantity::CodILow, r.cod_i_low);
                see(Quantity::BitsOutstanding, r.bits_outstanding);
                see(Quantity::FirstBitFlag, r.first_bit_flag);
            }
            _ => {}
        }
    }
}

fn range_step(r: &Registers) -> (u32, LowOp) {
    let range_lps = u32::from(RANGE_TAB_LPS[r.fetch_model as usize & 63][r.cod_i_range as usize >> 6 & 3]);
    let upper = if r.fetch_kind == kind::CONTEXT { range_lps } else { 2 };
    let range_low = r.cod_i_range.wrapping_sub(upper) & 511;
    let doubled = u32::from(range_low < 256);
    let mps = (range_low << doubled, LowOp { shift: doubled, ..LowOp::default() });
    match r.fetch_kind {
        kind::CONTEXT if r.fetch_bin == r.fetch_model >> 6 => mps,
        kind::CONTEXT => {
            let shift = (range_lps.leading_zeros() - 23).min(6);
            (range_lps << shift, LowOp { addend: range_low << 1, shift, ..LowOp::default() })
        }
        kind::BYPASS => {
            (r.cod_i_range, LowOp { addend: r.fetch_bin * r.cod_i_range, shift: 1, ..LowOp::default() })
        }
        kind::TERMINATE if r.fetch_bin == 0 => mps,
        kind::TERMINATE => (510, LowOp { addend: range_low << 1, flush: 1, ..LowOp::default() }),
        kind::ALIGN => (256, LowOp::default()),
        kind::RAW => (r.cod_i_range, LowOp { raw: 1, ..LowOp::default() }),
        _ => (r.cod_i_range, LowOp::default()),
    }
}

fn low_step(r: &Registers) -> LowStep {
    let sum = (r.cod_i_low << 1) + r.low_addend;
    let carry = sum >> 10 & 1;
    let leaving = sum >> 4 & 63 | 63 >> r.low_shift;
    let ones = leaving == 63;
    let last_zero = if ones { r.low_shift.wrapping_sub(1) & 7 } else { 5 - leaving.trailing_ones() };
    let put = r.low_flush == 1 || r.low_raw == 1 || r.low_shift != 0 && (carry == 1 || !ones);
    let bits = if r.low_raw == 1 {
        Bits { rest: r.low_data << 1, len: 8 }
    } else if r.low_flush == 1 {
        Bits { rest: (sum >> 2 & 255) << 1 | 1, len: 9 }
    } else {
        Bits { rest: (sum >> 5 & 31 & !(31 >> last_zero)) << 4, len: last_zero }
    };
    if r.low_flush == 1 || r.low_raw == 1 {
        return LowStep { cod_i_low: 0, bits_outstanding: 0, first_bit_flag: 1, put, carry, bits };
    }
    LowStep {
        cod_i_low: (carry & u32::from(ones)) << 9 | (sum << r.low_shift) >> 1 & 511,
        bits_outstanding: match put {
            true => r.low_shift.wrapping_sub(1 + last_zero) & 7,
            false => r.bits_outstanding.wrapping_add(r.low_shift),
        },
        first_bit_flag: r.first_bit_flag & u32::from(!put),
        put,
        carry,
        bits,
    }
}

/// The next piece of the decided bits: 17 at most, at the top, and how many.
fn piece(r: &Registers, long_run: bool) -> (u32, u32) {
    let complement = 1 - r.emit_head;
    let first = if r.emit_head_valid == 1 { r.emit_head } else { complement };
    let lead = (first << 7) | (127 * complement);
    let (lead_len, rest, len) =
        if long_run { (8, 0, 0) } else { (r.emit_run + r.emit_head_valid, r.emit_rest, r.emit_len) };
    ((lead << 9) & !(0x1_ffff >> lead_len) & 0x1_ffff | (rest << 8) >> lead_len, lead_len + len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cycle::unowned;

    #[test]
    fn every_register_and_output_belongs_to_a_step() {
        let of_decoders = [
            "in_ready",
            "rsp_valid",
            "rsp_count",
            "rsp_bin",
            "rsp_data",
            "rsp_error",
            "rsp_bits",
            "out_count",
        ];
        let unowned: Vec<_> = unowned::<Encoder>().filter(|name| !of_decoders.contains(name)).collect();
        assert_eq!(unowned, [""; 0]);
    }
}
