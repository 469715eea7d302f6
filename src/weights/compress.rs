//! From a model file to a container: tensor by tensor and slice by slice, on all processors, with no more of a tensor in memory than a
//! few slices.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::sync::Arc;

use rayon::prelude::*;

use super::container::{
    Coding, ContainerError, Index, LOSSLESS_SLICE, MAX_PLANES, Stream, Tensor, columns, elements,
};
use super::levels::{ABS_GR, Layout, MAX_SUFFIX_CONTEXTS};
use super::model::{ModelError, ModelFile, TensorInfo, Type};
use super::numbers::{bytes_of, doubles, in_planes, kind, weights, width};
use super::packed;
use super::pipeline::{self, Pipeline};
use super::plan::{Before, Kept, Note, Rule, Spread, Wish};
use super::quantise::{Codebook, Histogram, Values};
use super::smallest::{Cuts, Packer};
use crate::files;

/// How a model is compressed.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// How large the step of a tensor is.
    pub step: Step,
    /// Which level a weight gets.
    pub quantizer: Quantizer,
    /// n of the binarisation; if it is `None`, whichever of DeepCABAC's n and 1 gives the shorter streams.
    pub abs_gr: Option<u8>,
    /// Tensors of fewer elements are small. Tensors with at most one dimension above 1 are small if they have fewer than 65,536.
    pub smallest: u64,
    /// The weights of small tensors get the nearest level of this many bits; if it is `None`, small tensors are kept lossless.
    pub small_bits: Option<u8>,
    /// Exceptions for tensors by name. Of two rules of one kind the later one holds; [`Treatment::Keep`](super::plan::Treatment::Keep) comes
    /// before all others.
    pub rules: Vec<Rule>,
    /// What levels are coded by; [`Coder::Cabac`] by default, while the command has [`Coder::Smallest`].
    pub coder: Coder,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            step: Step::Bits(8),
            quantizer: Quantizer::Nearest,
            abs_gr: None,
            smallest: 256,
            small_bits: None,
            rules: Vec::new(),
            coder: Coder::Cabac,
        }
    }
}

/// What levels are coded by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coder {
    /// CABAC, which decoder cores decode.
    Cabac,
    /// CABAC or xz, whichever is smaller, for tensors that follow each other. xz takes much longer, and some 10 bytes of memory for each
    /// level, up to 700 MB, and 40 MB for each processor.
    Smallest,
}

/// How large the step of a tensor is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Step {
    /// The largest absolute value has the largest level of this many bits, `2^(bits-1) - 1`, unless it is an outlier or the tensor would
    /// become nearly all zeros ([`Note`]).
    Bits(u8),
    /// The same step for all tensors.
    Fixed(f32),
    /// This share of the largest absolute value.
    Relative(f32),
    /// DC-v1 of DeepCABAC, with its coarseness S; needs standard deviations.
    V1(f32),
}

/// Which level a weight gets.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Quantizer {
    /// The nearest one.
    Nearest,
    /// The level with the smallest sum of squared distance and `lambda` times the cost in bits; `lambda` is in squared steps for each bit,
    /// or where there are standard deviations, in their squares for each bit.
    RateDistortion {
        /// What a bit is worth.
        lambda: f32,
    },
    /// A codebook by the weighted Lloyd algorithm.
    Lloyd {
        /// What a bit is worth, in squares of the step between evenly spread values.
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

/// What compressing a tensor has done to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// How many levels are zero; 0 for a lossless tensor.
    pub zeros: u64,
    /// The largest distance between a weight and its decoded value, which is rounded to the type of the tensor.
    pub largest_error: f32,
    /// The largest absolute value of a weight.
    pub largest: f32,
    /// What the user should know about it.
    pub notes: Vec<Note>,
}

impl Summary {
    /// The largest absolute value that a step is made for: 0 for a tensor that is kept; an outlier does not count.
    pub fn largest_with_levels(&self) -> f32 {
        let other = self.notes.iter().find_map(|note| match note {
            Note::Kept(_) => Some(0.0),
            Note::Outlier { others, .. } => Some(*others),
            _ => None,
        });
        other.unwrap_or(self.largest)
    }
}

