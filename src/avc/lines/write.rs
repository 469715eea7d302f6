//! Lines as NAL units: what their elements say, and nothing else.

use std::sync::Arc;

use super::{Hex, UnitLine};
use crate::avc::headers::{Before, Content, Found, ParameterSets};
use crate::avc::macroblock::Macroblock;
use crate::avc::parameters::{Fault, Parameters};
use crate::avc::slice::{SliceData, WriteError};
use crate::syntax::nal::{LENGTH_BYTES, START_CODE, escape, unescape};
use crate::syntax::{BitCoder, BitWriter, HeaderError};

/// Why lines are no stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// A header.
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// An element of a header has a value although it is not in the stream; it would be lost.
    #[error("{0} would be lost: the elements before it say that it is not in the stream, or is fewer times")]
    LostElement(String),
    /// The bits are not digits.
    #[error("rest_bits is {0:?}; it can be ones and zeros")]
    RestBits(String),
    /// There are bits, or a payload, between the header of a slice and its macroblocks.
    #[error("macroblocks follow, so there can be neither rest_bits nor payload")]
    Rest,
    /// There is a stop bit, or what stands before it.
    #[error("tail_bits is {0}; it can be 0 to 127")]
    TailBits(u8),
    /// What stands before a unit is no start code, or no length.
    #[error("prefix is {}; {}", hex::encode(.prefix), if *.has_lengths {
        "in this stream it has to be four bytes: the length of the unit"
    } else {
        "it has to be zeros and the start code 000001"
    })]
    Prefix {
        /// What stands there.
        prefix: Vec<u8>,
        /// Whether lengths stand before the units, as before the first one.
        has_lengths: bool,
    },
    /// A macroblock is not the one that comes next.
    #[error("mb_addr is {mb_addr}, but {next} comes next")]
    Address {
        /// Its place among the macroblocks of the slice.
        index: usize,
        /// Its address.
        mb_addr: usize,
        /// The address that comes next.
        next: usize,
    },
    /// A unit without known elements has no payload.
    #[error("payload is missing: what stands after nal_unit_type in a unit of this type")]
    Payload,
    /// Macroblocks follow a unit that is no slice with CABAC.
    #[error("macroblocks follow, but by its header and its parameter sets the unit is {0}")]
    NoSlice(String),
    /// A slice with CABAC has no macroblock.
    #[error("no macroblock follows, and there is neither payload nor verbatim")]
    NoMacroblock,
    /// Macroblocks.
    #[error("{error}")]
    Data {
        /// The place of the macroblock among those of the slice, if it is one of them.
        index: Option<usize>,
        /// What is wrong.
        error: WriteError,
    },
    /// A length before a NAL unit is too short for it.
    #[error("the unit has {0} bytes, more than the length in its prefix can say")]
    TooLong(usize),
}

/// Writes the NAL units of lines, and keeps the parameter sets that it has written.
///
/// ```
/// use silicabac::avc::{Stream, lines::Writer};
/// let stream = std::fs::read("tests/streams/x264_gray_qcif.264")?;
/// let (mut writer, mut written) = (Writer::default(), vec![]);
/// for unit in Stream::new(&stream[..]) {
///     let lines = unit?.lines(true);
///     let macroblocks = lines.macroblocks.into_iter().map(|line| (line.mb_addr, line.macroblock)).collect();
///     written.extend(writer.write(&lines.unit, macroblocks)?);
/// }
/// assert_eq!(written, stream);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Writer {
    sets: Arc<ParameterSets>,
    /// Whether lengths stand before the units; not known before the first one.
    has_lengths: Option<bool>,
}

impl Writer {
    /// Takes in a unit that is not written from a line; its parameter set is kept.
    pub fn pass(&mut self, bytes: &[u8]) {
        self.keep(self.sets.content(&unescape(bytes)).1);
    }

    fn keep(&mut self, found: Found) {
        if matches!(found, Found::Sequence(_) | Found::Picture(_)) {
            Arc::make_mut(&mut self.sets).keep(found);
        }
    }

    /// The bytes of a unit with what stands before it, of its line and its macroblocks, each with its address. The first unit says
    /// whether start codes or lengths stand before them; where its line has no prefix, start codes do.
    ///
    /// # Errors
    /// [`LineError`].
    pub fn write(
        &mut self,
        line: &UnitLine,
        macroblocks: Vec<(usize, Macroblock)>,
    ) -> Result<Vec<u8>, LineError> {
        let (bytes, found) = match &line.verbatim {
            Some(Hex(bytes)) => (bytes.clone(), self.sets.content(&unescape(bytes)).1),
            None => unit(line, macroblocks, &self.sets)?,
        };
        self.keep(found);
        Ok([self.prefix(line, bytes.len())?, bytes].concat())
    }

