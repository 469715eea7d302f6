//! The beginning and the end of a coder.

use silicabac::bin::{BinCoder, Decode};
use silicabac::engine::{Decoder, Encoder, Meter};

use super::{Coder, Engine, Inner};
use crate::border::{copy_out, guarded, input, place};
use crate::handle::{create, destroy, with};
use crate::status::Status;

/// Hands over a new coder.
///
/// # Safety
/// What the documentation of the crate asks of every caller.
pub(super) unsafe fn hand_over(
    coder: *mut *mut Coder,
    engine: impl FnOnce() -> Result<Engine, Status>,
) -> Status {
    guarded(|| {
        // SAFETY: the caller promises this.
        let coder = unsafe { place(coder)? };
        coder.write(create(Inner { engine: engine()?, is_in_run: true }));
        Ok(())
    })
}

/// Creates an encoder, with every context in state 0 and valMPS 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_encoder_create(coder: *mut *mut Coder) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    unsafe { hand_over(coder, || Ok(Engine::Encoder(Encoder::new()))) }
}

/// Creates a meter, which adds up what bins cost and writes nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_meter_create(coder: *mut *mut Coder) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    unsafe { hand_over(coder, || Ok(Engine::Meter(Meter::new()))) }
}

/// Creates a decoder that has read the first nine bits of `bytes`. The bytes stay the caller's: they have to be there, unchanged, until
/// the coder is destroyed. Emulation prevention bytes have to be gone.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_decoder_create(
    bytes: *const u8,
    length: usize,
    coder: *mut *mut Coder,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks, and that the bytes stay until the end of the coder.
    unsafe { hand_over(coder, || Ok(Engine::Decoder(Decoder::new(input(bytes, length)?)))) }
}

/// Ends a coder. A null pointer is none, and nothing is done.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_coder_destroy(coder: *mut Coder) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe { destroy(coder) })
}

/// Copies what an encoder has written so far to `bytes`, and tells in `length` how many bytes there are; if `room` is less, only that,
/// and `SILICABAC_STATUS_ROOM`. Only after a terminate bin of 1, and raw bytes after it, when all of them are there. The encoder can go on
/// with a start.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_encoder_bytes(
    coder: *mut Coder,
    bytes: *mut u8,
    room: usize,
    length: *mut usize,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        with(coder, |inner| {
            inner.between_engine_runs()?;
            match &inner.engine {
                Engine::Encoder(encoder) => copy_out(encoder.bytes(), bytes, room, length),
                Engine::Oracle(encoder) => copy_out(encoder.bytes(), bytes, room, length),
                _ => Err(Status::State),
            }
        })
    })
}

/// What all bins so far cost, of a meter: in 1/32768 of a bit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_meter_cost(coder: *mut Coder, cost: *mut u64) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let cost = place(cost)?;
        with(coder, |inner| match &inner.engine {
            Engine::Meter(meter) => {
                cost.write(meter.cost());
                Ok(())
            }
            _ => Err(Status::State),
        })
    })
}

/// Starts the engine again, after a terminate bin of 1 and the raw bytes after it, on the next whole byte; the contexts stay.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_coder_start(coder: *mut Coder) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        with(coder, |inner| {
            inner.between_engine_runs()?;
            super::each!(&mut inner.engine, coder => coder.start());
            inner.is_in_run = true;
            Ok(())
        })
    })
}

/// What is wrong with the bytes of a decoder, and where: the first such place.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct DecodeError {
    /// `SILICABAC_STATUS_OK` if nothing is; otherwise `_FORBIDDEN`, `_MISALIGNED` or `_EXHAUSTED`.
    pub status: Status,
    /// The index of the bin that met it.
    pub bin: u64,
    /// The bit at which it was met.
    pub bit: u64,
}

/// What is wrong with the bytes that a decoder has read so far. Damaged bytes make no call fail: a decoder keeps the first error, goes
/// on, and reads zeros beyond the last byte. So this is asked at the end of a slice, or wherever the program wants to stop.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_decoder_error(coder: *mut Coder, error: *mut DecodeError) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let error = place(error)?;
        with(coder, |inner| {
            let met = match &inner.engine {
                Engine::Decoder(decoder) => decoder.error(),
                Engine::OracleDecoder(decoder) => decoder.error(),
                _ => return Err(Status::State),
            };
            error.write(match met {
                None => DecodeError { status: Status::Ok, bin: 0, bit: 0 },
                Some(found) => DecodeError { status: found.kind.into(), bin: found.bin, bit: found.bit },
            });
            Ok(())
        })
    })
}
