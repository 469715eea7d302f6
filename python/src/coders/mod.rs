//! Coders without a clock: one class for those that write, read and measure, so that a walk in Python is written once for all three.
//!
//! Invariant: bins are coded only within an engine run, raw bytes only between two. So whatever a program asks for, what is written can be
//! read again. An argument that is wrong is noticed before anything is coded.
//!
//! A decoder refers to the bytes that it reads. Both are kept in one cell, so that neither can go before the other.

mod bins;
mod bulk;
mod context;
mod create;
mod state;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use silicabac::engine::{self, Meter as EngineMeter};

use crate::errors::raised::StateError;
use crate::held::Held;

pub(crate) use context::{SliceInit, codec, codec_name, slice_init};
pub(crate) use create::{Decoder, Encoder, Meter};
pub(crate) use state::Registers;

self_cell::self_cell! {
    /// A decoder with its bytes.
    struct Reading {
        owner: PyBackedBytes,
        #[covariant]
        dependent: EngineDecoder,
    }
}

type EngineDecoder<'a> = engine::Decoder<'a>;

/// One of the engine's coders.
enum Engine {
    Encoder(engine::Encoder),
    Decoder(Reading),
    Meter(EngineMeter),
}

/// The coder of the library that a coder of Python holds.
struct Inner {
    engine: Engine,
    /// Whether bins can be coded: not after a terminate bin of 1, until the next start.
    is_in_run: bool,
}

/// What an encoder, a decoder and a meter have in common.
///
/// The same calls, in the same order, write, read and measure. An encoder and a meter are given each bin and return it; a decoder does not
/// look at the bin that it is given, which may be left out, and returns the one that it has read.
///
/// >>> import silicabac
/// >>> def walk(coder, flag=None, bits=None):
/// ...     coder.initialise(silicabac.SliceInit("avc", "P", 26))
/// ...     coded = coder.context(11, flag), coder.bypass_bits(4, bits)
/// ...     coder.terminate(1)
/// ...     return coded
/// >>> encoder = silicabac.Encoder()
/// >>> walk(encoder, 1, 9)
/// (1, 9)
/// >>> walk(silicabac.Decoder(encoder.bytes()))
/// (1, 9)
///
/// A coder belongs to one call at a time: BusyError where a second thread uses it. With `close`, or at the end of a `with`, it gives up
/// its memory.
#[pyclass(subclass, frozen, module = "silicabac")]
pub(crate) struct Coder {
    inner: Held<Inner>,
    /// Whether bins come from the caller.
    writes: bool,
}

/// An expression for whichever coder it is.
macro_rules! each {
    ($engine:expr, $coder:ident => $answer:expr) => {
        match $engine {
            $crate::coders::Engine::Encoder($coder) => $answer,
            $crate::coders::Engine::Meter($coder) => $answer,
            $crate::coders::Engine::Decoder(reading) => reading.with_dependent_mut(|_, $coder| $answer),
        }
    };
}
use each;

impl Coder {
    fn new(engine: Engine) -> Coder {
        let writes = !matches!(engine, Engine::Decoder(_));
        Coder { inner: Held::new(Inner { engine, is_in_run: true }), writes }
    }
}

impl Inner {
    fn in_run(&self) -> PyResult<()> {
        match self.is_in_run {
            true => Ok(()),
            false => Err(StateError::new_err("the engine run has ended; start() begins another one")),
        }
    }

    fn between_lives(&self) -> PyResult<()> {
        match self.is_in_run {
            true => Err(StateError::new_err("an engine run goes on; terminate(1) ends it")),
            false => Ok(()),
        }
    }
}

#[pymethods]
impl Coder {
    /// Gives up its memory; later calls raise ClosedError. To close it again does nothing.
    fn close(&self) -> PyResult<()> {
        self.inner.close()
    }

    fn __enter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __exit__(
        &self,
        _kind: &Bound<'_, PyAny>,
        _error: &Bound<'_, PyAny>,
        _trace: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        self.inner.close()
    }
}
