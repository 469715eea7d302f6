//! The NAL units of a stream, each with what it holds.

use std::io::{self, BufRead};
use std::sync::Arc;

use super::headers::{Found, NalHeader, ParameterSets, SliceSegment, SliceType, nal_header};
use super::parameters::Parameters;
use super::segment::{DataError, Step, read_each, rewrite, tail};
use super::tiles::TileGrid;
use super::walk::SegmentEnd;
use crate::bin::{Decode, Element, Tail};
use crate::engine;
use crate::observed::{Observed, Observer};
use crate::syntax::nal::{Unit, Units, escape, unescape};
use crate::syntax::{BitCoder, BitReader, HeaderElement, HeaderError, Traced};
use crate::trace::{Noted, Recorder, SliceHeader, TracedSlice};

/// Why slice segment data is passed through untouched: it is of a kind that is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
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

/// What a NAL unit holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A slice segment.
    Segment {
        /// What its data depends on.
        parameters: Box<Parameters>,
        /// How the segment ended that a dependent one goes on with.
        before: Option<Arc<SegmentEnd>>,
        /// Where its data begins in the RBSP, header bytes counted.
        data: usize,
        /// entry_point_offset_minus1 + 1. Nothing depends on them: where substreams begin, the bins say.
        entry_points: Vec<u64>,
    },
    /// Slice segment data of another kind, which is passed through.
    Unsupported(Unsupported),
    /// A slice segment of which the header cannot be read, or a parameter set of which something that slices depend on cannot.
    Damaged(DataError),
    /// A parameter set; and what is wrong with it where nothing depends on it.
    ParameterSet(Option<HeaderError>),
    /// Anything else.
    Other,
}

/// Reads a byte stream unit by unit, and keeps the parameter sets that it sends.
///
/// It holds no more of the stream than one NAL unit, and the slice segment before it where a dependent one can follow; that is read
/// once more to know how it ends.
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
    sets: Arc<ParameterSets>,
    last: Option<Last>,
    /// How many units there were so far, and how many of them were slice segments.
    units: u64,
    segments: u64,
}

/// The slice segment that was read last.
#[derive(Debug)]
struct Last {
    parameters: Box<Parameters>,
    before: Option<Arc<SegmentEnd>>,
    /// Its data, if a dependent segment can follow.
    data: Vec<u8>,
}

/// A NAL unit, and what it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamUnit {
    /// Its number in the stream.
    pub number: u64,
    /// If it is a slice segment, of whatever kind, its number among those of the stream.
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

/// The elements of the headers of a NAL unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headers {
    /// The elements, from forbidden_zero_bit to what stands before slice segment data, or before what is not known.
    pub elements: Vec<HeaderElement>,
    /// Why not all of them are here.
    pub error: Option<HeaderError>,
    /// The bit after them.
    pub end: u64,
}

/// The bins of a slice segment, and what they stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentTrace {
    /// The bins.
    pub slice: TracedSlice,
    /// Their syntax elements, by their first bins.
    pub elements: Vec<Noted>,
    /// CtbAddrInRs of each coding tree unit, with the number of the bin after its last one.
    pub coding_tree_units: Vec<(u32, usize)>,
}

impl SegmentTrace {
    /// The address of the coding tree unit and the element that a bin of the segment belongs to.
    pub fn place(&self, bin: usize) -> (u32, Option<Element>) {
        let unit = self.coding_tree_units.partition_point(|(_, end)| *end <= bin);
        let unit = self.coding_tree_units.get(unit).or(self.coding_tree_units.last());
        let element = self.elements.partition_point(|noted| noted.bin <= bin).checked_sub(1);
        (unit.map_or(0, |(ctb_addr, _)| *ctb_addr), element.map(|element| self.elements[element].element))
    }
}

impl<R: BufRead> Stream<R> {
    /// A byte stream as of annex B, or NAL units with their lengths before them, from a file or a pipe.
    pub fn new(source: R) -> Stream<R> {
        Stream { source: Units::new(source), sets: Arc::default(), last: None, units: 0, segments: 0 }
    }

