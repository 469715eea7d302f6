//! The twin of `rtl/encoder4/cabac_encoder4.sv`: a group of requests, and its stages.
//!
//! Invariant: after every clock its registers equal those of the Verilog that feed back, and those of the first and last stages. The
//! stages between only hand values on. So here each of these stages holds the results of its group, and codIRange takes the slots one by
//! one. The Verilog takes them in pairs; if it did so wrongly, codIRange would differ a clock later.

use std::collections::VecDeque;

use crate::context::CONTEXTS;
use crate::cycle::{Inputs, Outputs, Owner, Quantity, Twin, fields::fields, kind, transition, update};
use crate::tables::RANGE_TAB_LPS;

/// Slots in a group.
const SLOTS: usize = 4;

fields! {
    /// The registers, in the order of `cabac_encoder4_pkg::debug_t`, and the writes to the context memory.
    Registers {
        /// In how many clocks all that was under way at a reset has run out.
        clearing: 4,
        /// A group is taken if there is one.
        ready: 1,
        /// The kinds of the slots of the group in the fetch stage.
        fetch_kind: 3 x SLOTS,
        /// Their bins.
        fetch_bin: 1 x SLOTS,
        /// Their context variables.
        fetch_ctx_idx: 10 x SLOTS,
        /// How many bypass bins they have.
        fetch_count: 4 x SLOTS,
        /// Those, or a byte or a state.
        fetch_data: 8 x SLOTS,
        /// CONTEXT: the state that the context memory answered.
        fetch_model: 7 x SLOTS,
        /// The slots of the group in the update stage that have a context variable.
        update_uses: 1 x SLOTS,
        /// The context memory is written in this clock.
        write_valid: 1 x SLOTS,
        /// Where.
        write_ctx_idx: 10 x SLOTS,
        /// The state after.
        write_model: 7 x SLOTS,
        /// codIRange without its top bit, which is 1.
        cod_i_range: 8,
        /// codILow without the bits that have left.
        cod_i_low: 9,
        /// Bits that are no word yet, at the top.
        word: 32,
        /// How many, with those that are on their way.
        word_len: 5,
        /// A carry has gone beyond them and belongs to the words before.
        carry: 1,
        /// The first of the words that wait for the output.
        queue_first: 4,
        /// How many wait.
        queue_fill: 5,
        /// A word is held until it is known whether a carry arrives.
        held_valid: 1,
        /// It is the last of an engine run.
        held_last: 1,
        /// How many bytes it has besides the first.
        held_more: 2,
        /// The word.
        held_word: 32,
        /// How many words of all ones follow it.
        run: 32,
        /// It has gone, and they follow.
        running: 1,
    }
}

#[derive(Clone, Copy, Debug)]
struct Slot {
    kind: u32,
    bin: u32,
    ctx_idx: u32,
    count: u32,
    data: u32,
    /// CONTEXT, after the update stage: the state before.
    model: u32,
}

const EMPTY: Slot = Slot { kind: kind::SLICE, bin: 0, ctx_idx: 0, count: 0, data: 0, model: 0 };

impl Slot {
    fn uses_context(&self) -> bool {
        matches!(self.kind, kind::CONTEXT | kind::LOAD)
    }
}

#[derive(Clone, Copy, Debug)]
struct Group {
    slots: [Slot; SLOTS],
    /// The requests up to its last one.
    requests: u64,
    /// The slot that ends with that one as its request, which no bypass bin follows.
    newest: Option<usize>,
}

const NONE: Group = Group { slots: [EMPTY; SLOTS], requests: 0, newest: None };

/// What a group does to codILow.
#[derive(Clone, Copy, Debug, Default)]
struct Op {
    addend: u64,
    shift: u32,
    flush: bool,
    requests: u64,
}

/// Bits that leave codILow with a carry above them, before or after they are shifted to their place after the bits of the word.
#[derive(Clone, Copy, Debug, Default)]
struct Leaving {
    bits: u64,
    len: u32,
    last: bool,
    requests: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Placed {
    high: u64,
    low: u32,
    done: bool,
    last: bool,
    more: u32,
    requests: u64,
}

#[derive(Clone, Copy, Debug)]
struct Word {
    carry: bool,
    last: u32,
    more: u32,
    word: u32,
}

/// How many requests have passed each step since the core was made; those that a reset dropped count too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Taken.
    pub taken: u64,
    /// The context memory has been written.
    pub write: u64,
    /// codIRange is updated.
    pub range: u64,
    /// codILow is updated.
    pub low: u64,
    /// Their bits are in a word.
    pub word: u64,
}

