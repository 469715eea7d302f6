//! A stream in memory: its NAL units one after the other, and of each slice its macroblocks or coding tree units.
//!
//! Invariant: a unit is independent of the stream that it came from, so that a program can keep it. Slice data is read whole, when its first
//! block is asked for and with the interpreter let go; what is damaged in it is raised after the last block before the damage, and the next
//! unit is read as if nothing had been.

mod avc;
mod blocks;
mod hevc;
mod table;
mod unit;

use std::io::Cursor;

use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use silicabac::context::Codec;
use silicabac::stream::{self, StreamUnit, codec_of};

use crate::arrays::bytes;
use crate::coders::{codec, codec_name};
use crate::errors::raised::{DamagedError, FormatError};
use crate::held::Held;

pub(crate) use avc::Macroblock;
pub(crate) use blocks::Blocks;
pub(crate) use hevc::CodingTreeUnit;
pub(crate) use unit::Unit;

/// The units that are still to come.
type Source = stream::Stream<Cursor<PyBackedBytes>>;

/// A stream of H.264 or H.265: bytes as annex B of either standard has them, or NAL units with their lengths before them. It iterates over
/// its NAL units. The last of these can be empty, if bytes follow that belong to none, so that prefixes and bytes of all units are the stream.
///
/// `codec` is "avc" or "hevc"; without it the first bytes have to say which it is, or it is a FormatError.
///
/// >>> import silicabac
/// >>> data = silicabac.dreams.dream("avc", 7)
/// >>> stream = silicabac.Stream(data)
/// >>> stream.codec
/// 'avc'
/// >>> next(stream).kind
/// 'access unit delimiter'
#[pyclass(frozen, module = "silicabac")]
pub(crate) struct Stream {
    source: Held<Source>,
    codec: Codec,
}

impl Stream {
    fn next_unit(&self, py: Python<'_>) -> PyResult<Option<StreamUnit>> {
        let unit = py.detach(|| self.source.with(|source| Ok(source.next())))?;
        unit.transpose().map_err(|error| DamagedError::new_err(error.to_string()))
    }
}

#[pymethods]
impl Stream {
    #[new]
    #[pyo3(signature = (data, codec=None))]
    fn new(py: Python<'_>, data: &Bound<'_, PyAny>, codec: Option<&str>) -> PyResult<Stream> {
        let data = bytes("data", data)?;
        let codec = match codec {
            Some(name) => self::codec(name)?,
            None => {
                let start = &data[..data.len().min(1 << 20)];
                let found = py.detach(|| codec_of(start));
                found
                    .ok_or_else(|| FormatError::new_err("the bytes do not say of which standard they are"))?
            }
        };
        Ok(Stream { source: Held::new(stream::Stream::new(codec, Cursor::new(data))), codec })
    }

    /// "avc" or "hevc".
    #[getter]
    fn codec(&self) -> &'static str {
        codec_name(self.codec)
    }

    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Unit>> {
        Ok(self.next_unit(py)?.map(Unit::new))
    }

    /// An iterator over the units that are slices, or slice segments, of which the data can be read.
    ///
    /// >>> import silicabac
    /// >>> data = silicabac.dreams.dream("hevc", 7)
    /// >>> all(unit.state == "slice" for unit in silicabac.Stream(data).slices())
    /// True
    fn slices(slf: &Bound<'_, Self>) -> Slices {
        Slices(slf.clone().unbind())
    }

    /// Gives up its memory; later calls raise ClosedError.
    fn close(&self) -> PyResult<()> {
        self.source.close()
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
        self.source.close()
    }
}

/// The slices of a stream.
#[pyclass(frozen, module = "silicabac")]
pub(crate) struct Slices(Py<Stream>);

#[pymethods]
impl Slices {
    fn __iter__(slf: PyRef<'_, Self>) -> PyRef<'_, Self> {
        slf
    }

    fn __next__(&self, py: Python<'_>) -> PyResult<Option<Unit>> {
        while let Some(unit) = self.0.get().next_unit(py)? {
            if unit.init().is_some() {
                return Ok(Some(Unit::new(unit)));
            }
            py.check_signals()?;
        }
        Ok(None)
    }
}
