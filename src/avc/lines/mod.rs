//! A stream as lines of JSON, both ways: a line a NAL unit with the elements of its headers, and after that of a slice a line a
//! macroblock. [`StreamUnit::lines`] makes them, and [`Writer`] makes of them the same bytes, or, of lines that were edited,
//! another stream.
//!
//! No byte gets lost: what is no known syntax stands in the line as it is, and a unit that would not come back from its elements,
//! such as a damaged one, stands there whole. `docs/stream.schema.json` describes the lines.

mod read;
mod write;

use serde::{Deserialize, Serialize};

use super::headers::{Content, slice_type_name};
use super::macroblock::Macroblock;
use super::stream::StreamUnit;
use super::walk::Derived;
use crate::engine;
use crate::observed::Observed;
use crate::syntax::{BitCoder, BitReader, Elements};

pub use read::{LineReader, LinesError};
pub use write::{LineError, Writer};

/// Bytes, in JSON a string of two hexadecimal digits each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hex(#[serde(with = "hex")] pub Vec<u8>);

impl Hex {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The line of a NAL unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct UnitLine {
    /// Its number in the stream.
    pub nal_unit: u64,
    /// Where it begins in the stream: the byte of its header. It is not read again.
    pub offset: u64,
    /// What stands before it: zeros and the start code, or its length, which on writing is what it has to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<Hex>,
    /// What nal_unit_type means, and slice_type. It is not read again.
    #[serde(rename = "type")]
    pub kind: String,
    /// The number of the slice in the stream, if it is one. It is not read again.
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
    #[serde(skip_serializing_if = "is_zero")]
    pub tail_bits: u8,
    /// The bytes after that: cabac_zero_words.
    #[serde(skip_serializing_if = "Hex::is_empty")]
    pub tail: Hex,
    /// All bytes of the unit as they stand in the stream, where they do not follow from the elements. Then these only tell what was
    /// read, and nothing else of this line and of its macroblocks is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verbatim: Option<Hex>,
    /// What is odd about it. It is not read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// What is wrong with the unit. It is not read again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

fn is_zero(bits: &u8) -> bool {
    *bits == 0
}

/// The line of a macroblock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MacroblockLine {
    /// The number of its slice in the stream.
    pub slice: u64,
    /// Its address.
    pub mb_addr: usize,
    /// What is derived for it. It is not read again.
    pub derived: Derived,
    /// Its elements.
    #[serde(flatten)]
    pub macroblock: Macroblock,
}

/// The lines of a NAL unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitLines {
    /// That of the unit.
    pub unit: UnitLine,
    /// Those of its macroblocks, up to the one that cannot be read, if there is one.
    pub macroblocks: Vec<MacroblockLine>,
}

impl StreamUnit {
    /// The unit as lines. `macroblocks`: whether slice data becomes lines, or stands in the line of the unit as it is.
    pub fn lines(&self, macroblocks: bool) -> UnitLines {
        let headers = self.headers();
        let mut unit = UnitLine {
            nal_unit: self.number,
            slice: self.slice_number,
            offset: self.offset(),
            prefix: Some(Hex(self.unit.prefix.clone())),
            kind: match headers.elements.iter().find(|element| element.element.0 == "slice_type") {
                Some(element) => format!("{} {}", self.kind(), slice_type_name(element.value)),
                None => self.kind().to_owned(),
            },
            header: Elements::of(&headers.elements, |element| element.value),
            error: headers.error.map(|error| error.to_string()),
            ..UnitLine::default()
        };
        let mut lines: Vec<MacroblockLine> = Vec::new();
        match &self.content {
            Content::Slice { .. } if macroblocks => {
                let slice = self.slice_number.unwrap_or_default();
                let show = |step: super::Step<'_, Observed<engine::Decoder<'_>, ()>>| {
                    let (mb_addr, derived) = (step.mb_addr, step.derived);
                    let macroblock = step.macroblock.clone();
                    lines.push(MacroblockLine { slice, mb_addr, derived, macroblock });
                };
                match self.observe((), show).map(|((), read)| read) {
                    Some(Ok(tail)) => {
                        unit.note = super::left_over(&tail);
                        (unit.tail_bits, unit.tail) = (tail.bits, Hex(tail.bytes.to_vec()));
                    }
                    Some(Err(error)) => unit.error = Some(error.to_string()),
                    None => {}
                }
            }
            Content::Damaged(error) => {
                unit.error = Some(error.to_string());
                self.rest(headers.end, &mut unit);
            }
            _ => self.rest(headers.end, &mut unit),
        }
        // What is missing cannot be written.
        if unit.error.is_some() || self.unit.bytes.is_empty() || !self.comes_back(&unit, &lines) {
            unit.verbatim = Some(Hex(self.unit.bytes.clone()));
        }
        UnitLines { unit, macroblocks: lines }
    }

    /// Whether the unit is written as the same bytes.
    fn comes_back(&self, unit: &UnitLine, lines: &[MacroblockLine]) -> bool {
        let macroblocks = lines.iter().map(|line| (line.mb_addr, line.macroblock.clone())).collect();
        let written = write::unit(unit, macroblocks, &self.sets);
        written.is_ok_and(|(bytes, _)| bytes == self.unit.bytes)
    }

    /// Puts what stands after the headers into the line.
    fn rest(&self, end: u64, unit: &mut UnitLine) {
        let mut reader = BitReader::new(&self.rbsp);
        while reader.position() < end && reader.u(1, "bit").is_ok() {}
        if end > 8 && reader.is_at_trailing_bits() {
            return;
        }
        let digits: String =
            reader.rest().take((8 - end % 8) as usize % 8).map(|bit| if bit { '1' } else { '0' }).collect();
        unit.payload = Some(Hex(self.rbsp.get(end.div_ceil(8) as usize..).unwrap_or_default().to_vec()));
        unit.rest_bits = digits;
    }
}