/// The encoder of four slots.
///
/// ```
/// use silicabac::{bin::Event, cores::encoder4::Encoder4, cycle::{Inputs, Request}};
/// let mut core = Encoder4::new();
/// core.step(&Inputs { rst: 1, ..Inputs::default() });
/// // Until what was under way has run out nothing is taken.
/// for _ in 0..17 {
///     core.step(&Inputs::default());
/// }
/// core.step(&Inputs::request(Request::Event(Event::Terminate { bin: true })));
/// let words: Vec<_> = (0..40)
///     .map(|_| core.step(&Inputs { out_ready: 1, ..Inputs::default() }))
///     .filter(|outputs| outputs.out_valid == 1)
///     .collect();
/// assert_eq!((words.len(), words[0].out_count, &words[0].out_data[..2]), (1, 2, &[0xfe, 0x80][..]));
/// ```
#[derive(Clone, Debug)]
pub struct Encoder4 {
    registers: Registers,
    models: [u8; CONTEXTS],
    /// What the context memory answers.
    read: [u32; SLOTS],
    fetch: Group,
    update: Group,
    update_bins: [u32; SLOTS],
    write: Group,
    /// The state, rows and pairs stages.
    coded: [Group; 3],
    /// The met, first, second, single, double and low stages.
    ops: [Op; 6],
    flushed: bool,
    leaving: Leaving,
    placed: Placed,
    queue: VecDeque<Word>,
    passed: Passed,
    /// `newest` of the group whose updates were written in the last clock.
    wrote: Option<usize>,
}

impl Encoder4 {
    /// The core as it is switched on; it wants a reset.
    pub fn new() -> Encoder4 {
        Encoder4 {
            registers: Registers { fetch_kind: [kind::SLICE; SLOTS], ..Registers::default() },
            models: [0; CONTEXTS],
            read: [0; SLOTS],
            fetch: NONE,
            update: NONE,
            update_bins: [0; SLOTS],
            write: NONE,
            coded: [NONE; 3],
            ops: [Op::default(); 6],
            flushed: false,
            leaving: Leaving::default(),
            placed: Placed::default(),
            queue: VecDeque::new(),
            passed: Passed::default(),
            wrote: None,
        }
    }

    /// How many requests have passed each step.
    pub fn passed(&self) -> Passed {
        self.passed
    }

    /// One clock: what the core shows before the rising edge.
    pub fn step(&mut self, inputs: &Inputs) -> Outputs {
        let (mut outputs, mut shown) = (Outputs::default(), Registers::default());
        self.advance(inputs, &mut outputs, &mut shown);
        outputs
    }

    /// From the registers as they are, which are `shown`, to the next ones: the last stage first, so that each takes what the one
    /// before it held.
    fn advance(&mut self, inputs: &Inputs, outputs: &mut Outputs, shown: &mut Registers) {
        *shown = self.registers;
        let clear = inputs.rst == 1 || shown.clearing != 0;
        let group = self.group(inputs);

        outputs.req_ready = shown.ready;
        outputs.settled = self.is_settled().into();
        outputs.save_model = self.read[0];

        self.carry(inputs, clear, outputs);
        self.words(clear);
        self.low(clear);
        self.range(clear);
        self.contexts(inputs, group);

        let ends = group.slots.iter().any(|slot| slot.kind == kind::TERMINATE && slot.bin == 1);
        let next = &mut self.registers;
        next.clearing = if inputs.rst == 1 { 15 } else { shown.clearing.saturating_sub(1) };
        next.ready = u32::from(!clear && next.queue_fill <= 1 && !ends);
        self.passed.taken = group.requests;
        if inputs.rst == 1 {
            let all = self.passed.taken;
            self.passed = Passed { taken: all, write: all, range: all, low: all, word: all };
            let Registers { fetch_kind, fetch_bin, fetch_ctx_idx, .. } = *next;
            let kept = Registers { fetch_kind, fetch_bin, fetch_ctx_idx, ..Registers::default() };
            *next = Registers { clearing: 15, cod_i_range: 254, ..kept };
        }
    }

