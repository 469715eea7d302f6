//! From a model file to a container and back: tensor by tensor and slice by slice, on all processors, with no more of a tensor in
//! memory than a few slices.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use half::{bf16, f16};
use rayon::prelude::*;

use super::article::{ABS_GR, Layout, LevelsError};
use super::container::{
    Coding, Container, ContainerError, Index, LOSSLESS_SLICE, Stream, StreamError, Tensor, columns, elements,
};
use super::model::{Format, ModelError, ModelFile, ModelWriter, TensorInfo, Type};
use super::quantise::{Codebook, Histogram, Values, step_of, step_v1};
use crate::files;

/// How a model is compressed.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How large the step of a tensor is.
    pub step: Step,
    /// Which level a weight gets.
    pub quantizer: Quantizer,
    /// n of the binarisation.
    pub abs_gr: u8,
    /// Tensors of fewer elements, or of less than two dimensions, are small.
    pub smallest: u64,
    /// Small tensors go to the nearest of the levels of so many bits; without it they are kept lossless.
    pub small_bits: Option<u8>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            step: Step::Bits(8),
            quantizer: Quantizer::Nearest,
            abs_gr: ABS_GR,
            smallest: 256,
            small_bits: None,
        }
    }
}

/// How large the step of a tensor is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// The largest absolute value has the largest level of so many bits, `2^(bits-1) - 1`.
    Bits(u8),
    /// The same for all tensors.
    Fixed(f32),
    /// This share of the largest absolute value.
    Relative(f32),
    /// The article's DC-v1, with its coarseness S; needs standard deviations.
    V1(f32),
}

/// Which level a weight gets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantizer {
    /// The nearest one.
    Nearest,
    /// The one of which squared distance and cost in bits are least together; `lambda` is in squared steps a bit, or where there are
    /// standard deviations, in their squares a bit.
    RateDistortion {
        /// What a bit is worth.
        lambda: f32,
    },
    /// A codebook by the weighted Lloyd algorithm.
    Lloyd {
        /// What a bit is worth, in squares of the even spread.
        lambda: f32,
        /// How many values there are besides zero.
        clusters: usize,
    },
    /// A codebook by k-means, once the smallest weights have been made zero (Deep Compression).
    KMeans {
        /// The share of weights that become zero.
        prune: f32,
        /// How many values there are besides zero.
        clusters: usize,
    },
}

/// What became of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// How many levels are zero; 0 of a lossless tensor.
    pub zeros: u64,
    /// The largest distance of a weight from what it comes back as.
    pub largest_error: f32,
    /// The largest absolute value of a weight.
    pub largest: f32,
}

/// Why a model cannot be compressed or decompressed.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    /// The model file cannot be read or written.
    #[error("{0}")]
    Model(#[from] ModelError),
    /// The container cannot be read.
    #[error("{0}")]
    Container(#[from] ContainerError),
    /// Something else cannot be read or written.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// A weight is not a number, or infinite.
    #[error("tensor {name}: element {at} is {value}; only finite weights can be compressed")]
    NotFinite {
        /// The tensor.
        name: String,
        /// The element.
        at: u64,
        /// Its value.
        value: f32,
    },
    /// A step is zero, negative, or no number.
    #[error("tensor {name}: the step would be {step}; it has to be above zero and finite")]
    Step {
        /// The tensor.
        name: String,
        /// The step.
        step: f32,
    },
    /// A weight would have a level beyond any.
    #[error(
        "tensor {name}: with a step of {step} its largest weight, {largest}, has a level beyond 2^24; take a larger step"
    )]
    TooFine {
        /// The tensor.
        name: String,
        /// The step.
        step: f32,
        /// The weight.
        largest: f32,
    },
    /// There are no standard deviations for a tensor.
    #[error("tensor {name}: there are no standard deviations of the same shape for it")]
    Sigma {
        /// The tensor.
        name: String,
    },
}

