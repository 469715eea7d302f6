//! One slice segment: its coding tree units, read, edited and written again.

use super::parameters::{Fault, Parameters};
use super::tree::CodingTreeUnit;
use super::walk::{SegmentEnd, Walk};
use crate::bin::{Decode, DecodeError, Encode, Tail};
use crate::engine;
use crate::syntax::HeaderError;

/// Why a slice segment cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// Its header or a parameter set cannot be read.
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// The tiles of the picture parameter set do not fit into the picture of the sequence parameter set.
    #[error(
        "the tiles of the picture parameter set do not fit into the picture, of {width} x {height} coding tree blocks"
    )]
    Tiles {
        /// PicWidthInCtbsY.
        width: u32,
        /// PicHeightInCtbsY.
        height: u32,
    },
    /// It is dependent, and no segment that could be read ends where it begins.
    #[error(
        "the dependent slice segment begins at coding tree unit {slice_segment_address}, where no slice segment that could be read ends"
    )]
    MissingPredecessor {
        /// slice_segment_address.
        slice_segment_address: u32,
    },
    /// An element has a value that it cannot have.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// The bytes are no stream of this coder, or end too early.
    #[error("coding tree unit {ctb_addr}: {error}")]
    Decode {
        /// CtbAddrInRs of the coding tree unit in which the error was met.
        ctb_addr: u32,
        /// What is wrong.
        error: DecodeError,
    },
    /// The segment ends without a stop bit, with which every encoder ends it.
    #[error("rbsp_slice_segment_trailing_bits: rbsp_stop_one_bit, bit {bit} of the slice segment data, is 0")]
    StopBit {
        /// Its position, from the first CABAC byte on.
        bit: u64,
    },
}

/// Why coding tree units cannot be written as a slice segment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WriteError {
    /// An element has a value that it cannot have.
    #[error("{0}")]
    Fault(#[from] Fault),
    /// There is no coding tree unit, or there are more than fit into the picture.
    #[error(
        "a slice segment that begins at coding tree unit {first} in tile scan, of {size}, cannot have {count} of them"
    )]
    Count {
        /// How many there are.
        count: usize,
        /// Where the segment begins, in tile scan.
        first: u32,
        /// PicSizeInCtbsY.
        size: u32,
    },
    /// It is dependent, and how the segment before it ended is not given.
    #[error("a dependent slice segment goes on with the one before it, which is not there")]
    MissingPredecessor,
    /// Its header cannot be written with the entry points of the data.
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// What is given differs from what would be read again: a value is given for an element that is not in the stream, such as a level of a
    /// block that is not coded, or another value than the one that follows from earlier elements. What is given would be lost.
    #[error(
        "{element} of coding tree unit {ctb_addr} would be lost: by the elements before it, it is not in the stream or has another value"
    )]
    Lost {
        /// The first field of [`CodingTreeUnit`] that differs, by the syntax structure or the element that it holds, such as `sao`,
        /// `coding_unit` or `coeff_abs_level`.
        element: &'static str,
        /// CtbAddrInRs.
        ctb_addr: u32,
    },
}

/// The coding tree units of a slice segment, in the order of the stream, and what follows them.
///
/// A segment that was read and not edited is written as the same bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentData {
    /// The coding tree units, in tile scan.
    pub coding_tree_units: Vec<CodingTreeUnit>,
    /// The bits after the stop bit in its byte: zero by the standard, but not in every stream.
    pub tail_bits: u8,
    /// The bytes after that byte: cabac_zero_words.
    pub tail: Vec<u8>,
}

impl SegmentData {
    /// Reads slice segment data from its first CABAC byte on. A dependent segment goes on with how the segment before it ended.
    ///
    /// # Errors
    /// [`DataError`].
    pub fn read(
        parameters: &Parameters,
        before: Option<&SegmentEnd>,
        data: &[u8],
    ) -> Result<SegmentData, DataError> {
        let mut coding_tree_units = Vec::new();
        let show = |read_unit: ReadUnit<'_, _>| coding_tree_units.push(read_unit.coding_tree_unit.clone());
        let (decoder, read) = read_each(parameters, before, engine::Decoder::new(data), show);
        read?;
        let tail = tail(data, decoder.position())?;
        Ok(SegmentData { coding_tree_units, tail_bits: tail.bits, tail: tail.bytes.to_vec() })
    }