    /// The requests on the ports, if they are taken.
    fn group(&self, inputs: &Inputs) -> Group {
        let taken = inputs.req_valid & self.registers.ready & !inputs.rst;
        let used = (taken * inputs.req_count) as usize;
        let slots = [0, 1, 2, 3].map(|k| {
            let kind = if k < used { inputs.req_kind[k] } else { kind::SLICE };
            let is_coded = matches!(kind, kind::CONTEXT | kind::BYPASS | kind::TERMINATE | kind::ALIGN);
            Slot {
                kind,
                bin: inputs.req_bin[k],
                ctx_idx: inputs.req_ctx_idx[k],
                count: if is_coded { inputs.req_run[k] & 15 } else { 0 },
                data: match kind {
                    kind::LOAD => inputs.req_model[k],
                    kind::RAW => inputs.req_data[k],
                    _ if is_coded => inputs.req_data[k],
                    _ => 0,
                },
                model: 0,
            }
        });
        let asked: u64 = slots[..used.min(SLOTS)].iter().map(Slot::requests).sum();
        Group {
            slots,
            requests: self.passed.taken + asked,
            newest: used.checked_sub(1).filter(|&last| slots.get(last).is_some_and(|slot| slot.count == 0)),
        }
    }

    fn is_settled(&self) -> bool {
        let slots = self.fetch.slots.iter().chain(&self.update.slots).chain(&self.write.slots);
        !slots.into_iter().any(Slot::uses_context)
    }

    /// cabac_encoder4_carry and cabac_encoder4_queue, of which the next word is in the word stage.
    fn carry(&mut self, inputs: &Inputs, clear: bool, outputs: &mut Outputs) {
        let r = &mut self.registers;
        let head = self.queue.front().copied();
        let arrives = head.is_some_and(|head| head.carry);
        let passes_on = head.is_some_and(|head| head.word == u32::MAX && head.last == 0 && !head.carry);
        let decided = r.held_valid == 1 && (r.held_last == 1 || head.is_some() && !passes_on);

        let given = match r.running {
            1 if arrives => 0,
            1 => u32::MAX,
            _ => r.held_word.wrapping_add(u32::from(r.held_last == 0 && arrives)),
        };
        outputs.out_valid = u32::from(r.running == 1 || decided);
        outputs.out_count = if r.running == 1 { 4 } else { r.held_more + 1 };
        outputs.out_last = u32::from(r.running == 0 && r.held_last == 1);
        (0..4).for_each(|byte| outputs.out_data[byte] = given >> (24 - 8 * byte) & 255);

        let moves = outputs.out_valid == 1 && inputs.out_ready == 1;
        let ends_run = r.run == r.running;
        let counts = r.held_valid == 1 && !decided;
        let pops = head.is_some() && (counts || r.held_valid == 0 && r.running == 0 || moves && ends_run);
        if moves {
            r.held_valid = 0;
            r.run = r.run.wrapping_sub(r.running);
            r.running = (!ends_run).into();
        }
        if let Some(head) = head.filter(|_| pops) {
            self.queue.pop_front();
            r.queue_first = (r.queue_first + 1) & 15;
            if counts {
                r.run = r.run.wrapping_add(1);
            } else {
                (r.held_valid, r.held_last, r.held_more, r.held_word) = (1, head.last, head.more, head.word);
            }
        }
        if clear {
            (r.held_valid, r.held_last, r.held_more, r.held_word, r.run, r.running) = (0, 0, 0, 0, 0, 0);
        }
    }

    /// The place and word stages of cabac_encoder4_low.
    fn words(&mut self, clear: bool) {
        let (r, placed) = (&mut self.registers, self.placed);
        let filled = u64::from(r.word) + placed.high;
        let carry = r.carry == 1 || filled >> 32 != 0;
        if placed.done {
            let word = Word { carry, last: placed.last.into(), more: placed.more, word: filled as u32 };
            self.queue.push_back(word);
        }
        self.passed.word = self.passed.word.max(placed.requests);
        (r.word, r.carry) = if placed.done { (placed.low, 0) } else { (filled as u32, carry.into()) };

        let leaving = self.leaving;
        let len = r.word_len + leaving.len;
        // More than 64 only if requests are against the contract.
        let bits = u128::from(leaving.bits) << 64_u32.saturating_sub(len);
        self.placed = Placed {
            high: (bits >> 32) as u64 & 0x1_ffff_ffff,
            low: bits as u32,
            done: (len >= 32 || leaving.last) && !clear,
            last: leaving.last,
            more: if leaving.last { (len.wrapping_sub(1) >> 3) & 3 } else { 3 },
            requests: leaving.requests,
        };
        r.word_len = if leaving.last { 0 } else { len & 31 };
        if clear {
            (r.word, r.carry, r.word_len, r.queue_first) = (0, 0, 0, 0);
            self.queue.clear();
        }
        r.queue_fill = self.queue.len() as u32;
    }

