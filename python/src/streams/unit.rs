//! A NAL unit, and what it holds.

use std::sync::Arc;

use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyList};
use silicabac::avc::SliceData;
use silicabac::bin::Tail;
use silicabac::stream::{State, StreamUnit};
use silicabac::syntax::{Descriptor, nal::escape};

use super::{Blocks, Macroblock};
use crate::coders::{SliceInit, codec_name, slice_init};
use crate::errors::guarded;
use crate::errors::raised::{DamagedError, IllegalError, StateError};
use crate::traces::TracedSlice;

/// A NAL unit. Where it is a slice it iterates over its macroblocks or coding tree units, as `blocks` does.
#[pyclass(frozen, module = "silicabac")]
pub(crate) struct Unit(pub(crate) Arc<StreamUnit>);

impl Unit {
    pub(super) fn new(unit: StreamUnit) -> Unit {
        Unit(Arc::new(unit))
    }

    /// Its bytes with other macroblocks.
    fn with_macroblocks(&self, macroblocks: Vec<silicabac::avc::Macroblock>) -> PyResult<Vec<u8>> {
        let StreamUnit::Avc(unit) = &*self.0 else {
            return Err(StateError::new_err("only slices of H.264 are written from macroblocks"));
        };
        let slice = unit.slice().ok_or_else(|| StateError::new_err("it is no slice"))?;
        let (parameters, data) = slice;
        let tail = unit.observe((), |_| {}).and_then(|(_, read)| read.ok());
        let tail = tail.unwrap_or(Tail { bits: 0, bytes: &[] });
        let slice = SliceData { macroblocks, tail_bits: tail.bits, tail: tail.bytes.to_vec() };
        let header = &unit.rbsp[..unit.rbsp.len() - data.len()];
        let written = slice.write(parameters).map_err(|error| IllegalError::new_err(error.to_string()))?;
        Ok(escape(&[header, &written].concat()))
    }
}

/// A descriptor as the standards write it.
fn descriptor(descriptor: Descriptor) -> String {
    match descriptor {
        Descriptor::U(bits) => format!("u({bits})"),
        Descriptor::Alignment(_) => "f(1)".into(),
        Descriptor::Ue => "ue(v)".into(),
        Descriptor::Se => "se(v)".into(),
    }
}

#[pymethods]
impl Unit {
    /// Its number in the stream.
    #[getter]
    fn number(&self) -> u64 {
        self.0.number()
    }

    /// Its number among the slices or slice segments of the stream; None if it is none.
    #[getter]
    fn slice_number(&self) -> Option<u64> {
        self.0.slice_number()
    }

    /// The byte of the stream at which its header begins.
    #[getter]
    fn offset(&self) -> u64 {
        self.0.offset()
    }

