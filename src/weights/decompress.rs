//! From a container back to a model file, part by part, on all processors.

use std::io::{Read, Seek, Write};
use std::ops::Range;

use super::compress::WeightsError;
use super::container::{Coding, Container, ContainerError, StreamError, Tensor};
use super::levels::{LevelsError, MAX_LEVEL};
use super::model::{Format, ModelWriter, TensorInfo};
use super::numbers::{bytes_of, from_planes, kind, width};
use super::packed::levels_of;
use super::pipeline::{self, Pipeline};
use super::quantise::Values;

/// Makes a model file of a container. `damaged` is called for each stream that cannot be read; if it returns `Ok`, zeros take the place of
/// the stream.
///
/// # Errors
/// [`WeightsError`], and what `damaged` returns.
pub fn decompress<R: Read + Seek, W: Write + Seek>(
    container: &mut Container<R>,
    sink: W,
    damaged: &mut dyn FnMut(ContainerError) -> Result<(), ContainerError>,
    progress: &dyn Fn(u64),
) -> Result<W, WeightsError> {
    let index = container.index().clone();
    let infos: Vec<TensorInfo> = index.tensors.iter().map(info).collect();
    let format = Format::ALL.into_iter().find(|format| *format as u8 == index.format);
    let format = format.ok_or(ContainerError::Index("its format is none that is known"))?;
    container.read_ahead(rayon::current_num_threads());
    let mut writer = ModelWriter::new(sink, format, &index.skeleton, &infos)?;
    let parts = index.tensors.iter().enumerate().flat_map(|(number, tensor)| Part::all(number, tensor));
    let mut damaged = |error, bytes| {
        damaged(error)?;
        Ok(vec![0; bytes])
    };
    decode(container, parts, &mut damaged, &mut |raw| {
        writer.write(raw)?;
        progress(raw.len() as u64);
        Ok(())
    })?;
    Ok(writer.finish()?)
}

/// Writes the raw bytes of the tensor with this number, in the order and the type of the model file.
///
/// ```
/// use silicabac::weights::{compress::{Options, compress}, container::Container, decompress::extract, model::ModelFile};
/// let mut model = ModelFile::open("examples/models/lenet300_sparse.safetensors".as_ref())?;
/// let mut container = Vec::new();
/// compress(&mut model, None, &Options::default(), &mut container, &|_| ())?;
/// let mut container = Container::open(std::io::Cursor::new(container))?;
/// let number = container.index().tensors.iter().position(|tensor| tensor.name == "fc3.weight").unwrap();
/// let mut raw = Vec::new();
/// extract(&mut container, number, &mut raw, &|_| ())?;
/// assert_eq!(raw.len(), 4 * 10 * 100);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`WeightsError`]: a stream is damaged, or the sink fails.
pub fn extract<R: Read + Seek>(
    container: &mut Container<R>,
    number: usize,
    sink: &mut dyn Write,
    progress: &dyn Fn(u64),
) -> Result<(), WeightsError> {
    let tensor = container.index().tensors[number].clone();
    decode(container, Part::all(number, &tensor), &mut |error, _| Err(error), &mut |raw| {
        sink.write_all(raw)?;
        progress(raw.len() as u64);
        Ok(())
    })
}

/// Decodes parts on all processors and hands over their raw bytes, in order; for a damaged part, the bytes that `damaged` gives instead.
fn decode<R: Read + Seek>(
    container: &mut Container<R>,
    parts: impl Iterator<Item = Part>,
    damaged: &mut dyn FnMut(ContainerError, usize) -> Result<Vec<u8>, ContainerError>,
    write: &mut dyn FnMut(&[u8]) -> Result<(), WeightsError>,
) -> Result<(), WeightsError> {
    let index = container.index().clone();
    let mut parts = Parts { container, parts, damaged, write };
    pipeline::run(&mut parts, |(part, data)| {
        let tensor = &index.tensors[part.number];
        (part.bytes, data.and_then(|data| part.weights(tensor, &data)))
    })
}

/// The parts, as they are read and handed over.
struct Parts<'a, R, I> {
    container: &'a mut Container<R>,
    parts: I,
    damaged: &'a mut dyn FnMut(ContainerError, usize) -> Result<Vec<u8>, ContainerError>,
    write: &'a mut dyn FnMut(&[u8]) -> Result<(), WeightsError>,
}

impl<R: Read + Seek, I: Iterator<Item = Part>> Pipeline for Parts<'_, R, I> {
    type Piece = (Part, Result<Vec<u8>, ContainerError>);
    type Made = (usize, Result<Vec<u8>, ContainerError>);
    type Error = WeightsError;

    fn take(&mut self) -> Result<Option<(usize, Self::Piece)>, WeightsError> {
        let Some(part) = self.parts.next() else { return Ok(None) };
        let data = part.data(self.container);
        Ok(Some((part.bytes, (part, data))))
    }

    fn put(&mut self, (bytes, raw): Self::Made) -> Result<(), WeightsError> {
        (self.write)(&raw.or_else(|error| (self.damaged)(error, bytes))?)
    }
}