    /// Writes the slice segment data, and returns how the segment ends.
    ///
    /// # Errors
    /// [`WriteError`]: coding tree units that would not be read as the same again are not written.
    pub fn write(
        &self,
        parameters: &Parameters,
        before: Option<&SegmentEnd>,
    ) -> Result<(Vec<u8>, SegmentEnd), WriteError> {
        self.write_with_starts(parameters, before).map(|written| (written.bytes, written.end))
    }

    /// The same, with where substreams begin.
    pub(super) fn write_with_starts(
        &self,
        parameters: &Parameters,
        before: Option<&SegmentEnd>,
    ) -> Result<Written, WriteError> {
        let count = self.coding_tree_units.len();
        let first = parameters.tiles.address_in_tile_scan(parameters.slice_segment_address);
        let size = parameters.tiles.size();
        if count == 0 || first as usize + count > size as usize {
            return Err(WriteError::Count { count, first, size });
        }
        if !can_begin(parameters, before) {
            return Err(WriteError::MissingPredecessor);
        }
        let mut walk = Walk::new(engine::Encoder::new(), parameters, before);
        let (mut coded, mut starts) = (CodingTreeUnit::default(), Vec::new());
        for (index, given) in self.coding_tree_units.iter().enumerate() {
            let (ctb_addr, substreams) = (walk.ctb_addr(), walk.substreams());
            walk.coding_tree_unit(given, &mut coded, index + 1 == count)?;
            if walk.substreams() > substreams {
                starts.push(walk.coder().bytes().len());
            }
            if let Some(element) = given.first_difference(&coded) {
                return Err(WriteError::Lost { element, ctb_addr });
            }
        }
        let end = walk.end();
        let mut bytes = walk.into_coder().finish();
        Tail { bits: self.tail_bits, bytes: &self.tail }.append_to(&mut bytes);
        Ok(Written { bytes, starts, end })
    }
}

/// Slice segment data that was written.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) bytes: Vec<u8>,
    /// The bytes at which all substreams but the first begin.
    pub(super) starts: Vec<usize>,
    /// How the segment ends.
    pub(super) end: SegmentEnd,
}

/// What comes after the last bin, of which this is the end position.
pub(super) fn tail(data: &[u8], position: u64) -> Result<Tail<'_>, DataError> {
    Tail::after_stop_bit(data, position).map_err(|bit| DataError::StopBit { bit })
}

/// Whether a walk can begin with a segment: if it is dependent, `before` has to be how the segment before it ended.
pub(super) fn can_begin(parameters: &Parameters, before: Option<&SegmentEnd>) -> bool {
    !parameters.is_dependent() || before.is_some_and(|before| before.precedes(parameters))
}

/// A coding tree unit that was read.
#[derive(Debug)]
pub struct ReadUnit<'a, C> {
    /// The decoder, after the last bin of the coding tree unit.
    pub decoder: &'a C,
    /// CtbAddrInRs.
    pub ctb_addr: u32,
    /// The column and the row of its first luma sample.
    pub luma_position: [u32; 2],
    /// What was read.
    pub coding_tree_unit: &'a CodingTreeUnit,
    /// Whether it is the last of the slice segment.
    pub is_last: bool,
    /// Whether a substream begins with the coding tree unit that comes next in the slice segment.
    pub next_begins_substream: bool,
}

impl<C: Decode> ReadUnit<'_, C> {
    /// The byte of the slice segment data at which the next substream begins, if one begins after this coding tree unit.
    pub(crate) fn next_substream(&self) -> Option<usize> {
        // Nine bits of it have been read.
        self.next_begins_substream.then(|| (self.decoder.position() / 8) as usize - 1)
    }
}

