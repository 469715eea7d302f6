//! The NAL units of a stream, each with what it holds.

use std::io::{self, BufRead};
use std::sync::Arc;

use super::headers::{Before, Content, Found, ParameterSets, reader, unit_name};
use super::parameters::Parameters;
use super::slice::{DataError, ReadUnit, read_each, rewrite, tail};
use crate::bin::{Decode, Tail};
use crate::context::SliceType;
use crate::engine;
use crate::observed::{Observed, Observer};
use crate::syntax::nal::{Unit, Units, escape, unescape};
use crate::syntax::{BitCoder, HeaderError, Headers, Traced};
use crate::trace::{Recorder, SliceHeader, SliceTrace, TracedSlice};

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
    source: Units<R>,
    sets: Arc<ParameterSets>,
    /// How many units there have been, and how many of them were slices.
    units: u64,
    slices: u64,
}

/// A NAL unit, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamUnit {
    /// Its number in the stream.
    pub number: u64,
    /// Its number among the slices of the stream, of whatever kind, if it is one.
    pub slice_number: Option<u64>,
    /// Its bytes, and those before it.
    pub unit: Unit,
    /// Its bytes without emulation prevention.
    pub rbsp: Vec<u8>,
    /// What it holds.
    pub content: Content,
    /// The parameter sets that were sent before it.
    pub sets: Arc<ParameterSets>,
}

impl<R: BufRead> Stream<R> {
    /// Reads a byte stream as of annex B, or NAL units with their lengths before them, from a file or a pipe.
    pub fn new(source: R) -> Stream<R> {
        Stream { source: Units::new(source), sets: Arc::default(), units: 0, slices: 0 }
    }
}

impl<R: BufRead> Iterator for Stream<R> {
    type Item = io::Result<StreamUnit>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.source.next()?.map(|unit| {
            let rbsp = unescape(&unit.bytes);
            let (content, found) = self.sets.content(&rbsp);
            // If a slice is cut off, the error comes from reading it.
            let content = match (unit.missing, content) {
                (0, content) | (_, content @ Content::Slice { .. }) => content,
                (missing, _) => Content::Damaged(HeaderError::Cut { missing }),
            };
            let sets = Arc::clone(&self.sets);
            if matches!(found, Found::Sequence(_) | Found::Picture(_)) {
                Arc::make_mut(&mut self.sets).keep(found);
            }
            let is_slice = matches!(unit.bytes.first().map(|header| header & 31), Some(1 | 5));
            let (number, slice_number) = (self.units, is_slice.then_some(self.slices));
            self.units += u64::from(!unit.bytes.is_empty());
            self.slices += u64::from(is_slice);
            StreamUnit { number, slice_number, unit, rbsp, content, sets }
        }))
    }
}

impl StreamUnit {
    /// The byte of the stream at which its header begins.
    pub fn offset(&self) -> u64 {
        self.unit.offset + self.unit.prefix.len() as u64
    }

    /// The name of its nal_unit_type.
    pub fn kind(&self) -> &'static str {
        self.nal_unit_type().map_or("nothing", unit_name)
    }

    /// nal_unit_type; `None` if there is no NAL unit, after the last one.
    pub fn nal_unit_type(&self) -> Option<u8> {
        self.unit.bytes.first().map(|header| header & 31)
    }

    /// The elements of its headers.
    pub fn headers(&self) -> Headers {
        let mut reader = Traced::new(reader(&self.rbsp));
        let before = Before::reading(&self.sets, &self.rbsp);
        let error = before.walk(&mut reader, &mut Found::default()).err();
        Headers { elements: reader.elements, error, end: reader.coder.position() }
    }

    /// What slice data depends on, and the data from its first CABAC byte on; `None` if it is no slice with CABAC.
    pub fn slice(&self) -> Option<(&Parameters, &[u8])> {
        match &self.content {
            Content::Slice { parameters, data } => Some((parameters, self.rbsp.get(*data..)?)),
            _ => None,
        }
    }

    /// Reads the slice, shows it to an observer, and shows each macroblock. Returns the observer, and what comes after the slice or why it
    /// could not be read to its end. `None` if it is no slice with CABAC.
    pub fn observe<'a, O: Observer<engine::Decoder<'a>>>(
        &'a self,
        observer: O,
        show: impl FnMut(ReadUnit<'_, Observed<engine::Decoder<'a>, O>>),
    ) -> Option<(O, Result<Tail<'a>, DataError>)> {
        let (parameters, data) = self.slice()?;
        let observed = Observed { coder: engine::Decoder::new(data), observer };
        let (observed, read) = read_each(parameters, observed, show);
        Some((observed.observer, read.and_then(|()| tail(data, observed.coder.position()))))
    }

    /// The trace of the slice. `None` if it is no slice with CABAC.
    ///
    /// # Errors
    /// [`DataError`]; also for a parameter set that cannot be read.
    pub fn trace(&self) -> Option<Result<SliceTrace, DataError>> {
        let (parameters, data) = match &self.content {
            Content::Slice { parameters, data } => (parameters, data),
            Content::Damaged(error) => return Some(Err(error.clone().into())),
            _ => return None,
        };
        let mut macroblocks = Vec::new();
        let (recorder, read) = self.observe(Recorder::default(), |read_unit| {
            macroblocks.push((read_unit.mb_addr as u32, read_unit.decoder.observer.bins()));
        })?;
        Some(read.map(|_| {
            let (segments, elements) = recorder.into_parts();
            let header = SliceHeader {
                nal_offset: self.offset(),
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
            SliceTrace { slice, elements, units: macroblocks }
        }))
    }

    /// The bytes of the unit with its slice data read and written again; if it is no slice with CABAC, its bytes as they are.
    ///
    /// # Errors
    /// [`DataError`]; also for a parameter set that cannot be read.
    pub fn rewrite(&self) -> Result<Vec<u8>, DataError> {
        let (parameters, data) = match &self.content {
            Content::Slice { parameters, data } => (parameters, *data),
            Content::Damaged(error) => return Err(error.clone().into()),
            _ => return Ok(self.unit.bytes.clone()),
        };
        let (header, data) = self.rbsp.split_at(data);
        Ok(escape(&[header, &rewrite(parameters, data)?].concat()))
    }
}
