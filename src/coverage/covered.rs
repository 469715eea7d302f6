//! A coder that is watched.

use super::Coverage;
use crate::bin::{BinCoder, Event};
use crate::context::{ContextModel, CtxIdx};

/// Any coder, and what the bins that pass through it cover.
///
/// ```
/// use silicabac::{bin::{BinCoder, Encode}, coverage::{Coverage, Covered}, engine};
/// let mut encoder = Covered::new(engine::Encoder::new(), Coverage::new());
/// encoder.bypass(true);
/// encoder.terminate(true);
/// let (encoder, coverage) = encoder.into_parts();
/// assert_eq!(encoder.finish(), [0xfe, 0xc0]);
/// assert_eq!(coverage.item("flushes").unwrap().hit_cells(), 1);
/// ```
#[derive(Clone, Debug)]
pub struct Covered<C> {
    coder: C,
    coverage: Coverage,
}

impl<C: BinCoder> Covered<C> {
    /// A coder at the start of a slice, and what other slices have covered.
    pub fn new(coder: C, mut coverage: Coverage) -> Covered<C> {
        coverage.begin_slice();
        Covered { coder, coverage }
    }

    /// The coder, and what all slices have covered.
    pub fn into_parts(self) -> (C, Coverage) {
        (self.coder, self.coverage)
    }
}

impl<C: BinCoder> BinCoder for Covered<C> {
    const READS: bool = C::READS;

    fn context(&mut self, ctx: CtxIdx, bin: bool) -> bool {
        let bin = self.coder.context(ctx, bin);
        self.coverage.take(Event::Context { ctx, bin });
        bin
    }

    fn bypass(&mut self, bin: bool) -> bool {
        let bin = self.coder.bypass(bin);
        self.coverage.take(Event::Bypass { bin });
        bin
    }

    fn bypass_bits(&mut self, n: u32, value: u32) -> u32 {
        let value = self.coder.bypass_bits(n, value);
        let bins = (0..n.min(32)).rev().map(|i| value >> i & 1 != 0);
        bins.for_each(|bin| self.coverage.take(Event::Bypass { bin }));
        value
    }

    fn terminate(&mut self, bin: bool) -> bool {
        let bin = self.coder.terminate(bin);
        self.coverage.take(Event::Terminate { bin });
        bin
    }

    fn align(&mut self) {
        self.coder.align();
        self.coverage.take(Event::Align);
    }

    fn raw(&mut self, bytes: &mut [u8]) {
        self.coder.raw(bytes);
        bytes.iter().for_each(|&byte| self.coverage.take(Event::Raw(byte)));
    }

    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        self.coder.load(ctx, model);
        self.coverage.take(Event::Load { ctx, model });
    }

    fn save(&self, ctx: CtxIdx) -> ContextModel {
        self.coder.save(ctx)
    }
}
