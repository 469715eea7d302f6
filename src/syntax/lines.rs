//! A NAL unit as a line of JSON, with the elements of its headers; what of it does not depend on the standard.
//!
//! No byte gets lost: what is no known syntax stands in the line as it is, and a unit that would not come back from its elements,
//! such as a damaged one, stands there whole.

use serde::{Deserialize, Serialize};

use super::nal::{LENGTH_BYTES, START_CODE, Unit, escape};
use super::{BitCoder, BitReader, BitWriter, Elements, HeaderError, Headers, ListedValues};
use crate::json::is_default;

/// Bytes, in JSON a string of two hexadecimal digits each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hex(#[serde(with = "hex")] pub Vec<u8>);

/// The line of a NAL unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UnitLine {
    /// Its number in the stream.
    pub nal_unit: u64,
    /// Where it begins in the stream: the first byte of its header. It is not read again.
    pub offset: u64,
    /// What stands before it: zeros and the start code, or its length, which on writing is what it has to be.
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
    /// Where each of them begins, in bits from the first one of the unit without emulation prevention bytes. They are not read
    /// again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits: Option<Elements>,
    /// The bits after these elements up to the next byte, as digits, where they are no elements. rbsp_trailing_bits() is left out.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub rest_bits: String,
    /// The bytes after that, without emulation prevention bytes. Where other elements make them begin within a byte, they are moved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Hex>,
    /// The bits after the stop bit of slice data, in its byte, where they are not zero.
    #[serde(skip_serializing_if = "is_default")]
    pub tail_bits: u8,
    /// The bytes after that: cabac_zero_words.
    #[serde(skip_serializing_if = "is_default")]
    pub tail: Hex,
    /// All bytes of the unit as they stand in the stream, where they do not follow from the elements. Then these only tell what was
    /// read, and nothing else of this line and of those of its slice data is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbatim: Option<Hex>,
    /// What is odd about it. It is not read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What is wrong with the unit. It is not read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl UnitLine {
    /// Of a unit with these headers.
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

    /// Puts what stands after the headers, which end at this bit, into the line. `header_bits`: how many bits every unit begins with.
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

    /// A writer of its headers, after `walk` has gone through them.
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

    /// The bytes of a unit without lines of slice data, of which the headers are written. `header_bits`: how many bits every unit
    /// begins with.
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
        // Zeros after a stop bit that was moved into the byte before.
        while self.payload.is_some() && is_moved && rbsp.last() == Some(&0) {
            rbsp.pop();
        }
        Ok(escape(&rbsp))
    }

    /// Checks what its line says of slice data, of which the lines have these addresses and should have those.
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
    /// There are bits, or a payload, between the header of a slice and its data.
    #[error("lines of slice data follow, so there can be neither rest_bits nor payload")]
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
    /// A macroblock, or a coding tree unit, is not the one that comes next.
    #[error("{name} is {address}, but {next} comes next")]
    Address {
        /// What addresses are called.
        name: &'static str,
        /// Its place among those of the slice.
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
    /// Slice data.
    #[error("{what}")]
    Data {
        /// Which macroblock or coding tree unit of the slice, if it is one of them.
        index: Option<usize>,
        /// What is wrong.
        what: String,
    },
    /// A length before a NAL unit is too short for it.
    #[error("the unit has {0} bytes, more than the length in its prefix can say")]
    TooLong(usize),
}

/// What stands before the units of a stream that is written. The first unit says whether that is start codes or lengths; where its
/// line has no prefix, start codes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Prefixes {
    /// Not known before the first one.
    has_lengths: Option<bool>,
}

impl Prefixes {
    /// What stands before a unit of so many bytes.
    pub(crate) fn of(&mut self, line: &UnitLine, length: usize) -> Result<Vec<u8>, LineError> {
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
