//! The NAL units of a stream, each with what it holds.

use std::io::{self, BufRead};

use rayon::prelude::*;

use super::headers::{Content, ParameterSets};
use super::nal::{Unit, Units, escape, unescape};
use super::parameters::Parameters;
use super::slice::{DataError, Step, read_each, rewrite};
use crate::bin::{Decode, Element};
use crate::context::SliceType;
use crate::engine;
use crate::observed::{Observed, Observer};
use crate::trace::{Noted, Recorder, SliceHeader, TracedSlice};

/// Reads a byte stream unit by unit, and keeps the parameter sets that it sends.
///
/// It holds no more of the stream than one NAL unit.
///
/// ```
/// use silicabac::avc::{Content, Stream};
/// let bytes = std::fs::read("tests/streams/x264_gray_qcif.264")?;
/// let units = Stream::new(&bytes[..]).collect::<Result<Vec<_>, _>>()?;
/// let slices = units.iter().filter(|unit| matches!(unit.content, Content::Slice { .. }));
/// assert_eq!(slices.count(), 4);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Stream<R> {
    units: Units<R>,
    sets: ParameterSets,
}

/// A NAL unit, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamUnit {
    /// Its bytes, and those before it.
    pub unit: Unit,
    /// Its bytes without emulation prevention.
    pub rbsp: Vec<u8>,
    /// What it holds.
    pub content: Content,
}

/// The bins of a slice, and what they stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SliceTrace {
    /// The bins.
    pub slice: TracedSlice,
    /// Their syntax elements, by their first bins.
    pub elements: Vec<Noted>,
    /// The addresses of the macroblocks, each with the number of the bin behind its last one.
    pub macroblocks: Vec<(usize, usize)>,
}

impl SliceTrace {
    /// The address of the macroblock and the element that a bin of the slice belongs to.
    pub fn place(&self, bin: usize) -> (usize, Option<Element>) {
        let macroblock = self.macroblocks.partition_point(|(_, end)| *end <= bin);
        let mb_addr =
            self.macroblocks.get(macroblock).or(self.macroblocks.last()).map_or(0, |(mb_addr, _)| *mb_addr);
        let element = self.elements.partition_point(|noted| noted.bin <= bin).checked_sub(1);
        (mb_addr, element.map(|element| self.elements[element].element))
    }
}

impl<R: BufRead> Stream<R> {
    /// A byte stream as of annex B, from a file or a pipe.
    pub fn new(source: R) -> Stream<R> {
        Stream { units: Units::new(source), sets: ParameterSets::default() }
    }
}

impl<R: BufRead> Iterator for Stream<R> {
    type Item = io::Result<StreamUnit>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.units.next()?.map(|unit| {
            let rbsp = unescape(&unit.bytes);
            let content = self.sets.take(&rbsp);
            StreamUnit { unit, rbsp, content }
        }))
    }
}

impl StreamUnit {
    /// nal_unit_type; `None` where there is no NAL unit, behind the last one.
    pub fn nal_unit_type(&self) -> Option<u8> {
        self.unit.bytes.first().map(|header| header & 31)
    }

    /// What slice data depends on, and the data from its first CABAC byte on, if it is a slice with CABAC.
    pub fn slice(&self) -> Option<(&Parameters, &[u8])> {
        match &self.content {
            Content::Slice { parameters, data } => Some((parameters, self.rbsp.get(*data..)?)),
            _ => None,
        }
    }

    /// Reads the slice, watched by an observer, and shows each macroblock; hands over the observer and the position behind the
    /// last bin. `None` if it is no slice with CABAC.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn observe<'a, O: Observer<engine::Decoder<'a>>>(
        &'a self,
        observer: O,
        show: impl FnMut(Step<'_, Observed<engine::Decoder<'a>, O>>),
    ) -> Option<Result<(O, u64), DataError>> {
        let (parameters, data) = self.slice()?;
        let observed = Observed { coder: engine::Decoder::new(data), observer };
        let read = read_each(parameters, observed, show);
        Some(read.map(|observed| (observed.observer, observed.coder.position())))
    }

    /// The trace of the slice. `None` if it is no slice with CABAC.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn trace(&self) -> Option<Result<SliceTrace, DataError>> {
        let Content::Slice { parameters, data } = &self.content else { return None };
        let mut macroblocks = Vec::new();
        let read = self.observe(Recorder::default(), |step| {
            macroblocks.push((step.mb_addr, step.decoder.observer.bins()));
        })?;
        Some(read.map(|(recorder, _)| {
            let (segments, elements) = recorder.into_parts();
            let header = SliceHeader {
                nal_offset: self.unit.offset + self.unit.prefix.len() as u64,
                // A NAL unit has no more than `nal::MAX_UNIT` bytes.
                data_offset: *data as u32,
                nal_type: self.nal_unit_type().unwrap_or(0),
                slice_type: match parameters.slice_type {
                    SliceType::P => 0,
                    SliceType::B => 1,
                    SliceType::I => 2,
                },
                slice_qp_y: parameters.slice_qp_y,
                init: parameters.cabac_init_idc,
            };
            let slice = TracedSlice { header, payload: self.rbsp[*data..].to_vec(), segments };
            SliceTrace { slice, elements, macroblocks }
        }))
    }

    /// The bytes of the unit with its slice data read and written again; of what is no slice with CABAC, its bytes.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn rewrite(&self) -> Result<Vec<u8>, DataError> {
        let Content::Slice { ref parameters, data } = self.content else {
            return Ok(self.unit.bytes.clone());
        };
        let (header, data) = self.rbsp.split_at(data);
        Ok(escape(&[header, &rewrite(parameters, data)?].concat()))
    }
}

/// Does some work on every unit of a stream, `jobs` at a time, and hands the results over in the order of the stream.
///
/// No more than four units a job are held at once.
///
/// # Errors
/// The stream cannot be read, or `sink` says so.
pub fn work_in_order<T: Send, E: From<io::Error>>(
    mut stream: impl Iterator<Item = io::Result<StreamUnit>>,
    jobs: usize,
    work: impl Fn(&StreamUnit) -> T + Sync,
    mut sink: impl FnMut(StreamUnit, T) -> Result<(), E>,
) -> Result<(), E> {
    if jobs <= 1 {
        return stream.try_for_each(|unit| {
            let unit = unit?;
            let result = work(&unit);
            sink(unit, result)
        });
    }
    let pool = rayon::ThreadPoolBuilder::new().num_threads(jobs).build().map_err(io::Error::other)?;
    loop {
        let batch = stream.by_ref().take(4 * jobs).collect::<io::Result<Vec<_>>>()?;
        if batch.is_empty() {
            return Ok(());
        }
        let results: Vec<T> = pool.install(|| batch.par_iter().map(&work).collect());
        batch.into_iter().zip(results).try_for_each(|(unit, result)| sink(unit, result))?;
    }
}
