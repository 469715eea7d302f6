//! The twin of `rtl/decoder/cabac_decoder.sv`, and of every decoder core that shows the same in each clock.
//!
//! Invariant: after every clock its registers equal the Verilog's. A request is done in the clock in which it is
//! taken; what the registers show after a clock belongs to the last request that was taken.

use crate::bin::DecodeErrorKind;
use crate::context::CONTEXTS;
use crate::cycle::{
    Inputs, Outputs, Owner, Quantity, Twin, error_code, fields::fields, kind, transition, update,
};
use crate::tables::RANGE_TAB_LPS;

fields! {
    /// The registers, in the order of `cabac_pkg::decoder_debug_t`, and the context variable that is read.
    Registers {
        /// An answer waits.
        response_valid: 1,
        /// The bin of the last request.
        response_bin: 1,
        /// Its byte.
        response_data: 8,
        /// The first error of the slice.
        response_error: 2,
        /// codIRange, 256..=510.
        cod_i_range: 9,
        /// codIOffset, below codIRange.
        cod_i_offset: 9,
        /// Bits that the engine has not read, at the top; zeros after them.
        ahead: 32,
        /// How many.
        ahead_len: 6,
        /// The last byte of the slice has been taken; so it is before the first slice.
        ended: 1,
        /// How many bits of the slice have been read, those beyond its end included.
        position: 32,
        /// The context memory is written in this clock.
        write_valid: 1,
        /// Where.
        write_ctx_idx: 10,
        /// What.
        write_model: 7,
        /// The context variable that `req_ctx_idx` names.
        read_model: 7,
    }
}

/// The decoder core.
///
/// ```
/// use silicabac::{bin::Event, cores::decoder::Decoder, cycle::{Inputs, Request}};
/// let mut core = Decoder::new();
/// core.step(&Inputs { rst: 1, ..Inputs::default() });
/// core.step(&Inputs::request(Request::Slice));
/// for (in_data, in_last) in [(0xfe, 0), (0x80, 1)] {
///     core.step(&Inputs { in_valid: 1, in_data, in_last, ..Inputs::default() });
/// }
/// let mut ask = |request| {
///     core.step(&Inputs { rsp_ready: 1, ..Inputs::request(request) });
///     core.step(&Inputs { rsp_ready: 1, ..Inputs::default() })
/// };
/// ask(Request::START);
/// let answer = ask(Request::Event(Event::Terminate { bin: true }));
/// assert_eq!((answer.rsp_valid, answer.rsp_bin[0], answer.rsp_bits), (1, 1, 9));
/// ```
#[derive(Clone, Debug)]
pub struct Decoder {
    registers: Registers,
    models: [u8; CONTEXTS],
    /// How many requests have been taken.
    taken: u64,
}

/// What `cabac_decoder_step` says.
struct Step {
    bin: u32,
    cod_i_range: u32,
    cod_i_offset: u32,
    taken: u32,
    refused: bool,
}

