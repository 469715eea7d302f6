//! Binarizations that differ between H.265 and H.264.

use crate::bin::BinCoder;
use crate::context::CtxIdx;

/// Truncated unary, or truncated Rice with a Rice parameter of 0 (clause 9.3.3.2). `ctx` gives the context variable for a binIdx; bins
/// without one are bypass bins.
///
/// ```
/// use silicabac::{bin::{BinCoder, Decode, Encode}, context::CtxIdx, engine, hevc::binarization::truncated_unary};
/// let ctx = |bin_idx| if bin_idx == 0 { CtxIdx::new(7) } else { None };
/// let mut encoder = engine::Encoder::new();
/// truncated_unary(&mut encoder, 3, 4, ctx); // 1 with context 7, then 1 1 0
/// encoder.terminate(true);
/// let bytes = encoder.finish();
/// assert_eq!(truncated_unary(&mut engine::Decoder::new(&bytes), 0, 4, ctx), 3);
/// ```
#[inline(always)]
pub fn truncated_unary<C: BinCoder>(
    coder: &mut C,
    value: u32,
    c_max: u32,
    ctx: impl Fn(u32) -> Option<CtxIdx>,
) -> u32 {
    let mut ones = 0;
    while ones < c_max {
        let bin = ones < value;
        let bin = match ctx(ones) {
            Some(ctx) => coder.context(ctx, bin),
            None => coder.bypass(bin),
        };
        if !bin {
            break;
        }
        ones += 1;
    }
    ones
}

/// How coeff_abs_level_remaining is coded: its Rice parameter, and log2TransformRange if extended_precision_processing_flag limits the
/// prefix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Remaining {
    /// cRiceParam.
    pub rice: u32,
    /// log2TransformRange, if the prefix is limited.
    pub limit: Option<u32>,
}

/// coeff_abs_level_remaining (clause 9.3.3.11). A prefix of up to four bins comes before a suffix as long as the Rice parameter; each
/// further one in the prefix makes the suffix a bit longer. The standard has this as truncated Rice followed by EGk, or by the limited EGk
/// (clause 9.3.3.4), whose prefix is all ones if it is as long as it can be.
///
/// A prefix that no legal value has is cut where the value would not fit.
///
/// ```
/// use silicabac::{bin::{BinCoder, Decode, Encode}, engine, hevc::binarization::{Remaining, coeff_abs_level_remaining}};
/// let code = |coder: &mut engine::Encoder, value, limit| coeff_abs_level_remaining(coder, value, Remaining { rice: 1, limit });
/// let mut encoder = engine::Encoder::new();
/// code(&mut encoder, 9, None); // 1 1 1 1 0, then 9-8 in two bits
/// code(&mut encoder, 40_000, Some(16));
/// encoder.terminate(true);
/// let bytes = encoder.finish();
/// let mut decoder = engine::Decoder::new(&bytes);
/// assert_eq!(coeff_abs_level_remaining(&mut decoder, 0, Remaining { rice: 1, limit: None }), 9);
/// assert_eq!(coeff_abs_level_remaining(&mut decoder, 0, Remaining { rice: 1, limit: Some(16) }), 40_000);
/// ```
#[inline(always)]
pub fn coeff_abs_level_remaining<C: BinCoder>(coder: &mut C, value: u32, how: Remaining) -> u32 {
    let rice = how.rice.min(MOST_RICE);
    let most_ones = match how.limit {
        Some(log2_transform_range) => 32 - log2_transform_range.min(MOST_RICE),
        None => 32 - rice,
    };
    // The lowest value with this number of ones before the zero.
    let base = |ones: u32| if ones < 4 { ones << rice } else { (2 + (1 << (ones - 3))) << rice };
    let quotient = value >> rice;
    let ones = if quotient < 4 { quotient } else { 3 + (quotient - 2).ilog2() };
    let ones = coder.bypass_ones(ones, most_ones);
    let bits = match how.limit {
        Some(log2_transform_range) if ones == most_ones => log2_transform_range,
        _ => rice + ones.saturating_sub(3),
    };
    let rest = coder.bypass_bits(bits, value.wrapping_sub(base(ones)));
    base(ones).wrapping_add(rest)
}

/// An upper bound of Rice parameters and of log2TransformRange.
const MOST_RICE: u32 = 24;
