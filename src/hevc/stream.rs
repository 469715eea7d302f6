//! The NAL units of a stream, each with what it holds.

use std::io::{self, BufRead};
use std::sync::Arc;

use super::ending::Ending;
use super::headers::{Found, NalHeader, ParameterSets, SliceSegment, SliceType, nal_header};
use super::parameters::Parameters;
use super::segment::{DataError, ReadUnit, read_each, rewrite, tail};
use super::substreams::{ReadParts, Watched, read_parts};
use super::tiles::TileGrid;
use super::walk::SegmentEnd;
use crate::bin::{Decode, Element, Tail};
use crate::engine;
use crate::observed::{Observed, Observer};
use crate::syntax::nal::{Unit, Units, escape, unescape};
use crate::syntax::{BitCoder, BitReader, HeaderError, Headers, Helpers, Traced};
use crate::trace::{Recorder, SliceHeader, SliceTrace, TracedSlice};

/// Why slice segment data is passed through untouched: it is of a kind that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Unsupported {
    /// palette_mode_enabled_flag is 1.
    #[error("palette mode, of screen content, is not supported")]
    Palette,
    /// residual_adaptive_colour_transform_enabled_flag is 1.
    #[error("the adaptive colour transform, of screen content, is not supported")]
    ColourTransform,
    /// pps_curr_pic_ref_enabled_flag is 1.
    #[error("references to the present picture, of screen content, are not supported")]
    CurrentPicture,
    /// nuh_layer_id is not 0.
    #[error("slices of other layers than the base layer are not supported")]
    Layer,
}

/// The least number of bytes of slice segment data for which parts are read at the same time, if other workers are free now.
const WORTH_HELP: usize = 1_000;
/// The same, if other workers may become free later.
const WORTH_A_CHANCE: usize = 16_000;

/// What a NAL unit holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A slice segment.
    Segment {
        /// What its data depends on.
        parameters: Box<Parameters>,
        /// For a dependent segment, how the segment ends that it goes on with.
        before: Option<Arc<Ending>>,
        /// How this segment ends, if a dependent one can follow.
        end: Option<Arc<Ending>>,
        /// The byte of the RBSP at which its data begins, the header bytes counted.
        data: usize,
        /// entry_point_offset_minus1 + 1. Nothing depends on them: the bins say where substreams begin.
        entry_points: Vec<u64>,
    },
    /// Slice segment data of another kind, which is passed through.
    Unsupported(Unsupported),
    /// A slice segment whose header cannot be read, or a parameter set in which something cannot be read that slices depend on.
    Damaged(DataError),
    /// A parameter set; and what is wrong with it, if nothing depends on that.
    ParameterSet(Option<HeaderError>),
    /// Anything else.
    Other,
}

/// Reads a byte stream unit by unit, and keeps the parameter sets that it sends.
///
/// It holds no more of the stream than one NAL unit and, where dependent slice segments can follow, those slice segments before it that
/// have not been read ([`Ending`]).
///
/// ```
/// use silicabac::hevc::{Content, Stream};
/// let bytes = std::fs::read("tests/streams/x265_main_ipb_qcif.265")?;
/// let units = Stream::new(&bytes[..]).collect::<Result<Vec<_>, _>>()?;
/// let segments = units.iter().filter(|unit| matches!(unit.content, Content::Segment { .. }));
/// assert_eq!(segments.count(), 10);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct Stream<R> {
    source: Units<R>,
    sent: Sent,
    /// How many units there have been, and how many of them were slice segments.
    units: u64,
    segments: u64,
}

/// What the next units of a stream depend on: the parameter sets and the slice segment that were sent before.
#[derive(Clone, Debug, Default)]
pub(super) struct Sent {
    pub(super) sets: Arc<ParameterSets>,
    last: Option<Last>,
}

/// The slice segment that was sent last.
#[derive(Clone, Debug)]
struct Last {
    parameters: Box<Parameters>,
    /// How it ends, if a dependent segment can follow.
    end: Option<Arc<Ending>>,
}

/// A NAL unit, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamUnit {
    /// Its number in the stream.
    pub number: u64,
    /// Its number among the slice segments of the stream, of whatever kind, if it is one.
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
        Stream { source: Units::new(source), sent: Sent::default(), units: 0, segments: 0 }
    }
}

/// What slice segment data depends on, and for a dependent segment how the segment ends that it goes on with.
pub(super) type Dependencies = (Box<Parameters>, Option<Arc<Ending>>);

