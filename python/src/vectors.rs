//! Test vectors: made, read, written, and checked by all coders without a clock (`docs/vectors.md`).

use std::path::{Path, PathBuf};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use silicabac::bin::{Event, with_starts};
use silicabac::stress;
use silicabac::vectors::{self, FileError, Flag};

use crate::arrays::bytes;
use crate::coders::{SliceInit, slice_init};
use crate::errors::raised::{FormatError, MismatchError, StateError};
use crate::errors::{decode_error, guarded, os_error};
use crate::events::{event_array, events, is_in_run_after};
use crate::numbers::Int;

/// A slice as a test, with what coders have to make of it. The oracle, which is the flowcharts of the standard, has filled it in.
///
/// >>> import silicabac
/// >>> vector = silicabac.vectors.make("mine", "a less probable symbol", "L5=62.1 C5=0 T=1")
/// >>> vector.id, vector.bins, vector.bytes.hex(), vector.error
/// ('mine', 2, 'fefc', None)
#[pyclass(frozen, eq, module = "silicabac.vectors")]
#[derive(Clone, PartialEq)]
pub(crate) struct Vector(pub(crate) vectors::Vector);

/// Flags by their names.
fn flags_of(names: &[String]) -> PyResult<Vec<Flag>> {
    let flag = |name: &String| {
        let found = Flag::ALL.iter().find(|flag| flag.name() == name);
        found.copied().ok_or_else(|| PyValueError::new_err(format!("there is no flag {name:?}")))
    };
    names.iter().map(flag).collect()
}

/// The events with their starts, if an encoder can be asked for them one after the other.
fn playable(given: Vec<Event>) -> PyResult<Vec<Event>> {
    let events = with_starts(given);
    let mut is_in_run = true;
    for (at, event) in events.iter().enumerate() {
        is_in_run = is_in_run_after(*event, is_in_run).ok_or_else(|| {
            StateError::new_err(format!("event {at}, {event}, cannot come where it stands"))
        })?;
    }
    match is_in_run {
        true => Err(StateError::new_err("the events do not end with a terminate bin of 1")),
        false => Ok(events),
    }
}

#[pymethods]
impl Vector {
    /// The vector of events, an array of silicabac.EVENT, as the oracle encodes them. The starts of engine runs are put where they belong;
    /// the events have to end with a terminate bin of 1 or the raw bytes after it (StateError).
    #[staticmethod]
    #[pyo3(signature = (id, comment, events, flags=Vec::new()), text_signature = "(id, comment, events, flags=())")]
    fn encoded(
        py: Python<'_>,
        id: &str,
        comment: &str,
        events: &Bound<'_, PyAny>,
        flags: Vec<String>,
    ) -> PyResult<Vector> {
        let (events, flags) = (playable(self::events("events", events)?)?, flags_of(&flags)?);
        guarded(|| Ok(py.detach(|| Vector(vectors::Vector::encoded(id, comment, &flags, events)))))
    }

    /// The vector of what the oracle decodes of `data`, if it is asked for these events. Their bins and raw bytes do not matter.
    #[staticmethod]
    #[pyo3(signature = (id, comment, data, events, flags=Vec::new()), text_signature = "(id, comment, data, events, flags=())")]
    fn decoded(
        py: Python<'_>,
        id: &str,
        comment: &str,
        data: &Bound<'_, PyAny>,
        events: &Bound<'_, PyAny>,
        flags: Vec<String>,
    ) -> PyResult<Vector> {
        let (data, asked) = (bytes("data", data)?.to_vec(), self::events("events", events)?);
        let flags = flags_of(&flags)?;
        guarded(|| Ok(py.detach(|| Vector(vectors::Vector::decoded(id, comment, &flags, data, asked)))))
    }

    /// Its name: unique in a suite; letters, digits and hyphens.
    #[getter]
    fn id(&self) -> &str {
        &self.0.id
    }

    /// What is in it, in words.
    #[getter]
    fn comment(&self) -> &str {
        &self.0.comment
    }

    /// The names of the bugs that it is there for, or of the ways in which it is to be played.
    #[getter]
    fn flags(&self) -> Vec<&'static str> {
        self.0.flags.iter().map(|flag| flag.name()).collect()
    }

    /// The class that it belongs to: its id with N for every number.
    #[getter]
    fn class_name(&self) -> String {
        self.0.class()
    }

    /// The slice header that gives its contexts their states, a SliceInit, if there is one.
    #[getter]
    fn init(&self) -> Option<SliceInit> {
        self.0.init.map(slice_init)
    }

    /// Its requests with the bins that a decoder returns, an array of silicabac.EVENT, with the start of each engine run but the first.
    #[getter]
    fn events<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        event_array(py, &self.0.events)
    }

    /// Slice data, with the bytes after its end.
    #[getter]
    fn bytes<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.bytes)
    }

    /// How many bits a decoder has read in the end.
    #[getter]
    fn position(&self) -> u64 {
        self.0.position
    }

    /// The first error that a decoder meets, a DecodeError; or None.
    #[getter]
    fn error(&self) -> Option<PyErr> {
        self.0.error.map(decode_error)
    }

    /// Whether no encoder makes these bytes of these events.
    #[getter]
    fn decode_only(&self) -> bool {
        self.0.decode_only
    }

    /// How many bins it has.
    #[getter]
    fn bins(&self) -> usize {
        self.0.bins()
    }

    /// Checks that oracle and engine make of it what it says. MismatchError, with what differs, if they do not.
    ///
    /// >>> import silicabac
    /// >>> for vector in silicabac.vectors.suite("smoke"):
    /// ...     vector.check()
    fn check(&self, py: Python<'_>) -> PyResult<()> {
        guarded(|| {
            py.detach(|| vectors::check(&self.0)).map_err(|error| MismatchError::new_err(error.to_string()))
        })
    }

    fn __repr__(&self) -> String {
        format!("<Vector {}: {}>", self.0.id, self.0.comment)
    }
}

