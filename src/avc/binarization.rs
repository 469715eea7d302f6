//! The binarization that differs between H.264 and H.265.

use crate::bin::BinCoder;
use crate::context::CtxIdx;

/// Fixed length (FL) of `bins` bins, 32 at the most, the lowest bit first (clause 9.3.2.4); H.265 has the highest bit first. `ctx` gives
/// the context variable for a binIdx.
#[inline(always)]
pub fn fixed_length<C: BinCoder>(coder: &mut C, value: u32, bins: u32, ctx: impl Fn(u32) -> CtxIdx) -> u32 {
    (0..bins).fold(0, |coded, bin| coded | u32::from(coder.context(ctx(bin), value >> bin & 1 != 0)) << bin)
}
