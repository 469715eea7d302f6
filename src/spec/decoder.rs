//! The decoder's flowcharts (H.264 clauses 9.3.1.2 and 9.3.3.2; H.265 clauses 9.3.2.6 and 9.3.4.3).

use bitvec::{order::Msb0, slice::BitSlice, view::BitView};

use crate::bin::{BinCoder, Decode, DecodeError, DecodeErrorKind};
use crate::context::{CONTEXTS, ContextModel, CtxIdx};
use crate::tables::RANGE_TAB_LPS;

/// The decoder of the standard. Where the standard does not say what a decoder does, it reports a [`DecodeErrorKind`] and goes on as that
/// says.
///
/// ```
/// use silicabac::{bin::{BinCoder, Decode}, context::CtxIdx, spec};
/// let mut decoder = spec::Decoder::new(&[0xc2, 0xe0]);
/// assert!(decoder.context(CtxIdx::new(5).unwrap(), false));
/// assert!(!decoder.bypass(false));
/// assert!(decoder.terminate(false));
/// assert_eq!((decoder.position(), decoder.error()), (11, None));
/// ```
#[derive(Clone, Debug)]
pub struct Decoder<'a> {
    cod_i_range: u16,
    /// Nine bits; always below codIRange between bins.
    cod_i_offset: u16,
    contexts: [ContextModel; CONTEXTS],
    slice: &'a BitSlice<u8, Msb0>,
    /// Bits read so far.
    position: u64,
    /// Bins decoded so far.
    bins: u64,
    error: Option<DecodeError>,
}

impl<'a> Decoder<'a> {
    /// A decoder that has read the first nine bits of `slice`, with every context in state 0 and valMPS 0.
    pub fn new(slice: &'a [u8]) -> Decoder<'a> {
        let mut decoder = Decoder {
            cod_i_range: 0,
            cod_i_offset: 0,
            contexts: [ContextModel::default(); CONTEXTS],
            slice: slice.view_bits(),
            position: 0,
            bins: 0,
            error: None,
        };
        decoder.start();
        decoder
    }

    /// Puts the engine in the middle of an engine run: with these registers, `position` bits read and no error so far. The context
    /// variables stay as they are.
    ///
    /// ```
    /// use silicabac::{bin::{BinCoder, Decode}, spec};
    /// let mut decoder = spec::Decoder::new(&[0b0000_0100, 0]);
    /// decoder.preset(300, 200, 5);
    /// assert!(decoder.bypass(false)); // twice 200 and a bit of 1 are beyond 300
    /// assert_eq!((decoder.cod_i_offset(), decoder.position()), (101, 6));
    /// ```
    ///
    /// # Panics
    /// If codIRange is not 256..=510 or codIOffset not below it: no request leaves such registers.
    pub fn preset(&mut self, cod_i_range: u16, cod_i_offset: u16, position: u64) {
        assert!(
            (256..=510).contains(&cod_i_range) && cod_i_offset < cod_i_range,
            "registers between requests"
        );
        (self.cod_i_range, self.cod_i_offset) = (cod_i_range, cod_i_offset);
        (self.position, self.error) = (position, None);
    }

    /// The next whole byte, such as a PCM sample.
    pub fn raw_byte(&mut self) -> u8 {
        self.position = self.position.next_multiple_of(8);
        (0..8).fold(0, |byte, _| byte << 1 | self.read_bit() as u8)
    }

    /// read_bits(1); zero beyond the end.
    fn read_bit(&mut self) -> u16 {
        let bit = usize::try_from(self.position).ok().and_then(|at| self.slice.get(at));
        if bit.is_none() {
            self.fail(DecodeErrorKind::Exhausted, self.position);
        }
        self.position += 1;
        bit.is_some_and(|bit| *bit).into()
    }

    fn fail(&mut self, kind: DecodeErrorKind, bit: u64) {
        self.error = self.error.or(Some(DecodeError { kind, bin: self.bins, bit }));
    }

    /// RenormD, clause 9.3.3.2.2 (H.265 9.3.4.3.3).
    fn renorm(&mut self) {
        while self.cod_i_range < 256 {
            self.cod_i_range <<= 1;
            self.cod_i_offset = self.cod_i_offset << 1 | self.read_bit();
        }
    }
}

impl BinCoder for Decoder<'_> {
    const READS: bool = true;

