//! A container that is open for reading: any tensor of it, or a slice of one, without the rest.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom, Write};
use std::path::PathBuf;
use std::rc::Rc;

use pyo3::exceptions::{PyIndexError, PyKeyError};
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyTuple};
use silicabac::files;
use silicabac::weights::compress::WeightsError;
use silicabac::weights::container::{self, Coding};
use silicabac::weights::decompress;
use silicabac::weights::model::{Format, ModelWriter, TensorInfo, Type};
use silicabac::weights::numbers::kind;

use super::{container_failed, failed, pool};
use crate::arrays::{array, bytes};
use crate::errors::os_error;
use crate::held::Held;
use crate::numbers::Int;
use crate::vectors::as_file;

/// What a container is read from.
enum Source {
    Bytes(Cursor<PyBackedBytes>),
    File(BufReader<File>),
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Source::Bytes(bytes) => bytes.read(into),
            Source::File(file) => file.read(into),
        }
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            Source::Bytes(bytes) => bytes.seek(to),
            Source::File(file) => file.seek(to),
        }
    }
}

/// A tensor of a container, without its data.
#[pyclass(frozen, module = "silicabac.weights")]
pub(crate) struct Tensor(container::Tensor);

#[pymethods]
impl Tensor {
    /// Its name.
    #[getter]
    fn name(&self) -> &str {
        &self.0.name
    }

    /// What its elements are: "F32", "F16", "BF16", "F64", or "other".
    #[getter]
    fn element(&self) -> &'static str {
        match kind(self.0.element) {
            Type::F32 => "F32",
            Type::F16 => "F16",
            Type::BF16 => "BF16",
            Type::F64 => "F64",
            Type::Other => "other",
        }
    }

    /// "lossless": it is kept as it was, packed; "deepcabac": as levels, in CABAC; "packed": as levels, packed by xz.
    #[getter]
    fn coding(&self) -> &'static str {
        match self.0.coding {
            Coding::Lossless { .. } => "lossless",
            Coding::DeepCabac { .. } => "deepcabac",
            Coding::Packed { .. } => "packed",
        }
    }

    /// Its shape, a tuple.
    #[getter]
    fn shape<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, &self.0.shape)
    }

    /// How many bytes it is decoded to.
    #[getter]
    fn length(&self) -> u64 {
        self.0.bytes
    }

    /// How many bytes of the container are its own.
    #[getter]
    fn stored(&self) -> u64 {
        self.0.stored()
    }

    /// Into how many slices it is cut, which can be decoded by themselves.
    #[getter]
    fn slice_count(&self) -> u64 {
        self.0.part_count()
    }

    fn __repr__(&self) -> String {
        format!("<Tensor {:?}: {} {:?}, {}>", self.0.name, self.element(), self.0.shape, self.coding())
    }
}

/// A container that is open for reading: of bytes, or with `Container.open` of a file. `silicabac.weights` has what most programs need.
#[pyclass(frozen, subclass, module = "silicabac.weights")]
pub(crate) struct Container(Held<container::Container<Source>>);

impl Container {
    fn of(source: Source) -> PyResult<Container> {
        let opened = container::Container::open(source).map_err(container_failed)?;
        Ok(Container(Held::new(opened)))
    }
}

/// The number of the tensor of this name.
fn number(container: &container::Container<Source>, name: &str) -> PyResult<usize> {
    let found = container.index().tensors.iter().position(|tensor| tensor.name == name);
    found.ok_or_else(|| PyKeyError::new_err(name.to_string()))
}

/// What a model file begins with, while somebody else holds the writer.
struct Beginning(Rc<RefCell<Vec<u8>>>);

impl Write for Beginning {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Beginning {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// What stands before the first data of the safetensors file that the container comes from.
fn beginning(index: &container::Index) -> Result<Vec<u8>, WeightsError> {
    let info = |tensor: &container::Tensor| TensorInfo {
        name: tensor.name.clone(),
        element: kind(tensor.element),
        shape: tensor.shape.clone(),
        bytes: tensor.bytes,
    };
    let tensors: Vec<TensorInfo> = index.tensors.iter().map(info).collect();
    let written = Rc::default();
    let sink = Beginning(Rc::clone(&written));
    let mut writer = ModelWriter::new(sink, Format::Safetensors, &index.skeleton, &tensors)?;
    // The header is written before the first byte of data. Where there is no data the byte is refused, and the header is there as well.
    let _ = writer.write(&[0]);
    Ok(written.take())
}

#[pymethods]
impl Container {
    #[new]
    fn new(data: &Bound<'_, PyAny>) -> PyResult<Container> {
        Container::of(Source::Bytes(Cursor::new(bytes("data", data)?)))
    }

    /// Opens a file. OSError if there is none, FormatError if it is no container, and DamagedError if its index cannot be read; that its
    /// tensors are whole is seen where they are decoded.
    #[staticmethod]
    fn open(py: Python<'_>, path: PathBuf) -> PyResult<Container> {
        let path = as_file(path);
        let file = py.detach(|| files::open_seekable(&path)).map_err(|error| os_error(error, &path))?;
        Container::of(Source::File(BufReader::new(file)))
    }

    /// All tensors without their data, in their order, each a Tensor.
    fn tensors(&self) -> PyResult<Vec<Tensor>> {
        self.0.with(|container| Ok(container.index().tensors.iter().cloned().map(Tensor).collect()))
    }

