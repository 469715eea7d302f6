//! The encoder's flowcharts (H.264 clause 9.3.4, whose numbers are given below; H.265 clause 9.3.5 has the same flowcharts).

use alloc::vec::Vec;
use bitvec::{order::Msb0, vec::BitVec};

use crate::bin::{BinCoder, Encode, pad};
use crate::context::{CONTEXTS, ContextModel, CtxIdx};
use crate::tables::RANGE_TAB_LPS;

/// The encoder of the standard.
///
/// ```
/// use silicabac::{bin::{BinCoder, Encode}, context::CtxIdx, spec};
/// let mut encoder = spec::Encoder::new();
/// encoder.context(CtxIdx::new(5).unwrap(), true);
/// encoder.bypass(false);
/// encoder.terminate(true);
/// assert_eq!(encoder.finish(), [0xc2, 0xe0]);
/// ```
#[derive(Clone, Debug)]
pub struct Encoder {
    /// Ten bits between renormalisations.
    cod_i_low: u32,
    cod_i_range: u32,
    /// Whether the next bit that is put is the first of its engine run, which is not written.
    first_bit_flag: bool,
    /// The number of outstanding bits, whose values a later carry decides.
    bits_outstanding: u32,
    contexts: [ContextModel; CONTEXTS],
    bits: BitVec<u8, Msb0>,
}

impl Encoder {
    /// An encoder at the start of a slice, with every context in state 0 and valMPS 0.
    pub fn new() -> Encoder {
        let mut encoder = Encoder {
            cod_i_low: 0,
            cod_i_range: 0,
            first_bit_flag: false,
            bits_outstanding: 0,
            contexts: [ContextModel::default(); CONTEXTS],
            bits: BitVec::new(),
        };
        encoder.initialise();
        encoder
    }

    /// bitsOutstanding: the number of outstanding bits.
    pub fn bits_outstanding(&self) -> u32 {
        self.bits_outstanding
    }

    /// firstBitFlag: whether the next bit that is put is not written.
    pub fn first_bit_flag(&self) -> bool {
        self.first_bit_flag
    }

    /// codILow, all ten bits of it.
    pub fn cod_i_low_10(&self) -> u32 {
        self.cod_i_low
    }

    /// The whole bytes that are written so far. After a terminate bin of 1 or raw bytes that is the whole stream up to here.
    pub fn bytes(&self) -> &[u8] {
        &self.bits.as_raw_slice()[..self.bits.len() / 8]
    }

    /// All bits that are written so far: the bytes that hold them, filled from the highest bit down, and the number of bits. The rest of
    /// the last byte has no meaning.
    pub fn bits(&self) -> (&[u8], usize) {
        (self.bits.as_raw_slice(), self.bits.len())
    }

    /// Puts the engine in the middle of an engine run: with these registers, and nothing written. The context variables stay as they are.
    ///
    /// ```
    /// use silicabac::{bin::BinCoder, spec};
    /// let mut encoder = spec::Encoder::new();
    /// encoder.preset(500, 300, 7, false);
    /// encoder.bypass(true); // twice 500 and 300 are a carry
    /// assert_eq!(encoder.bits(), (&[0b1000_0000][..], 8));
    /// assert_eq!((encoder.cod_i_low_10(), encoder.bits_outstanding()), (276, 0));
    /// ```
    ///
    /// # Panics
    /// If codIRange is not 256..=510 or codILow not below 1024: no request leaves such registers.
    pub fn preset(&mut self, cod_i_low: u32, cod_i_range: u32, bits_outstanding: u32, first_bit_flag: bool) {
        assert!((256..=510).contains(&cod_i_range) && cod_i_low < 1024, "registers between requests");
        (self.cod_i_low, self.cod_i_range) = (cod_i_low, cod_i_range);
        (self.bits_outstanding, self.first_bit_flag) = (bits_outstanding, first_bit_flag);
        self.bits.clear();
    }

    /// Initialisation, clause 9.3.4.1.
    fn initialise(&mut self) {
        self.cod_i_low = 0;
        self.cod_i_range = 510;
        self.first_bit_flag = true;
        self.bits_outstanding = 0;
    }

