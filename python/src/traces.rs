//! Traces: the bins of recorded slices, with context variables and bytes (`docs/trace-format.md`).

use std::path::PathBuf;
use std::sync::Arc;

use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use silicabac::bin::Event;
use silicabac::context::Codec;
use silicabac::replay;
use silicabac::trace::{self, SliceTrace, TraceError};

use crate::arrays::{array, bytes};
use crate::coders::{SliceInit, codec, codec_name, slice_init};
use crate::errors::raised::{FormatError, MismatchError};
use crate::errors::{guarded, os_error};
use crate::events::event_array;
use crate::vectors::as_file;

/// A recorded slice or slice segment.
///
/// >>> import silicabac
/// >>> unit = next(silicabac.Stream(silicabac.dreams.dream("avc", 7)).slices())
/// >>> traced = unit.trace()
/// >>> traced.replay()
/// >>> decoder = silicabac.Decoder(traced.payload)
/// >>> bool((decoder.code(traced.events) == traced.events).all())
/// True
#[pyclass(frozen, module = "silicabac.traces")]
#[derive(Clone)]
pub(crate) struct TracedSlice {
    codec: Codec,
    slice: Arc<trace::TracedSlice>,
    /// What its bins stand for, if it is of a stream.
    of_stream: Option<Arc<Known>>,
}

/// What a trace file does not have.
struct Known {
    elements: Vec<trace::Noted>,
    units: Vec<(u32, usize)>,
}

impl TracedSlice {
    pub(crate) fn of_stream(codec: Codec, traced: SliceTrace) -> TracedSlice {
        let SliceTrace { slice, elements, units } = traced;
        let known = Known { elements, units };
        TracedSlice { codec, slice: Arc::new(slice), of_stream: Some(Arc::new(known)) }
    }

    /// Its events, as a judge takes them.
    pub(crate) fn all_events(&self) -> Vec<Event> {
        self.slice.events()
    }
}

#[pymethods]
impl TracedSlice {
    /// "avc" or "hevc".
    #[getter]
    fn codec(&self) -> &'static str {
        codec_name(self.codec)
    }

    /// The byte of the stream at which its NAL unit begins.
    #[getter]
    fn nal_offset(&self) -> u64 {
        self.slice.header.nal_offset
    }

    /// nal_unit_type.
    #[getter]
    fn nal_type(&self) -> u8 {
        self.slice.header.nal_type
    }

    /// What initialises its contexts, a SliceInit; None of a dependent slice segment, which goes on with those of the segment before it.
    #[getter]
    fn init(&self) -> Option<SliceInit> {
        self.slice.header.init(self.codec).map(slice_init)
    }

    /// The slice data from its first CABAC byte to its end, without emulation prevention.
    #[getter]
    fn payload<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.slice.payload)
    }

    /// How many bins it has; alignments count.
    fn __len__(&self) -> usize {
        self.slice.segments.iter().map(|segment| segment.events.len()).sum()
    }

    /// Its bins and alignments, an array of silicabac.EVENT.
    #[getter]
    fn bins<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let events = self.slice.segments.iter().flat_map(|segment| &segment.events);
        event_array(py, &events.copied().collect::<Vec<_>>())
    }

    /// All that a coder is asked for, an array of silicabac.EVENT: bins, alignments, loads, raw bytes, and the start of each engine run but the
    /// first.
    #[getter]
    fn events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let events = guarded(|| Ok(py.detach(|| self.slice.events())))?;
        event_array(py, &events)
    }

    /// The state of the context variable before each context bin, an array of uint8: pStateIdx, and 64 added if valMPS is 1.
    #[getter]
    fn states<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        let states = self.slice.segments.iter().flat_map(|segment| &segment.states);
        array::<u8>(py, states.map(|model| model.bits()).collect())
    }

    /// The byte of the payload at which each engine run begins, an array of uint32.
    #[getter]
    fn segments<'py>(&self, py: Python<'py>) -> Bound<'py, PyAny> {
        array::<u32>(py, self.slice.segments.iter().map(|segment| segment.offset).collect())
    }

    /// The syntax elements, each as a tuple of the number of its first bin and its name; None if the slice is of a trace file, which does
    /// not have them.
    #[getter]
    fn elements(&self) -> Option<Vec<(usize, &'static str)>> {
        let known = self.of_stream.as_ref()?;
        Some(known.elements.iter().map(|noted| (noted.bin, noted.element.0)).collect())
    }

    /// The addresses of the macroblocks or coding tree units, each with the number of the bin after its last one; None likewise.
    #[getter]
    fn units(&self) -> Option<Vec<(u32, usize)>> {
        self.of_stream.as_ref().map(|known| known.units.clone())
    }

    /// Decodes it by oracle and engine and encodes it again, and compares every bin, state, register and byte. MismatchError says where it
    /// differs.
    fn replay(&self, py: Python<'_>) -> PyResult<()> {
        guarded(|| {
            let replayed = py.detach(|| replay::replay(&self.slice));
            replayed.map_err(|error| MismatchError::new_err(error.to_string()))
        })
    }

    fn __repr__(&self) -> String {
        format!("<TracedSlice at byte {}: {} bins>", self.nal_offset(), self.__len__())
    }
}