    /// The low stage of cabac_encoder4_low, and the stages of cabac_encoder4_addend.
    fn low(&mut self, clear: bool) {
        let (r, op) = (&mut self.registers, self.ops[5]);
        let sum = (u64::from(r.cod_i_low) << op.shift) + op.addend;
        self.leaving = Leaving {
            bits: sum >> 9 | u64::from(self.flushed),
            len: op.shift | u32::from(self.flushed),
            last: self.flushed && !clear,
            requests: op.requests,
        };
        self.flushed = op.flush && !clear;
        r.cod_i_low = if clear || op.flush { 0 } else { sum as u32 & 511 };
        self.passed.low = self.passed.low.max(op.requests);
        self.ops.rotate_right(1);
    }

    /// cabac_encoder4_range, whose group comes into the met stage.
    fn range(&mut self, clear: bool) {
        let (r, group) = (&mut self.registers, self.coded[2]);
        let mut op = Op { requests: group.requests, ..Op::default() };
        for slot in &group.slots {
            let (addend, shift, range) = slot.code(256 | r.cod_i_range);
            let (sum, total) = match slot.kind {
                kind::RAW => (slot.data << 9, 8),
                _ => ((addend << (shift + slot.count)) + range * slot.data, shift + slot.count),
            };
            op.addend = (op.addend << total) + u64::from(sum);
            op.shift += total;
            op.flush |= slot.kind == kind::TERMINATE && slot.bin == 1;
            r.cod_i_range = range & 255;
        }
        if clear {
            r.cod_i_range = 254;
        }
        self.ops[0] = op;
        self.passed.range = self.passed.range.max(group.requests);
    }

    /// cabac_encoder4_front, and the states of its update stage one after the other.
    fn contexts(&mut self, inputs: &Inputs, entering: Group) {
        for slot in self.write.slots.iter().filter(|slot| slot.uses_context()) {
            self.models[slot.ctx_idx as usize % CONTEXTS] = slot.model as u8;
        }
        self.passed.write = self.passed.write.max(self.write.requests);
        self.wrote = self.write.newest;

        // Update: `model` is the state before the bins, and in the write stage the one after.
        let mut coded = self.update;
        let mut written = self.update;
        for k in 0..SLOTS {
            let slot = self.update.slots[k];
            let same =
                |j: &usize| written.slots[*j].uses_context() && written.slots[*j].ctx_idx == slot.ctx_idx;
            let nearest = (0..k).rev().find(same).filter(|_| slot.kind != kind::LOAD);
            let before = nearest.map_or(slot.model, |j| written.slots[j].model);
            written.slots[k].model = transition(before, self.update_bins[k]);
            coded.slots[k].model = before;
            if slot.kind == kind::LOAD {
                coded.slots[k].data = 0;
            }
        }

        // Fetch.
        let mut update = self.fetch;
        for k in 0..SLOTS {
            let slot = &mut update.slots[k];
            let same = |other: &&Slot| other.uses_context() && other.ctx_idx == slot.ctx_idx;
            let newest = written.slots.iter().rev().find(same).or(self.write.slots.iter().rev().find(same));
            slot.model = match (slot.kind, newest) {
                (kind::LOAD, _) if slot.data & 63 == 0 => (slot.data & 64) ^ 64,
                (kind::LOAD, _) => (slot.data & 127) - 1,
                (kind::CONTEXT, Some(newest)) => newest.model,
                (kind::CONTEXT, None) => self.read[k],
                _ => 0,
            };
            self.update_bins[k] = if slot.kind == kind::LOAD { slot.data >> 6 & 1 } else { slot.bin };
        }
        let reads = entering.slots.map(|slot| slot.ctx_idx);
        for (k, &read) in reads.iter().enumerate() {
            let saves = k == 0 && entering.slots[0].kind != kind::CONTEXT;
            let address = if saves { inputs.save_ctx_idx } else { read };
            self.read[k] = self.models[address as usize % CONTEXTS].into();
        }

        self.coded.rotate_right(1);
        self.coded[0] = coded;
        (self.fetch, self.update, self.write) = (entering, update, written);
        if inputs.rst == 1 {
            (self.update, self.write) = (NONE, NONE);
        }

        let r = &mut self.registers;
        for k in 0..SLOTS {
            let slot = &self.fetch.slots[k];
            r.fetch_kind[k] = slot.kind;
            (r.fetch_bin[k], r.fetch_ctx_idx[k]) = (slot.bin, slot.ctx_idx);
            (r.fetch_count[k], r.fetch_data[k]) = (slot.count, slot.data);
            r.fetch_model[k] = if slot.kind == kind::CONTEXT { self.read[k] } else { 0 };
            r.update_uses[k] = self.update.slots[k].uses_context().into();
            let write = Some(&self.write.slots[k]).filter(|slot| slot.uses_context());
            r.write_valid[k] = write.is_some().into();
            r.write_ctx_idx[k] = write.map_or(0, |slot| slot.ctx_idx);
            r.write_model[k] = write.map_or(0, |slot| slot.model);
        }
    }
}