    /// What the RBSP of a NAL unit holds; a parameter set is kept.
    fn content(&mut self, rbsp: &[u8]) -> Content {
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
                let content = self.segment(segment, rbsp, (reader.position() / 8) as usize);
                self.last = match &content {
                    Content::Segment { parameters, before, data, .. } => {
                        let can_go_on = parameters.pps.dependent_slice_segments_enabled_flag;
                        let data = if can_go_on { rbsp[*data..].to_vec() } else { Vec::new() };
                        Some(Last { parameters: parameters.clone(), before: before.clone(), data })
                    }
                    _ => None,
                };
                content
            }
            (found @ (Found::Sequence(_) | Found::Picture(_)), read) => {
                Arc::make_mut(&mut self.sets).keep(found);
                Content::ParameterSet(read.err())
            }
            (Found::Nothing | Found::Slice(_), Err(error)) => {
                if header.is_slice_segment() {
                    self.last = None;
                }
                Content::Damaged(error.into())
            }
            (Found::Nothing, Ok(())) => Content::Other,
        }
    }

    /// What a slice segment with this header is, of which the data begins at this byte.
    fn segment(&self, segment: SliceSegment, rbsp: &[u8], data: usize) -> Content {
        let Some(pps) = self.sets.picture(segment.slice_pic_parameter_set_id) else { return Content::Other };
        let Some(sps) = self.sets.sequence(pps.pps_seq_parameter_set_id) else { return Content::Other };
        let unsupported = [
            (sps.palette_mode_enabled_flag, Unsupported::Palette),
            (pps.residual_adaptive_colour_transform_enabled_flag, Unsupported::ColourTransform),
            (pps.pps_curr_pic_ref_enabled_flag, Unsupported::CurrentPicture),
        ];
        if let Some((_, why)) = unsupported.into_iter().find(|(is_used, _)| *is_used) {
            return Content::Unsupported(why);
        }
        let [width, height] = sps.size_in_ctbs();
        let Some(tiles) = TileGrid::new(pps.tiles.as_ref(), [width, height]) else {
            return Content::Damaged(DataError::Tiles { width, height });
        };
        let slice_segment_address = segment.slice_segment_address;
        let parameters = Box::new(match (segment.slice, &self.last) {
            (Some(slice), _) => Parameters {
                sps: sps.clone(),
                pps: pps.clone(),
                slice,
                tiles,
                slice_segment_address,
                slice_addr_rs: slice_segment_address,
            },
            (None, Some(last)) => Parameters { slice_segment_address, ..(*last.parameters).clone() },
            (None, None) => return Content::Damaged(DataError::Before { slice_segment_address }),
        });
        let mut before = None;
        if let Some(last) = self.last.as_ref().filter(|_| parameters.is_dependent()) {
            let decoder = engine::Decoder::new(&last.data);
            match read_each(&last.parameters, last.before.as_deref(), decoder, |_| {}).1 {
                Ok(end) if end.precedes(&parameters) => before = Some(Arc::new(end)),
                _ => return Content::Damaged(DataError::Before { slice_segment_address }),
            }
        }
        if data >= rbsp.len() {
            let bit = 8 * data as u64;
            let element = Element("slice_segment_data");
            return Content::Damaged(HeaderError::Ends { element, bit }.into());
        }
        Content::Segment { parameters, before, data, entry_points: segment.entry_points }
    }
}

impl<R: BufRead> Iterator for Stream<R> {
    type Item = io::Result<StreamUnit>;