/// Compresses a model. `sigma` has standard deviations of its weights, under the same names; `progress` is told how many raw bytes
/// were taken.
///
/// What is written depends on the model and the options alone. All processors of the present rayon pool work.
///
/// ```
/// use silicabac::weights::{compress::{Options, compress}, model::ModelFile};
/// let mut model = ModelFile::open("examples/models/lenet300_sparse.safetensors".as_ref())?;
/// let mut container = Vec::new();
/// let (length, index, _) = compress(&mut model, None, &Options::default(), &mut container, &|_| ())?;
/// assert_eq!((length as usize, index.tensors.len()), (container.len(), 6));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`WeightsError`].
pub fn compress(
    model: &mut ModelFile,
    sigma: Option<&mut ModelFile>,
    options: &Options,
    sink: impl Write,
    progress: &dyn Fn(u64),
) -> Result<(u64, Index, Vec<Summary>), WeightsError> {
    let (format, skeleton) = (model.format() as u8, model.skeleton().to_vec());
    let tensors = model.tensors().len();
    let spool = files::spool()?;
    let mut work = Work { model, sigma, options, progress, spool, done: Vec::new(), queue: Vec::new() };
    for number in 0..tensors {
        work.tensor(number)?;
    }
    work.flush()?;
    let Work { mut spool, done, .. } = work;
    let (tensors, summaries) = done.into_iter().map(|tensor| (tensor.tensor, tensor.summary)).unzip();
    let index = Index { format, skeleton, tensors };
    spool.seek(SeekFrom::Start(0))?;
    let length = index.write(sink, &mut spool)?;
    Ok((length, index, summaries))
}

/// On so many elements it is tried out whether signs are worth contexts.
const SAMPLE: u64 = 1 << 14;

/// So many raw bytes are held for each processor.
const HELD: usize = 8 << 20;

fn held() -> usize {
    HELD * rayon::current_num_threads()
}

struct Work<'a> {
    model: &'a mut ModelFile,
    sigma: Option<&'a mut ModelFile>,
    options: &'a Options,
    progress: &'a dyn Fn(u64),
    /// The streams so far.
    spool: File,
    done: Vec<Planned>,
    /// Slices that are yet to be coded, of any tensors.
    queue: Vec<Slice>,
}

/// A tensor of which it is known how it is coded.
struct Planned {
    tensor: Tensor,
    quantizer: Quantizer,
    codebook: Option<Codebook>,
    summary: Summary,
}

/// A slice of the tensor with this number.
struct Slice {
    number: usize,
    bytes: Vec<u8>,
    importance: Vec<f32>,
}