impl Sent {
    /// What the RBSP of a NAL unit holds. A parameter set is kept.
    pub(super) fn content(&mut self, rbsp: &[u8]) -> Content {
        let mut reader = BitReader::new(rbsp);
        let Ok(header) = nal_header(&mut reader.clone()) else { return Content::Other };
        if header.nuh_layer_id != 0 {
            return match header.is_slice_segment() {
                true => Content::Unsupported(Unsupported::Layer),
                false => Content::Other,
            };
        }
        let mut found = Found::default();
        let read = self.sets.find(&mut reader, &mut found);
        match (found, read) {
            (Found::Slice(segment), Ok(())) => {
                let entry_points = segment.entry_points.clone();
                let data = (reader.position() / 8) as usize;
                let content = match self.dependencies(segment) {
                    Ok(_) if data >= rbsp.len() => {
                        let (element, bit) = (Element("slice_segment_data"), 8 * data as u64);
                        Content::Damaged(HeaderError::Ends { element, bit }.into())
                    }
                    Ok((parameters, before)) => {
                        let can_go_on = parameters.pps.dependent_slice_segments_enabled_flag;
                        let ending = || Ending::new(parameters.clone(), before.clone(), &rbsp[data..]);
                        let end = can_go_on.then(ending).map(Arc::new);
                        Content::Segment { parameters, before, end, data, entry_points }
                    }
                    Err(content) => content,
                };
                self.last = match &content {
                    Content::Segment { parameters, end, .. } => {
                        Some(Last { parameters: parameters.clone(), end: end.clone() })
                    }
                    _ => None,
                };
                content
            }
            (found @ (Found::Sequence(_) | Found::Picture(_)), read) => {
                Arc::make_mut(&mut self.sets).keep(found);
                Content::ParameterSet(read.err())
            }
            (Found::Nothing | Found::Slice(_), Err(error)) if header.is_needed() => {
                if header.is_slice_segment() {
                    self.last = None;
                }
                Content::Damaged(error.into())
            }
            (Found::Nothing | Found::Slice(_), _) => Content::Other,
        }
    }

    /// What the data of a slice segment with this header depends on, or what the unit is instead of one.
    pub(super) fn dependencies(&self, segment: SliceSegment) -> Result<Dependencies, Content> {
        let pps = self.sets.picture(segment.slice_pic_parameter_set_id).ok_or(Content::Other)?;
        let sps = self.sets.sequence(pps.pps_seq_parameter_set_id).ok_or(Content::Other)?;
        let unsupported = [
            (sps.palette_mode_enabled_flag, Unsupported::Palette),
            (pps.residual_adaptive_colour_transform_enabled_flag, Unsupported::ColourTransform),
            (pps.pps_curr_pic_ref_enabled_flag, Unsupported::CurrentPicture),
        ];
        if let Some((_, why)) = unsupported.into_iter().find(|(is_used, _)| *is_used) {
            return Err(Content::Unsupported(why));
        }
        let [width, height] = sps.size_in_ctbs();
        let tiles = TileGrid::new(pps.tiles.as_ref(), [width, height]);
        let tiles = tiles.ok_or(Content::Damaged(DataError::Tiles { width, height }))?;
        let slice_segment_address = segment.slice_segment_address;
        let (parameters, before) = match (segment.slice, &self.last) {
            (Some(slice), _) => {
                let (sps, pps, slice_addr_rs) = (sps.clone(), pps.clone(), slice_segment_address);
                (Parameters { sps, pps, slice, tiles, slice_segment_address, slice_addr_rs }, None)
            }
            (None, Some(Last { parameters, end: Some(end) }))
                if parameters.can_precede(slice_segment_address) =>
            {
                (Parameters { slice_segment_address, ..(**parameters).clone() }, Some(end.clone()))
            }
            (None, _) => {
                return Err(Content::Damaged(DataError::MissingPredecessor { slice_segment_address }));
            }
        };
        Ok((Box::new(parameters), before))
    }
}

impl<R: BufRead> Iterator for Stream<R> {
    type Item = io::Result<StreamUnit>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.source.next()?.map(|unit| {
            let rbsp = unescape(&unit.bytes);
            let sets = Arc::clone(&self.sent.sets);
            let content = self.sent.content(&rbsp);
            // If a slice is cut off, the error comes from reading it.
            let content = match (unit.missing, content) {
                (0, content) | (_, content @ Content::Segment { .. }) => content,
                (missing, _) => Content::Damaged(HeaderError::Cut { missing }.into()),
            };
            let is_segment = header_of(&unit.bytes).is_some_and(NalHeader::is_slice_segment);
            let (number, slice_number) = (self.units, is_segment.then_some(self.segments));
            self.units += u64::from(!unit.bytes.is_empty());
            self.segments += u64::from(is_segment);
            StreamUnit { number, slice_number, unit, rbsp, content, sets }
        }))
    }
}

