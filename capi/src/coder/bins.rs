//! One bin with each call. A bin is given and returned at the same address: an encoder or a meter codes the bin that is there, and a
//! decoder writes the bin that it has decoded there.

use silicabac::bin::BinCoder;

use super::{Coder, Inner, ctx_idx, each};
use crate::border::{filled, guarded, place, room};
use crate::handle::with;
use crate::status::Status;

/// Codes a bin, 0 or 1, in an engine run.
///
/// # Safety
/// What the documentation of the crate asks of every caller.
#[inline]
unsafe fn bin(
    coder: *mut Coder,
    bin: *mut u8,
    code: impl FnOnce(&mut Inner, bool) -> Result<bool, Status>,
) -> Status {
    // SAFETY: the caller promises this.
    guarded(|| unsafe {
        let taken = place(bin)?;
        with(coder, |inner| {
            inner.in_run()?;
            let given = inner.bin(bin)?;
            taken.write(code(inner, given)?.into());
            Ok(())
        })
    })
}

/// Codes a bin with the context variable `ctx_idx`, 0 to 1023, and updates that.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_coder_context(coder: *mut Coder, ctx_idx: u32, bin: *mut u8) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    unsafe {
        self::bin(coder, bin, |inner, given| {
            let ctx = self::ctx_idx(ctx_idx)?;
            Ok(each!(&mut inner.engine, coder => coder.context(ctx, given)))
        })
    }
}

/// Codes a bypass bin.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_coder_bypass(coder: *mut Coder, bin: *mut u8) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    unsafe {
        self::bin(coder, bin, |inner, given| Ok(each!(&mut inner.engine, coder => coder.bypass(given))))
    }
}

/// Codes a terminate bin. A bin of 1 ends the engine run; then come `silicabac_coder_padding`, `_raw`, `_start`, or the end.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_coder_terminate(coder: *mut Coder, bin: *mut u8) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    unsafe {
        self::bin(coder, bin, |inner, given| {
            let bin = each!(&mut inner.engine, coder => coder.terminate(given));
            inner.is_in_run = !bin;
            Ok(bin)
        })
    }
}

/// Codes `count` bypass bins, 32 at the most: the low bits of `value`, the highest first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_coder_bypass_bits(
    coder: *mut Coder,
    count: u32,
    value: *mut u32,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let taken = place(value)?;
        with(coder, |inner| {
            inner.in_run()?;
            if count > 32 {
                return Err(Status::Argument);
            }
            let given = if inner.writes() { value.read() } else { 0 };
            if u64::from(given) >> count != 0 {
                return Err(Status::Argument);
            }
            taken.write(each!(&mut inner.engine, coder => coder.bypass_bits(count, given)));
            Ok(())
        })
    })
}

/// H.265 bypass alignment: codIRange becomes 256.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_coder_align(coder: *mut Coder) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        with(coder, |inner| {
            inner.in_run()?;
            each!(&mut inner.engine, coder => coder.align());
            Ok(())
        })
    })
}

/// After a terminate bin of 1: the bits after the stop bit in its byte, in place. The standards want zeros, which is what stands there if
/// this is not called; but not every stream has them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_coder_padding(coder: *mut Coder, bits: *mut u8) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let taken = place(bits)?;
        with(coder, |inner| {
            inner.between_engine_runs()?;
            let given = if inner.writes() { bits.read() } else { 0 };
            taken.write(each!(&mut inner.engine, coder => coder.padding(given)));
            Ok(())
        })
    })
}

/// After a terminate bin of 1: codes whole bytes as they are, such as PCM samples.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_coder_raw(coder: *mut Coder, bytes: *mut u8, count: usize) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let taken = room(bytes, count)?;
        with(coder, |inner| {
            inner.between_engine_runs()?;
            if !inner.writes() {
                taken.fill(std::mem::MaybeUninit::new(0));
            }
            // An encoder was given the bytes, and for a decoder they were filled just now.
            let bytes = filled(taken);
            each!(&mut inner.engine, coder => coder.raw(bytes));
            Ok(())
        })
    })
}
