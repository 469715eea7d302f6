//! How the values of syntax elements become bins (H.264 clause 9.3.2, H.265 clause 9.3.3), once for both directions.
//!
//! Each function codes the bins of the value that it is given and returns the value that was coded. With an encoder the two are the same;
//! with a decoder the given value means nothing. So no function asks which of the two the coder is. If a stream has a value that it may
//! not have, a value is returned all the same, and the walk that asked for it checks it.

use crate::bin::BinCoder;
use crate::context::CtxIdx;

/// Truncated unary (TU), or unary (U) if `c_max` is larger than any value can be. `ctx` gives the context variable for a binIdx.
///
/// ```
/// use silicabac::{bin::{BinCoder, Decode, Encode}, binarization, context::CtxIdx, engine};
/// let ctx = |bin_idx| CtxIdx::new(60 + bin_idx as u16).unwrap();
/// let mut encoder = engine::Encoder::new();
/// binarization::truncated_unary(&mut encoder, 2, 3, ctx); // 1 1 0
/// encoder.terminate(true);
/// let bytes = encoder.finish();
/// assert_eq!(binarization::truncated_unary(&mut engine::Decoder::new(&bytes), 0, 3, ctx), 2);
/// ```
#[inline(always)]
pub fn truncated_unary<C: BinCoder>(
    coder: &mut C,
    value: u32,
    c_max: u32,
    ctx: impl Fn(u32) -> CtxIdx,
) -> u32 {
    let mut ones = 0;
    while ones < c_max && coder.context(ctx(ones), ones < value) {
        ones += 1;
    }
    ones
}

/// Exp-Golomb of order `k` (EGk), all of it bypass bins. A prefix of more than 31-`k` ones is cut there, so that every value fits into 32
/// bits.
///
/// ```
/// use silicabac::{bin::{BinCoder, Decode, Encode}, binarization::exp_golomb, engine};
/// let mut encoder = engine::Encoder::new();
/// exp_golomb(&mut encoder, 5, 1); // 1 0, then 5-2 in two bits
/// encoder.terminate(true);
/// let bytes = encoder.finish();
/// assert_eq!(exp_golomb(&mut engine::Decoder::new(&bytes), 0, 1), 5);
/// ```
#[inline]
pub fn exp_golomb<C: BinCoder>(coder: &mut C, value: u32, k: u32) -> u32 {
    let k = k.min(31);
    let ones = (u64::from(value) + (1 << k)).ilog2() - k;
    let ones = coder.bypass_ones(ones, 31 - k);
    let base = ((1 << ones) - 1) << k;
    base + coder.bypass_bits(k + ones, value.wrapping_sub(base))
}

/// Concatenated unary and k-th order Exp-Golomb (UEGk) without its sign: up to `u_coff` bins with context variables, by binIdx, and then
/// EGk.
#[inline(always)]
pub fn unary_exp_golomb<C: BinCoder>(
    coder: &mut C,
    value: u32,
    u_coff: u32,
    k: u32,
    ctx: impl Fn(u32) -> CtxIdx,
) -> u32 {
    let prefix = truncated_unary(coder, value, u_coff, ctx);
    if prefix < u_coff {
        prefix
    } else {
        u_coff.saturating_add(exp_golomb(coder, value.wrapping_sub(u_coff), k))
    }
}

/// The mapping of signed values to codes: 0, 1, -1, 2, -2 (H.264 clause 9.1.1, reversed).
///
/// ```
/// use silicabac::binarization::{signed, unsigned};
/// assert_eq!([0, 1, -1, 2, -2].map(unsigned), [0, 1, 2, 3, 4]);
/// assert_eq!(signed(4), -2);
/// ```
pub const fn unsigned(value: i32) -> u32 {
    if value > 0 { value as u32 * 2 - 1 } else { value.unsigned_abs() * 2 }
}

/// The inverse of [`unsigned`].
pub const fn signed(code: u32) -> i32 {
    let magnitude = code.div_ceil(2) as i32;
    if code % 2 == 1 { magnitude } else { -magnitude }
}

/// A binarization that the standard gives as a table: a bin string for each value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table<const N: usize>([Code; N]);

/// Bins as a number, the first one highest, and how many they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Code {
    bins: u32,
    count: u32,
}

impl<const N: usize> Table<N> {
    /// A table of bin strings by value, as the standard prints them: `["000", "011", "010", "001"]`.
    ///
    /// # Panics
    /// Unless every sequence of bins begins with exactly one string of the table; at compile time, if the table is a constant.
    pub const fn new(strings: [&str; N]) -> Table<N> {
        let mut codes = [Code { bins: 0, count: 0 }; N];
        // Kraft's sum, in units of 2^-16. No string is the beginning of another, so the table is complete if the sum is 1.
        let mut sum = 0;
        let mut value = 0;
        while value < N {
            let string = strings[value].as_bytes();
            let mut i = 0;
            while i < string.len() {
                codes[value].bins = codes[value].bins << 1 | (string[i] == b'1') as u32;
                i += 1;
            }
            codes[value].count = string.len() as u32;
            sum += 1 << (16 - string.len());
            let mut other = 0;
            while other < value {
                assert!(!codes[value].begins(codes[other]) && !codes[other].begins(codes[value]));
                other += 1;
            }
            value += 1;
        }
        assert!(sum == 1 << 16);
        Table(codes)
    }

    /// Codes a value below `N`. `ctx` gives the context variable for a binIdx and the bins before it, the last one lowest.
    #[inline]
    pub fn code<C: BinCoder>(&self, coder: &mut C, value: usize, ctx: impl Fn(u32, u32) -> CtxIdx) -> usize {
        let given = self.0[value.min(N - 1)];
        let mut coded = Code { bins: 0, count: 0 };
        loop {
            let bin = given.bins >> given.count.saturating_sub(coded.count + 1) & 1 != 0;
            let bin = coder.context(ctx(coded.count, coded.bins), bin);
            coded = Code { bins: coded.bins << 1 | u32::from(bin), count: coded.count + 1 };
            if let Some(value) = self.0.iter().position(|&code| code == coded) {
                return value;
            }
        }
    }
}

impl Code {
    /// Whether `other` begins with these bins.
    const fn begins(self, other: Code) -> bool {
        self.count <= other.count && other.bins >> (other.count - self.count) == self.bins
    }
}