/// A part of a tensor, which is decoded independently.
struct Part {
    number: usize,
    part: usize,
    /// Its levels, or raw bytes, by number.
    levels: Range<u64>,
    /// How many raw bytes it decodes to.
    bytes: usize,
}

impl Part {
    /// All parts of a tensor, in order.
    fn all(number: usize, tensor: &Tensor) -> impl Iterator<Item = Part> + '_ {
        let unit = tensor.coding.values().and_then(|_| width(kind(tensor.element))).unwrap_or(1);
        let mut from = 0;
        tensor.parts().enumerate().map(move |(part, count)| {
            from += count;
            let bytes = (count * unit) as usize;
            Part { number, part, levels: from - count..from, bytes }
        })
    }

    /// The data that it is decoded from: its stream, or its levels where they are packed.
    fn data<R: Read + Seek>(&self, container: &mut Container<R>) -> Result<Vec<u8>, ContainerError> {
        match container.index().tensors[self.number].coding {
            Coding::Packed { .. } => container.packed(self.number, self.levels.clone()),
            _ => container.stream(self.number, self.part),
        }
    }

    /// Its levels; `None` for a lossless tensor.
    fn levels(&self, tensor: &Tensor, data: &[u8]) -> Result<Option<Vec<i32>>, StreamError> {
        let count = (self.levels.end - self.levels.start) as usize;
        let levels = match (&tensor.coding, tensor.layout()) {
            (Coding::Packed { width, .. }, _) => levels_of(data, *width),
            (_, Some(layout)) => layout.decode(data, count)?,
            (_, None) => return Ok(None),
        };
        let is_known = |level: &i32| match tensor.coding.values() {
            Some(Values::Codebook { values, zero }) => {
                (0..values.len() as i64).contains(&(*zero as i64 + i64::from(*level)))
            }
            _ => level.unsigned_abs() <= MAX_LEVEL as u32,
        };
        match levels.iter().position(|level| !is_known(level)) {
            Some(at) => Err(LevelsError::Level(at).into()),
            None => Ok(Some(levels)),
        }
    }

    /// Its raw bytes.
    fn weights(&self, tensor: &Tensor, data: &[u8]) -> Result<Vec<u8>, ContainerError> {
        let failed = |what| ContainerError::Stream { name: tensor.name.clone(), slice: self.part, what };
        if let (Some(levels), Some(values)) =
            (self.levels(tensor, data).map_err(failed)?, tensor.coding.values())
        {
            return Ok(bytes_of(kind(tensor.element), levels.into_iter().map(|level| values.value(level))));
        }
        let planes = if let Coding::Lossless { planes } = tensor.coding { planes } else { 1 };
        let unpacked = zstd::bulk::decompress(data, self.bytes).ok().filter(|raw| raw.len() == self.bytes);
        unpacked.map(|raw| from_planes(&raw, planes)).ok_or_else(|| failed(StreamError::Unpacked))
    }
}

/// The entry of a model file for a tensor of a container.
fn info(tensor: &Tensor) -> TensorInfo {
    TensorInfo {
        name: tensor.name.clone(),
        element: kind(tensor.element),
        shape: tensor.shape.clone(),
        bytes: tensor.bytes,
    }
}

/// The levels of a part of a tensor, by its number; `None` for lossless tensors.
///
/// # Errors
/// [`ContainerError`].
pub fn levels<R: Read + Seek>(
    container: &mut Container<R>,
    tensor: usize,
    part: usize,
) -> Result<Option<Vec<i32>>, ContainerError> {
    let entry = container.index().tensors[tensor].clone();
    if entry.coding.values().is_none() {
        return Ok(None);
    }
    let from = entry.parts().take(part).sum();
    let count = entry.parts().nth(part).unwrap_or(0);
    let part = Part { number: tensor, part, levels: from..from + count, bytes: 0 };
    let data = part.data(container)?;
    let failed = |what| ContainerError::Stream { name: entry.name.clone(), slice: part.part, what };
    part.levels(&entry, &data).map_err(failed)
}

/// The raw bytes of a part of a tensor, in the order and the type of the model file. `None` if it has no such part.
///
/// # Errors
/// [`ContainerError`].
pub fn extract_part<R: Read + Seek>(
    container: &mut Container<R>,
    tensor: usize,
    part: usize,
) -> Result<Option<Vec<u8>>, ContainerError> {
    let entry = container.index().tensors[tensor].clone();
    let Some(part) = Part::all(tensor, &entry).nth(part) else { return Ok(None) };
    let data = part.data(container)?;
    part.weights(&entry, &data).map(Some)
}