/// Why a model cannot be compressed or decompressed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
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
    /// A step is zero, negative, or not a number.
    #[error("tensor {name}: the step would be {step}; it has to be above zero and finite")]
    Step {
        /// The tensor.
        name: String,
        /// The step.
        step: f32,
    },
    /// A weight would have a level beyond 2^24.
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
    #[error(
        "tensor {name}: there are no standard deviations of the same shape for it, of type F64, F32, F16 or BF16"
    )]
    Sigma {
        /// The tensor.
        name: String,
    },
    /// A standard deviation is not above zero and finite.
    #[error(
        "tensor {name}: the standard deviation of element {at} is {value}; it has to be above zero and finite"
    )]
    NoSigma {
        /// The tensor.
        name: String,
        /// The element.
        at: u64,
        /// Its value.
        value: f32,
    },
}

/// Compresses a model. `sigma` has standard deviations of its weights, under the same names; `progress` is called with the number of raw
/// bytes that have been compressed.
///
/// The container depends on the model and the options alone. All processors of the current rayon pool are used.
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
    compress_in(Cuts::default(), model, sigma, options, sink, progress)
}

/// [`compress`], with other limits for cutting streams.
pub(super) fn compress_in(
    cuts: Cuts,
    model: &mut ModelFile,
    sigma: Option<&mut ModelFile>,
    options: &Options,
    sink: impl Write,
    progress: &dyn Fn(u64),
) -> Result<(u64, Index, Vec<Summary>), WeightsError> {
    let (format, skeleton) = (model.format() as u8, model.skeleton().to_vec());
    let spool = files::spool()?;
    let all = model.tensors().iter().filter(|tensor| width(tensor.element).is_some());
    let all = all.fold(0, |sum: u64, tensor| sum.saturating_add(elements(&tensor.shape).unwrap_or(0)));
    let packer = (options.coder == Coder::Smallest).then(|| Packer::new(cuts, all)).transpose()?;
    let mut work = Work { model, sigma, options, progress, spool, done: Vec::new(), reading: None, packer };
    pipeline::run(&mut work, Slice::code)?;
    let Work { mut spool, mut done, packer, .. } = work;
    if let Some(packer) = packer {
        spool = packer.finish(spool, &mut done)?;
    }
    for Planned { before, summary, .. } in &mut done {
        summary.notes.extend(before.and_then(|before| before.note(summary.zeros)));
    }
    let (tensors, summaries) = done.into_iter().map(|tensor| (tensor.tensor, tensor.summary)).unzip();
    let index = Index { format, skeleton, tensors };
    spool.seek(SeekFrom::Start(0))?;
    let length = index.write(sink, &mut spool)?;
    Ok((length, index, summaries))
}

/// If the largest value is below this, there is no codebook: of thousands of values spread evenly up to it, the first would be subnormal.
const SMALLEST_SPREAD: f32 = 1e-34;

/// The number of elements on which layouts are tried.
const SAMPLE: u64 = 1 << 16;

/// The level of zstd: the best of those that do not take much more memory.
const ZSTD_LEVEL: i32 = 19;

struct Work<'a> {
    model: &'a mut ModelFile,
    sigma: Option<&'a mut ModelFile>,
    options: &'a Options,
    progress: &'a dyn Fn(u64),
    /// The streams so far.
    spool: File,
    /// The tensors so far.
    done: Vec<Planned>,
    /// The last tensor, until it is read to its end.
    reading: Option<Reading>,
    packer: Option<Packer>,
}

/// A tensor with its plan: how it is coded.
pub(super) struct Planned {
    pub(super) tensor: Tensor,
    /// How many bytes a level takes.
    pub(super) width: u8,
    quantizer: Quantizer,
    codebook: Option<Codebook>,
    weighed: Option<f32>,
    /// `None` for a tensor without levels.
    before: Option<Before>,
    summary: Summary,
}

/// Everything that the coding of a tensor's slices depends on.
struct Plan {
    /// The entry for the index, still without streams.
    tensor: Tensor,
    quantizer: Quantizer,
    codebook: Option<Codebook>,
    /// Whether the levels are needed for packing too.
    is_packed: bool,
}

/// A tensor that is being read.
struct Reading {
    number: usize,
    info: TensorInfo,
    plan: Arc<Plan>,
    /// The unit of squared distances, if there are standard deviations.
    weighed: Option<f32>,
    /// How many elements, or bytes, each of the remaining slices has.
    slices: std::vec::IntoIter<u64>,
    /// How many bytes an element of `slices` has.
    unit: u64,
    offset: u64,
}

/// A slice of the tensor with this number.
struct Slice {
    number: usize,
    plan: Arc<Plan>,
    bytes: Vec<u8>,
    importance: Vec<f32>,
}