/// The bins of one stream, a sequence of TracedSlice.
///
/// `Trace(codec, slices)` makes one of slices that were traced, to be written.
///
/// >>> import silicabac
/// >>> stream = silicabac.Stream(silicabac.dreams.dream("avc", 7))
/// >>> trace = silicabac.Trace(stream.codec, [unit.trace() for unit in stream.slices()])
/// >>> len(silicabac.Trace.from_bytes(trace.to_bytes())) == len(trace)
/// True
#[pyclass(frozen, module = "silicabac.traces")]
pub(crate) struct Trace {
    codec: Codec,
    slices: Vec<TracedSlice>,
}

impl Trace {
    fn of(trace: trace::Trace) -> Trace {
        let codec = trace.codec;
        let slices = trace.slices.into_iter();
        let slices = slices.map(|slice| TracedSlice { codec, slice: Arc::new(slice), of_stream: None });
        Trace { codec, slices: slices.collect() }
    }
}

#[pymethods]
impl Trace {
    #[new]
    fn new(codec: &str, slices: Vec<PyRef<'_, TracedSlice>>) -> PyResult<Trace> {
        Ok(Trace {
            codec: self::codec(codec)?,
            slices: slices.iter().map(|slice| (**slice).clone()).collect(),
        })
    }

    /// Reads a trace file. OSError if there is none, and FormatError if it is none.
    #[staticmethod]
    fn read(py: Python<'_>, path: PathBuf) -> PyResult<Trace> {
        let path = as_file(path);
        let read = guarded(|| Ok(py.detach(|| trace::Trace::read(&path))))?;
        read.map(Trace::of).map_err(|error| match error {
            // A damaged frame is an error without a number of the system.
            TraceError::Io(source) if source.raw_os_error().is_some() => os_error(source, &path),
            error => FormatError::new_err(format!("{}: {error}", path.display())),
        })
    }

    /// Reads the bytes of a trace file.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, data: &Bound<'_, PyAny>) -> PyResult<Trace> {
        let data = bytes("data", data)?;
        guarded(|| {
            let read = py.detach(|| trace::Trace::read_from(&*data));
            read.map(Trace::of).map_err(|error| FormatError::new_err(error.to_string()))
        })
    }

    /// The bytes of a trace file. FormatError if the trace could not be read again.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut packed = Vec::new();
        guarded(|| {
            py.detach(|| {
                let mut writer = trace::TraceWriter::new(self.codec, self.codec.contexts() as u16);
                self.slices.iter().try_for_each(|slice| writer.push(&slice.slice))?;
                writer.finish(&mut packed)
            })
            .map_err(|error: TraceError| FormatError::new_err(error.to_string()))
        })?;
        Ok(PyBytes::new(py, &packed))
    }

    /// "avc" or "hevc".
    #[getter]
    fn codec(&self) -> &'static str {
        codec_name(self.codec)
    }

    fn __len__(&self) -> usize {
        self.slices.len()
    }

    fn __getitem__(&self, index: isize) -> PyResult<TracedSlice> {
        let count = self.slices.len() as isize;
        let at = if index < 0 { index.saturating_add(count) } else { index };
        let slice = usize::try_from(at).ok().and_then(|at| self.slices.get(at));
        slice.cloned().ok_or_else(|| PyIndexError::new_err("the trace has no such slice"))
    }

    fn __repr__(&self) -> String {
        format!("<Trace of {} slices, {}>", self.slices.len(), self.codec())
    }
}
