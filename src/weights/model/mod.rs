//! Model files, taken apart into tensors and a skeleton, and put together again: safetensors, NumPy's npz, ONNX, checkpoints of PyTorch.
//!
//! Invariant: every byte of a file is either in the raw data of exactly one tensor or in the skeleton, so that writing
//! both gives the file back: safetensors, ONNX, PyTorch and stored npz byte for byte, deflated npz entry for entry
//! (deflate is not unique). A model of several files, shards of safetensors or ONNX with external data, comes back as one.
//! A skeleton is at most 256 MiB; raw data is never held, only passed through in the caller's pieces.
//!
//! No code is generated from a schema, and no crate maps or loads a file: what is cut out is a range of bytes (`cut`), and the module of a
//! format only says where the ranges are.

mod archive;
mod beside;
mod cut;
mod error;
mod halves;
mod nested;
mod npy;
mod npz;
mod onnx;
mod payload;
mod pickle;
mod pytorch;
mod refused;
mod safetensors;
mod shards;
mod source;
mod wire;

use std::collections::HashMap;
use std::fmt;
use std::io::{Seek, Write};
use std::path::Path;

use payload::{Origin, Payloads, Place};
use source::Source;

pub use error::ModelError;

use crate::files;

/// How a model file is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A JSON header, then raw data.
    Safetensors,
    /// A zip archive of NumPy arrays.
    Npz,
    /// A protobuf with a graph.
    Onnx,
    /// A zip archive of a pickle, and of the storages that it names.
    PyTorch,
}

impl Format {
    /// All formats, in the order of their numbers.
    ///
    /// ```
    /// use silicabac::weights::model::Format;
    /// assert!(Format::ALL.iter().enumerate().all(|(number, format)| *format as usize == number));
    /// ```
    pub const ALL: [Format; 4] = [Format::Safetensors, Format::Npz, Format::Onnx, Format::PyTorch];
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Format::Safetensors => "safetensors",
            Format::Npz => "npz",
            Format::Onnx => "ONNX",
            Format::PyTorch => "PyTorch",
        })
    }
}

/// What the elements of a tensor are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// IEEE 754 binary32, little-endian.
    F32,
    /// IEEE 754 binary16, little-endian.
    F16,
    /// The upper half of a binary32, little-endian.
    BF16,
    /// Not a weight: bytes, whose type only the skeleton knows.
    Other,
    /// IEEE 754 binary64, little-endian.
    F64,
}

impl Type {
    /// How many bytes an element takes, if it is a weight.
    ///
    /// ```
    /// use silicabac::weights::model::Type;
    /// assert_eq!((Type::BF16.bytes(), Type::Other.bytes()), (Some(2), None));
    /// ```
    pub fn bytes(self) -> Option<usize> {
        match self {
            Type::F32 => Some(4),
            Type::F16 | Type::BF16 => Some(2),
            Type::F64 => Some(8),
            Type::Other => None,
        }
    }
}

/// A tensor without its data.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TensorInfo {
    /// Its name in the file; that of an ONNX Constant is its node's output. No two tensors of a file have the same name: where ONNX allows
    /// that, in subgraphs side by side, the second `w` is called `w#2`.
    pub name: String,
    /// What its elements are.
    pub element: Type,
    /// Its dimensions, as the file has them; none for a scalar.
    pub shape: Vec<u64>,
    /// The length of its raw data. That of a weight is the product of its shape times the size of an element.
    pub bytes: u64,
}

/// A model file that is open for reading.
///
/// ```
/// use silicabac::weights::model::{Format, ModelFile, ModelWriter, Type};
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("model.safetensors");
/// # let header = r#"{"bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
/// # let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
/// # bytes.extend(header.as_bytes());
/// # bytes.extend([1.5f32, -2.0].iter().flat_map(|value| value.to_le_bytes()));
/// # std::fs::write(&path, &bytes)?;
/// let mut file = ModelFile::open(&path)?;
/// assert_eq!(file.format(), Format::Safetensors);
/// assert_eq!((&file.tensors()[0].name[..], file.tensors()[0].element), ("bias", Type::F32));
/// let mut second = [0; 4];
/// file.read(0, 4, &mut second)?;
/// assert_eq!(f32::from_le_bytes(second), -2.0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ModelFile {
    format: Format,
    tensors: Vec<TensorInfo>,
    skeleton: Vec<u8>,
    payloads: Payloads,
}

/// What the module of a format finds in a file.
struct Parsed {
    tensors: Vec<TensorInfo>,
    /// Where their data is, tensor for tensor.
    places: Vec<Place>,
    skeleton: Vec<u8>,
    /// Its other files; the one that was opened is number 0.
    others: Vec<Origin>,
}

/// Which module takes a file apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Safetensors,
    Onnx,
    Zip,
    /// An index of shards.
    Shards,
}