impl Pipeline for Work<'_> {
    type Piece = Slice;
    type Made = io::Result<Coded>;
    type Error = WeightsError;

    fn take(&mut self) -> Result<Option<(usize, Slice)>, WeightsError> {
        loop {
            let Some(reading) = &mut self.reading else {
                if self.done.len() == self.model.tensors().len() {
                    return Ok(None);
                }
                self.reading = Some(self.begin(self.done.len())?);
                continue;
            };
            let Some(count) = reading.slices.next() else {
                self.reading = None;
                continue;
            };
            let Reading { number, unit, offset, weighed, .. } = *reading;
            let (info, plan) = (reading.info.clone(), reading.plan.clone());
            reading.offset += count * unit;
            let importance = self.importance(&info, weighed, offset / unit, count)?;
            let bytes = self.read(number, offset, count * unit)?;
            return Ok(Some((bytes.len(), Slice { number, plan, bytes, importance })));
        }
    }

    fn put(&mut self, coded: io::Result<Coded>) -> Result<(), WeightsError> {
        let Coded { number, bytes, stream, levels, zeros, largest_error } = coded?;
        self.spool.write_all(&stream)?;
        let Planned { tensor, summary, width, .. } = &mut self.done[number];
        if let Some(packer) = self.packer.as_mut().filter(|_| !levels.is_empty()) {
            packer.add(number, *width, &levels)?;
        }
        tensor.streams.push(Stream { len: stream.len() as u64, crc32: crc32fast::hash(&stream) });
        summary.zeros += zeros;
        summary.largest_error = summary.largest_error.max(largest_error);
        (self.progress)(bytes);
        Ok(())
    }
}

