//! A NAL unit as lines of JSON, read and written: the line of the unit ([`UnitLine`]), and after that of a slice a line for each
//! macroblock.

use std::sync::Arc;

use serde::Serialize;

use super::headers::{Before, Content, Found, ParameterSets, slice_type_name};
use super::macroblock::Macroblock;
use super::parameters::{Fault, Parameters};
use super::slice::{ReadUnit, SliceData, WriteError};
use super::stream::StreamUnit;
use super::walk::Derived;
use crate::engine;
use crate::observed::Observed;
use crate::syntax::nal::{escape, unescape};
use crate::syntax::{Hex, LineError, UnitLine, left_over};

/// The bits of a NAL unit's own header.
const HEADER_BITS: u64 = 8;

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
    /// The line of the unit.
    pub unit: UnitLine,
    /// The lines of its macroblocks, up to the one that cannot be read, if there is one.
    pub macroblocks: Vec<MacroblockLine>,
}

impl StreamUnit {
    /// The unit as lines. `macroblocks` says whether slice data becomes lines, or is in the line of the unit as it is.
    pub fn lines(&self, macroblocks: bool) -> UnitLines {
        let headers = self.headers();
        let kind = match headers.elements.iter().find(|element| element.element.0 == "slice_type") {
            Some(element) => format!("{} {}", self.kind(), slice_type_name(element.value)),
            None => self.kind().to_owned(),
        };
        let end = headers.end;
        let mut unit = UnitLine::new(self.number, self.slice_number, kind, &self.unit, headers);
        let mut lines: Vec<MacroblockLine> = Vec::new();
        match &self.content {
            Content::Slice { .. } if macroblocks => {
                let slice = self.slice_number.unwrap_or_default();
                let show = |read_unit: ReadUnit<'_, Observed<engine::Decoder<'_>, ()>>| {
                    let (mb_addr, derived) = (read_unit.mb_addr, read_unit.derived);
                    let macroblock = read_unit.macroblock.clone();
                    if mb_addr % 2 == 1
                        && let Some(upper) = lines.last_mut()
                    {
                        // Both macroblocks of a pair are alike, and only the lower one may say how; without pairs all of a slice are.
                        upper.derived.is_field = derived.is_field;
                    }
                    lines.push(MacroblockLine { slice, mb_addr, derived, macroblock });
                };
                match self.observe((), show).map(|((), read)| read) {
                    Some(Ok(tail)) => {
                        unit.note = left_over(&tail);
                        (unit.tail_bits, unit.tail) = (tail.bits, Hex(tail.bytes.to_vec()));
                    }
                    Some(Err(error)) => unit.error = Some(error.to_string()),
                    None => {}
                }
            }
            Content::Damaged(error) => {
                unit.error = Some(error.to_string());
                unit.take_rest(&self.rbsp, HEADER_BITS, end);
            }
            _ => unit.take_rest(&self.rbsp, HEADER_BITS, end),
        }
        // Bytes that are missing cannot be written.
        if unit.error.is_some()
            || self.unit.missing > 0
            || self.unit.bytes.is_empty()
            || !self.comes_back(&unit, &lines)
        {
            unit.verbatim = Some(Hex(self.unit.bytes.clone()));
        }
        UnitLines { unit, macroblocks: lines }
    }

    /// Whether the bytes that are written from these lines are those of the unit.
    fn comes_back(&self, line: &UnitLine, lines: &[MacroblockLine]) -> bool {
        let macroblocks = lines.iter().map(|line| (line.mb_addr, line.macroblock.clone())).collect();
        unit(line, macroblocks, &self.sets).is_ok_and(|(bytes, _)| bytes == self.unit.bytes)
    }
}

/// Writes the NAL units of lines, and keeps the parameter sets that it has written.
///
/// ```
/// use silicabac::avc::{LineWriter, Stream};
/// let stream = std::fs::read("tests/streams/x264_gray_qcif.264")?;
/// let mut writer = LineWriter::default();
/// for unit in Stream::new(&stream[..]) {
///     let unit = unit?;
///     let lines = unit.lines(true);
///     let macroblocks = lines.macroblocks.into_iter().map(|line| (line.mb_addr, line.macroblock)).collect();
///     assert_eq!(writer.write(&lines.unit, macroblocks)?, unit.unit.bytes);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct LineWriter {
    sets: Arc<ParameterSets>,
}

impl LineWriter {
    /// Takes note of a unit that is not written from a line: if it is a parameter set, it is kept.
    pub fn pass(&mut self, bytes: &[u8]) {
        self.keep(self.sets.content(&unescape(bytes)).1);
    }

    fn keep(&mut self, found: Found) {
        if matches!(found, Found::Sequence(_) | Found::Picture(_)) {
            Arc::make_mut(&mut self.sets).keep(found);
        }
    }

    /// The bytes of a unit, given its line and its macroblocks, each with its address.
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
        Ok(bytes)
    }
}

/// The bytes of a unit, and what is found in it.
fn unit(
    line: &UnitLine,
    macroblocks: Vec<(usize, Macroblock)>,
    sets: &ParameterSets,
) -> Result<(Vec<u8>, Found), LineError> {
    let mut found = Found::default();
    let writer = line.headers(|writer| Before::writing(sets).walk(writer, &mut found))?;
    let header = match &found {
        Found::Slice(header) if line.payload.is_none() => header,
        _ if macroblocks.is_empty() => return Ok((line.write_rest(writer, HEADER_BITS)?, found)),
        Found::Slice(_) => return Err(LineError::NoSlice("a slice whose data is in payload".to_owned())),
        _ => return Err(LineError::NoSlice("no slice".to_owned())),
    };
    let (mut rbsp, _) = writer.into_parts();
    match sets.slice(header, rbsp.len()) {
        Content::Slice { parameters, .. } => rbsp.extend(slice_data(line, &parameters, macroblocks)?),
        Content::Unsupported(why) => return Err(LineError::NoSlice(why.to_string())),
        _ => return Err(LineError::NoSlice("no slice".to_owned())),
    }
    Ok((escape(&rbsp), found))
}

/// The data of a slice, as it is in the RBSP.
fn slice_data(
    line: &UnitLine,
    parameters: &Parameters,
    macroblocks: Vec<(usize, Macroblock)>,
) -> Result<Vec<u8>, LineError> {
    let first = parameters.first_mb_addr();
    line.check_data("mb_addr", macroblocks.iter().map(|(mb_addr, _)| *mb_addr as u64), first as u64..)?;
    let macroblocks = macroblocks.into_iter().map(|(_, macroblock)| whole(macroblock, parameters)).collect();
    let data = SliceData { macroblocks, tail_bits: line.tail_bits, tail: line.tail.0.clone() };
    data.write(parameters).map_err(|error| {
        let index = match error {
            WriteError::Fault(Fault { mb_addr, .. }) | WriteError::Lost { mb_addr, .. } => {
                mb_addr.checked_sub(first)
            }
            WriteError::Count { .. } => None,
        };
        LineError::Data { index, what: error.to_string() }
    })
}

/// The macroblock with zeros up to the number of levels that it has, if it has any.
fn whole(mut macroblock: Macroblock, parameters: &Parameters) -> Macroblock {
    let levels = macroblock.levels.len();
    if (1..parameters.levels()).contains(&levels) {
        macroblock.levels.resize(parameters.levels(), 0);
    }
    macroblock
}