impl Work<'_> {
    /// Plans a tensor and queues its slices.
    fn tensor(&mut self, number: usize) -> Result<(), WeightsError> {
        let info = self.model.tensors()[number].clone();
        let size = elements(&info.shape).unwrap_or(0);
        let is_small = info.shape.len() < 2 || size < self.options.smallest;
        let is_coded =
            info.element != Type::Other && size > 0 && (!is_small || self.options.small_bits.is_some());
        let mut options = self.options.clone();
        if let (true, Some(bits)) = (is_small, options.small_bits) {
            (options.step, options.quantizer) = (Step::Bits(bits), Quantizer::Nearest);
        }
        let mut tensor = Tensor {
            name: info.name.clone(),
            element: info.element as u8,
            shape: info.shape.clone(),
            bytes: info.bytes,
            coding: Coding::Lossless,
            streams: Vec::new(),
        };
        let mut summary = Summary { zeros: 0, largest_error: 0.0, largest: 0.0 };
        let mut codebook = None;
        if is_coded {
            let values;
            (values, codebook) = self.values(number, &info, &options, &mut summary)?;
            let sign_contexts = self.sign_contexts(number, &info, &values)?;
            tensor.coding = Coding::Article { abs_gr: options.abs_gr, sign_contexts, values };
        }
        let slices = tensor.slices();
        let coding = tensor.coding.clone();
        self.done.push(Planned { tensor, quantizer: options.quantizer, codebook, summary });
        let unit = width(info.element).filter(|_| is_coded).unwrap_or(1);
        let mut offset = 0;
        for slice in slices {
            let importance = if is_coded && matches!(options.quantizer, Quantizer::RateDistortion { .. }) {
                self.importance(&info, &coding, offset / unit, slice)?
            } else {
                Vec::new()
            };
            let bytes = self.read(number, offset, slice * unit)?;
            self.queue.push(Slice { number, bytes, importance });
            offset += slice * unit;
            if self.queue.iter().map(|slice| slice.bytes.len()).sum::<usize>() >= held() {
                self.flush()?;
            }
        }
        Ok(())
    }

    /// Codes the slices of the queue.
    fn flush(&mut self) -> Result<(), WeightsError> {
        let code = |slice: &Slice| code(&self.done[slice.number], &slice.bytes, &slice.importance);
        let coded = self.queue.par_iter().map(code).collect::<io::Result<Vec<Coded>>>()?;
        for (coded, slice) in coded.into_iter().zip(self.queue.drain(..)) {
            self.spool.write_all(&coded.stream)?;
            let Planned { tensor, summary, .. } = &mut self.done[slice.number];
            let stream = Stream { len: coded.stream.len() as u64, crc32: crc32fast::hash(&coded.stream) };
            tensor.streams.push(stream);
            summary.zeros += coded.zeros;
            summary.largest_error = summary.largest_error.max(coded.largest_error);
            (self.progress)(slice.bytes.len() as u64);
        }
        Ok(())
    }

    /// Whether contexts for signs are worth it, as far as the first weights tell.
    fn sign_contexts(
        &mut self,
        number: usize,
        info: &TensorInfo,
        values: &Values,
    ) -> Result<bool, WeightsError> {
        let sample = self.read(number, 0, info.bytes.min(SAMPLE * width(info.element).unwrap_or(1)))?;
        let mut levels: Vec<i32> =
            weights(info.element, &sample).into_iter().map(|weight| values.nearest(weight)).collect();
        let layout =
            Layout { abs_gr: self.options.abs_gr, sign_contexts: true, columns: columns(&info.shape) };
        let with = layout.encode(&mut levels).len();
        Ok(with <= Layout { sign_contexts: false, ..layout }.encode(&mut levels).len())
    }

    fn read(&mut self, number: usize, offset: u64, len: u64) -> Result<Vec<u8>, WeightsError> {
        let mut bytes = vec![0; len as usize];
        self.model.read(number, offset, &mut bytes)?;
        Ok(bytes)
    }

    /// What the levels of a tensor stand for, once all its weights have been looked at.
    fn values(
        &mut self,
        number: usize,
        info: &TensorInfo,
        options: &Options,
        summary: &mut Summary,
    ) -> Result<(Values, Option<Codebook>), WeightsError> {
        let mut largest = 0.0_f32;
        self.each(number, info, |at, weight| {
            largest = largest.max(weight.abs());
            if weight.is_finite() {
                return Ok(());
            }
            Err(WeightsError::NotFinite { name: info.name.clone(), at, value: weight })
        })?;
        summary.largest = largest;
        let (clusters, prune, lambda) = match options.quantizer {
            Quantizer::Nearest | Quantizer::RateDistortion { .. } => {
                return self.step(info, options.step, largest).map(|step| (Values::Grid { step }, None));
            }
            Quantizer::Lloyd { lambda, clusters } => (clusters, 0.0, lambda),
            Quantizer::KMeans { prune, clusters } => (clusters, prune, 0.0),
        };
        let mut histogram = Histogram::new(if largest > 0.0 { largest } else { 1.0 });
        self.each(number, info, |_, weight| {
            histogram.add(weight);
            Ok(())
        })?;
        let codebook = histogram.codebook(clusters, prune, lambda);
        Ok((codebook.values.clone(), Some(codebook)))
    }

    fn step(&mut self, info: &TensorInfo, step: Step, largest: f32) -> Result<f32, WeightsError> {
        let step = match step {
            _ if largest == 0.0 => 1.0,
            Step::Bits(bits) => step_of(largest, bits),
            Step::Fixed(step) => step,
            Step::Relative(share) => share * largest,
            Step::V1(s) => step_v1(self.smallest_sigma(info)?, largest, s),
        };
        let name = info.name.clone();
        if !(step.is_finite() && step > 0.0) {
            return Err(WeightsError::Step { name, step });
        }
        if largest / step > (1 << 24) as f32 {
            return Err(WeightsError::TooFine { name, step, largest });
        }
        Ok(step)
    }

    /// Shows all weights of a tensor, and which they are.
    fn each(
        &mut self,
        number: usize,
        info: &TensorInfo,
        mut show: impl FnMut(u64, f32) -> Result<(), WeightsError>,
    ) -> Result<(), WeightsError> {
        let mut offset = 0;
        while offset < info.bytes {
            let len = LOSSLESS_SLICE.min(info.bytes - offset);
            let first = offset / width(info.element).unwrap_or(1);
            let weights = weights(info.element, &self.read(number, offset, len)?);
            (first..).zip(weights).try_for_each(|(at, weight)| show(at, weight))?;
            offset += len;
        }
        Ok(())
    }

    /// Standard deviations of some weights of a tensor.
    fn sigma(&mut self, info: &TensorInfo, first: u64, count: u64) -> Result<Vec<f32>, WeightsError> {
        let missing = || WeightsError::Sigma { name: info.name.clone() };
        let sigma = self.sigma.as_mut().ok_or_else(missing)?;
        let found =
            sigma.tensors().iter().position(|other| other.name == info.name && other.shape == info.shape);
        let number = found.ok_or_else(missing)?;
        let element = sigma.tensors()[number].element;
        let width = width(element).ok_or_else(missing)?;
        let mut bytes = vec![0; (count * width) as usize];
        sigma.read(number, first * width, &mut bytes)?;
        Ok(weights(element, &bytes))
    }

    fn smallest_sigma(&mut self, info: &TensorInfo) -> Result<f32, WeightsError> {
        let (mut first, total) = (0, elements(&info.shape).unwrap_or(0));
        let mut smallest = f32::INFINITY;
        while first < total {
            let count = (1 << 20).min(total - first);
            smallest = self.sigma(info, first, count)?.into_iter().fold(smallest, f32::min);
            first += count;
        }
        Ok(smallest)
    }

    /// How much the squared distance of each weight counts, in steps: the article's 1/sigma^2, or 1 where nothing is known.
    fn importance(
        &mut self,
        info: &TensorInfo,
        coding: &Coding,
        first: u64,
        count: u64,
    ) -> Result<Vec<f32>, WeightsError> {
        let Coding::Article { values: Values::Grid { step }, .. } = *coding else { return Ok(Vec::new()) };
        if self.sigma.is_none() {
            return Ok(Vec::new());
        }
        Ok(self.sigma(info, first, count)?.into_iter().map(|sigma| (step / sigma).powi(2)).collect())
    }
}

