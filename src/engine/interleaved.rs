//! Several independent streams in one thread: while one waits for the result of its last step, another goes on.

use core::array;

use crate::bin::BinCoder;
use crate::context::CtxIdx;

/// Coders that take their steps together: `N` decoders, or `N` encoders, of streams that do not depend on each other.
///
/// Each bin of a stream waits for the bin before it, but not for those of another stream. Slices of a picture, or tensors, are such
/// streams. What is done for one stream alone, such as ending it, is done with its coder.
///
/// ```
/// use silicabac::{bin::{BinCoder, Encode}, context::CtxIdx, engine::{Decoder, Encoder, Interleaved}};
/// let (here, there) = (CtxIdx::new(3).unwrap(), CtxIdx::new(4).unwrap());
/// let mut encoders = Interleaved([Encoder::new(), Encoder::new()]);
/// encoders.context([here, there], [true, false]);
/// encoders.bypass([false, true]);
/// let [first, second] = encoders.0.map(|mut encoder| {
///     encoder.terminate(true);
///     encoder.finish()
/// });
/// let mut decoders = Interleaved([&first, &second].map(|bytes| Decoder::new(bytes)));
/// assert_eq!(decoders.context([here, there], [false; 2]), [true, false]);
/// assert_eq!(decoders.bypass([false; 2]), [false, true]);
/// ```
#[derive(Clone, Debug)]
pub struct Interleaved<C, const N: usize>(pub [C; N]);

impl<C: BinCoder, const N: usize> Interleaved<C, N> {
    /// Codes a bin of each stream with a context variable of its own.
    #[inline(always)]
    pub fn context(&mut self, ctx: [CtxIdx; N], bins: [bool; N]) -> [bool; N] {
        array::from_fn(|i| self.0[i].context(ctx[i], bins[i]))
    }

    /// Codes a bypass bin of each stream.
    #[inline(always)]
    pub fn bypass(&mut self, bins: [bool; N]) -> [bool; N] {
        array::from_fn(|i| self.0[i].bypass(bins[i]))
    }

    /// Codes `n` bypass bins of each stream, 32 at the most.
    #[inline(always)]
    pub fn bypass_bits(&mut self, n: u32, values: [u32; N]) -> [u32; N] {
        array::from_fn(|i| self.0[i].bypass_bits(n, values[i]))
    }
}
