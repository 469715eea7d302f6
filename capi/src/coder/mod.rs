//! Coders without a clock: encoder, decoder and meter are handles of one type, so that a walk in C is written once for all three.
//!
//! Invariant: bins are coded only within an engine run, and raw bytes only between two engine runs. So whatever a program asks for, what is
//! written can be read again. Only the oracle's decoder, which writes nothing, can be asked for anything.

mod bins;
mod bulk;
mod create;
mod oracle;
mod state;

use silicabac::bin::BinCoder;
use silicabac::context::CtxIdx;
use silicabac::engine::{Decoder, Encoder, Meter};
use silicabac::spec;

use crate::handle::{Opaque, Pool, Slot};
use crate::status::Status;

pub use bins::*;
pub use bulk::*;
pub use create::*;
pub use oracle::*;
pub use state::*;

/// A coder: an encoder, a decoder, a meter or the oracle. It allocates when it is created, and as an encoder where its bytes need more room; no other
/// call does.
pub struct Coder(Slot<Inner>);

impl Opaque for Coder {
    type Value = Inner;
    const WORD: u32 = 0x51c0_de10;

    fn of(slot: Slot<Inner>) -> Coder {
        Coder(slot)
    }

    fn slot(&self) -> &Slot<Inner> {
        &self.0
    }

    fn pool() -> &'static Pool<Coder> {
        static POOL: Pool<Coder> = Pool::new();
        &POOL
    }
}

/// What is behind the handle.
pub(crate) struct Inner {
    engine: Engine,
    /// Whether bins can be coded: not after a terminate bin of 1, until the next start.
    is_in_run: bool,
}

/// One of the engine's coders, or the oracle.
enum Engine {
    Encoder(Encoder),
    Decoder(Decoder<'static>),
    Meter(Meter),
    Oracle(Box<spec::Encoder>),
    OracleDecoder(Box<spec::Decoder<'static>>),
    /// None, while the function that loops over bins has it as a variable.
    Away,
}

/// Evaluates an expression with the coder, whatever its type.
macro_rules! each {
    ($engine:expr, $coder:ident => $answer:expr) => {
        match $engine {
            crate::coder::Engine::Encoder($coder) => $answer,
            crate::coder::Engine::Decoder($coder) => $answer,
            crate::coder::Engine::Meter($coder) => $answer,
            crate::coder::Engine::Oracle($coder) => $answer,
            crate::coder::Engine::OracleDecoder($coder) => $answer,
            crate::coder::Engine::Away => return Err(Status::State),
        }
    };
}
use each;

impl Inner {
    /// Whether the bins come from the caller.
    #[inline]
    fn writes(&self) -> bool {
        !matches!(self.engine, Engine::Decoder(_) | Engine::OracleDecoder(_))
    }

    #[inline]
    fn in_run(&self) -> Result<(), Status> {
        if self.is_in_run || self.takes_anything() { Ok(()) } else { Err(Status::State) }
    }

    #[inline]
    fn between_engine_runs(&self) -> Result<(), Status> {
        if !self.is_in_run || self.takes_anything() { Ok(()) } else { Err(Status::State) }
    }

    #[inline]
    fn takes_anything(&self) -> bool {
        matches!(self.engine, Engine::OracleDecoder(_))
    }

    /// A bin as C gives it; a decoder does not look at it.
    #[inline]
    fn bin(&self, bin: *const u8) -> Result<bool, Status> {
        if !self.writes() {
            return Ok(false);
        }
        // SAFETY: the caller has checked that the pointer is not null; C promises that an encoder and a meter are given a bin.
        match unsafe { bin.read() } {
            bin @ 0..=1 => Ok(bin == 1),
            _ => Err(Status::Argument),
        }
    }
}

#[inline]
fn ctx_idx(index: u32) -> Result<CtxIdx, Status> {
    u16::try_from(index).ok().and_then(CtxIdx::new).ok_or(Status::Argument)
}

/// Loops over bins with a coder that is a variable of its own, whose state is kept in registers then.
fn in_registers<C: BinCoder>(
    coder: C,
    engine: &mut Engine,
    wrap: fn(C) -> Engine,
    work: impl FnOnce(&mut C),
) {
    let mut coder = coder;
    work(&mut coder);
    *engine = wrap(coder);
}