struct Coded {
    stream: Vec<u8>,
    zeros: u64,
    largest_error: f32,
}

fn code(planned: &Planned, bytes: &[u8], importance: &[f32]) -> io::Result<Coded> {
    let Planned { tensor, quantizer, codebook, .. } = planned;
    let (Some(layout), Coding::Article { values, .. }) = (tensor.layout(), &tensor.coding) else {
        let stream = zstd::bulk::compress(bytes, 19)?;
        return Ok(Coded { stream, zeros: 0, largest_error: 0.0 });
    };
    let weights = weights(kind(tensor.element), bytes);
    let mut levels = Vec::new();
    let stream = match (values, *quantizer) {
        (Values::Grid { step }, Quantizer::RateDistortion { lambda }) => {
            let in_steps: Vec<f32> = weights.iter().map(|weight| weight / step).collect();
            layout.encode_by_cost(&in_steps, importance, lambda, &mut levels)
        }
        _ => {
            let level = |&weight| {
                codebook.as_ref().map_or_else(|| values.nearest(weight), |codebook| codebook.choose(weight))
            };
            levels = weights.iter().map(level).collect();
            layout.encode(&mut levels)
        }
    };
    let zeros = levels.iter().filter(|level| **level == 0).count() as u64;
    let errors = weights.iter().zip(&levels).map(|(weight, level)| (weight - values.value(*level)).abs());
    Ok(Coded { stream, zeros, largest_error: errors.fold(0.0, f32::max) })
}

/// Makes a model file of a container. `damaged` is told of each stream that cannot be read; zeros stand for it if it says to go on
/// with `Ok`.
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
    let mut writer = ModelWriter::new(sink, format, &index.skeleton, &infos)?;
    let slices = index.tensors.iter().enumerate().flat_map(|(number, tensor)| {
        let unit =
            if tensor.coding == Coding::Lossless { 1 } else { width(kind(tensor.element)).unwrap_or(1) };
        tensor.slices().enumerate().map(move |(slice, count)| (number, slice, count, (count * unit) as usize))
    });
    let mut slices = slices.peekable();
    while slices.peek().is_some() {
        let (mut batch, mut size) = (Vec::new(), 0);
        while let Some((number, slice, count, bytes)) = slices.next_if(|_| size < held()) {
            batch.push((number, slice, count, bytes, container.stream(number, slice)));
            size += bytes;
        }
        let decode =
            |(number, slice, count, bytes, stream): (usize, usize, u64, usize, Result<Vec<u8>, _>)| {
                let tensor = &index.tensors[number];
                let failed = |what| ContainerError::Stream { name: tensor.name.clone(), slice, what };
                (bytes, stream.and_then(|stream| decode(tensor, &stream, count).map_err(failed)))
            };
        let decoded: Vec<(usize, Result<Vec<u8>, ContainerError>)> =
            batch.into_par_iter().map(decode).collect();
        for (bytes, raw) in decoded {
            let raw = match raw {
                Ok(raw) => raw,
                Err(error) => {
                    damaged(error)?;
                    vec![0; bytes]
                }
            };
            writer.write(&raw)?;
            progress(raw.len() as u64);
        }
    }
    Ok(writer.finish()?)
}