    /// "avc" or "hevc".
    #[getter]
    fn codec(&self) -> &'static str {
        match &*self.0 {
            StreamUnit::Avc(_) => codec_name(silicabac::context::Codec::Avc),
            StreamUnit::Hevc(_) => codec_name(silicabac::context::Codec::Hevc),
        }
    }

    /// What it is, by nal_unit_type, in words.
    #[getter]
    fn kind(&self) -> &'static str {
        self.0.kind()
    }

    /// "slice": a slice, or slice segment, with CABAC, of which the data can be read; "unsupported": slice data of a kind that is not read;
    /// "damaged": a slice, or a parameter set that slices depend on, that cannot be read; "other".
    #[getter]
    fn state(&self) -> &'static str {
        match self.0.state() {
            State::Slice => "slice",
            State::Unsupported(_) => "unsupported",
            State::Damaged(_) => "damaged",
            State::Other => "other",
        }
    }

    /// Why it is damaged or unsupported; empty if it is neither.
    #[getter]
    fn message(&self) -> String {
        match self.0.state() {
            State::Unsupported(why) | State::Damaged(why) => why,
            State::Slice | State::Other => String::new(),
        }
    }

    /// Its bytes, with emulation prevention and without what stands before it in the stream.
    #[getter]
    fn bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.unit().bytes)
    }

    /// What stands before it in the stream: a start code with zeros before it, or its length.
    #[getter]
    fn prefix<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.unit().prefix)
    }

    /// The CABAC bytes of a slice, without emulation prevention, and what comes after them; None if it is no slice.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyBytes>> {
        self.0.data().map(|data| PyBytes::new(py, data))
    }

    /// What initialises the contexts of a slice, a SliceInit; None if it is no slice.
    #[getter]
    fn init(&self) -> Option<SliceInit> {
        self.0.init().map(slice_init)
    }

    /// The elements of its headers, each as a tuple of its name, its descriptor such as "ue(v)", its value, and the bit at which it begins.
    fn headers<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let headers = guarded(|| Ok(py.detach(|| self.0.headers())))?;
        let elements = headers.elements.into_iter();
        PyList::new(
            py,
            elements.map(|read| (read.element.0, descriptor(read.descriptor), read.value, read.bit)),
        )
    }

    /// An iterator over the macroblocks (Macroblock) or coding tree units (CodingTreeUnit) of a slice. DamagedError where the slice cannot be
    /// read on, and StateError or UnsupportedError if it is no slice that can be read.
    ///
    /// >>> import silicabac
    /// >>> unit = next(silicabac.Stream(silicabac.dreams.dream("avc", 7)).slices())
    /// >>> [block.mb_addr for block in unit.blocks()][:3]
    /// [0, 1, 2]
    fn blocks(&self) -> PyResult<Blocks> {
        Blocks::new(&self.0)
    }

    fn __iter__(&self) -> PyResult<Blocks> {
        Blocks::new(&self.0)
    }

    /// The bytes of the unit with its slice data written again: of `macroblocks`, which can be edited ones, or of those that are in it. What is
    /// no slice is given as it is. Slice segments of H.265 are written only as they were read.
    ///
    /// IllegalError if an element cannot have its value, or would be lost. What is derived of a macroblock is not looked at; the first one
    /// is that with which the slice begins.
    ///
    /// >>> import silicabac
    /// >>> unit = next(silicabac.Stream(silicabac.dreams.dream("avc", 7)).slices())
    /// >>> unit.write() == unit.write(list(unit)) == unit.bytes
    /// True
    #[pyo3(signature = (macroblocks=None))]
    fn write<'py>(
        &self,
        py: Python<'py>,
        macroblocks: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let written = match macroblocks {
            None => guarded(|| {
                py.detach(|| self.0.rewrite()).map_err(|error| DamagedError::new_err(error.to_string()))
            })?,
            Some(given) => {
                let given = given.try_iter()?.map(|block| {
                    let block = block?;
                    let wrong = |_| PyTypeError::new_err("macroblocks has to have nothing but Macroblock");
                    Ok(block.cast::<Macroblock>().map_err(wrong)?.get().elements.clone())
                });
                let given = given.collect::<PyResult<Vec<_>>>()?;
                guarded(|| py.detach(|| self.with_macroblocks(given)))?
            }
        };
        Ok(PyBytes::new(py, &written))
    }

    /// The trace of the slice: all its bins, with what they stand for. DamagedError if it cannot be read to its end, StateError if it is no
    /// slice.
    fn trace(&self, py: Python<'_>) -> PyResult<TracedSlice> {
        let traced = guarded(|| Ok(py.detach(|| self.0.trace())))?;
        let traced = traced.ok_or_else(|| StateError::new_err("it is no slice"))?;
        let traced = traced.map_err(|error| DamagedError::new_err(error.to_string()))?;
        let codec = match &*self.0 {
            StreamUnit::Avc(_) => silicabac::context::Codec::Avc,
            StreamUnit::Hevc(_) => silicabac::context::Codec::Hevc,
        };
        Ok(TracedSlice::of_stream(codec, traced))
    }

    fn __repr__(&self) -> String {
        format!("<Unit {}: {}>", self.number(), self.kind())
    }
}