    /// What stands before a unit of so many bytes.
    fn prefix(&mut self, line: &UnitLine, length: usize) -> Result<Vec<u8>, LineError> {
        let prefix = line.prefix.as_ref().map_or(&[0, 0, 0, 1][..], |prefix| &prefix.0);
        let has_code = prefix.ends_with(&START_CODE);
        let is_first = self.has_lengths.is_none();
        let has_lengths = *self.has_lengths.get_or_insert(prefix.len() == LENGTH_BYTES && !has_code);
        let is_right = match has_lengths {
            // The end of a stream can be cut off.
            true => prefix.len() == LENGTH_BYTES || line.verbatim.is_some(),
            // Before the first start code anything can stand; after the last unit no start code does.
            false => {
                let zeros = prefix.strip_suffix(&[1]).unwrap_or(prefix);
                (has_code || length == 0) && (is_first || zeros.iter().all(|byte| *byte == 0))
            }
        };
        if !is_right {
            return Err(LineError::Prefix { prefix: prefix.to_vec(), has_lengths });
        }
        match has_lengths && line.verbatim.is_none() {
            true => Ok(u32::try_from(length).map_err(|_| LineError::TooLong(length))?.to_be_bytes().to_vec()),
            false => Ok(prefix.to_vec()),
        }
    }
}

/// The bytes of a unit, and what is found in it.
///
/// # Errors
/// [`LineError`].
pub(super) fn unit(
    line: &UnitLine,
    macroblocks: Vec<(usize, Macroblock)>,
    sets: &ParameterSets,
) -> Result<(Vec<u8>, Found), LineError> {
    let mut writer = BitWriter::new(line.header.values());
    let mut found = Found::default();
    Before::writing(sets).walk(&mut writer, &mut found)?;
    if let Some(name) = writer.values().left() {
        return Err(LineError::LostElement(name.to_owned()));
    }
    let header = match &found {
        Found::Slice(header) if line.payload.is_none() => header,
        _ if !macroblocks.is_empty() => return Err(LineError::NoSlice(no_slice(line, &found))),
        _ => return Ok((rest(line, writer)?, found)),
    };
    if !line.rest_bits.is_empty() {
        return Err(LineError::Rest);
    }
    let (mut rbsp, _) = writer.into_parts();
    match sets.slice(header, rbsp.len()) {
        Content::Slice { parameters, .. } => rbsp.extend(slice_data(line, &parameters, macroblocks)?),
        Content::Unsupported(why) => return Err(LineError::NoSlice(why.to_string())),
        _ => return Err(LineError::NoSlice("no slice".to_owned())),
    }
    Ok((escape(&rbsp), found))
}

/// What a unit is that macroblocks follow although it has no place for them.
fn no_slice(line: &UnitLine, found: &Found) -> String {
    match (found, &line.payload) {
        (Found::Slice(_), Some(_)) => "a slice whose data stands in payload".to_owned(),
        _ => "no slice".to_owned(),
    }
}

/// The bytes of a unit without macroblocks.
fn rest<V>(line: &UnitLine, mut writer: BitWriter<V>) -> Result<Vec<u8>, LineError>
where
    BitWriter<V>: BitCoder,
{
    if line.rest_bits.contains(|digit| !matches!(digit, '0' | '1')) {
        return Err(LineError::RestBits(line.rest_bits.clone()));
    }
    line.rest_bits.chars().for_each(|digit| writer.push(digit == '1'));
    match &line.payload {
        None if writer.position() == 8 => return Err(LineError::Payload),
        None => writer.push(true),
        Some(payload) => payload.0.iter().for_each(|byte| writer.push_byte(*byte)),
    }
    let is_moved = !writer.position().is_multiple_of(8);
    let (mut rbsp, _) = writer.into_parts();
    // Zeros after a stop bit that was moved into the byte before.
    while line.payload.is_some() && is_moved && rbsp.last() == Some(&0) {
        rbsp.pop();
    }
    Ok(escape(&rbsp))
}

/// The data of a slice, as it stands in the RBSP.
fn slice_data(
    line: &UnitLine,
    parameters: &Parameters,
    macroblocks: Vec<(usize, Macroblock)>,
) -> Result<Vec<u8>, LineError> {
    if macroblocks.is_empty() {
        return Err(LineError::NoMacroblock);
    }
    if line.tail_bits > 127 {
        return Err(LineError::TailBits(line.tail_bits));
    }
    let first = parameters.first_mb_addr();
    for (index, (mb_addr, _)) in macroblocks.iter().enumerate() {
        let (mb_addr, next) = (*mb_addr, first + index);
        if mb_addr != next {
            return Err(LineError::Address { index, mb_addr, next });
        }
    }
    let macroblocks = macroblocks.into_iter().map(|(_, macroblock)| whole(macroblock, parameters)).collect();
    let data = SliceData { macroblocks, tail_bits: line.tail_bits, tail: line.tail.0.clone() };
    data.write(parameters).map_err(|error| {
        let index = match error {
            WriteError::Fault(Fault { mb_addr, .. }) | WriteError::Lost { mb_addr, .. } => {
                mb_addr.checked_sub(first)
            }
            WriteError::Count { .. } => None,
        };
        LineError::Data { index, error }
    })
}

/// The macroblock with all levels that it has, if it has any.
fn whole(mut macroblock: Macroblock, parameters: &Parameters) -> Macroblock {
    let levels = macroblock.levels.len();
    if (1..parameters.levels()).contains(&levels) {
        macroblock.levels.resize(parameters.levels(), 0);
    }
    macroblock
}