impl ModelFile {
    /// Opens a file, or a pipe ([`files::open_seekable`]), and reads everything but the data of its tensors. The content of the file
    /// determines its format, and only where that is ambiguous, its name.
    ///
    /// What the file names is read too, from its directory: the shards of an index of safetensors, which has a `weight_map`,
    /// and the external data of ONNX.
    pub fn open(path: &Path) -> Result<ModelFile, ModelError> {
        let file = files::open_seekable(path)
            .map_err(|source| ModelError::Open { path: path.to_path_buf(), source })?;
        let mut source = Source::new(file)?;
        let (format, parsed) = match format_of(path, &mut source)? {
            Layout::Safetensors => (Format::Safetensors, safetensors::parse(&mut source)?),
            Layout::Zip => archive::parse(&mut source)?,
            Layout::Onnx => (Format::Onnx, onnx::parse(path, &mut source)?),
            Layout::Shards => (Format::Safetensors, shards::parse(path, &mut source)?),
        };
        let Parsed { tensors, places, skeleton, others } = parsed;
        let mut files = vec![Origin::Open(source.into_file())];
        files.extend(others);
        Ok(ModelFile { format, tensors, skeleton, payloads: Payloads::new(files, places) })
    }

    /// How the file is laid out.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The tensors, in the order of their data in the file.
    ///
    /// In PyTorch every storage that has bytes is one. In npz every entry is one, even if it is not an array: its name is that of the
    /// entry, without `.npy`. In ONNX those are tensors whose data is a run of 64 bytes or longer; scalars and the like stay in the graph.
    /// Elements of two bytes that the file has as varints, in `int32_data`, are shown as these bytes; other varints are shown as they are
    /// in the file.
    pub fn tensors(&self) -> &[TensorInfo] {
        &self.tensors
    }

    /// Everything else that [`ModelWriter`] needs to write the file again.
    pub fn skeleton(&self) -> &[u8] {
        &self.skeleton
    }

    /// Reads raw bytes of a tensor, from an offset on.
    ///
    /// Reading forwards is fast in every format; going back in a deflated entry of an npz starts again at the entry's beginning. The
    /// checksum of an entry of a zip archive is checked when it is read from its beginning to its end, in pieces of any size.
    pub fn read(&mut self, tensor: usize, offset: u64, bytes: &mut [u8]) -> Result<(), ModelError> {
        let range = ModelError::Range { tensor, offset, length: bytes.len() };
        let Some(info) = self.tensors.get(tensor) else { return Err(range) };
        if offset.checked_add(bytes.len() as u64).is_none_or(|end| end > info.bytes) {
            return Err(range);
        }
        self.payloads.read(tensor, &info.name, offset, bytes)
    }
}

/// The layout of a file by its first bytes, else by its extension.
fn format_of(path: &Path, source: &mut Source) -> Result<Layout, ModelError> {
    let mut head = [0; 16];
    let length = source.length().min(16) as usize;
    source.read(&mut head[..length])?;
    if safetensors::is_likely(&head, source.length()) {
        return Ok(Layout::Safetensors);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06") {
        return Ok(Layout::Zip);
    }
    if onnx::is_likely(&head) {
        return Ok(Layout::Onnx);
    }
    if shards::is_likely(&head) {
        return Ok(Layout::Shards);
    }
    if let Some(refused) = refused::by_content(&head) {
        return Err(refused);
    }
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("safetensors") => Ok(Layout::Safetensors),
        Some("npz") => Ok(Layout::Zip),
        Some("onnx") => Ok(Layout::Onnx),
        _ => Err(refused::by_name(path).unwrap_or_else(|| ModelError::Unknown { path: path.to_path_buf() })),
    }
}

/// Writes a model file from what [`ModelFile`] gave, and the raw bytes of its tensors.
///
/// ```
/// use silicabac::weights::model::{ModelFile, ModelWriter};
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("model.safetensors");
/// # let header = r#"{"bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#;
/// # let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
/// # bytes.extend(header.as_bytes());
/// # bytes.extend([1.5f32, -2.0].iter().flat_map(|value| value.to_le_bytes()));
/// # std::fs::write(&path, &bytes)?;
/// let mut file = ModelFile::open(&path)?;
/// let sink = std::io::Cursor::new(Vec::new());
/// let mut writer = ModelWriter::new(sink, file.format(), file.skeleton(), file.tensors())?;
/// let mut data = [0; 8];
/// file.read(0, 0, &mut data)?;
/// for piece in data.chunks(3) {
///     writer.write(piece)?;
/// }
/// assert_eq!(writer.finish()?.into_inner(), std::fs::read(&path)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ModelWriter<W: Write + Seek> {
    body: Body<W>,
    tensors: Vec<TensorInfo>,
    /// The number of the tensor that begins next.
    next: usize,
    /// How many bytes of the current tensor are still to be written.
    left: u64,
}

/// How the file is written.
#[derive(Debug)]
enum Body<W: Write + Seek> {
    Cut(cut::Writer<W>),
    Nested(nested::Writer<W>),
    Packed(Box<npz::Writer<W>>),
}