impl Decoder {
    /// The core as it is switched on; it wants a reset.
    pub fn new() -> Decoder {
        Decoder { registers: Registers::default(), models: [0; CONTEXTS], taken: 0 }
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
        let (kind, ctx_idx) = (inputs.req_kind[0], inputs.req_ctx_idx[0]);

        // cabac_context_memory.
        let written = |ctx_idx| r.write_valid == 1 && r.write_ctx_idx == ctx_idx;
        let at = |ctx_idx: u32| u32::from(self.models[ctx_idx as usize % CONTEXTS]);
        let save_model = at(inputs.save_ctx_idx);
        let read_model = if written(ctx_idx) { r.write_model } else { at(ctx_idx) };
        if r.write_valid == 1 {
            self.models[r.write_ctx_idx as usize % CONTEXTS] = r.write_model as u8;
        }

        // Whether the request can be done.
        let slice = kind == kind::SLICE;
        let whole_bytes = matches!(kind, kind::RAW | kind::START);
        let wanted = match kind {
            kind::CONTEXT => 6,
            kind::BYPASS | kind::TERMINATE => 1,
            kind::RAW | kind::START => 16,
            _ => 0,
        };
        let room = r.response_valid == 0 || inputs.rsp_ready == 1;
        let req_ready = room && (r.ended == 1 || r.ahead_len >= wanted && !slice);
        let done = inputs.req_valid == 1 && req_ready;
        self.taken += u64::from(done);

        // cabac_decoder_bits, and the step.
        let in_ready = r.ahead_len <= 24 && r.ended == 0;
        let push = inputs.in_valid == 1 && in_ready;
        let skipped = if whole_bytes { r.position.wrapping_neg() & 7 } else { 0 };
        let next_bits = r.ahead << skipped >> 23;
        let step = step(kind, read_model, r, next_bits);
        let taken = if kind == kind::RAW { 8 } else { step.taken };
        let gone = if done { skipped + taken } else { 0 };
        let overrun = gone > r.ahead_len;
        let drop = inputs.req_valid == 1 && slice;
        next.ahead = if drop { 0 } else { r.ahead << gone };
        next.ahead_len = if drop { 0 } else { r.ahead_len.saturating_sub(gone) };
        if push && !drop {
            next.ahead |= inputs.in_data << 24 >> next.ahead_len;
            next.ahead_len += 8;
        }
        next.ended = r.ended | u32::from(push && inputs.in_last == 1);
        next.position = r.position.wrapping_add(gone);
        if done && slice {
            (next.ended, next.position) = (0, 0);
        }

        // What a request leaves behind.
        next.write_valid = u32::from(done && matches!(kind, kind::CONTEXT | kind::LOAD));
        if done {
            (next.cod_i_range, next.cod_i_offset) = (step.cod_i_range, step.cod_i_offset);
            next.write_ctx_idx = ctx_idx;
            next.write_model = match kind {
                kind::LOAD => inputs.req_model[0],
                _ => transition(read_model, step.bin),
            };
            next.response_bin = step.bin;
            next.response_data = if kind == kind::RAW { next_bits >> 1 } else { 0 };
            let error = match kind {
                _ if overrun => Some(DecodeErrorKind::Exhausted),
                kind::START if step.refused => Some(DecodeErrorKind::Forbidden),
                _ if step.refused => Some(DecodeErrorKind::Misaligned),
                _ => None,
            };
            next.response_error = match r.response_error {
                _ if slice => 0,
                0 => error_code(error),
                first => first,
            };
        }
        let answers = matches!(kind, kind::CONTEXT | kind::BYPASS | kind::TERMINATE | kind::RAW);
        let stays = r.response_valid == 1 && inputs.rsp_ready == 0;
        next.response_valid = u32::from(if done { answers } else { stays });
        if inputs.rst == 1 {
            *next = Registers { cod_i_range: 510, ended: 1, ..Registers::default() };
        }

        outputs.req_ready = req_ready.into();
        outputs.in_ready = in_ready.into();
        outputs.rsp_valid = r.response_valid;
        outputs.rsp_bin[0] = r.response_bin;
        outputs.rsp_data = r.response_data;
        outputs.rsp_error[0] = r.response_error;
        outputs.rsp_bits = r.position;
        outputs.settled = 1 - r.write_valid;
        outputs.save_model = save_model;
        shown.read_model = read_model;
    }
}

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Twin for Decoder {
    type Registers = Registers;

    const STEPS: &'static [&'static str] = &["only"];
    const LAST_SHOWN: usize = 0;

    #[inline]
    fn clock(&mut self, inputs: &Inputs, outputs: &mut Outputs, shown: &mut Registers) {
        self.advance(inputs, outputs, shown);
    }

    #[inline]
    fn passed(&self, _: usize) -> u64 {
        self.taken
    }

    fn owner(name: &str) -> Option<Owner> {
        match name {
            "read_model" | "req_ready" => Some(Owner::Offered),
            "in_ready" | "rsp_valid" | "rsp_bin" | "rsp_data" | "rsp_error" | "rsp_bits" | "settled"
            | "save_model" | "response_valid" | "response_bin" | "response_data" | "response_error"
            | "cod_i_range" | "cod_i_offset" | "ahead" | "ahead_len" | "ended" | "position"
            | "write_valid" | "write_ctx_idx" | "write_model" => Some(Owner::Step(0)),
            _ => None,
        }
    }

    #[inline]
    fn shows(&self, _: usize, _: &Registers, mut see: impl FnMut(Quantity, u32)) {
        let r = &self.registers;
        see(Quantity::CodIRange, r.cod_i_range);
        see(Quantity::CodIOffset, r.cod_i_offset);
        let updated = update(r.write_ctx_idx, r.write_model);
        see(Quantity::Update, if r.write_valid == 1 { updated } else { 0 });
    }
}

fn step(kind: u32, model: u32, r: &Registers, next_bits: u32) -> Step {
    let range_lps = u32::from(RANGE_TAB_LPS[model as usize & 63][r.cod_i_range as usize >> 6 & 3]);
    let range_low = match kind {
        kind::CONTEXT => r.cod_i_range.wrapping_sub(range_lps) & 511,
        kind::BYPASS => r.cod_i_range,
        _ => r.cod_i_range.wrapping_sub(2) & 511,
    };
    let offset = match kind {
        kind::BYPASS => r.cod_i_offset << 1 | next_bits >> 8,
        _ => r.cod_i_offset,
    };
    let above = offset.wrapping_sub(range_low) & 1023;
    let upper = above >> 9 == 0;

    // The part of the interval that holds codIOffset, renormalised.
    let (range_part, offset_part, shift) = match kind {
        kind::CONTEXT if upper => (range_lps, above & 511, (range_lps.leading_zeros() - 23).min(6)),
        _ => (range_low, r.cod_i_offset, u32::from(range_low < 256)),
    };
    let cod_i_range = range_part << shift & 511;
    let cod_i_offset = (offset_part << 6 | next_bits >> 3) << shift >> 6 & 511;

    let same =
        Step { bin: 0, cod_i_range: r.cod_i_range, cod_i_offset: r.cod_i_offset, taken: 0, refused: false };
    match kind {
        kind::CONTEXT => {
            Step { bin: model >> 6 ^ u32::from(upper), cod_i_range, cod_i_offset, taken: shift, ..same }
        }
        kind::BYPASS => {
            let cod_i_offset = if upper { above } else { offset } & 511;
            Step { bin: upper.into(), cod_i_offset, taken: 1, ..same }
        }
        kind::TERMINATE if upper => Step { bin: 1, cod_i_range: 256, cod_i_offset: 0, ..same },
        kind::TERMINATE => Step { cod_i_range, cod_i_offset, taken: shift, ..same },
        kind::ALIGN => {
            let refused = r.cod_i_offset >= 256;
            Step { cod_i_range: 256, cod_i_offset: if refused { 0 } else { r.cod_i_offset }, refused, ..same }
        }
        kind::START => {
            let refused = next_bits >= 510;
            let cod_i_offset = if refused { 0 } else { next_bits };
            Step { cod_i_range: 510, cod_i_offset, taken: 9, refused, ..same }
        }
        _ => same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cycle::unowned;

    #[test]
    fn every_register_and_output_belongs_to_a_request() {
        let of_encoders = ["out_valid", "out_count", "out_data", "out_last", "rsp_count"];
        let unowned: Vec<_> = unowned::<Decoder>().filter(|name| !of_encoders.contains(name)).collect();
        assert_eq!(unowned, [""; 0]);
    }
}
