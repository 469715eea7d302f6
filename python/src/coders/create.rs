//! The beginning of a coder, and what only one kind of it has.

use pyo3::prelude::*;
use pyo3::types::PyBytes;
use silicabac::bin::{BinCoder, Decode};
use silicabac::engine;

use super::{Coder, Engine, Inner, Reading, each};
use crate::arrays::bytes;
use crate::errors::{decode_error, raised::StateError};

/// A coder that writes, with every context in state 0 and valMPS 0.
///
/// >>> import silicabac
/// >>> encoder = silicabac.Encoder()
/// >>> encoder.context(5, 1), encoder.bypass(0), encoder.terminate(1)
/// (1, 0, 1)
/// >>> encoder.bytes().hex()
/// 'c2e0'
#[pyclass(extends = Coder, frozen, module = "silicabac")]
pub(crate) struct Encoder;

/// A coder that reads bytes without emulation prevention, and has read the first nine bits of them.
///
/// Damaged bytes make no call fail: a decoder keeps its first error (`error`), goes on, and reads zeros beyond the last byte. So `error`
/// is looked at in the end of a slice, or wherever a program wants to stop.
///
/// >>> import silicabac
/// >>> decoder = silicabac.Decoder(bytes.fromhex("c2e0"))
/// >>> decoder.context(5), decoder.bypass(), decoder.terminate()
/// (1, 0, 1)
/// >>> decoder.error is None
/// True
#[pyclass(extends = Coder, frozen, module = "silicabac")]
pub(crate) struct Decoder;

/// A coder that adds up what bins cost, and writes nothing.
///
/// >>> import silicabac
/// >>> meter = silicabac.Meter()
/// >>> meter.bypass_bits(7, 0x55)
/// 85
/// >>> meter.cost
/// 7.0
#[pyclass(extends = Coder, frozen, module = "silicabac")]
pub(crate) struct Meter;

#[pymethods]
impl Encoder {
    #[new]
    fn new() -> PyClassInitializer<Encoder> {
        PyClassInitializer::from(Coder::new(Engine::Encoder(engine::Encoder::new()))).add_subclass(Encoder)
    }

    /// The bytes that have been written so far. Only after a terminate bin of 1, and raw bytes after it, when all of them are there
    /// (StateError). The encoder can go on with `start`.
    fn bytes<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyBytes>> {
        slf.as_super().get().inner.with(|inner| {
            inner.between_lives()?;
            Ok(PyBytes::new(slf.py(), inner.encoder()?.bytes()))
        })
    }
}

#[pymethods]
impl Decoder {
    #[new]
    fn new(data: &Bound<'_, PyAny>) -> PyResult<PyClassInitializer<Decoder>> {
        let reading = Reading::new(bytes("data", data)?, |bytes| engine::Decoder::new(bytes));
        Ok(PyClassInitializer::from(Coder::new(Engine::Decoder(reading))).add_subclass(Decoder))
    }

    /// What is wrong with the bytes that have been read so far, the first such place: a DecodeError, which can be raised; or None.
    #[getter]
    fn error(slf: &Bound<'_, Self>) -> PyResult<Option<PyErr>> {
        slf.as_super().get().inner.with(|inner| match &inner.engine {
            Engine::Decoder(reading) => Ok(reading.borrow_dependent().error().map(decode_error)),
            _ => Ok(None),
        })
    }
}

#[pymethods]
impl Meter {
    #[new]
    fn new() -> PyClassInitializer<Meter> {
        PyClassInitializer::from(Coder::new(Engine::Meter(engine::Meter::new()))).add_subclass(Meter)
    }

    /// What all bins so far cost, in bits. In the end of an engine run it is the length of what an encoder writes.
    #[getter]
    fn cost(slf: &Bound<'_, Self>) -> PyResult<f64> {
        slf.as_super().get().inner.with(|inner| match &inner.engine {
            Engine::Meter(meter) => Ok(meter.bits()),
            _ => Ok(0.0),
        })
    }
}

impl Inner {
    fn encoder(&self) -> PyResult<&engine::Encoder> {
        match &self.engine {
            Engine::Encoder(encoder) => Ok(encoder),
            _ => Err(StateError::new_err("it is no encoder")),
        }
    }
}

#[pymethods]
impl Coder {
    /// Starts the engine again, after a terminate bin of 1 and the raw bytes after it, on the next whole byte; the contexts stay.
    fn start(&self) -> PyResult<()> {
        self.inner.with(|inner| {
            inner.between_lives()?;
            each!(&mut inner.engine, coder => coder.start());
            inner.is_in_run = true;
            Ok(())
        })
    }
}
