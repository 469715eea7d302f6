//! A NAL unit as a line of JSON with the elements of its headers: the part that does not depend on the standard.
//!
//! Invariant: no byte is lost. Bytes of unknown syntax are in the line as they are, and so is the whole of a unit that could not be
//! written from its elements, such as a damaged one.

use serde::{Deserialize, Serialize};

use super::nal::{LENGTH_BYTES, START_CODE, Unit, escape};
use super::{BitCoder, BitReader, BitWriter, Elements, HeaderError, Headers, ListedValues};
use crate::json::is_default;

/// Bytes; in JSON a string of two hexadecimal digits for each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hex(#[serde(with = "hex")] pub Vec<u8>);

/// The line of a NAL unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UnitLine {
    /// Its number in the stream.
    pub nal_unit: u64,
    /// The byte of the stream at which its header begins. It is not read again.
    pub offset: u64,
    /// What comes before it: zeros and the start code, or its length. On writing, a length is replaced by the right one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Hex>,
    /// What nal_unit_type means, and slice_type. It is not read again.
    #[serde(rename = "type")]
    pub kind: String,
    /// The number of the slice, or slice segment, in the stream, if it is one. It is not read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slice: Option<u64>,
    /// The elements of its headers.
    pub header: Elements,
    /// Where each element begins, in bits from the first one of the unit without emulation prevention bytes. It is not read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits: Option<Elements>,
    /// The bits after these elements up to the next byte, as digits, where they are no elements. rbsp_trailing_bits() is left out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rest_bits: String,
    /// The bytes after that, without emulation prevention bytes. If the elements are edited so that these bytes begin within a byte, they
    /// are shifted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Hex>,
    /// The bits after the stop bit of slice data, in its byte, where they are not zero.
    #[serde(skip_serializing_if = "is_default")]
    pub tail_bits: u8,
    /// The bytes after that: cabac_zero_words.
    #[serde(skip_serializing_if = "is_default")]
    pub tail: Hex,
    /// All bytes of the unit as they are in the stream, if they do not follow from the elements. Then the elements only show what was
    /// read: nothing else of this line, or of the lines of its slice data, is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbatim: Option<Hex>,
    /// What is unusual about the unit. It is not read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What is wrong with the unit. It is not read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl UnitLine {
    /// The line of a unit with these headers.
    pub(crate) fn new(
        nal_unit: u64,
        slice: Option<u64>,
        kind: String,
        unit: &Unit,
        headers: Headers,
    ) -> UnitLine {
        UnitLine {
            nal_unit,
            slice,
            offset: unit.offset + unit.prefix.len() as u64,
            prefix: Some(Hex(unit.prefix.clone())),
            kind,
            header: Elements::of(&headers.elements, |element| element.value),
            error: headers.error.map(|error| error.to_string()),
            ..UnitLine::default()
        }
    }

    /// Adds what comes after the headers, which end at bit `end`. `header_bits` is the length of the header of any NAL unit.
    pub(crate) fn take_rest(&mut self, rbsp: &[u8], header_bits: u64, end: u64) {
        let mut reader = BitReader::new(rbsp);
        while reader.position() < end && reader.u(1, "bit").is_ok() {}
        if end > header_bits && reader.is_at_trailing_bits() {
            return;
        }
        let digits = reader.rest().take((8 - end % 8) as usize % 8);
        self.rest_bits = digits.map(|bit| if bit { '1' } else { '0' }).collect();
        self.payload = Some(Hex(rbsp.get(end.div_ceil(8) as usize..).unwrap_or_default().to_vec()));
    }

    /// A writer that has written the headers, which `walk` has gone through.
    pub(crate) fn headers<'a>(
        &'a self,
        walk: impl FnOnce(&mut BitWriter<ListedValues<'a>>) -> Result<(), HeaderError>,
    ) -> Result<BitWriter<ListedValues<'a>>, LineError> {
        let mut writer = BitWriter::new(self.header.values());
        walk(&mut writer)?;
        match writer.values().left() {
            Some(name) => Err(LineError::LostElement(name.to_owned())),
            None => Ok(writer),
        }
    }

    /// The bytes of a unit that has no lines of slice data, given the writer of its headers. `header_bits` is the length of the header of
    /// any NAL unit.
    pub(crate) fn write_rest(
        &self,
        mut writer: BitWriter<ListedValues<'_>>,
        header_bits: u64,
    ) -> Result<Vec<u8>, LineError> {
        if self.rest_bits.contains(|digit| !matches!(digit, '0' | '1')) {
            return Err(LineError::RestBits(self.rest_bits.clone()));
        }
        self.rest_bits.chars().for_each(|digit| writer.push(digit == '1'));
        match &self.payload {
            None if writer.position() == header_bits => return Err(LineError::Payload),
            None => writer.push(true),
            Some(payload) => payload.0.iter().for_each(|byte| writer.push_byte(*byte)),
        }
        let is_moved = !writer.position().is_multiple_of(8);
        let (mut rbsp, _) = writer.into_parts();
        // If a shift moves the stop bit into the byte before, zeros are left after it.
        while self.payload.is_some() && is_moved && rbsp.last() == Some(&0) {
            rbsp.pop();
        }
        Ok(escape(&rbsp))
    }

    /// Checks the line of a unit with slice data, whose lines have `addresses` and should have those that are expected.
    pub(crate) fn check_data<A: Into<u64>>(
        &self,
        name: &'static str,
        addresses: impl ExactSizeIterator<Item = A>,
        expected: impl Iterator<Item = A>,
    ) -> Result<(), LineError> {
        if !self.rest_bits.is_empty() {
            return Err(LineError::Rest);
        }
        if addresses.len() == 0 {
            return Err(LineError::NoData);
        }
        if self.tail_bits > 127 {
            return Err(LineError::TailBits(self.tail_bits));
        }
        for (index, (address, next)) in addresses.zip(expected).enumerate() {
            let (address, next) = (address.into(), next.into());
            if address != next {
                return Err(LineError::Address { name, index, address, next });
            }
        }
        Ok(())
    }
}

