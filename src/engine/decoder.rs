//! The fast decoder: the nine bits of codIOffset with up to 47 look-ahead bits below them in one word, so that
//! a renormalisation is a shift and bytes are loaded five at a time.

use crate::bin::{BinCoder, Decode, DecodeError, DecodeErrorKind};
use crate::context::{CONTEXTS, ContextModel, CtxIdx};
use crate::tables::RANGE_TAB_LPS;

/// A decoder for production.
///
/// ```
/// use silicabac::{bin::{BinCoder, Decode}, context::CtxIdx, engine};
/// let mut decoder = engine::Decoder::new(&[0xc2, 0xe0]);
/// assert!(decoder.context(CtxIdx::new(5).unwrap(), false));
/// assert!(!decoder.bypass(false));
/// assert!(decoder.terminate(false));
/// assert_eq!((decoder.position(), decoder.error()), (11, None));
/// ```
#[derive(Clone, Debug)]
pub struct Decoder<'a> {
    range: u32,
    /// codIOffset, then `ahead` bits that no bin has used.
    window: u64,
    /// 8..=47 between bins, since a bin takes seven at most. A bypass bin needs a tenth bit above codIOffset.
    ahead: u32,
    contexts: [ContextModel; CONTEXTS],
    slice: &'a [u8],
    /// Bytes loaded, those beyond the slice included.
    loaded: usize,
    bins: u64,
    error: Option<DecodeError>,
}

impl<'a> Decoder<'a> {
    /// A decoder that has read the first nine bits of `slice`, with every context in state 0 and valMPS 0.
    pub fn new(slice: &'a [u8]) -> Decoder<'a> {
        let mut decoder = Decoder {
            range: 510,
            window: 0,
            ahead: 0,
            contexts: [ContextModel::default(); CONTEXTS],
            slice,
            loaded: 0,
            bins: 0,
            error: None,
        };
        decoder.start();
        decoder
    }

    /// Starts the engine on the byte at `loaded`.
    fn start(&mut self) {
        let first_bit = self.loaded as u64 * 8;
        self.range = 510;
        self.window = 0;
        self.ahead = 0;
        for _ in 0..3 {
            self.load_byte();
        }
        self.ahead = 24 - 9;
        self.check_end();
        if self.window >> self.ahead >= 510 {
            self.fail(DecodeErrorKind::Forbidden, first_bit);
            self.clear_offset();
        }
    }

    fn load_byte(&mut self) {
        let byte = self.slice.get(self.loaded).copied().unwrap_or(0);
        self.window = self.window << 8 | u64::from(byte);
        self.loaded += 1;
    }

    fn consume(&mut self, bits: u32) {
        self.ahead -= bits;
        if self.loaded > self.slice.len() {
            self.check_end();
        }
        if self.ahead < 8 {
            for _ in 0..5 {
                self.load_byte();
            }
            self.ahead += 40;
        }
    }

    #[cold]
    fn check_end(&mut self) {
        let end = self.slice.len() as u64 * 8;
        if self.position() > end {
            self.fail(DecodeErrorKind::Exhausted, end);
        }
    }

    fn fail(&mut self, kind: DecodeErrorKind, bit: u64) {
        self.error = self.error.or(Some(DecodeError { kind, bin: self.bins, bit }));
    }

    fn clear_offset(&mut self) {
        self.window &= (1 << self.ahead) - 1;
    }

    fn renorm(&mut self) {
        let shift = self.range.leading_zeros() - 23;
        self.range <<= shift;
        self.consume(shift);
    }
}

impl BinCoder for Decoder<'_> {
    const READS: bool = true;

    fn context(&mut self, ctx: CtxIdx, _: bool) -> bool {
        let model = self.contexts[ctx.get()];
        let lps = u32::from(RANGE_TAB_LPS[usize::from(model.p_state_idx())][(self.range >> 6 & 3) as usize]);
        self.range -= lps;
        let mps_window = u64::from(self.range) << self.ahead;
        let mut bin = model.val_mps();
        if self.window >= mps_window {
            self.window -= mps_window;
            self.range = lps;
            bin = !bin;
        }
        self.contexts[ctx.get()] = model.next(bin);
        self.renorm();
        self.bins += 1;
        bin
    }

    fn bypass(&mut self, _: bool) -> bool {
        self.consume(1);
        let range = u64::from(self.range) << self.ahead;
        let bin = self.window >= range;
        if bin {
            self.window -= range;
        }
        self.bins += 1;
        bin
    }

    fn terminate(&mut self, _: bool) -> bool {
        self.range -= 2;
        let bin = self.window >= u64::from(self.range) << self.ahead;
        if bin {
            self.range = 256;
            self.clear_offset();
        } else {
            self.renorm();
        }
        self.bins += 1;
        bin
    }

    fn align(&mut self) {
        self.range = 256;
        if self.window >= 256 << self.ahead {
            self.fail(DecodeErrorKind::Misaligned, self.position());
            self.clear_offset();
        }
    }

    fn raw(&mut self, bytes: &mut [u8]) {
        let first = (self.position().div_ceil(8)) as usize;
        for (at, byte) in (first..).zip(bytes.iter_mut()) {
            *byte = self.slice.get(at).copied().unwrap_or(0);
        }
        self.loaded = first + bytes.len();
        self.start();
    }

    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        self.contexts[ctx.get()] = model;
    }

    fn save(&self, ctx: CtxIdx) -> ContextModel {
        self.contexts[ctx.get()]
    }
}

impl Decode for Decoder<'_> {
    fn cod_i_range(&self) -> u32 {
        self.range
    }

    fn cod_i_offset(&self) -> u32 {
        (self.window >> self.ahead) as u32
    }

    fn position(&self) -> u64 {
        self.loaded as u64 * 8 - u64::from(self.ahead)
    }

    fn error(&self) -> Option<DecodeError> {
        self.error
    }
}