impl<W: Write + Seek> ModelWriter<W> {
    /// Begins a file in an empty sink. The four arguments belong to one file; a skeleton that does not fit is refused.
    pub fn new(sink: W, format: Format, skeleton: &[u8], tensors: &[TensorInfo]) -> Result<Self, ModelError> {
        if skeleton.len() as u64 > cut::MAX_SKELETON {
            return Err(ModelError::Mismatch("it is longer than any"));
        }
        let body = match (format, skeleton.split_first()) {
            (Format::Npz, Some((&npz::PACKED, rest))) => {
                Body::Packed(Box::new(npz::Writer::new(sink, rest, tensors)?))
            }
            (Format::Npz | Format::PyTorch, Some((&cut::MARKED, rest))) => {
                Body::Cut(cut::Writer::new(sink, rest, tensors, true)?)
            }
            (Format::Onnx, Some((&nested::NESTED, rest))) => {
                Body::Nested(nested::Writer::new(sink, rest, tensors)?)
            }
            (Format::Safetensors | Format::Onnx, Some((&cut::PLAIN, rest))) => {
                Body::Cut(cut::Writer::new(sink, rest, tensors, false)?)
            }
            _ => return Err(ModelError::Mismatch("it is of another format")),
        };
        Ok(ModelWriter { body, tensors: tensors.to_vec(), next: 0, left: 0 })
    }

    /// Takes raw bytes of all tensors, one after the other in order, in pieces of any size.
    pub fn write(&mut self, mut bytes: &[u8]) -> Result<(), ModelError> {
        while !bytes.is_empty() {
            self.begin()?;
            if self.left == 0 {
                return Err(ModelError::Surplus);
            }
            let (now, later) = bytes.split_at(self.left.min(bytes.len() as u64) as usize);
            match &mut self.body {
                Body::Cut(body) => body.write(now)?,
                Body::Nested(body) => body.write(now)?,
                Body::Packed(body) => body.write(now)?,
            }
            self.left -= now.len() as u64;
            bytes = later;
        }
        Ok(())
    }

    /// Ends the file once all bytes are there, and gives the sink back.
    pub fn finish(mut self) -> Result<W, ModelError> {
        self.begin()?;
        if self.left > 0 {
            let tensor = self.tensors[self.next - 1].name.clone();
            return Err(ModelError::Missing { tensor, bytes: self.left });
        }
        match self.body {
            Body::Cut(body) => body.finish(),
            Body::Nested(body) => body.finish(),
            Body::Packed(body) => body.finish(),
        }
    }

    /// Begins the next tensor that has bytes, if none is being written.
    fn begin(&mut self) -> Result<(), ModelError> {
        while self.left == 0
            && let Some(tensor) = self.tensors.get(self.next)
        {
            match &mut self.body {
                Body::Cut(body) => body.begin(self.next)?,
                Body::Nested(body) => body.begin(self.next)?,
                Body::Packed(body) => body.begin(self.next, tensor)?,
            }
            self.left = tensor.bytes;
            self.next += 1;
        }
        Ok(())
    }
}

/// Makes names unique: a name that occurs before gets a number, so that each tensor can be found by its name.
fn name_apart<'a>(names: impl Iterator<Item = &'a mut String>) {
    // How many times each name has occurred, or might have.
    let mut taken: HashMap<String, u64> = HashMap::new();
    for name in names {
        let mut number = taken.get(name).copied().unwrap_or(0);
        let mut shown = name.clone();
        while number > 0 && taken.contains_key(&shown) {
            number += 1;
            shown = format!("{name}#{number}");
        }
        if shown != *name {
            taken.insert(std::mem::replace(name, shown.clone()), number);
        }
        taken.insert(shown, 1);
    }
}

/// The number of elements of a shape, or an error that names the tensor. If one dimension is zero so is the number, whatever the others
/// are.
fn elements(name: &str, shape: &[u64]) -> Result<u64, ModelError> {
    if shape.contains(&0) {
        return Ok(0);
    }
    let product = shape.iter().try_fold(1u64, |product, &size| product.checked_mul(size));
    product.filter(|&product| product <= i64::MAX as u64).ok_or_else(|| bad_shape(name, shape))
}

fn bad_shape(name: &str, shape: &[u64]) -> ModelError {
    let first = format!("{:?}", &shape[..shape.len().min(8)]);
    ModelError::Shape { tensor: name.into(), shape: first }
}

/// Compares the length of raw data with a shape; elements have `bits` bits.
fn check_length(name: &str, shape: &[u64], bits: u64, found: u64) -> Result<(), ModelError> {
    let total = elements(name, shape)?.checked_mul(bits).ok_or_else(|| bad_shape(name, shape))?;
    let expected = total.div_ceil(8);
    if expected != found {
        return Err(ModelError::Length { tensor: name.into(), expected, found });
    }
    Ok(())
}