/// Makes a vector of requests that are written as in files of vectors, such as "L5=62.1" (context 5 is loaded with state 62 and valMPS 1),
/// "C5=011" (three bins with context 5), "B=10", "T=0", "A" (an alignment), "R=00ff" (raw bytes), with blanks and line ends between them; the
/// rest of a line after "#" is a remark. FormatError if it is no slice.
#[pyfunction]
#[pyo3(signature = (id, comment, requests, flags=Vec::new()), text_signature = "(id, comment, requests, flags=())")]
pub(crate) fn make(
    py: Python<'_>,
    id: &str,
    comment: &str,
    requests: &str,
    flags: Vec<String>,
) -> PyResult<Vector> {
    let flags = flags_of(&flags)?;
    let made = guarded(|| Ok(py.detach(|| vectors::make(id, comment, &flags, requests))))?;
    made.map(Vector).map_err(|error| FormatError::new_err(error.to_string()))
}

/// Reads the text of a file of vectors, str or bytes: the name of its suite, and the vectors. They are not checked by coders here.
/// FormatError says in which vector and field something is wrong.
///
/// >>> import silicabac
/// >>> vectors = silicabac.vectors.suite("smoke")
/// >>> silicabac.vectors.read(silicabac.vectors.write("mine", vectors)) == ("mine", vectors)
/// True
#[pyfunction]
pub(crate) fn read(py: Python<'_>, text: &Bound<'_, PyAny>) -> PyResult<(String, Vec<Vector>)> {
    let text = match text.extract::<String>() {
        Ok(text) => text.into_bytes(),
        Err(_) => bytes("text", text)?.to_vec(),
    };
    let read = guarded(|| Ok(py.detach(|| vectors::read_json(&text))))?;
    let (suite, vectors) = read.map_err(|error| FormatError::new_err(error.to_string()))?;
    Ok((suite, vectors.into_iter().map(Vector).collect()))
}

/// Reads a file of vectors, as `read` does. OSError if there is none.
#[pyfunction]
pub(crate) fn read_file(py: Python<'_>, path: PathBuf) -> PyResult<(String, Vec<Vector>)> {
    let path = as_file(path);
    let read = guarded(|| Ok(py.detach(|| vectors::read_file(&path))))?;
    let (suite, vectors) = read.map_err(|error| match error {
        FileError::Read { source, .. } => os_error(source, &path),
        error => FormatError::new_err(error.to_string()),
    })?;
    Ok((suite, vectors.into_iter().map(Vector).collect()))
}

/// Writes vectors as the text of a file. ValueError for a name that could not be read again.
#[pyfunction]
pub(crate) fn write(py: Python<'_>, suite: &str, vectors: Vec<PyRef<'_, Vector>>) -> PyResult<String> {
    let vectors: Vec<vectors::Vector> = vectors.iter().map(|vector| vector.0.clone()).collect();
    guarded(|| {
        let mut text = Vec::new();
        let written = py.detach(|| vectors::write_json(suite, &vectors, &mut text));
        written.map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(String::from_utf8(text)?)
    })
}

/// Writes vectors as words for $readmemh.
#[pyfunction]
pub(crate) fn write_hex(py: Python<'_>, vectors: Vec<PyRef<'_, Vector>>) -> PyResult<String> {
    let vectors: Vec<vectors::Vector> = vectors.iter().map(|vector| vector.0.clone()).collect();
    guarded(|| {
        let mut text = Vec::new();
        let written = py.detach(|| vectors::write_hex(&vectors, &mut text));
        written.map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(String::from_utf8(text)?)
    })
}

/// The vectors of a suite that is made up: "smoke", "directed", "invalid", "random" (which depends on the seed) or "limits".
#[pyfunction]
#[pyo3(signature = (name, seed=Int::ONE), text_signature = "(name, seed=1)")]
pub(crate) fn suite(py: Python<'_>, name: &str, seed: Int) -> PyResult<Vec<Vector>> {
    let seed = seed.within("seed", 0..=u64::MAX)?;
    let made: fn(u64) -> Vec<vectors::Vector> = match name {
        "smoke" => |_| stress::smoke(),
        "directed" => |_| stress::directed(),
        "invalid" => |_| stress::damage::vectors(),
        "random" => stress::random::vectors,
        "limits" => |_| stress::limits::vectors(),
        _ => {
            let known = "smoke, directed, invalid, random and limits";
            return Err(PyValueError::new_err(format!("there is no suite {name:?}; there are {known}")));
        }
    };
    guarded(|| Ok(py.detach(|| made(seed)).into_iter().map(Vector).collect()))
}

/// All flags of vectors, each with its name, the bug that it stands for, and how that shows.
#[pyfunction]
pub(crate) fn flags() -> Vec<(&'static str, &'static str, &'static str)> {
    Flag::ALL.iter().map(|flag| (flag.name(), flag.bug(), flag.shows())).collect()
}

/// A path of Python, in which "-" is a file of that name and not the standard input.
pub(crate) fn as_file(path: PathBuf) -> PathBuf {
    if path == Path::new("-") { Path::new(".").join(path) } else { path }
}