    fn next(&mut self) -> Option<Self::Item> {
        Some(self.source.next()?.map(|unit| {
            let rbsp = unescape(&unit.bytes);
            let sets = Arc::clone(&self.sets);
            let content = self.content(&rbsp);
            // A slice says itself what is missing.
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

impl StreamUnit {
    /// Where it begins in the stream: the first byte of its header.
    pub fn offset(&self) -> u64 {
        self.unit.offset + self.unit.prefix.len() as u64
    }

    /// nal_unit_type; `None` where there is no NAL unit, after the last one.
    pub fn nal_unit_type(&self) -> Option<u8> {
        header_of(&self.unit.bytes).map(|header| header.nal_unit_type)
    }

    /// The elements of its headers.
    pub fn headers(&self) -> Headers {
        let mut reader = Traced::new(BitReader::new(&self.rbsp));
        let error = self.sets.find(&mut reader, &mut Found::default()).err();
        Headers { elements: reader.elements, error, end: reader.coder.position() }
    }

    /// What slice segment data depends on, how the segment ended that it goes on with, and the data from its first CABAC byte on, if it
    /// is a slice segment.
    pub fn segment(&self) -> Option<(&Parameters, Option<&SegmentEnd>, &[u8])> {
        match &self.content {
            Content::Segment { parameters, before, data, .. } => {
                Some((parameters, before.as_deref(), self.rbsp.get(*data..)?))
            }
            _ => None,
        }
    }

    /// Reads the slice segment, watched by an observer, and shows each coding tree unit. Hands over the observer, and what stands after
    /// the segment, or why it could not be read to its end. `None` if it is no slice segment.
    pub fn observe<'a, O: Observer<engine::Decoder<'a>>>(
        &'a self,
        observer: O,
        show: impl FnMut(Step<'_, Observed<engine::Decoder<'a>, O>>),
    ) -> Option<(O, Result<Tail<'a>, DataError>)> {
        let (parameters, before, data) = self.segment()?;
        let observed = Observed { coder: engine::Decoder::new(data), observer };
        let (observed, read) = read_each(parameters, before, observed, show);
        Some((observed.observer, read.and_then(|_| tail(data, observed.coder.position()))))
    }

    /// A word on entry points that are not where substreams begin. An encoder in use signals three for one row; decoders that need
    /// them for nothing but speed take such streams.
    ///
    /// ```
    /// use silicabac::hevc::Stream;
    /// let bytes = std::fs::read("tests/streams/x265_main_wpp_cif.265")?;
    /// assert!(Stream::new(&bytes[..]).all(|unit| unit.is_ok_and(|unit| unit.entry_point_note().is_none())));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn entry_point_note(&self) -> Option<String> {
        let Content::Segment { entry_points, data: first, .. } = &self.content else { return None };
        let (parameters, before, data) = self.segment()?;
        let pps = &parameters.pps;
        if pps.tiles.is_none() && !pps.entropy_coding_sync_enabled_flag {
            return None;
        }
        let mut starts = Vec::new();
        let (_, read) = read_each(parameters, before, engine::Decoder::new(data), |step| {
            if step.ends_substream {
                // Nine bits of it have been read.
                starts.push(first + (step.decoder.position() / 8) as usize - 1);
            }
        });
        read.ok()?;
        if starts.len() != entry_points.len() {
            let (signalled, found) = (entry_points.len(), starts.len());
            return Some(format!(
                "{signalled} entry points are signalled, but {found} substreams follow the first one"
            ));
        }
        // They count emulation prevention bytes; one that stands between two substreams may be of either.
        let unit = &self.unit.bytes;
        let emulations: Vec<usize> = memchr::memmem::find_iter(unit, &[0, 0, 3]).map(|at| at + 2).collect();
        let in_unit = |at: usize| {
            let before = emulations.iter().enumerate().take_while(|(i, byte)| **byte - i < at).count();
            let is_between = emulations.get(before).is_some_and(|byte| byte - before == at);
            (at + before)..=(at + before + usize::from(is_between))
        };
        let mut signalled = *in_unit(*first).end() as u64;
        for (number, (start, entry_point)) in starts.into_iter().zip(entry_points).enumerate() {
            signalled = signalled.saturating_add(*entry_point);
            let (low, high) = (*in_unit(start).start() as u64, *in_unit(start).end() as u64);
            if !(low..=high).contains(&signalled) {
                return Some(format!(
                    "entry point {number} is byte {signalled} of the NAL unit, but the substream begins at byte {low}"
                ));
            }
        }
        None
    }

    /// The trace of the slice segment. `None` if it is none.
    ///
    /// # Errors
    /// [`DataError`]; also for a parameter set that cannot be read.
    pub fn trace(&self) -> Option<Result<SegmentTrace, DataError>> {
        let (parameters, data) = match &self.content {
            Content::Segment { parameters, data, .. } => (parameters, *data),
            Content::Damaged(error) => return Some(Err(error.clone())),
            _ => return None,
        };
        let mut coding_tree_units = Vec::new();
        let (recorder, read) = self.observe(Recorder::default(), |step| {
            coding_tree_units.push((step.ctb_addr, step.decoder.observer.bins()));
        })?;
        Some(read.map(|_| {
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
            SegmentTrace { slice, elements, coding_tree_units }
        }))
    }

    /// The bytes of the unit with its slice segment data read and written again; of what is no slice segment, its bytes.
    ///
    /// # Errors
    /// [`DataError`]; also for a parameter set that cannot be read.
    pub fn rewrite(&self) -> Result<Vec<u8>, DataError> {
        match &self.content {
            Content::Damaged(error) => return Err(error.clone()),
            Content::Segment { data, .. } => {
                let header = &self.rbsp[..*data];
                if let Some((parameters, before, data)) = self.segment() {
                    return Ok(escape(&[header, &rewrite(parameters, before, data)?].concat()));
                }
            }
            _ => {}
        }
        Ok(self.unit.bytes.clone())
    }
}