    /// RenormE, clause 9.3.4.3.
    fn renorm(&mut self) {
        while self.cod_i_range < 256 {
            if self.cod_i_low < 256 {
                self.put_bit(false);
            } else if self.cod_i_low >= 512 {
                self.cod_i_low -= 512;
                self.put_bit(true);
            } else {
                self.cod_i_low -= 256;
                self.bits_outstanding += 1;
            }
            self.cod_i_range <<= 1;
            self.cod_i_low <<= 1;
        }
    }

    /// PutBit, clause 9.3.4.3.
    fn put_bit(&mut self, b: bool) {
        if self.first_bit_flag {
            self.first_bit_flag = false;
        } else {
            self.bits.push(b);
        }
        while self.bits_outstanding > 0 {
            self.bits.push(!b);
            self.bits_outstanding -= 1;
        }
    }

    /// EncodeFlush, clause 9.3.4.5. The last bit written is the stop bit.
    fn flush(&mut self) {
        self.cod_i_range = 2;
        self.renorm();
        self.put_bit(self.cod_i_low >> 9 & 1 != 0);
        self.bits.push(self.cod_i_low >> 8 & 1 != 0);
        self.bits.push(true);
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}

impl BinCoder for Encoder {
    const READS: bool = false;

    /// EncodeDecision, clause 9.3.4.2.
    fn context(&mut self, ctx: CtxIdx, bin: bool) -> bool {
        let model = self.contexts[ctx.get()];
        let q_cod_i_range_idx = self.cod_i_range >> 6 & 3;
        let cod_i_range_lps =
            u32::from(RANGE_TAB_LPS[usize::from(model.p_state_idx())][q_cod_i_range_idx as usize]);
        self.cod_i_range -= cod_i_range_lps;
        if bin != model.val_mps() {
            self.cod_i_low += self.cod_i_range;
            self.cod_i_range = cod_i_range_lps;
        }
        self.contexts[ctx.get()] = model.next(bin);
        self.renorm();
        bin
    }

    /// EncodeBypass, clause 9.3.4.4.
    fn bypass(&mut self, bin: bool) -> bool {
        self.cod_i_low <<= 1;
        if bin {
            self.cod_i_low += self.cod_i_range;
        }
        if self.cod_i_low >= 1024 {
            self.put_bit(true);
            self.cod_i_low -= 1024;
        } else if self.cod_i_low < 512 {
            self.put_bit(false);
        } else {
            self.cod_i_low -= 512;
            self.bits_outstanding += 1;
        }
        bin
    }

    /// EncodeTerminate, clause 9.3.4.5. After a bin of 1 it also writes zeros up to the next byte, and initialises the engine (clause
    /// 9.3.4.1).
    fn terminate(&mut self, bin: bool) -> bool {
        self.cod_i_range -= 2;
        if bin {
            self.cod_i_low += self.cod_i_range;
            self.flush();
            self.bits.resize(self.bits.len().next_multiple_of(8), false);
            self.initialise();
        } else {
            self.renorm();
        }
        bin
    }

    fn align(&mut self) {
        self.cod_i_range = 256;
    }

    fn stop_bit(&self) -> bool {
        true
    }

    fn padding(&mut self, bits: u8) -> u8 {
        pad(self.bits.as_raw_mut_slice().last_mut(), bits)
    }

    fn raw(&mut self, bytes: &mut [u8]) {
        self.bits.extend_from_raw_slice(bytes);
    }

    /// Does nothing: [`terminate`](Self::terminate) has initialised the engine.
    fn start(&mut self) {}

    fn load(&mut self, ctx: CtxIdx, model: ContextModel) {
        self.contexts[ctx.get()] = model;
    }

    fn save(&self, ctx: CtxIdx) -> ContextModel {
        self.contexts[ctx.get()]
    }
}

impl Encode for Encoder {
    fn cod_i_range(&self) -> u32 {
        self.cod_i_range
    }

    fn cod_i_low(&self) -> u32 {
        self.cod_i_low & 511
    }

    fn finish(self) -> Vec<u8> {
        self.bits.into_vec()
    }
}
