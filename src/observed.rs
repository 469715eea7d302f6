//! A coder that shows all it does to an observer, which counts, records or compares it.

use core::ops::RangeInclusive;

use crate::bin::{BinCoder, Decode, DecodeError, Element, Event, Place};
use crate::context::{ContextModel, CtxIdx};

/// A program that is shown all that a coder does.
pub trait Observer<C> {
    /// The bins to come stand for this element.
    fn element(&mut self, coder: &C, element: Element) {
        let _ = (coder, element);
    }

    /// The element has been coded with this value.
    fn coded(&mut self, coder: &C, element: Element, value: i32) {
        let _ = (coder, element, value);
    }

    /// The elements to come belong to this.
    fn place(&mut self, coder: &C, place: Place) {
        let _ = (coder, place);
    }

    /// The coder is about to code a bin. Its value is known only if the coder writes.
    fn before(&mut self, coder: &C, request: Event) {
        let _ = (coder, request);
    }

    /// The coder has done this. Raw bytes are shown one by one. Each start of the engine is shown but the first, which happened when the
    /// coder was made.
    fn after(&mut self, coder: &C, coded: Event) {
        let _ = (coder, coded);
    }
}

/// An observer that does nothing.
impl<C> Observer<C> for () {}

/// A coder and its observer.
///
/// ```
/// use silicabac::{bin::{BinCoder, Event}, engine, observed::{Observed, Observer}};
/// struct Count(u64);
/// impl<C> Observer<C> for Count {
///     fn after(&mut self, _: &C, coded: Event) {
///         self.0 += u64::from(coded.is_bin());
///     }
/// }
/// let mut encoder = Observed { coder: engine::Encoder::new(), observer: Count(0) };
/// encoder.bypass_bits(7, 5);
/// encoder.terminate(true);
/// assert_eq!(encoder.observer.0, 8);
/// ```
#[derive(Clone, Debug)]
pub struct Observed<C, O> {
    /// The coder.
    pub coder: C,
    /// The observer.
    pub observer: O,
}

impl<C: BinCoder, O: Observer<C>> BinCoder for Observed<C, O> {
    const READS: bool = C::READS;

    fn element(&mut self, element: Element, given: i32, legal: RangeInclusive<i32>) -> i32 {
        self.observer.element(&self.coder, element);
        self.coder.element(element, given, legal)
    }

    fn coded(&mut self, element: Element, value: i32) {
        self.observer.coded(&self.coder, element, value);
        self.coder.coded(element, value);
    }

    fn place(&mut self, place: Place) {
        self.observer.place(&self.coder, place);
        self.coder.place(place);
    }

    fn context(&mut self, ctx: CtxIdx, bin: bool) -> bool {
        self.observer.before(&self.coder, Event::Context { ctx, bin });
        let bin = self.coder.context(ctx, bin);
        self.observer.after(&self.coder, Event::Context { ctx, bin });
        bin
    }

    fn bypass(&mut self, bin: bool) -> bool {
        self.observer.before(&self.coder, Event::Bypass { bin });
        let bin = self.coder.bypass(bin);
        self.observer.after(&self.coder, Event::Bypass { bin });
        bin
    }

    fn terminate(&mut self, bin: bool) -> bool {
        self.observer.before(&self.coder, Event::Terminate { bin });
        let bin = self.coder.terminate(bin);
        self.observer.after(&self.coder, Event::Terminate { bin });
        bin
    }

    fn align(&mut self) {
        self.coder.align();
        self.observer.after(&self.coder, Event::Align);
    }

    fn stop_bit(&self) -> bool {
        self.coder.stop_bit()
    }

    fn padding(&mut self, bits: u8) -> u8 {
        self.coder.padding(bits)
    }

    fn raw(&mut self, bytes: &mut [u8]) {
        self.coder.raw(bytes);
        bytes.iter().for_each(|&byte| self.observer.after(&self.coder, Event::Raw(byte)));
    }

    fn start(&mut self) {
        self.coder.start();
        self.observer.after(&self.coder, Event::Start);
    }

    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        self.coder.load(ctx, model);
        self.observer.after(&self.coder, Event::Load { ctx, model });
    }

    fn save(&self, ctx: CtxIdx) -> ContextModel {
        self.coder.save(ctx)
    }
}

impl<C: Decode, O: Observer<C>> Decode for Observed<C, O> {
    fn cod_i_range(&self) -> u32 {
        self.coder.cod_i_range()
    }

    fn cod_i_offset(&self) -> u32 {
        self.coder.cod_i_offset()
    }

    fn position(&self) -> u64 {
        self.coder.position()
    }

    fn error(&self) -> Option<DecodeError> {
        self.coder.error()
    }
}