    /// A tensor without its data. KeyError if there is none of this name.
    fn tensor(&self, name: &str) -> PyResult<Tensor> {
        self.0.with(|container| {
            let number = number(container, name)?;
            Ok(Tensor(container.index().tensors[number].clone()))
        })
    }

    /// The data of a tensor as it was in the model file, an array of uint8; the other tensors are not decoded. DamagedError if it is damaged.
    #[pyo3(signature = (name, progress=None, jobs=None))]
    fn raw<'py>(
        &self,
        py: Python<'py>,
        name: &str,
        progress: Option<Py<PyAny>>,
        jobs: Option<Int>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let jobs = jobs.map(|jobs| jobs.within("jobs", 1..=1024)).transpose()?;
        self.0.with(|container| {
            let number = number(container, name)?;
            let total = container.index().tensors[number].bytes;
            let raw = pool::run(py, jobs, total, progress.as_ref(), |progress| {
                let mut raw = Vec::new();
                decompress::extract(container, number, &mut raw, &|bytes| progress(bytes)).map(|()| raw)
            })?;
            Ok(array::<u8>(py, raw.map_err(failed)?))
        })
    }

    /// The data of a slice of a tensor, likewise; slices are numbered from 0 on, and each but the last has the same length. IndexError if
    /// there is none of this number.
    fn raw_slice<'py>(&self, py: Python<'py>, name: &str, slice: Int) -> PyResult<Bound<'py, PyAny>> {
        let slice = slice.within("slice", 0..=usize::MAX)?;
        let raw = self.0.with(|container| {
            let number = number(container, name)?;
            let raw = py.detach(|| decompress::extract_part(container, number, slice));
            raw.map_err(container_failed)?
                .ok_or_else(|| PyIndexError::new_err("the tensor has no such slice"))
        })?;
        Ok(array::<u8>(py, raw))
    }

    /// The levels of a slice of a tensor, an array of int32; None if the tensor is kept lossless. IndexError likewise.
    fn levels<'py>(&self, py: Python<'py>, name: &str, slice: Int) -> PyResult<Option<Bound<'py, PyAny>>> {
        let slice = slice.within("slice", 0..=usize::MAX)?;
        let levels = self.0.with(|container| {
            let number = number(container, name)?;
            if slice as u64 >= container.index().tensors[number].part_count() {
                return Err(PyIndexError::new_err("the tensor has no such slice"));
            }
            py.detach(|| decompress::levels(container, number, slice)).map_err(container_failed)
        })?;
        Ok(levels.map(|levels| array::<i32>(py, levels)))
    }

    /// The format of the model file that it comes from: "safetensors", "npz", "ONNX" or "PyTorch".
    #[getter]
    fn format(&self) -> PyResult<String> {
        self.0.with(|container| {
            let format = container.index().format;
            let found = Format::ALL.into_iter().find(|known| *known as u8 == format);
            Ok(found.map_or("unknown".into(), |format| format.to_string()))
        })
    }

    /// The header of a safetensors file that it comes from, as text of JSON; None if it comes from another one.
    fn header(&self, py: Python<'_>) -> PyResult<Option<String>> {
        self.0.with(|container| {
            let index = container.index();
            if index.format != Format::Safetensors as u8 {
                return Ok(None);
            }
            let beginning = py.detach(|| beginning(index)).map_err(failed)?;
            let text = beginning.get(8..).unwrap_or_default();
            let length = beginning.first_chunk().map_or(0, |length| u64::from_le_bytes(*length));
            let text = text.get(..usize::try_from(length).unwrap_or(usize::MAX)).unwrap_or(text);
            Ok(Some(String::from_utf8_lossy(text).into_owned()))
        })
    }

    /// The model file that it comes from, with its weights as they are decoded: bytes.
    #[pyo3(signature = (progress=None, jobs=None))]
    fn model<'py>(
        &self,
        py: Python<'py>,
        progress: Option<Py<PyAny>>,
        jobs: Option<Int>,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let jobs = jobs.map(|jobs| jobs.within("jobs", 1..=1024)).transpose()?;
        self.0.with(|container| {
            let tensors = container.index().tensors.iter();
            let total = tensors.fold(0, |sum: u64, tensor| sum.saturating_add(tensor.bytes));
            let model = pool::run(py, jobs, total, progress.as_ref(), |progress| {
                let sink = Cursor::new(Vec::new());
                decompress::decompress(container, sink, &mut Err, &|bytes| progress(bytes))
            })?;
            Ok(PyBytes::new(py, model.map_err(failed)?.get_ref()))
        })
    }

    /// Whether a wrong byte has been corrected, of the index or of levels that have been read.
    #[getter]
    fn is_repaired(&self) -> PyResult<bool> {
        self.0.with(|container| Ok(container.is_repaired()))
    }

    /// Gives up its memory and its file; later calls raise ClosedError.
    fn close(&self) -> PyResult<()> {
        self.0.close()
    }

    fn __len__(&self) -> PyResult<usize> {
        self.0.with(|container| Ok(container.index().tensors.len()))
    }

    fn __contains__(&self, name: &str) -> PyResult<bool> {
        self.0.with(|container| Ok(number(container, name).is_ok()))
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
        self.0.close()
    }
}