fn header_of(bytes: &[u8]) -> Option<NalHeader> {
    nal_header(&mut BitReader::new(bytes)).ok()
}

/// Each observer of a slice segment with what was made of the coding tree units that were shown; and what comes after the segment, or why
/// it could not be read to its end.
pub(super) type Parts<'a, O, S> = (Vec<(O, S)>, Result<Tail<'a>, DataError>);

impl StreamUnit {
    /// The byte of the stream at which its header begins.
    pub fn offset(&self) -> u64 {
        self.unit.offset + self.unit.prefix.len() as u64
    }

    /// nal_unit_type; `None` if there is no NAL unit, after the last one.
    pub fn nal_unit_type(&self) -> Option<u8> {
        header_of(&self.unit.bytes).map(|header| header.nal_unit_type)
    }

    /// The name of its nal_unit_type (table 7-1).
    pub fn kind(&self) -> &'static str {
        self.nal_unit_type().map_or("nothing", unit_name)
    }

    /// The elements of its headers.
    pub fn headers(&self) -> Headers {
        let mut reader = Traced::new(BitReader::new(&self.rbsp));
        let error = self.sets.find(&mut reader, &mut Found::default()).err();
        Headers { elements: reader.elements, error, end: reader.coder.position() }
    }

    /// Whether it is a slice segment that goes on where the one before it ends. Reading is quickest if that segment is read first, or at
    /// least in the same thread.
    pub fn is_dependent(&self) -> bool {
        matches!(self.content, Content::Segment { before: Some(_), .. })
    }

    /// What slice segment data depends on, how the segment ended that it goes on with, and the data from its first CABAC byte on; `None`
    /// if it is no slice segment.
    pub fn segment(&self) -> Option<(&Parameters, Option<&SegmentEnd>, &[u8])> {
        match &self.content {
            Content::Segment { parameters, before, data, .. } => {
                let before = before.as_ref().and_then(|before| before.get());
                Some((parameters, before, self.rbsp.get(*data..)?))
            }
            _ => None,
        }
    }

    /// Reads the slice segment, shows it to an observer, and shows each coding tree unit. Returns the observer, and what comes after the
    /// segment or why it could not be read to its end. `None` if it is no slice segment.
    pub fn observe<'a, O: Observer<engine::Decoder<'a>>>(
        &'a self,
        observer: O,
        show: impl FnMut(ReadUnit<'_, Observed<engine::Decoder<'a>, O>>),
    ) -> Option<(O, Result<Tail<'a>, DataError>)> {
        let (parameters, before, data) = self.segment()?;
        let observed = Observed { coder: engine::Decoder::new(data), observer };
        let (observed, read) = read_each(parameters, before, observed, show);
        let position = observed.coder.position();
        Some((observed.observer, self.tail(data, position, read)))
    }

    /// The same with an observer for each part. The parts are the substreams, read at the same time, if other workers have nothing to do.
    pub(super) fn observe_parts<'a, O, S>(
        &'a self,
        show: impl Fn(&mut S, ReadUnit<'_, Watched<'a, O>>) + Sync,
    ) -> Option<Parts<'a, O, S>>
    where
        O: Observer<engine::Decoder<'a>> + Default + Send,
        S: Default + Send,
    {
        let (parameters, before, data) = self.segment()?;
        let is_worth =
            |helpers: &Helpers| data.len() >= if helpers.are_there() { WORTH_HELP } else { WORTH_A_CHANCE };
        let Some(helpers) = Helpers::of_worker().filter(|helpers| is_worth(helpers)) else {
            let mut shown = S::default();
            let (observer, read) = self.observe(O::default(), |read_unit| show(&mut shown, read_unit))?;
            return Some((vec![(observer, shown)], read));
        };
        let ReadParts { parts, position, end } =
            read_parts(parameters, before, data, &self.signalled_starts(), &helpers, show);
        Some((parts, self.tail(data, position, end)))
    }

    /// What comes after slice segment data, which has been read up to bit `position` and either ended or failed.
    fn tail<'a>(
        &self,
        data: &'a [u8],
        position: u64,
        end: Result<SegmentEnd, DataError>,
    ) -> Result<Tail<'a>, DataError> {
        let end = end.map(|end| self.ends(Some(end))).inspect_err(|_| self.ends(None));
        end.and_then(|()| tail(data, position))
    }

    /// Records how the slice segment ended; `None` if it could not be read to its end. A program that reads the segment with a
    /// [`Walk`](super::Walk) calls this, so that the segment is not read again for a dependent one that follows.
    pub fn ends(&self, segment_end: Option<SegmentEnd>) {
        if let Content::Segment { end: Some(end), .. } = &self.content {
            end.set(segment_end);
        }
    }

    /// The trace of the slice segment. `None` if it is no slice segment.
    ///
    /// # Errors
    /// [`DataError`]; also for a parameter set that cannot be read.
    pub fn trace(&self) -> Option<Result<SliceTrace, DataError>> {
        let (parameters, data) = match &self.content {
            Content::Segment { parameters, data, .. } => (parameters, *data),
            Content::Damaged(error) => return Some(Err(error.clone())),
            _ => return None,
        };
        let show = |units: &mut Vec<_>, read_unit: ReadUnit<'_, Watched<'_, Recorder>>| {
            units.push((read_unit.ctb_addr, read_unit.decoder.observer.bins()));
        };
        let (parts, read) = self.observe_parts(show)?;
        let mut parts = parts.into_iter();
        let (mut recorder, mut coding_tree_units) = parts.next()?;
        Some(read.map(|_| {
            for (part, units) in parts {
                let bins = recorder.bins();
                coding_tree_units.extend(units.into_iter().map(|(ctb_addr, end)| (ctb_addr, bins + end)));
                recorder.append(part);
            }
            let (segments, elements) = recorder.into_parts();
            let header = SliceHeader {
                nal_offset: self.offset(),
                // A NAL unit has no more than `nal::MAX_UNIT` bytes.
                data_offset: data as u32,
                nal_type: self.nal_unit_type().unwrap_or(0),
                slice_type: match parameters.slice.slice_type {
                    SliceType::B => 0,
                    SliceType::P => 1,
                    SliceType::I => 2,
                },
                slice_qp_y: parameters.slice.slice_qp_y,
                init: u8::from(parameters.slice.cabac_init_flag) | u8::from(parameters.is_dependent()) << 1,
            };
            let slice = TracedSlice { header, payload: self.rbsp[data..].to_vec(), segments };
            SliceTrace { slice, elements, units: coding_tree_units }
        }))
    }

    /// The bytes of the unit with its slice segment data read and written again; if it is no slice segment, its bytes as they are.
    ///
    /// # Errors
    /// [`DataError`]; also for a parameter set that cannot be read.
    pub fn rewrite(&self) -> Result<Vec<u8>, DataError> {
        match &self.content {
            Content::Damaged(error) => return Err(error.clone()),
            Content::Segment { data, .. } => {
                let header = &self.rbsp[..*data];
                if let Some((parameters, before, data)) = self.segment() {
                    let (data, end) = rewrite(parameters, before, data)?;
                    self.ends(Some(end));
                    return Ok(escape(&[header, &data].concat()));
                }
            }
            _ => {}
        }
        Ok(self.unit.bytes.clone())
    }
}

const fn unit_name(nal_unit_type: u8) -> &'static str {
    match nal_unit_type {
        0 => "TRAIL_N slice segment",
        1 => "TRAIL_R slice segment",
        2 => "TSA_N slice segment",
        3 => "TSA_R slice segment",
        4 => "STSA_N slice segment",
        5 => "STSA_R slice segment",
        6 => "RADL_N slice segment",
        7 => "RADL_R slice segment",
        8 => "RASL_N slice segment",
        9 => "RASL_R slice segment",
        16 => "BLA_W_LP slice segment",
        17 => "BLA_W_RADL slice segment",
        18 => "BLA_N_LP slice segment",
        19 => "IDR_W_RADL slice segment",
        20 => "IDR_N_LP slice segment",
        21 => "CRA slice segment",
        32 => "video parameter set",
        33 => "sequence parameter set",
        34 => "picture parameter set",
        35 => "access unit delimiter",
        36 => "end of sequence",
        37 => "end of bitstream",
        38 => "filler data",
        39 => "prefix SEI",
        40 => "suffix SEI",
        _ => "other",
    }
}