/// Why lines are no stream.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LineError {
    /// A header cannot be written.
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// An element of a header has a value although it is not in the stream, so the value would be lost.
    #[error("{0} would be lost: the elements before it say that it is not in the stream, or is fewer times")]
    LostElement(String),
    /// The bits are not digits.
    #[error("rest_bits is {0:?}; it can be ones and zeros")]
    RestBits(String),
    /// There are bits, or a payload, between the header of a slice and its data.
    #[error("lines of slice data follow, so there can be neither rest_bits nor payload")]
    Rest,
    /// There are more bits than can follow a stop bit in its byte.
    #[error("tail_bits is {0}; it can be 0 to 127")]
    TailBits(u8),
    /// What comes before a unit is no start code, or no length.
    #[error("prefix is {}; {}", hex::encode(.prefix), if *.has_lengths {
        "in this stream it has to be four bytes: the length of the unit"
    } else {
        "it has to be zeros and the start code 000001"
    })]
    Prefix {
        /// What comes before it.
        prefix: Vec<u8>,
        /// Whether lengths come before the units, as before the first one.
        has_lengths: bool,
    },
    /// A macroblock, or a coding tree unit, is not the one that comes next.
    #[error("{name} is {address}, but {next} comes next")]
    Address {
        /// The name of the address.
        name: &'static str,
        /// Its index in the slice.
        index: usize,
        /// Its address.
        address: u64,
        /// The address that comes next.
        next: u64,
    },
    /// A unit without known elements has no payload.
    #[error("payload is missing: what stands after the header of a unit of this type")]
    Payload,
    /// Lines of slice data follow a unit that is no slice with CABAC.
    #[error("lines of slice data follow, but by its header and its parameter sets the unit is {0}")]
    NoSlice(String),
    /// Macroblocks follow a unit of H.265, or coding tree units one of H.264.
    #[error("the lines of slice data that follow are of the other standard")]
    OtherStandard,
    /// A slice with CABAC has no data.
    #[error("no line of slice data follows, and there is neither payload nor verbatim")]
    NoData,
    /// Slice data cannot be written.
    #[error("{what}")]
    Data {
        /// The index of the macroblock or coding tree unit of the slice, if it is about one.
        index: Option<usize>,
        /// What is wrong.
        what: String,
    },
    /// A length before a NAL unit is too short for it.
    #[error("the unit has {0} bytes, more than the length in its prefix can say")]
    TooLong(usize),
}

/// What comes before the units of a stream that is written. The first unit decides whether that is start codes or lengths; if its line has
/// no prefix, it is start codes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prefixes {
    /// `None` before the first unit.
    has_lengths: Option<bool>,
}

impl Prefixes {
    /// What comes before a unit of `length` bytes.
    pub(crate) fn of(&mut self, line: &UnitLine, length: usize) -> Result<Vec<u8>, LineError> {
        let prefix = line.prefix.as_ref().map_or(&[0, 0, 0, 1][..], |prefix| &prefix.0);
        let has_code = prefix.ends_with(&START_CODE);
        let is_first = self.has_lengths.is_none();
        let has_lengths = *self.has_lengths.get_or_insert(prefix.len() == LENGTH_BYTES && !has_code);
        let is_right = match has_lengths {
            // A stream can be cut off within a length.
            true => prefix.len() == LENGTH_BYTES || line.verbatim.is_some(),
            // Before the first start code there may be any bytes; after the last unit there is no start code.
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
