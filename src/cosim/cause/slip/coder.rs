//! The flowcharts of both directions with a slip in them. They repeat those of the oracle, which must stay free of slips; a test checks
//! that without a slip both are the same.

use std::collections::BTreeSet;

use super::Slip;
use crate::bin::Event;
use crate::context::{CONTEXTS, ContextModel};
use crate::cores::Direction;
use crate::tables::RANGE_TAB_LPS;
use crate::vectors::Vector;

/// All bytes that an encoder with this slip gives, or all bins that a decoder with it gives.
pub(super) fn given(direction: Direction, vector: &Vector, slip: Option<Slip>) -> Vec<u8> {
    given_until(direction, vector, slip, u64::MAX)
}

/// What is decided once bin `last` is coded. An encoder holds back the bits of an incomplete byte, except at its end.
pub(super) fn given_until(direction: Direction, vector: &Vector, slip: Option<Slip>, last: u64) -> Vec<u8> {
    let mut coder = Coder::new(slip, &vector.bytes);
    if direction == Direction::Decoder {
        coder.start_reading();
    }
    let mut bins = 0;
    for &event in &vector.events {
        if event.is_bin() {
            if bins > last {
                break;
            }
            bins += 1;
        }
        coder.step(direction, event);
    }
    let byte = |bits: &[bool]| bits.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit));
    match direction {
        Direction::Encoder => coder.bits.chunks_exact(8).map(byte).collect(),
        Direction::Decoder => coder.bins,
    }
}

/// The flowcharts of both directions, with a slip.
pub(super) struct Coder<'a> {
    slip: Option<Slip>,
    pub(super) range: u32,
    low: u32,
    offset: u32,
    first: bool,
    outstanding: u32,
    pub(super) contexts: Box<[ContextModel; CONTEXTS]>,
    /// The bits written so far, of an encoder.
    bits: Vec<bool>,
    /// The lengths of the runs that were decided, each with whether a carry decided it.
    pub(super) runs: BTreeSet<(u32, bool)>,
    /// The bytes to be read bit by bit, of a decoder.
    bytes: &'a [u8],
    position: usize,
    bins: Vec<u8>,
}