impl Slot {
    /// How many requests it is.
    fn requests(&self) -> u64 {
        u64::from(self.count) + u64::from(self.kind != kind::BYPASS)
    }

    /// cabac_encoder4_bin: what is added to codILow, the shift then, and codIRange.
    fn code(&self, cod_i_range: u32) -> (u32, u32, u32) {
        let state = self.model as usize & 63;
        let range_lps = u32::from(RANGE_TAB_LPS[state][cod_i_range as usize >> 6 & 3]);
        let (upper, lps) = match self.kind {
            kind::CONTEXT => (range_lps, self.bin != self.model >> 6),
            kind::TERMINATE => (2, self.bin == 1),
            kind::ALIGN => return (0, 0, 256),
            _ => return (0, 0, cod_i_range),
        };
        let left = cod_i_range - upper;
        match self.kind {
            _ if !lps => (0, u32::from(left < 256), left << u32::from(left < 256)),
            kind::TERMINATE => (left, 8, 510),
            _ => {
                let shift = (range_lps.leading_zeros() - 23).min(6);
                (left, shift, range_lps << shift)
            }
        }
    }
}

impl Default for Encoder4 {
    fn default() -> Self {
        Self::new()
    }
}

const TAKEN: usize = 0;
const WRITE: usize = 1;
const RANGE: usize = 2;
const LOW: usize = 3;
const WORD: usize = 4;

impl Twin for Encoder4 {
    type Registers = Registers;

    const LANES: usize = SLOTS;
    const RUN: usize = 8;
    const BYTES: usize = 4;
    const STEPS: &'static [&'static str] = &["fetch", "write", "range", "low", "word"];
    const LAST_SHOWN: usize = RANGE;

    #[inline]
    fn clock(&mut self, inputs: &Inputs, outputs: &mut Outputs, shown: &mut Registers) {
        self.advance(inputs, outputs, shown);
    }

    #[inline]
    fn passed(&self, step: usize) -> u64 {
        let Passed { taken, write, range, low, word } = self.passed;
        [taken, write, range, low, word][step]
    }

    fn owner(name: &str) -> Option<Owner> {
        let step = match name {
            "req_ready" | "settled" | "save_model" | "clearing" | "ready" => TAKEN,
            name if name.starts_with("fetch_") => TAKEN,
            "update_uses" => WRITE,
            name if name.starts_with("write_") => WRITE,
            "cod_i_range" => RANGE,
            "cod_i_low" => LOW,
            "word" | "word_len" | "carry" | "queue_first" | "queue_fill" | "run" | "running" => WORD,
            name if name.starts_with("held_") || name.starts_with("out_") => WORD,
            _ => return None,
        };
        Some(Owner::Step(step))
    }

    #[inline]
    fn shows(&self, step: usize, shown: &Registers, mut see: impl FnMut(Quantity, u32)) {
        match step {
            RANGE => see(Quantity::CodIRange, 256 | self.registers.cod_i_range),
            WRITE => {
                let written = self.wrote.filter(|&k| shown.write_valid[k] == 1);
                let updated = written.map(|k| update(shown.write_ctx_idx[k], shown.write_model[k]));
                see(Quantity::Update, updated.unwrap_or(0));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cycle::unowned;

    #[test]
    fn every_register_and_output_belongs_to_a_step() {
        let of_decoders =
            ["in_ready", "rsp_valid", "rsp_count", "rsp_bin", "rsp_data", "rsp_error", "rsp_bits"];
        let unowned: Vec<_> = unowned::<Encoder4>().filter(|name| !of_decoders.contains(name)).collect();
        assert_eq!(unowned, [""; 0]);
    }
}