impl Work<'_> {
    /// Plans a tensor.
    fn begin(&mut self, number: usize) -> Result<Reading, WeightsError> {
        let info = self.model.tensors()[number].clone();
        let mut planned = self.plan(number, &info)?;
        let tensor = planned.tensor.clone();
        let unit = match tensor.coding {
            Coding::Lossless { .. } => 1,
            _ => width(info.element).unwrap_or(1),
        };
        let (slices, weighed) = (tensor.parts().collect::<Vec<u64>>().into_iter(), planned.weighed);
        let (quantizer, codebook) = (planned.quantizer, planned.codebook.take());
        let plan = Arc::new(Plan { tensor, quantizer, codebook, is_packed: self.packer.is_some() });
        self.done.push(planned);
        Ok(Reading { number, info, plan, weighed, slices, unit, offset: 0 })
    }

    /// How a tensor is coded.
    fn plan(&mut self, number: usize, info: &TensorInfo) -> Result<Planned, WeightsError> {
        let summary = Summary { zeros: 0, largest_error: 0.0, largest: 0.0, notes: Vec::new() };
        let tensor = Tensor {
            name: info.name.clone(),
            element: info.element as u8,
            shape: info.shape.clone(),
            bytes: info.bytes,
            coding: Coding::Lossless { planes: 1 },
            streams: Vec::new(),
        };
        let (quantizer, codebook, weighed) = (Quantizer::Nearest, None, None);
        let mut planned = Planned { tensor, width: 1, quantizer, codebook, weighed, before: None, summary };
        let wish = self.options.wish(info, elements(&info.shape).unwrap_or(0));
        let (step, quantizer, has_rule) = match wish {
            Wish::Keep => return self.lossless(number, planned),
            Wish::KeepForName(what) => {
                planned.summary.notes.push(Note::Kept(Kept::Name(what)));
                return self.lossless(number, planned);
            }
            Wish::Levels { step, quantizer, has_rule } => (step, quantizer, has_rule),
        };
        let mut spread = Spread::new();
        self.blocks(info, |work, offset, len| {
            let raw = work.read(number, offset, len)?;
            spread.add_all(info.element, &raw);
            Ok(())
        })?;
        let (step, notes) = spread.step(info, step, has_rule, &mut || self.smallest_sigma(info))?;
        let needs_grid = spread.largest < SMALLEST_SPREAD
            || notes.iter().any(|note| matches!(note, Note::Outlier { .. } | Note::Finer { .. }));
        planned.summary.largest = spread.largest;
        planned.summary.notes = notes;
        let Some(step) = step else { return self.lossless(number, planned) };
        planned.before = Some(spread.before());
        let has_sigma = self.sigma.is_some();
        let values = match quantizer {
            Quantizer::Nearest => Values::Grid { step },
            Quantizer::RateDistortion { .. } => {
                planned.weighed = has_sigma.then_some(step);
                Values::Grid { step }
            }
            // A codebook suits no outlier: all other weights would be in one bin of its histogram, and far from its first, evenly spread
            // values.
            _ if needs_grid => Values::Grid { step },
            Quantizer::Lloyd { lambda, clusters } => {
                planned.weighed = has_sigma.then_some(spread.largest / (clusters / 2).max(1) as f32);
                let histogram = self.histogram(number, info, spread.largest, planned.weighed)?;
                planned.codebook.insert(histogram.codebook(clusters, 0.0, lambda)).values()
            }
            Quantizer::KMeans { prune, clusters } => {
                let histogram = self.histogram(number, info, spread.largest, None)?;
                planned.codebook.insert(histogram.codebook(clusters, prune, 0.0)).values()
            }
        };
        planned.width = packed::width_of(&values, spread.largest);
        planned.quantizer = quantizer;
        let Layout { abs_gr, sign_contexts, suffix_contexts, row_flags, .. } =
            self.layout(number, info, &values)?;
        planned.tensor.coding =
            Coding::DeepCabac { abs_gr, sign_contexts, suffix_contexts, row_flags, values };
        Ok(planned)
    }

    /// The layout that makes the streams of the first weights shortest.
    fn layout(&mut self, number: usize, info: &TensorInfo, values: &Values) -> Result<Layout, WeightsError> {
        let sample = self.read(number, 0, info.bytes.min(SAMPLE * width(info.element).unwrap_or(1)))?;
        let levels: Vec<i32> =
            weights(info.element, &sample).into_iter().map(|weight| values.nearest(weight)).collect();
        let columns = columns(&info.shape);
        // A flag for each row gains nothing without a row of zeros.
        let has_zeros = levels.chunks(columns).any(|row| row.iter().all(|level| *level == 0));
        let row_flags = if has_zeros { &[false, true][..] } else { &[false] };
        let mut layouts = Vec::new();
        for abs_gr in self.options.abs_gr.map_or(vec![ABS_GR, 1], |n| vec![n]) {
            for suffix_contexts in [0, MAX_SUFFIX_CONTEXTS] {
                for sign_contexts in [true, false] {
                    let layout =
                        |row_flags| Layout { abs_gr, sign_contexts, suffix_contexts, row_flags, columns };
                    layouts.extend(row_flags.iter().map(|flags| layout(*flags)));
                }
            }
        }
        let length = |layout: &Layout| layout.encode(&mut levels.clone()).len();
        let lengths: Vec<usize> = layouts.par_iter().map(length).collect();
        // Of two that are as short, the first one.
        let shortest = lengths.iter().zip(&layouts).min_by_key(|(length, _)| **length);
        Ok(shortest.map_or(layouts[0], |(_, layout)| *layout))
    }

    fn read(&mut self, number: usize, offset: u64, len: u64) -> Result<Vec<u8>, WeightsError> {
        let mut bytes = vec![0; len as usize];
        self.model.read(number, offset, &mut bytes)?;
        Ok(bytes)
    }

    /// Codes a tensor lossless, in planes if that makes the first slice shorter.
    fn lossless(&mut self, number: usize, mut planned: Planned) -> Result<Planned, WeightsError> {
        let Tensor { shape, bytes, coding, .. } = &mut planned.tensor;
        let elements = elements(shape).filter(|elements| *elements > 0 && *bytes % elements == 0);
        let width = elements.map_or(1, |elements| *bytes / elements);
        if (2..=MAX_PLANES.into()).contains(&width) {
            let first = self.read(number, 0, LOSSLESS_SLICE.min(*bytes))?;
            let planes = width as u8;
            let packed = |planes| {
                Ok::<_, io::Error>(zstd::bulk::compress(&in_planes(&first, planes), ZSTD_LEVEL)?.len())
            };
            if packed(planes)? < packed(1)? {
                *coding = Coding::Lossless { planes };
            }
        }
        Ok(planned)
    }

    /// Goes through a tensor in blocks, and calls back with the first byte and the length of each.
    fn blocks(
        &mut self,
        info: &TensorInfo,
        mut block: impl FnMut(&mut Self, u64, u64) -> Result<(), WeightsError>,
    ) -> Result<(), WeightsError> {
        let mut offset = 0;
        while offset < info.bytes {
            let len = LOSSLESS_SLICE.min(info.bytes - offset);
            block(self, offset, len)?;
            offset += len;
        }
        Ok(())
    }

    fn histogram(
        &mut self,
        number: usize,
        info: &TensorInfo,
        largest: f32,
        weighed: Option<f32>,
    ) -> Result<Histogram, WeightsError> {
        let mut histogram = Histogram::new(if largest > 0.0 { largest } else { 1.0 });
        let width = width(info.element).unwrap_or(1);
        self.blocks(info, |work, offset, len| {
            let weights = weights(info.element, &work.read(number, offset, len)?);
            let importance = work.importance(info, weighed, offset / width, len / width)?;
            let importance = importance.into_iter().chain(std::iter::repeat(1.0));
            weights
                .into_iter()
                .zip(importance)
                .for_each(|(weight, importance)| histogram.add(weight, importance));
            Ok(())
        })?;
        Ok(histogram)
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
        let found = weights(element, &bytes);
        match found.iter().position(|sigma| !(sigma.is_finite() && *sigma > 0.0)) {
            None => Ok(found),
            Some(at) => Err(WeightsError::NoSigma {
                name: info.name.clone(),
                at: first + at as u64,
                value: found[at],
            }),
        }
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

    /// By how much the squared distance of each weight is multiplied, in this unit: 1/sigma^2 in DeepCABAC. Without a unit all count the
    /// same, and the list is empty.
    fn importance(
        &mut self,
        info: &TensorInfo,
        unit: Option<f32>,
        first: u64,
        count: u64,
    ) -> Result<Vec<f32>, WeightsError> {
        let Some(unit) = unit else { return Ok(Vec::new()) };
        let importance = |sigma: f32| (unit / sigma).powi(2).clamp(LEAST_IMPORTANT, 1.0 / LEAST_IMPORTANT);
        Ok(self.sigma(info, first, count)?.into_iter().map(importance).collect())
    }
}