impl<'a> Coder<'a> {
    pub(super) fn new(slip: Option<Slip>, bytes: &'a [u8]) -> Coder<'a> {
        Coder {
            slip,
            range: 510,
            low: 0,
            offset: 0,
            first: true,
            outstanding: 0,
            contexts: Box::new([ContextModel::default(); CONTEXTS]),
            bits: Vec::new(),
            runs: BTreeSet::new(),
            bytes,
            position: 0,
            bins: Vec::new(),
        }
    }

    pub(super) fn step(&mut self, direction: Direction, event: Event) {
        match (event, direction) {
            (Event::Load { ctx, model }, _) => self.contexts[ctx.get()] = model,
            (_, Direction::Encoder) => self.encode(event),
            (_, Direction::Decoder) => {
                let bin = self.decode(event);
                self.bins.extend(bin.map(u8::from));
            }
        }
    }

    fn encode(&mut self, event: Event) {
        match event {
            Event::Context { ctx, bin } => {
                let model = self.contexts[ctx.get()];
                let lps = self.lps(model);
                self.range = self.range.saturating_sub(lps).max(1);
                if bin != model.val_mps() {
                    (self.low, self.range) = (self.low + self.range, lps);
                }
                self.contexts[ctx.get()] = self.next(model, bin);
                self.renorm_encoder();
            }
            Event::Bypass { bin } => {
                self.low = (self.low << 1) + if bin { self.range } else { 0 };
                if self.low >= 1024 {
                    self.put(true);
                    self.low -= 1024;
                } else if self.low < 512 {
                    self.put(false);
                } else {
                    self.low -= 512;
                    self.outstanding += 1;
                }
            }
            Event::Terminate { bin } => {
                self.range -= self.of_terminate();
                if bin {
                    self.flush();
                } else {
                    self.renorm_encoder();
                }
            }
            Event::Align if self.slip == Some(Slip::NoAlign) => {}
            Event::Align => self.range = 256,
            Event::Raw(byte) => self.bits.extend((0..8).rev().map(|i| byte >> i & 1 != 0)),
            Event::Start | Event::Load { .. } => {}
        }
    }

    fn decode(&mut self, event: Event) -> Option<bool> {
        Some(match event {
            Event::Context { ctx, .. } => {
                let model = self.contexts[ctx.get()];
                let lps = self.lps(model);
                self.range = self.range.saturating_sub(lps).max(1);
                let is_lps = self.offset >= self.range;
                if is_lps {
                    (self.offset, self.range) = (self.offset - self.range, lps);
                }
                let bin = is_lps != model.val_mps();
                self.contexts[ctx.get()] = self.next(model, bin);
                self.renorm_decoder();
                bin
            }
            Event::Bypass { .. } => {
                self.offset = self.offset << 1 | self.read();
                let bin = self.offset >= self.range;
                self.offset -= if bin { self.range } else { 0 };
                bin
            }
            Event::Terminate { .. } => {
                self.range -= self.of_terminate();
                let bin = self.offset >= self.range;
                if bin {
                    (self.range, self.offset) = (256, 0);
                } else {
                    self.renorm_decoder();
                }
                bin
            }
            Event::Align if self.slip == Some(Slip::NoAlign) => return None,
            Event::Align => {
                (self.range, self.offset) = (256, if self.offset < 256 { self.offset } else { 0 });
                return None;
            }
            Event::Raw(_) => {
                self.position = self.position.next_multiple_of(8) + 8;
                return None;
            }
            Event::Start => {
                self.start_reading();
                return None;
            }
            Event::Load { .. } => return None,
        })
    }

    /// By how much a terminate bin reduces codIRange.
    fn of_terminate(&self) -> u32 {
        if let Some(Slip::Terminate { takes }) = self.slip { takes.into() } else { 2 }
    }

    fn lps(&self, model: ContextModel) -> u32 {
        let (of_state, of_quarter) = (model.p_state_idx(), (self.range >> 6 & 3) as u8);
        match self.slip {
            Some(Slip::Range { state, quarter, is }) if (state, quarter) == (of_state, of_quarter) => {
                is.into()
            }
            _ => RANGE_TAB_LPS[usize::from(of_state)][usize::from(of_quarter)].into(),
        }
    }

    fn next(&self, model: ContextModel, bin: bool) -> ContextModel {
        let (of_state, mps) = (model.p_state_idx(), model.val_mps());
        let changed = match self.slip {
            Some(Slip::AfterLps { state, is }) if state == of_state && bin != mps => {
                ContextModel::new(is, mps ^ (state == 0))
            }
            Some(Slip::AfterMps { state, is }) if state == of_state && bin == mps => {
                ContextModel::new(is, mps)
            }
            Some(Slip::NoSwap) if of_state == 0 && bin != mps => Some(model),
            _ => None,
        };
        changed.unwrap_or_else(|| model.next(bin))
    }

    fn renorm_decoder(&mut self) {
        while self.range < 256 {
            self.range <<= 1;
            // With a slip it can become larger than any register.
            self.offset = (self.offset << 1 | self.read()) & 0xffff;
        }
    }

    fn renorm_encoder(&mut self) {
        while self.range < 256 {
            if self.low < 256 {
                self.put(false);
            } else if self.low >= 512 {
                self.low -= 512;
                self.put(true);
            } else {
                self.low -= 256;
                self.outstanding += 1;
            }
            self.range <<= 1;
            self.low = self.low << 1 & 0xffff;
        }
    }

    fn put(&mut self, bit: bool) {
        let outstanding = std::mem::take(&mut self.outstanding);
        self.runs.insert((outstanding, bit));
        let is_of = |run: u32, or_more: bool| outstanding == run || or_more && outstanding > run;
        let (head, rest, length) = match self.slip {
            Some(Slip::Decided { carry, run, or_more, head, rest })
                if carry == bit && is_of(run, or_more) =>
            {
                (head, rest, outstanding)
            }
            Some(Slip::Run { run, or_more, is }) if is_of(run, or_more) => (bit, !bit, is),
            _ => (bit, !bit, outstanding),
        };
        if !std::mem::take(&mut self.first) {
            self.bits.push(head);
        }
        self.bits.extend((0..length).map(|_| rest));
    }

    fn flush(&mut self) {
        self.low += self.range;
        self.range = 2;
        self.renorm_encoder();
        self.put(self.low >> 9 & 1 != 0);
        self.bits.extend([self.low >> 8 & 1 != 0, true]);
        self.bits.resize(self.bits.len().next_multiple_of(8), false);
        (self.low, self.range, self.first) = (0, 510, true);
    }

    fn start_reading(&mut self) {
        self.position = self.position.next_multiple_of(8);
        (self.range, self.offset) = (510, 0);
        for _ in 0..9 {
            self.offset = self.offset << 1 | self.read();
        }
        if self.offset >= 510 {
            self.offset = 0;
        }
    }

    fn read(&mut self) -> u32 {
        let bit = self.bytes.get(self.position / 8).map_or(0, |byte| byte >> (7 - self.position % 8) & 1);
        self.position += 1;
        bit.into()
    }
}