/// The raw bytes of a slice.
fn decode(tensor: &Tensor, stream: &[u8], count: u64) -> Result<Vec<u8>, StreamError> {
    match (tensor.layout(), &tensor.coding) {
        (None, _) | (_, Coding::Lossless) => {
            let unpacked =
                zstd::bulk::decompress(stream, count as usize).map_err(|_| StreamError::Unpacked)?;
            if unpacked.len() as u64 == count { Ok(unpacked) } else { Err(StreamError::Unpacked) }
        }
        (Some(layout), Coding::Article { values, .. }) => {
            let levels = layout.decode(stream, count as usize)?;
            if let Values::Codebook { values, zero } = values {
                let is_outside =
                    |level: &i32| !(0..values.len() as i64).contains(&(*zero as i64 + i64::from(*level)));
                if let Some(at) = levels.iter().position(is_outside) {
                    return Err(LevelsError::Level(at).into());
                }
            }
            Ok(bytes_of(kind(tensor.element), levels.into_iter().map(|level| values.value(level))))
        }
    }
}

/// What a model file says of a tensor, from what a container does.
fn info(tensor: &Tensor) -> TensorInfo {
    TensorInfo {
        name: tensor.name.clone(),
        element: kind(tensor.element),
        shape: tensor.shape.clone(),
        bytes: tensor.bytes,
    }
}

const KINDS: [Type; 4] = [Type::F32, Type::F16, Type::BF16, Type::Other];

fn kind(element: u8) -> Type {
    KINDS.into_iter().find(|kind| *kind as u8 == element).unwrap_or(Type::Other)
}

/// How many bytes a weight has.
fn width(element: Type) -> Option<u64> {
    match element {
        Type::F32 => Some(4),
        Type::F16 | Type::BF16 => Some(2),
        Type::Other => None,
    }
}

/// Weights from their raw bytes.
pub fn weights(element: Type, bytes: &[u8]) -> Vec<f32> {
    let pairs = bytes.chunks_exact(2).map(|pair| [pair[0], pair[1]]);
    match element {
        Type::F32 => bytes
            .chunks_exact(4)
            .map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]]))
            .collect(),
        Type::F16 => pairs.map(|pair| f16::from_le_bytes(pair).to_f32()).collect(),
        Type::BF16 => pairs.map(|pair| bf16::from_le_bytes(pair).to_f32()).collect(),
        Type::Other => Vec::new(),
    }
}

/// The raw bytes of weights.
fn bytes_of(element: Type, weights: impl Iterator<Item = f32>) -> Vec<u8> {
    match element {
        Type::F32 => weights.flat_map(f32::to_le_bytes).collect(),
        Type::F16 => weights.flat_map(|weight| f16::from_f32(weight).to_le_bytes()).collect(),
        Type::BF16 => weights.flat_map(|weight| bf16::from_f32(weight).to_le_bytes()).collect(),
        Type::Other => Vec::new(),
    }
}

/// A slice of a tensor as levels, with its number; of lossless tensors nothing.
///
/// # Errors
/// [`ContainerError`].
pub fn levels<R: Read + Seek>(
    container: &mut Container<R>,
    tensor: usize,
    slice: usize,
) -> Result<Option<Vec<i32>>, ContainerError> {
    let entry = container.index().tensors[tensor].clone();
    let Some(layout) = entry.layout() else { return Ok(None) };
    let count = entry.slices().nth(slice).unwrap_or(0);
    let stream = container.stream(tensor, slice)?;
    let levels = layout.decode(&stream, count as usize);
    let failed =
        |what: LevelsError| ContainerError::Stream { name: entry.name.clone(), slice, what: what.into() };
    levels.map(Some).map_err(failed)
}