/// The smallest importance; the largest is its reciprocal. With these limits sums of squares stay finite, however far standard deviations
/// are from the unit.
const LEAST_IMPORTANT: f32 = 1e-18;

/// A coded slice.
struct Coded {
    number: usize,
    /// How many raw bytes it had.
    bytes: u64,
    stream: Vec<u8>,
    levels: Vec<i32>,
    zeros: u64,
    largest_error: f32,
}

impl Slice {
    fn code(self) -> io::Result<Coded> {
        let Slice { number, plan, bytes, importance } = &self;
        let (number, raw) = (*number, bytes.len() as u64);
        let Plan { tensor, quantizer, codebook, is_packed } = &**plan;
        let (Some(layout), Coding::DeepCabac { values, .. }) = (tensor.layout(), &tensor.coding) else {
            let planes = if let Coding::Lossless { planes } = tensor.coding { planes } else { 1 };
            let stream = zstd::bulk::compress(&in_planes(bytes, planes), ZSTD_LEVEL)?;
            return Ok(Coded {
                number,
                bytes: raw,
                stream,
                levels: Vec::new(),
                zeros: 0,
                largest_error: 0.0,
            });
        };
        let weights = self::weights(kind(tensor.element), bytes);
        let mut levels = Vec::new();
        let stream = match (values, *quantizer) {
            (Values::Grid { step }, Quantizer::RateDistortion { lambda }) => {
                let in_steps: Vec<f32> = weights.iter().map(|weight| weight / step).collect();
                layout.encode_by_cost(&in_steps, importance, lambda, &mut levels)
            }
            _ => {
                let importance = importance.iter().copied().chain(std::iter::repeat(1.0));
                let level = |(&weight, importance)| match codebook {
                    Some(codebook) => codebook.choose(weight, importance),
                    None => values.nearest(weight),
                };
                levels = weights.iter().zip(importance).map(level).collect();
                layout.encode(&mut levels)
            }
        };
        let zeros = levels.iter().filter(|level| **level == 0).count() as u64;
        let element = kind(tensor.element);
        let back = bytes_of(element, levels.iter().map(|level| values.value(*level)));
        let largest_error = largest_error(element, bytes, &weights, &back);
        let levels = if *is_packed { levels } else { Vec::new() };
        Ok(Coded { number, bytes: raw, stream, levels, zeros, largest_error })
    }
}

/// The largest distance between weights and their decoded values. `bytes` are the raw bytes of the weights, since F64 is more precise than
/// `weights`.
fn largest_error(element: Type, bytes: &[u8], weights: &[f32], back: &[u8]) -> f32 {
    if element == Type::F64 {
        let errors = doubles(bytes).zip(doubles(back)).map(|(weight, back)| (weight - back).abs());
        return errors.fold(0.0, f64::max) as f32;
    }
    let errors = weights.iter().zip(self::weights(element, back)).map(|(weight, back)| (weight - back).abs());
    errors.fold(0.0, f32::max)
}
