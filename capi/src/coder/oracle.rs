//! The oracle as coders of C, which go through the standard's flowcharts bit by bit.
//!
//! They are for programs that compare other coders with them, bin by bin, as a testbench does. The engine's encoder cannot serve these: it
//! keeps bits back that the standard has written, so that it does not say which bin decides a byte. Nor can a decoder that refuses what no
//! stream asks for, since a core has an answer to that, too.

use silicabac::bin::Encode;
use silicabac::spec;

use super::{Coder, Engine};
use crate::border::{copy_out, guarded, input, place};
use crate::handle::with;
use crate::status::Status;

/// Creates the oracle as an encoder, which goes through the standard's flowcharts bit by bit. It is slower than `silicabac_encoder_create`'s
/// and gives the same bytes; the functions `silicabac_oracle_` say what they are after each bin.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_oracle_create(coder: *mut *mut Coder) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    unsafe { super::create::hand_over(coder, || Ok(Engine::Oracle(Box::new(spec::Encoder::new())))) }
}

/// Creates the oracle as a decoder. It is used as `silicabac_decoder_create`'s, but nothing that it is asked for is refused: a bin after a
/// terminate bin of 1, raw bytes and a start within an engine run are decoded from the bits that follow. The bytes stay the caller's: they
/// have to be there, unchanged, until the coder is destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_oracle_decoder_create(
    bytes: *const u8,
    length: usize,
    coder: *mut *mut Coder,
) -> Status {
    let oracle = || {
        // SAFETY: the caller promises what the crate's documentation asks, and that the bytes stay until the end of the coder.
        let bytes = unsafe { input(bytes, length)? };
        Ok(Engine::OracleDecoder(Box::new(spec::Decoder::new(bytes))))
    };
    // SAFETY: as above.
    unsafe { super::create::hand_over(coder, oracle) }
}

/// Does something with the oracle behind a handle, if it is an encoder.
///
/// # Safety
/// What the documentation of the crate asks of every caller.
unsafe fn with_oracle(
    coder: *mut Coder,
    call: impl FnOnce(&spec::Encoder) -> Result<(), Status>,
) -> Result<(), Status> {
    // SAFETY: the caller promises this.
    unsafe {
        with(coder, |inner| match &inner.engine {
            Engine::Oracle(oracle) => call(oracle),
            _ => Err(Status::State),
        })
    }
}

/// Copies the bytes that are decided so far, from byte `first` on, to `bytes`: as many as `room` has place for. `length` tells how many that
/// are. Unlike `silicabac_encoder_bytes` it can be asked after any bin.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_oracle_bytes(
    coder: *mut Coder,
    first: u64,
    bytes: *mut u8,
    room: usize,
    length: *mut usize,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        with_oracle(coder, |oracle| {
            let first = usize::try_from(first).map_err(|_| Status::Argument)?;
            let decided = oracle.bytes().get(first..).ok_or(Status::Argument)?;
            copy_out(&decided[..decided.len().min(room)], bytes, room, length)
        })
    })
}

/// The registers of the standard's encoder.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct OracleState {
    /// codIRange, 256 to 510 between bins of an engine run.
    pub cod_i_range: u32,
    /// codILow, all ten bits of it.
    pub cod_i_low: u32,
    /// bitsOutstanding.
    pub bits_outstanding: u32,
    /// firstBitFlag.
    pub first_bit_flag: u32,
}

/// Hands over the registers of the oracle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn silicabac_oracle_registers(
    coder: *mut Coder,
    registers: *mut OracleState,
) -> Status {
    // SAFETY: the caller promises what the crate's documentation asks.
    guarded(|| unsafe {
        let registers = place(registers)?;
        with_oracle(coder, |oracle| {
            registers.write(OracleState {
                cod_i_range: oracle.cod_i_range(),
                cod_i_low: oracle.cod_i_low_10(),
                bits_outstanding: oracle.bits_outstanding(),
                first_bit_flag: oracle.first_bit_flag().into(),
            });
            Ok(())
        })
    })
}
