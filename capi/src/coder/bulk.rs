//! Many bins with each call: arguments are checked once for all of them, and the coder stays in registers.

use std::mem::{MaybeUninit, replace};

use silicabac::bin::BinCoder;
use silicabac::context::CtxIdx;

use super::{Coder, Engine, Inner, in_registers};
use crate::border::{disjoint, filled, guarded, input, room};
use crate::handle::with;
use crate::status::Status;

/// Codes bins one after the other.
trait Work {
    fn with<C: BinCoder>(self, coder: &mut C);
}

impl Inner {
    /// Does the work with the coder as a variable.
    #[inline]
    fn work(&mut self, work: impl Work) {
        match replace(&mut self.engine, Engine::Away) {
            Engine::Encoder(coder) => {
                in_registers(coder, &mut self.engine, Engine::Encoder, |coder| work.with(coder));
            }
            Engine::Decoder(coder) => {
                in_registers(coder, &mut self.engine, Engine::Decoder, |coder| work.with(coder));
            }
            Engine::Meter(coder) => {
                in_registers(coder, &mut self.engine, Engine::Meter, |coder| work.with(coder));
            }
            Engine::Oracle(mut coder) => {
                work.with(&mut *coder);
                self.engine = Engine::Oracle(coder);
            }
            Engine::OracleDecoder(mut coder) => {
                work.with(&mut *coder);
                self.engine = Engine::OracleDecoder(coder);
            }
            Engine::Away => {}
        }
    }

    /// Checks that the bins are 0 or 1, if the coder is one that is given them.
    ///
    /// # Safety
    /// A coder that is given bins was given all of these.
    unsafe fn are_bins(&self, bins: &mut [MaybeUninit<u8>]) -> Result<(), Status> {
        // SAFETY: the caller promises this.
        if self.writes() && unsafe { filled(bins) }.iter().fold(0, |all, bin| all | *bin) > 1 {
            return Err(Status::Argument);
        }
        Ok(())
    }
}

/// A bin that is given; a decoder does not look at it.
#[inline(always)]
fn given<C: BinCoder>(bin: &MaybeUninit<u8>) -> bool {
    // SAFETY: only a coder that is given bins reads the bin, and it was given this one.
    !C::READS && unsafe { bin.assume_init() } != 0
}

struct Contexts<'a>(&'a [u16], &'a mut [MaybeUninit<u8>]);

impl Work for Contexts<'_> {
    #[inline]
    fn with<C: BinCoder>(self, coder: &mut C) {
        for (index, bin) in self.0.iter().zip(self.1) {
            // All indices have been checked.
            let Some(ctx) = CtxIdx::new(*index) else { return };
            let coded = coder.context(ctx, given::<C>(bin));
            bin.write(coded.into());
        }
    }
}

struct Bypasses<'a>(&'a mut [MaybeUninit<u8>]);

impl Work for Bypasses<'_> {
    #[inline]
    fn with<C: BinCoder>(self, coder: &mut C) {
        const AT_ONCE: usize = 16;
        for bins in self.0.chunks_mut(AT_ONCE) {
            let value = bins.iter().fold(0, |value, bin| value << 1 | u32::from(given::<C>(bin)));
            let coded = coder.bypass_bits(bins.len() as u32, value);
            for (bin, bit) in bins.iter_mut().rev().zip(0..) {
                bin.write((coded >> bit & 1) as u8);
            }
        }
    }
}

/// Codes `count` bins, each with the context variable that stands at its place in `ctx_idx`. What writes is given them, 0 or 1; a decoder
/// puts them there. If a context or a bin is none, nothing is coded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_coder_contexts(
    coder: *mut Coder,
    ctx_idx: *const u16,
    bins: *mut u8,
    count: usize,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks; the two buffers are checked for overlap first.
    guarded(|| unsafe {
        disjoint(ctx_idx, count, bins, count)?;
        let (contexts, bins) = (input(ctx_idx, count)?, room(bins, count)?);
        with(coder, |inner| {
            inner.in_run()?;
            if contexts.iter().fold(0, |all, index| all | index) >= 1024 {
                return Err(Status::Argument);
            }
            inner.are_bins(bins)?;
            inner.work(Contexts(contexts, bins));
            Ok(())
        })
    })
}

/// Codes `count` bypass bins, a byte each.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_coder_bypasses(coder: *mut Coder, bins: *mut u8, count: usize) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let bins = room(bins, count)?;
        with(coder, |inner| {
            inner.in_run()?;
            inner.are_bins(bins)?;
            inner.work(Bypasses(bins));
            Ok(())
        })
    })
}