    /// DecodeDecision, clause 9.3.3.2.1 (H.265 9.3.4.3.2).
    fn context(&mut self, ctx: CtxIdx, _: bool) -> bool {
        let model = self.contexts[ctx.get()];
        let q_cod_i_range_idx = self.cod_i_range >> 6 & 3;
        let cod_i_range_lps =
            u16::from(RANGE_TAB_LPS[usize::from(model.p_state_idx())][usize::from(q_cod_i_range_idx)]);
        self.cod_i_range -= cod_i_range_lps;
        let bin = if self.cod_i_offset >= self.cod_i_range {
            self.cod_i_offset -= self.cod_i_range;
            self.cod_i_range = cod_i_range_lps;
            !model.val_mps()
        } else {
            model.val_mps()
        };
        self.contexts[ctx.get()] = model.next(bin);
        self.renorm();
        self.bins += 1;
        bin
    }

    /// DecodeBypass, clause 9.3.3.2.3 (H.265 9.3.4.3.4).
    fn bypass(&mut self, _: bool) -> bool {
        self.cod_i_offset = self.cod_i_offset << 1 | self.read_bit();
        let bin = self.cod_i_offset >= self.cod_i_range;
        if bin {
            self.cod_i_offset -= self.cod_i_range;
        }
        self.bins += 1;
        bin
    }

    /// DecodeTerminate, clause 9.3.3.2.4 (H.265 9.3.4.3.5). The standard defines no registers after a bin of 1; here codIRange is 256 and
    /// codIOffset 0, so that whatever follows is defined.
    fn terminate(&mut self, _: bool) -> bool {
        self.cod_i_range -= 2;
        let bin = self.cod_i_offset >= self.cod_i_range;
        if bin {
            (self.cod_i_range, self.cod_i_offset) = (256, 0);
        } else {
            self.renorm();
        }
        self.bins += 1;
        bin
    }

    /// Bypass alignment, H.265 clause 9.3.4.3.6.
    fn align(&mut self) {
        self.cod_i_range = 256;
        if self.cod_i_offset >= 256 {
            self.fail(DecodeErrorKind::Misaligned, self.position);
            self.cod_i_offset = 0;
        }
    }

    fn stop_bit(&self) -> bool {
        let last = usize::try_from(self.position).ok().and_then(|position| position.checked_sub(1));
        last.and_then(|last| self.slice.get(last)).is_none_or(|bit| *bit)
    }

    fn padding(&mut self, _: u8) -> u8 {
        let rest = self.position..self.position.next_multiple_of(8);
        let bit =
            |at: u64| usize::try_from(at).ok().and_then(|at| self.slice.get(at)).is_some_and(|bit| *bit);
        rest.fold(0, |bits, at| bits << 1 | u8::from(bit(at)))
    }

    fn raw(&mut self, bytes: &mut [u8]) {
        bytes.iter_mut().for_each(|byte| *byte = self.raw_byte());
    }

    /// Initialisation of the arithmetic decoding engine, clause 9.3.1.2 (H.265 9.3.2.6), on the next whole byte.
    fn start(&mut self) {
        self.position = self.position.next_multiple_of(8);
        let start = self.position;
        self.cod_i_range = 510;
        self.cod_i_offset = 0;
        for _ in 0..9 {
            self.cod_i_offset = self.cod_i_offset << 1 | self.read_bit();
        }
        if self.cod_i_offset >= 510 {
            self.fail(DecodeErrorKind::Forbidden, start);
            self.cod_i_offset = 0;
        }
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
        self.cod_i_range.into()
    }

    fn cod_i_offset(&self) -> u32 {
        self.cod_i_offset.into()
    }

    fn position(&self) -> u64 {
        self.position
    }

    fn error(&self) -> Option<DecodeError> {
        self.error
    }
}
