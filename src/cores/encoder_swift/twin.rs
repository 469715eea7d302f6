//! The twin of `rtl/encoder_swift/cabac_encoder_swift.sv`: a stage that waits for the context memory, and the pipeline after it.
//!
//! The pipeline's twin reads its context variables when a request leaves that stage, with the write of the same clock. Invariant:
//! the Verilog, whose memory was asked a clock before, then has the same.

use crate::cores::encoder::{self, Pipeline};
use crate::cycle::{Inputs, Outputs, Owner, Quantity, Twin, fields::fields, kind};

fields! {
    /// The registers, in the order of `cabac_pkg::encoder_swift_debug_t`, and the write to the context memory.
    Registers {
        /// A request waits for its context variable.
        ahead_valid: 1,
        /// Its kind.
        ahead_kind: 3,
        /// Its bin.
        ahead_bin: 1,
        /// Its context variable.
        ahead_ctx_idx: 10,
        /// Its byte or state.
        ahead_data: 8,
        /// What the memory had when it was asked.
        ahead_read: 7,
        /// In that clock it was written.
        ahead_kept_valid: 1,
        /// What was written in that clock.
        ahead_kept: 7,
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

/// The encoder core for a faster clock.
///
/// ```
/// use silicabac::{bin::Event, cores::encoder_swift::EncoderSwift, cycle::{Inputs, Request}};
/// let mut core = EncoderSwift::default();
/// core.step(&Inputs { rst: 1, ..Inputs::default() });
/// core.step(&Inputs::request(Request::Event(Event::Terminate { bin: true })));
/// let bytes: Vec<u32> = (0..10)
///     .map(|_| core.step(&Inputs { out_ready: 1, ..Inputs::default() }))
///     .filter(|outputs| outputs.out_valid == 1)
///     .map(|outputs| outputs.out_data[0])
///     .collect();
/// assert_eq!(bytes, [0xfe, 0x80]);
/// ```
#[derive(Clone, Debug, Default)]
pub struct EncoderSwift {
    ahead: Ahead,
    pipeline: Pipeline<true>,
    /// The answer to `save_ctx_idx`.
    save_model: u32,
    /// The requests that were taken, and those that a reset dropped before they were in the pipeline.
    taken: u64,
    dropped: u64,
}

/// A request, what the memory had for it, and what was written there in the clock of the read.
#[derive(Clone, Copy, Debug, Default)]
struct Ahead {
    valid: u32,
    kind: u32,
    bin: u32,
    ctx_idx: u32,
    data: u32,
    read: u32,
    kept_valid: u32,
    kept: u32,
}

/// The registers of the pipeline beside those of the stage before it.
macro_rules! beside {
    ($pipeline:ident, $ahead:expr, $($name:ident)*) => { Registers { $($name: $pipeline.$name,)* ..$ahead } };
}

impl EncoderSwift {
    /// One clock: what the core shows before the rising edge.
    pub fn step(&mut self, inputs: &Inputs) -> Outputs {
        let (mut outputs, mut shown) = (Outputs::default(), Registers::default());
        self.clock(inputs, &mut outputs, &mut shown);
        outputs
    }
}

impl Twin for EncoderSwift {
    type Registers = Registers;

    const STEPS: &'static [&'static str] = &["ahead", "fetch", "range", "low", "pack"];
    const LAST_SHOWN: usize = 1 + Pipeline::<true>::LAST_SHOWN;

    #[inline]
    fn clock(&mut self, inputs: &Inputs, outputs: &mut Outputs, shown: &mut Registers) {
        let ahead = self.ahead;
        // What the memory has before the write of this clock.
        let (ctx_idx, save_model) = (inputs.req_ctx_idx[0], self.pipeline.model(inputs.save_ctx_idx));
        let read = self.pipeline.model(ctx_idx);

        let mut passed_on = *inputs;
        passed_on.req_valid = ahead.valid;
        passed_on.req_kind[0] = ahead.kind;
        passed_on.req_bin[0] = ahead.bin;
        passed_on.req_ctx_idx[0] = ahead.ctx_idx;
        passed_on.req_model[0] = ahead.data & 127;
        passed_on.req_data[0] = ahead.data;
        let mut r = encoder::Registers::default();
        self.pipeline.clock(&passed_on, outputs, &mut r);

        let own = Registers {
            ahead_valid: ahead.valid,
            ahead_kind: ahead.kind,
            ahead_bin: ahead.bin,
            ahead_ctx_idx: ahead.ctx_idx,
            ahead_data: ahead.data,
            ahead_read: ahead.read,
            ahead_kept_valid: ahead.kept_valid,
            ahead_kept: ahead.kept,
            ..Registers::default()
        };
        *shown = beside!(r, own,
            fetch_valid fetch_kind fetch_bin fetch_ctx_idx fetch_data fetch_model cod_i_range low_valid
            low_addend low_shift low_flush low_raw low_data cod_i_low bits_outstanding first_bit_flag
            emit_valid emit_head_valid emit_head emit_run emit_rest emit_len emit_last emit_long_run
            pack_bits pack_fill pack_last write_valid write_ctx_idx write_old write_new);

        outputs.req_ready |= 1 - ahead.valid;
        outputs.settled &= 1 - ahead.valid;
        outputs.save_model = self.save_model;

        if outputs.req_ready == 1 {
            self.ahead.valid = inputs.req_valid;
            if inputs.req_valid == 1 {
                let kind = inputs.req_kind[0];
                self.ahead = Ahead {
                    valid: 1,
                    kind,
                    bin: inputs.req_bin[0],
                    ctx_idx,
                    data: if kind == kind::LOAD { inputs.req_model[0] } else { inputs.req_data[0] },
                    read,
                    kept_valid: u32::from(r.write_valid == 1 && r.write_ctx_idx == ctx_idx),
                    kept: r.write_new,
                };
                self.taken += 1;
            }
        }
        self.save_model = save_model;
        if inputs.rst == 1 {
            self.ahead = Ahead::default();
            self.dropped = self.taken - self.pipeline.passed().fetch;
        }
    }

    #[inline]
    fn passed(&self, step: usize) -> u64 {
        match step {
            0 => self.taken,
            _ => self.dropped + Twin::passed(&self.pipeline, step - 1),
        }
    }

    fn owner(name: &str) -> Option<Owner> {
        let ahead = ["req_ready", "settled", "save_model"].contains(&name) || name.starts_with("ahead_");
        match Pipeline::<true>::owner(name) {
            _ if ahead => Some(Owner::Step(0)),
            Some(Owner::Step(step)) => Some(Owner::Step(step + 1)),
            other => other,
        }
    }

    #[inline]
    fn shows(&self, step: usize, shown: &Registers, see: impl FnMut(Quantity, u32)) {
        let written = encoder::Registers {
            write_valid: shown.write_valid,
            write_ctx_idx: shown.write_ctx_idx,
            write_old: shown.write_old,
            write_new: shown.write_new,
            ..encoder::Registers::default()
        };
        if let Some(step) = step.checked_sub(1) {
            self.pipeline.shows(step, &written, see);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cycle::unowned;

    #[test]
    fn every_register_and_output_belongs_to_a_step() {
        let of_the_other: Vec<_> = unowned::<encoder::Encoder>().collect();
        let unowned: Vec<_> = unowned::<EncoderSwift>().filter(|name| !of_the_other.contains(name)).collect();
        assert_eq!(unowned, [""; 0]);
    }
}