/// Reads the coding tree units of a slice segment with any decoder that is at its first bin, and shows each. Returns the decoder, and how
/// the segment ended or why it could not be read to its end. What comes before an error has been shown.
///
/// ```
/// use silicabac::{engine::Decoder, hevc::{PredMode, Stream, read_each}};
/// let bytes = std::fs::read("tests/streams/x265_main_ipb_qcif.265")?;
/// let mut skipped = 0;
/// for unit in Stream::new(&bytes[..]) {
///     if let Some((parameters, before, data)) = unit?.segment() {
///         read_each(parameters, before, Decoder::new(data), |read_unit| {
///             let units = &read_unit.coding_tree_unit.coding_units;
///             skipped += units.iter().filter(|unit| unit.pred_mode == PredMode::Skip).count();
///         }).1?;
///     }
/// }
/// assert!(skipped > 50);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn read_each<C: Decode>(
    parameters: &Parameters,
    before: Option<&SegmentEnd>,
    decoder: C,
    mut show: impl FnMut(ReadUnit<'_, C>),
) -> (C, Result<SegmentEnd, DataError>) {
    if !can_begin(parameters, before) {
        let slice_segment_address = parameters.slice_segment_address;
        return (decoder, Err(DataError::MissingPredecessor { slice_segment_address }));
    }
    let mut walk = Walk::new(decoder, parameters, before);
    let mut buffer = UnitBuffer::default();
    loop {
        match buffer.read(&mut walk, &mut show) {
            Ok(Reached::Unit | Reached::Substream(_)) => {}
            Ok(Reached::End) => {
                let end = walk.end();
                return (walk.into_coder(), Ok(end));
            }
            Err(error) => return (walk.into_coder(), Err(error)),
        }
    }
}

/// What comes after a coding tree unit.
#[derive(Clone, Debug)]
pub(super) enum Reached {
    /// Another one.
    Unit,
    /// A substream, which begins at this byte of the slice segment data.
    Substream(usize),
    /// The end of the slice segment.
    End,
}

/// The coding tree unit that was read last, whose memory is used for the next one.
#[derive(Debug, Default)]
pub(super) struct UnitBuffer {
    /// Always empty: a walk that reads is given no values.
    no_input: CodingTreeUnit,
    coded: CodingTreeUnit,
}

impl UnitBuffer {
    /// Reads the next coding tree unit and shows it.
    #[inline]
    pub(super) fn read<C: Decode>(
        &mut self,
        walk: &mut Walk<'_, C>,
        mut show: impl FnMut(ReadUnit<'_, C>),
    ) -> Result<Reached, DataError> {
        let (ctb_addr, luma_position, substreams) = (walk.ctb_addr(), walk.position(), walk.substreams());
        let is_last = walk.coding_tree_unit(&self.no_input, &mut self.coded, false);
        if let Some(error) = walk.coder().error() {
            return Err(DataError::Decode { ctb_addr, error });
        }
        let is_last = is_last?;
        let (decoder, coding_tree_unit) = (walk.coder(), &self.coded);
        let next_begins_substream = walk.substreams() > substreams;
        let read_unit =
            ReadUnit { decoder, ctb_addr, luma_position, coding_tree_unit, is_last, next_begins_substream };
        let next_substream = read_unit.next_substream();
        show(read_unit);
        Ok(match next_substream {
            Some(byte) => Reached::Substream(byte),
            None if is_last => Reached::End,
            None => Reached::Unit,
        })
    }
}

/// Reads slice segment data and writes it again, coding tree unit by coding tree unit, and returns how the segment ends.
///
/// # Errors
/// [`DataError`].
pub fn rewrite(
    parameters: &Parameters,
    before: Option<&SegmentEnd>,
    data: &[u8],
) -> Result<(Vec<u8>, SegmentEnd), DataError> {
    let mut writer = Walk::new(engine::Encoder::new(), parameters, before);
    let mut written = Ok(false);
    let mut copy = CodingTreeUnit::default();
    let (decoder, read) = read_each(parameters, before, engine::Decoder::new(data), |read_unit| {
        if written.is_ok() {
            written = writer.coding_tree_unit(read_unit.coding_tree_unit, &mut copy, read_unit.is_last);
        }
    });
    let end = read?;
    written?;
    let mut bytes = writer.into_coder().finish();
    tail(data, decoder.position())?.append_to(&mut bytes);
    Ok((bytes, end))
}
